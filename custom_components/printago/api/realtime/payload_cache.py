"""Caches telemetry: a printer sends all of its readings each second, and few of them change.

A payload that equals the previous one byte by byte, except for timestamps, temperatures and progress, needs no full
parse. The result is always the same as that of a full parse.
"""

from datetime import UTC, datetime
from itertools import chain, pairwise, zip_longest
from typing import NamedTuple

import orjson

from ..models.fields import YEARS
from ..models.telemetry import StatMessage, payload_of

_MOST_TOPICS = 5_000
_LONGEST = 10_000
"""Longest payload in bytes that is cached or compared; a printer's has about 2,000."""
# In JSON a quotation mark within a text is escaped: what looks like the end of a key is one.
_HOLES = ((b'"receivedAt":"', b'"'), (b'"expiresAt":"', b'"'), (b'"temps":{', b"}"), (b'"print":{', b"}"))
_T = ord("T")


class _Known(NamedTuple):
    """The last message of a topic, and its payload in pieces around timestamps and temperatures."""

    message: StatMessage
    before_received: bytes
    received: int
    received_end: int
    before_expires: bytes
    expires: int
    expires_end: int
    before_temps: bytes
    temps: int
    after_temps: bytes
    progress: int
    """Position of the progress in ``after_temps``."""
    progress_end: int


class PayloadCache:
    """Caches the last message of each topic of one store."""

    def __init__(self) -> None:
        """Start with an empty cache."""
        self._known: dict[str, _Known] = {}

    def read(self, topic: str, payload: bytes) -> StatMessage | None:
        """Return the message of a payload that repeats the cached one; None for any other, which must be parsed."""
        if (known := self._known.get(topic)) is None or len(payload) > _LONGEST:
            return None
        (
            message,
            before_received,
            received,
            received_end,
            before_expires,
            expires,
            expires_end,
            before_temps,
            temps,
            after_temps,
            _,
            _,
        ) = known
        if not (
            payload.startswith(before_received)
            and payload.startswith(before_expires, received_end)
            and payload.startswith(before_temps, expires_end)
        ):
            return None
        temps_end = len(payload) - len(after_temps)
        if temps_end < temps or not payload.endswith(after_temps):
            # Compare again with the new progress.
            return self.read(topic, payload) if self._learn_progress(topic, payload) else None
        # Between date and time Python accepts any character, even one that JSON forbids.
        if payload[received + 10] != _T or payload[expires + 10] != _T:
            return None
        try:
            received_at = datetime.fromisoformat(payload[received:received_end].decode())
            expires_at = datetime.fromisoformat(payload[expires:expires_end].decode())
            readings = orjson.loads(payload[temps - 1 : temps_end + 1])
        except ValueError:
            return None
        if received_at.tzinfo is not UTC or received_at.year not in YEARS:
            return None
        if expires_at.tzinfo is not UTC or expires_at.year not in YEARS:
            return None
        return StatMessage(message.printer_id, message.connection, received_at, expires_at, message.source, readings)

    def learn(self, topic: str, payload: bytes, message: StatMessage) -> None:
        """Cache a payload that was just parsed, if timestamps, temperatures and progress are certainly where they seem."""
        self._known.pop(topic, None)
        if (
            len(self._known) >= _MOST_TOPICS
            or len(payload) > _LONGEST
            or not isinstance(payload_of(message.source).get("data"), dict)
        ):
            return
        marks = [0]
        for begin, end in _HOLES:
            if (found := payload.find(begin, marks[-1])) < 0:
                return
            marks.append(found + len(begin))
            if (found := payload.find(end, marks[-1])) < 0:
                return
            marks.append(found)
        pieces = [payload[begin:end] for begin, end in pairwise([*marks, len(payload)])]
        if _stand_there(pieces, message):
            _, received, received_end, expires, expires_end, temps, temps_end, progress, progress_end = marks
            self._known[topic] = _Known(
                message,
                pieces[0],
                received,
                received_end,
                pieces[2],
                expires,
                expires_end,
                pieces[4],
                temps,
                payload[temps_end:],
                progress - temps_end,
                progress_end - temps_end,
            )

    def _learn_progress(self, topic: str, payload: bytes) -> bool:
        """Apply the progress of a payload if nothing else after its temperatures changed."""
        known = self._known[topic]
        before, after = known.after_temps[: known.progress], known.after_temps[known.progress_end :]
        after_temps = payload[payload.find(b"}", known.temps) :]
        progress_end = len(after_temps) - len(after)
        if progress_end <= known.progress or not (after_temps.startswith(before) and after_temps.endswith(after)):
            return False
        try:
            progress = orjson.loads(after_temps[known.progress - 1 : progress_end + 1])
        except orjson.JSONDecodeError:
            return False
        earlier = known.message
        body = payload_of(earlier.source)
        source = {**body, "data": {**body["data"], "print": progress}}
        message = StatMessage(earlier.printer_id, earlier.connection, None, None, source, None)
        self._known[topic] = known._replace(message=message, after_temps=after_temps, progress_end=progress_end)
        return True


def _stand_there(pieces: list[bytes], message: StatMessage) -> bool:
    """Return whether timestamps, temperatures and progress are these pieces.

    With probe values in them, parsing gives probes.
    """
    probes = (b"one stamp", b"another stamp", b'"probe":1', b'"probe":2')
    probed = b"".join(chain.from_iterable(zip_longest(pieces[::2], probes, fillvalue=b"")))
    body = payload_of(message.source)
    data = {**body["data"], "temps": {"probe": 1}, "print": {"probe": 2}}
    try:
        # A sender of probe values can only affect its own message.
        return bool(
            orjson.loads(probed) == {**body, "receivedAt": "one stamp", "expiresAt": "another stamp", "data": data}
        )
    except orjson.JSONDecodeError:
        return False
