"""Long, deep, numerous or future data is limited and counted, and no known data is lost."""

from datetime import timedelta
import time
from typing import Any

from homeassistant.core import HomeAssistant
import orjson
import pytest

from custom_components.printago.api import (
    Action,
    EntityEvent,
    MalformedMessageError,
    PrintJob,
    StatMessage,
    parse_message,
)
from custom_components.printago.api.models.entity_event import read_event
from custom_components.printago.api.models.row import printer_rows
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.api.realtime.messages import MAX_ENTITIES, MAX_PAYLOAD, MAX_VALUES
from custom_components.printago.hub.message_queue import MOST_AT_ONCE, MessageQueue
from custom_components.printago.model.events import EventDetector
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.hms import wiki_url
from custom_components.printago.model.store_info import StoreInfo
from custom_components.printago.model.timestamps import rows_without_future_timestamps
from tests.api.payloads import PRINTER, STORE
from tests.support.farm_model import JOB, NOON, A, event, job, printer_row, record, snapshot, stamp, stat

HOURS = 5 * 3600


@pytest.fixture
def farm() -> Farm:
    """Return a farm of one printer, at noon."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()}, {JOB: job(assignedPrinterId=A, status="printing")})
    return farm


# Timestamps


def test_future_printer_record_does_not_block_later_ones(farm: Farm) -> None:
    event(farm, "printer", Action.UPDATE, {A: record(HOURS, name="From tomorrow")})
    event(farm, "printer", Action.UPDATE, {A: {"isOnline": False, "updatedAt": stamp(1), "name": "Now"}})
    assert farm.printers[A].name == "Now"
    assert not farm.printers[A].is_online


def test_future_printer_record_does_not_let_an_old_one_pass(farm: Farm) -> None:
    event(farm, "printer", Action.UPDATE, {A: record(HOURS, name="From tomorrow")})
    event(farm, "printer", Action.UPDATE, {A: record(-1, name="Stale")})
    assert farm.printers[A].name == "From tomorrow"


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_future_job_does_not_block_later_ones(farm: Farm, by_snapshot: bool) -> None:
    future = job(HOURS, status="paused", assignedPrinterId=A)
    if by_snapshot:
        snapshot(farm, {A: record()}, {JOB: future})
    else:
        event(farm, "printjob", Action.UPDATE, {JOB: future})
    event(farm, "printjob", Action.UPDATE, {JOB: job(1, status="completed")})
    assert JOB not in farm.jobs


def test_future_end_does_not_block_a_retry(farm: Farm) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: job(HOURS, status="completed")})
    event(farm, "printjob", Action.UPDATE, {JOB: job(1, status="pending")})
    assert JOB in farm.jobs


def test_future_response_does_not_block_later_records(farm: Farm) -> None:
    farm.apply_printer(printer_row(A, record(HOURS, name="Answer")))
    event(farm, "printer", Action.UPDATE, {A: record(1, name="Later")})
    assert farm.printers[A].name == "Later"


def test_future_slot_does_not_block_later_ones(farm: Farm) -> None:
    slot = {"printerId": A, "amsIndex": 0, "slotIndex": 0}
    for seconds, material in ((HOURS, "PLA"), (1, "PETG")):
        event(
            farm, "printerslot", Action.UPDATE, {"l": {**slot, "materialType": material, "updatedAt": stamp(seconds)}}
        )
    assert farm.materials.slots["l"].material_type == "PETG"


def test_future_order_does_not_block_later_ones(farm: Farm) -> None:
    facts = StoreInfo()
    facts.known.update(("orders",))
    for order in ({"status": "open", "updatedAt": stamp(HOURS)}, {"status": "closed", "updatedAt": stamp(1)}):
        for change in event(farm, "order", Action.UPDATE, {"o": order}).order_changes:
            facts.apply_order(change.action, change.row)
    assert facts.orders == {}


def test_only_timestamps_beyond_an_hour_are_ignored() -> None:
    sources = {"a": stamp(3599), "b": stamp(3601), "c": 7}
    rows = printer_rows((key, {"name": key, "updatedAt": value}) for key, value in sources.items())
    dated = rows_without_future_timestamps(rows, NOON)
    assert {key: row.updated_at for key, row in dated.items()} == {
        "a": NOON + timedelta(seconds=3599),
        "b": None,
        "c": None,
    }
    assert [row.values["name"] for row in dated.values()] == ["a", "b", "c"]


def test_telemetry_that_never_expires_goes_stale_after_a_day() -> None:
    now = NOON
    farm = Farm(lambda: now)
    snapshot(farm, {A: record()})
    farm.apply(read_stat(A, {"expiresAt": "2999-01-01T00:00:00Z", "data": {"temps": {"bedTemp": 60}}}))
    now += timedelta(hours=23)
    farm.expire()
    assert farm.printers[A].live
    now += timedelta(hours=2)
    farm.expire()
    assert not farm.printers[A].live


# Length and number


def refused(payload: bytes, kind: str = "entities/printers") -> str:
    """Return why a payload is dropped."""
    with pytest.raises(MalformedMessageError) as caught:
        parse_message(STORE, f"stores/{STORE}/{kind}", payload)
    return str(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":"%s"}' % (b"x" * MAX_PAYLOAD),
        b"[%s0]" % (b"0," * MAX_VALUES),
        b"[%s0]" % (b"{}," * (MAX_VALUES // 2 + 1)),
        b"[" * 100_000,
    ],
    ids=["long", "many numbers", "many objects", "deep"],
)
def test_payload_that_takes_long_to_parse_is_dropped(payload: bytes) -> None:
    before = time.thread_time()
    assert refused(payload) == "payload too long"
    assert time.thread_time() - before < 0.05


def test_event_with_too_many_entities_is_dropped() -> None:
    entities = {f"e{number}": {} for number in range(MAX_ENTITIES + 1)}
    assert refused(orjson.dumps({"action": "UPDATE", "entities": entities})) == "too many entities"
    del entities["e0"]
    whole = parse_message(
        STORE, f"stores/{STORE}/entities/printers", orjson.dumps({"action": "UPDATE", "entities": entities})
    )
    assert isinstance(whole, EntityEvent)
    assert len(whole.entities) == MAX_ENTITIES


@pytest.mark.parametrize("action", [["INSERT"], {"INSERT": 1}, 7, True, None, "insert" * 1_000_000, [[[]]] * 1_000])
def test_invalid_action_is_refused(action: object) -> None:
    assert refused(orjson.dumps({"action": action, "entities": {}})) in ("unknown action", "payload too long")


def test_texts_are_cut_and_contain_no_control_characters(farm: Farm) -> None:
    stat(farm, A, data={"print": {"taskName": "a\x00b\x1b[0m\u0085c" + "x" * 300}})
    name = farm.printers[A].telemetry.task_name
    assert name is not None
    assert name.startswith("a b [0m c")
    assert len(name) == 255
    assert PrintJob.from_json("j", {"label": "\x00" * 400}).title == " " * 254 + "…"


def test_number_of_tags_is_limited() -> None:
    tags = {f"tag{number}": "x" for number in range(1_000)} | {"number": 7}
    read = PrintJob.from_json("j", {"requiredPrinterTags": {"long": "x" * 5_000, **tags}}).required_printer_tags
    assert read is not None
    assert len(read) == 99
    assert "long" not in read


def test_zero_has_no_sign(farm: Farm) -> None:
    stat(farm, A, data={"temps": {"bedTemp": -0.0}})
    assert str(farm.printers[A].telemetry.bed_temp) in ("0", "0.0")


def test_number_of_orders_from_events_is_limited_and_their_numbers_cut(farm: Farm) -> None:
    event_detector = EventDetector(farm)
    events = []
    for number in range(5_100):
        order = {"orderNumber": "9" * 1_000, "status": "open"}
        events += event_detector.detect(event(farm, "order", Action.INSERT, {f"o{number}": order}))
    assert len(events) == 5_100
    assert {len(farm_event.data["order_number"]) for farm_event in events} == {255}
    assert len(event_detector._orders) == 5_000


def test_number_of_printers_from_events_is_limited(farm: Farm) -> None:
    for first in range(0, 6_000, 1_000):
        added = {f"p{number}": {"name": "X"} for number in range(first, first + 1_000)}
        event(farm, "printer", Action.INSERT, added)
    assert len(farm.printers) == 5_000


def test_many_jobs_of_one_printer_update_it_once(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[str] = []
    settle = farm._update_derived_of
    monkeypatch.setattr(farm, "_update_derived_of", lambda state: settled.append(state.id) or settle(state))
    jobs = {f"j{number}": job(number, status="printing", assignedPrinterId=A) for number in range(1_000)}
    event(farm, "printjob", Action.INSERT, jobs)
    assert settled == [A]
    assert farm.printers[A].job is not None


WIKI = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/"


@pytest.mark.parametrize(
    ("code", "page"),
    [
        ("0300-0D00-0001-000B", "0300_0D00_0001_000B"),
        ("0300_0d00_0001_000b", "0300_0D00_0001_000B"),
        ("03000D000001000B", "0300_0D00_0001_000B"),
        ("HMS_0300-0D00-0001-000B", "0300_0D00_0001_000B"),
        ("0300-8013", "0300_8013"),
    ],
)
def test_code_in_any_spelling_has_its_page(code: str, page: str) -> None:
    assert wiki_url("Bambu", code) == WIKI + page
    assert wiki_url("Klipper", code) is None
    assert wiki_url(None, code) is None


@pytest.mark.parametrize(
    "code",
    [
        None, "", "-", "1", "0300", "0300-80", "0300-8013-", "-0300-8013", "0300--8013", "0300-8013-0001-0002-0003",
        "0300-800G", "\N{PILE OF POO}" * 200, "\uff10" * 200, "\uff10\uff13\uff10\uff10-8013", "0" * 200, "0300-8013\n",
        "../../?x=<script>#\n", "0300/8013", "0300-8013?x=1", "0300-8013\u202e",
    ],
)  # fmt: skip
def test_invalid_code_has_no_page(code: str | None) -> None:
    assert wiki_url("Bambu", code) is None


# Splitting of messages


def many(kind: str, count: int) -> EntityEvent:
    """Return an event with many entities."""
    return read_event(kind=kind, action=Action.UPDATE, entities={f"e{number}": {} for number in range(count)})


async def test_message_with_many_entities_is_split_in_order(hass: HomeAssistant) -> None:
    taken: list[tuple[str, int]] = []

    def take(message: Any) -> None:
        kind = message.kind if isinstance(message, EntityEvent) else message.printer_id
        taken.append((kind, len(message.entities) if isinstance(message, EntityEvent) else 0))

    inbox = MessageQueue(hass, take, lambda: pytest.fail("there was room"))
    inbox.async_put(many("first", 3))
    assert taken == [("first", 3)]
    inbox.async_put(many("second", 2 * MOST_AT_ONCE + 1))
    inbox.async_put(read_stat(PRINTER, {}))
    inbox.async_put(many("printer", 2))
    assert len(taken) == 1
    while len(taken) < 7:
        before = len(taken)
        await _turn(hass)
        assert len(taken) - before <= 2
    assert taken[1:] == [
        ("second", MOST_AT_ONCE),
        ("second", MOST_AT_ONCE),
        ("second", 1),
        (PRINTER, 0),
        *[("printer", 1)] * 2,
    ]


async def _turn(hass: HomeAssistant) -> None:
    done = hass.loop.create_future()
    hass.loop.call_soon(done.set_result, None)
    await done


async def test_failing_message_does_not_affect_the_next_ones(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[int] = []

    def take(message: EntityEvent | StatMessage) -> None:
        taken.append(1)
        if len(taken) == 1:
            raise ValueError("a bug")

    errors: list[Any] = []
    hass.loop.set_exception_handler(lambda _, context: errors.append(context))
    MessageQueue(hass, take, lambda: None).async_put(many("printjob", 30))
    for _ in range(4):
        await _turn(hass)
    assert len(taken) == 3
    assert errors == []
    assert "a bug" in caplog.text


async def test_full_queue_drops_and_reports(hass: HomeAssistant) -> None:
    dropped: list[int] = []
    taken: list[Any] = []
    inbox = MessageQueue(hass, taken.append, lambda: dropped.append(1))
    for _ in range(26):
        inbox.async_put(many("printjob", 2_000))
    assert len(dropped) == 1
    inbox.async_close()
    await _turn(hass)
    await _turn(hass)
    assert taken == []
