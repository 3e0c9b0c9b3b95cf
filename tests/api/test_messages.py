"""Realtime messages and records: everything readable is read, anything else does no harm."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api import (
    Action,
    EntityEvent,
    JobStatus,
    MalformedMessageError,
    Printer,
    PrintJob,
    StatMessage,
    parse_message,
)
from custom_components.printago.api.models.telemetry import NAMELESS, Severity, TelemetryDiff
from custom_components.printago.api.realtime.messages import MAX_PAYLOAD, normalize_kind
from tests.api.payloads import ANYTHING, FULL_STAT, PRINTER, STORE, damaged

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STATS = f"stores/{STORE}/printer-stats/{PRINTER}"
EVENTS = f"stores/{STORE}/entities/printers"


def stat(payload: Any) -> StatMessage:
    message = parse_message(STORE, STATS, json.dumps(payload).encode())
    assert isinstance(message, StatMessage)
    return message


def event(payload: Any, topic: str = EVENTS) -> EntityEvent:
    message = parse_message(STORE, topic, json.dumps(payload).encode())
    assert isinstance(message, EntityEvent)
    return message


def test_whole_stat_is_read() -> None:
    message = stat(FULL_STAT)
    assert message.printer_id == PRINTER
    assert message.connection == {"is_online": True}
    assert message.received_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert message.temps == {"nozzleTemp": 219.5, "nozzleTempTarget": 220, "bedTemp": 60, "chamberTemp": None}
    news = TelemetryDiff().news(message.source)
    assert news["state"] == "RUNNING"
    assert news["time_remaining"] == 61
    assert "task_name" not in news
    assert [(problem.code, problem.message) for problem in news["errors"]] == [
        ("0300-8000", "Paused"),
        (None, "no code"),
        (None, NAMELESS),
    ]
    assert {problem.severity for problem in news["errors"]} == {Severity.ERROR}
    assert news["warnings"] == ()


def test_sparse_stat_mentions_only_what_it_has() -> None:
    message = stat({"data": {"temps": {"bedTemp": 61}, "lights": {"chamber": "on"}}})
    assert message.temps == {"bedTemp": 61}
    assert TelemetryDiff().news(message.source) == {"chamber_light": "on"}
    assert message.connection == {}
    assert message.received_at is message.expires_at is None


@pytest.mark.parametrize("written", ["1e400", "-1e400", "1" + "0" * 400, "NaN", "Infinity", "1e999999999"])
def test_message_with_a_number_beyond_double_range_is_refused(written: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_message(STORE, STATS, f'{{"data": {{"temps": {{"bedTemp": {written}}}}}}}'.encode())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-24T12:00:00Z", NOON),
        ("2026-11-24T12:00:00", NOON),
        ("2026-11-24T14:00:00.000+02:00", NOON),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("2026-11-24T12:00:00Z" + " " * 60, None),
        (1_795_521_600, None),
        (None, None),
    ],
)
def test_time_is_read_in_utc_or_not_at_all(written: Any, read: datetime | None) -> None:
    assert stat({"receivedAt": written}).received_at == read


@pytest.mark.parametrize("nobody", [{}, {"printerId": None}, {"storeId": None}])
def test_stat_without_an_id_belongs_to_the_printer_of_its_topic(nobody: dict[str, Any]) -> None:
    assert stat({**nobody, "state": "IDLE"}).printer_id == PRINTER


def test_text_too_long_for_a_state_is_cut() -> None:
    message = stat({"state": "R" * 5000, "data": {"print": {"stage": "s" * 300, "taskName": "t" * 255}}})
    news = TelemetryDiff().news(message.source)
    assert len(news["stage"]) == 255
    assert news["stage"].endswith("…")
    assert news["task_name"] == "t" * 255


def test_number_of_health_messages_is_limited() -> None:
    flood = [{"code": f"{number:04}", "message": ""} for number in range(5000)]
    assert len(TelemetryDiff().news(stat({"data": {"health": {"errors": flood}}}).source)["errors"]) == 50


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (f"stores/{'o' * 24}/printer-stats/{PRINTER}", b"{}"),
        (f"stores/{STORE}/printer-stats", b"{}"),
        (f"stores/{STORE}/printer-stats/a b", b"{}"),
        (f"stores/{STORE}/printer-stats/{PRINTER}/more", b"{}"),
        (f"stores/{STORE}/secrets/{PRINTER}", b"{}"),
        ("", b"{}"),
        (STATS, b""),
        (STATS, b"\xff\xfe"),
        (STATS, b"NaN"),
        (STATS, b'{"data": {"temps": {"bedTemp": NaN}}}'),
        (STATS, b"[]"),
        (STATS, b"[" * 100_000),
        (STATS, b" " * (MAX_PAYLOAD + 1)),
        (STATS, json.dumps({"printerId": "q" * 24}).encode()),
        (STATS, json.dumps({"storeId": "o" * 24}).encode()),
        (EVENTS, b"{}"),
        (EVENTS, b'{"action": "UPSERT", "entities": {}}'),
        (EVENTS, b'{"action": "UPDATE"}'),
        (EVENTS, b'{"action": "UPDATE", "entities": []}'),
        (EVENTS, b'{"action": null, "entities": {}}'),
    ],
)
def test_invalid_message_is_refused_with_a_reason(topic: str, payload: bytes) -> None:
    with pytest.raises(MalformedMessageError) as refused:
        parse_message(STORE, topic, payload)
    assert 0 < len(str(refused.value)) < 60


def test_event_is_read_with_its_entities() -> None:
    message = event(
        {
            "entityType": "printers",
            "action": "update",
            "entities": {PRINTER: {"name": "X"}, "bad id!": {}, "n" * 24: None},
            "changes": {PRINTER: {"name": "?"}},
        }
    )
    assert (message.kind, message.action) == ("printer", Action.UPDATE)
    assert {key: row.values for key, row in message.entities.items()} == {PRINTER: {"name": "X"}}


@pytest.mark.parametrize("fields", [{}, {"entityType": None}, {"entityType": ""}, {"entityType": 7}])
def test_entity_type_comes_from_the_topic_if_the_payload_has_none(fields: dict[str, Any]) -> None:
    message = event({"action": "INSERT", "entities": {}, **fields}, f"stores/{STORE}/entities/print-jobs/{PRINTER}")
    assert message.kind == "printjob"


@pytest.mark.parametrize("entities", [{PRINTER: None}, {PRINTER: {}}, None])
def test_delete_needs_only_the_ids(entities: Any) -> None:
    message = event({"action": "DELETE", "entities": entities, "changes": {PRINTER: {}}})
    assert message.entities.keys() == {PRINTER}


@pytest.mark.parametrize("kind", ["print-jobs", "printJobs", "PrintJob", "print_job", "PRINT JOBS"])
def test_all_spellings_of_an_entity_type_are_equal(kind: str) -> None:
    assert normalize_kind(kind) == "printjob"


def test_printer_is_read_without_its_secrets() -> None:
    printer = Printer.from_json(
        PRINTER,
        {
            "name": "X1 Carbon 01",
            "deviceId": "00M09A000000001",
            "metadata": {
                "dev_product_name": "X1 Carbon",
                "dev_model_name": "BL-P001",
                "dev_access_code": "12345678",
                "password": "hunter2",
                "api_key": "moonraker",
            },
            "tags": ["a", 7, "b"],
            "enabled": None,
            "confirmedReady": False,
            "lifetimePrintHours": 12.5,
            "updatedAt": "2026-11-24T12:00:00",
        },
    )
    assert (printer.model, printer.model_id, printer.serial_number) == ("X1 Carbon", "BL-P001", "00M09A000000001")
    assert printer.tags == ("a", "b")
    assert printer.enabled is True
    assert printer.updated_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    for secret in ("12345678", "hunter2", "moonraker"):
        assert secret not in repr(printer)


def test_field_that_is_absent_is_unchanged_and_null_is_null() -> None:
    job = PrintJob.from_json("j" * 24, {"status": "printing", "label": "Order 7", "partName": "Benchy"})
    job = job.changed(PrintJob.read({"label": None, "status": "vaporized", "hidden": None}))
    assert (job.label, job.status, job.title) == (None, JobStatus.PRINTING, "Benchy")
    assert job.in_progress


@settings(max_examples=400, deadline=None)
@given(damaged({key: value for key, value in FULL_STAT.items() if key not in ("printerId", "storeId")}))
def test_damaged_stat_gives_only_valid_states(payload: Any) -> None:
    raw = json.dumps(payload).encode()
    try:
        message = parse_message(STORE, STATS, raw)
    except MalformedMessageError:
        return
    assert isinstance(message, StatMessage)
    for name, value in TelemetryDiff().news(message.source).items():
        match value:
            case bool():
                pytest.fail(f"{name} is a boolean")
            case int() | float():
                assert -100 <= value <= 10_000_000
            case str():
                assert len(value) <= 255
            case _:
                assert value is None or isinstance(value, tuple)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([STATS, EVENTS]))
def test_random_bytes_are_refused(payload: bytes, topic: str) -> None:
    with pytest.raises(MalformedMessageError):
        parse_message(STORE, topic, b"\x00" + payload)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["name", "metadata", "tags", "updatedAt", "status", "requiredPrinterTags"]), ANYTHING
    )
)
def test_damaged_record_keeps_its_types(source: dict[str, Any]) -> None:
    printer = Printer.from_json(PRINTER, source)
    assert printer.name is None or isinstance(printer.name, str)
    assert isinstance(printer.tags, tuple)
    job = PrintJob.from_json(PRINTER, source)
    assert job.status is None or isinstance(job.status, JobStatus)


def test_id_is_never_cut_and_a_title_always_fits_a_state() -> None:
    job = PrintJob.from_json("j" * 24, {"partId": "p" * 3000, "orderId": "o" * 300, "label": "l" * 300})
    assert (job.part_id, job.order_id) == (None, "o" * 300)
    assert job.title is not None
    assert len(job.title) == 255


@pytest.mark.parametrize("blank", [None, "", "  ", "\u00a0", "\n"])
def test_blank_name_is_none(blank: str | None) -> None:
    job = PrintJob.from_json(PRINTER, {"label": blank, "partName": "Benchy"})
    assert job.title == "Benchy"
    job = PrintJob.from_json(PRINTER, {"label": blank, "partName": blank})
    assert (job.title, job.part_name) == (PRINTER, None)
    news = TelemetryDiff().news({"data": {"print": {"taskName": blank, "stage": blank}}})
    assert news == {"task_name": None, "stage": None}
