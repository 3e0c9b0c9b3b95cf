"""Limits of realtime messages, the types of events, and the reader of a store's stream."""

import json
from typing import Any

import pytest

from custom_components.printago.api import Action, EntityEvent, MalformedMessageError, MessageReader, StatMessage
from custom_components.printago.api.models import entity_event as events
from custom_components.printago.api.models.material import Material, MaterialVariant, PrinterSlot
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.row import PrinterRow
from custom_components.printago.api.realtime.messages import (
    MAX_ENTITIES,
    MAX_PAYLOAD,
    MAX_VALUES,
    normalize_kind,
    parse_message,
)
from custom_components.printago.api.redaction import Redactor
from tests.api.payloads import PRINTER, STORE

STATS = f"stores/{STORE}/printer-stats/{PRINTER}"
EVENTS = f"stores/{STORE}/entities/printers"


def event(topic: str = EVENTS, redactor: Redactor | None = None, **fields: Any) -> EntityEvent:
    message = parse_message(STORE, topic, json.dumps(fields).encode(), redactor=redactor)
    assert isinstance(message, EntityEvent)
    return message


def test_payload_of_the_longest_length_is_parsed_and_a_longer_one_is_not() -> None:
    payload = b'{"state":"IDLE"}'
    assert isinstance(parse_message(STORE, STATS, payload.ljust(MAX_PAYLOAD)), StatMessage)
    with pytest.raises(MalformedMessageError, match="too long"):
        parse_message(STORE, STATS, payload.ljust(MAX_PAYLOAD + 1))


@pytest.mark.parametrize("value", ["0", "[]", "{}"])
def test_payload_of_the_most_values_is_parsed_and_one_of_more_is_not(value: str) -> None:
    def payload(values: int) -> bytes:
        separators = 1 if value == "0" else 2
        # The object and the list are values, too.
        count = (values - 2) // separators
        rest = (values - 2) % separators
        return f'{{"x":[{",".join([value] * count + ["0"] * rest)}]}}'.encode()

    assert isinstance(parse_message(STORE, STATS, payload(MAX_VALUES)), StatMessage)
    with pytest.raises(MalformedMessageError, match="too long"):
        parse_message(STORE, STATS, payload(MAX_VALUES + 3))


def test_event_of_the_most_entities_is_read_and_one_of_more_is_not() -> None:
    entities: dict[str, Any] = {f"p{number}": {} for number in range(MAX_ENTITIES)}
    assert len(event(action="UPDATE", entities=entities).entities) == MAX_ENTITIES
    with pytest.raises(MalformedMessageError, match="too many"):
        event(action="UPDATE", entities={**entities, "one": {}})


@pytest.mark.parametrize(
    "topic",
    [
        "stores",
        f"stores/{STORE}",
        f"stores/{STORE}/entities",
        f"{STATS}/",
        f"/{STATS}",
        f"shops/{STORE}/entities/printers",
    ],
)
def test_topic_of_another_form_is_refused(topic: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_message(STORE, topic, b'{"action": "DELETE", "entities": {}}')


@pytest.mark.parametrize("ids", [{"printerId": PRINTER, "storeId": STORE}, {"printerId": None, "storeId": None}])
def test_stat_may_repeat_the_ids_of_its_topic(ids: dict[str, Any]) -> None:
    message = parse_message(STORE, STATS, json.dumps(ids).encode())
    assert isinstance(message, StatMessage)
    assert message.printer_id == PRINTER


def test_only_a_deletion_needs_no_content() -> None:
    entities = {"p1": None, "p2": {"name": "X1"}, "p3": 7, "a b": {}}
    assert event(action="UPDATE", entities=entities).entities.keys() == {"p2"}
    assert event(action="delete", entities=entities).entities.keys() == {"p1", "p2", "p3"}
    assert event(action="DELETE", changes={"p1": 7}).entities.keys() == {"p1"}
    assert event(action="DELETE", entities={"p1": {}}, changes={"p2": {}}).entities.keys() == {"p1"}
    for fields in ({"action": "UPDATE", "changes": {"p1": {}}}, {"action": "DELETE", "changes": ["p1"]}):
        with pytest.raises(MalformedMessageError, match="no entities"):
            event(**fields)


def test_password_in_an_event_is_a_secret_from_then_on() -> None:
    redactor = Redactor("")
    event(redactor=redactor, action="UPDATE", entities={"p1": {"metadata": {"password": "hunter22"}}})
    assert redactor.redact("not hunter22") == "not ***"


@pytest.mark.parametrize(
    ("kind", "event_type", "row"),
    [
        ("printers", events.PrinterEvent, PrinterRow),
        ("print-jobs", events.JobEvent, None),
        ("orders", events.OrderEvent, Order),
        ("PrinterSlot", events.SlotEvent, PrinterSlot),
        ("slots", events.SlotEvent, PrinterSlot),
        ("materials", events.MaterialEvent, Material),
        ("materialVariants", events.VariantEvent, MaterialVariant),
        ("variant", events.VariantEvent, MaterialVariant),
        ("parts", EntityEvent, None),
        ("webhook", EntityEvent, None),
    ],
)
def test_event_has_the_type_of_its_entities(kind: str, event_type: type[EntityEvent], row: Any) -> None:
    fields = {"name": "A", "number": "B", "orderNumber": "17", "printerId": "p1"}
    message = event(entityType=kind, action="INSERT", entities={"x1": fields})
    assert type(message) is event_type
    assert message.action is Action.INSERT
    (entity,) = message.entities.values()
    assert entity.id == "x1"
    if row is PrinterRow:
        assert type(entity) is PrinterRow
    elif row is not None:
        assert isinstance(entity.applied_to(None), row)
    if event_type is EntityEvent:
        assert entity.values == {}


def test_name_of_a_type_is_limited_in_length() -> None:
    assert normalize_kind("x" * 101) == "x" * 100
    assert normalize_kind("Print Jobs") == "printjob"
    assert normalize_kind("s") == ""


def test_reader_passes_on_messages_and_reasons() -> None:
    messages: list[StatMessage | EntityEvent] = []
    reasons: list[str] = []
    redactor = Redactor("")
    reader = MessageReader(STORE, redactor, messages.append, reasons.append)
    reader.read(STATS, b'{"state":"IDLE"}')
    reader.read(STATS, b"[]")
    reader.read("elsewhere", b"{}")
    reader.read(EVENTS, b'{"action":"UPDATE","entities":{"p1":{"metadata":{"password":"hunter22"}}}}')
    assert [type(message).__name__ for message in messages] == ["StatMessage", "PrinterEvent"]
    assert reasons == ["payload is not an object", "a topic of another store or form"]
    assert redactor.redact("hunter22") == "***"


def test_reader_reads_only_the_changes_of_a_repeated_message() -> None:
    messages: list[Any] = []
    reader = MessageReader(STORE, Redactor(""), messages.append, pytest.fail)
    for second in range(3):
        reader.read(
            STATS,
            f'{{"receivedAt":"2026-11-24T12:00:0{second}Z","expiresAt":"2026-11-24T12:05:0{second}Z",'
            f'"data":{{"temps":{{"bedTemp":{second}}},"print":{{"percent":1}}}}}}'.encode(),
        )
    assert [message.temps for message in messages] == [{"bedTemp": 0}, {"bedTemp": 1}, {"bedTemp": 2}]
    assert messages[0].source is messages[1].source is messages[2].source
