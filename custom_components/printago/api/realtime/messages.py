"""Realtime messages: turns a topic and a payload into a value, or rejects them.

Topics and shapes are those that the vendor's own clients rely on; entity events are barely documented, so the parser is
tolerant of them.
"""

from collections.abc import Callable
from typing import Any

import orjson

from ..exceptions import MalformedMessageError
from ..models.entity_event import Action, EntityEvent, read_event
from ..models.fields import is_identifier
from ..models.telemetry import StatMessage, read_stat
from ..redaction import Redactor
from .payload_cache import PayloadCache

MAX_PAYLOAD = 2_000_000
"""Longest payload in bytes that is parsed; a printer's is about 2,000."""
MAX_VALUES = 50_000
"""Approximate limit of values in a payload, since their number makes parsing slow. A printer's record has about 70."""
MAX_ENTITIES = 2_000
"""Limit of entities in one event."""


_ACTIONS = {action.value: action for action in Action}
_SEPARATORS = (b",", b"[", b"{")


def parse_message(
    store_id: str,
    topic: str,
    payload: bytes,
    repeats: PayloadCache | None = None,
    redactor: Redactor | None = None,
) -> StatMessage | EntityEvent:
    """Parse one message of the store; add it to ``repeats``, and its secrets to ``redactor``, if given.

    Raises MalformedMessageError for another store's topic, an unknown topic, or a payload that does not fit the topic.
    """
    levels = topic.split("/")
    if len(levels) < 4 or levels[0] != "stores" or levels[1] != store_id:
        raise MalformedMessageError("a topic of another store or form")
    # Nearly all payloads are so short that counting is not needed.
    if len(payload) > MAX_VALUES and (len(payload) > MAX_PAYLOAD or sum(map(payload.count, _SEPARATORS)) > MAX_VALUES):
        raise MalformedMessageError("payload too long")
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as err:
        raise MalformedMessageError("payload is not JSON") from err
    if not isinstance(body, dict):
        raise MalformedMessageError("payload is not an object")
    if levels[2] == "printer-stats" and len(levels) == 4:
        message = _parse_stat(store_id, levels[3], body)
        if repeats is not None:
            repeats.learn(topic, payload, message)
        return message
    if levels[2] == "entities":
        return _parse_event(levels[3], body, redactor)
    raise MalformedMessageError("unknown topic")


class MessageReader:
    """Parses the messages of one store's stream; of a repeated message only the changes are parsed."""

    def __init__(
        self,
        store_id: str,
        redactor: Redactor,
        on_message: Callable[[StatMessage | EntityEvent], None],
        on_unreadable: Callable[[str], None],
    ) -> None:
        """Pass messages to ``on_message``, and the reason for a rejected one to ``on_unreadable``.

        ``redactor`` collects secrets.
        """
        self._store_id = store_id
        self._redactor = redactor
        self._on_message = on_message
        self._on_unreadable = on_unreadable
        self._payload_cache = PayloadCache()

    def read(self, topic: str, payload: bytes) -> None:
        """Parse one message."""
        try:
            message = self._payload_cache.read(topic, payload) or parse_message(
                self._store_id, topic, payload, self._payload_cache, self._redactor
            )
        except MalformedMessageError as err:
            self._on_unreadable(str(err))
            return
        self._on_message(message)


def _parse_stat(store_id: str, printer_id: str, body: dict[str, Any]) -> StatMessage:
    # If body and topic name different printers, trust neither.
    if not is_identifier(printer_id):
        raise MalformedMessageError("not a printer's ID")
    if body.get("printerId") not in (None, printer_id) or body.get("storeId") not in (None, store_id):
        raise MalformedMessageError("topic and payload disagree")
    return read_stat(printer_id, body)


def _parse_event(topic_kind: str, body: dict[str, Any], redactor: Redactor | None) -> EntityEvent:
    raw_action = body.get("action")
    action = _ACTIONS.get(raw_action.upper()) if isinstance(raw_action, str) else None
    if action is None:
        raise MalformedMessageError("unknown action")
    kind = body.get("entityType")
    entities = body.get("entities")
    if entities is None and action is Action.DELETE and isinstance(changes := body.get("changes"), dict):
        # Only the IDs of deleted entities are needed; the content of ``changes`` is not documented.
        entities = {identifier: {} for identifier in changes}
    if not isinstance(entities, dict):
        raise MalformedMessageError("no entities")
    if len(entities) > MAX_ENTITIES:
        raise MalformedMessageError("too many entities")
    sources = {
        identifier: entity if isinstance(entity, dict) else {}
        for identifier, entity in entities.items()
        if is_identifier(identifier) and (isinstance(entity, dict) or action is Action.DELETE)
    }
    if redactor is not None:
        for source in sources.values():
            redactor.add(source)
    kind = normalize_kind(kind if kind and isinstance(kind, str) else topic_kind)
    return read_event(kind=kind, action=action, entities=sources)


def normalize_kind(kind: str) -> str:
    """Return the canonical name of an entity type: ``print-jobs``, ``printJobs`` and ``PrintJob`` are ``printjob``."""
    letters = "".join(letter for letter in kind[:100].casefold() if letter not in "-_ ")
    return letters.removesuffix("s")
