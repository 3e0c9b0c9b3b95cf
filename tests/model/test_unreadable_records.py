"""Records with unreadable fields: nothing looks free, cleared or canceled because of that, and no old value is shown."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.print_status import Readiness
from custom_components.printago.model.store_info import StoreInfo
from tests.support.farm_model import JOB, NOON, A, event, job, record, snapshot, stamp, stat

NO_TEXTS: tuple[Any, ...] = (7, 0, 1.5, [], {}, [True], {"is": True})
JUNK: tuple[Any, ...] = (*NO_TEXTS, "?", "true", "")
PRINTING = {"status": "printing", "assignedPrinterId": A, "orderId": "o" * 24, "printingStartedAt": stamp(-60)}

type Send = Callable[[Farm, int, Mapping[str, Any]], None]


@pytest.fixture
def farm() -> Farm:
    """Return a farm whose printer prints a job."""
    farm = Farm(lambda: NOON)
    printer = record(isAvailable=False, confirmedReady=False, printingJobId=JOB, nozzleDiameter="0.4")
    snapshot(farm, {A: printer}, {JOB: job(**PRINTING)})
    return farm


def by_event(farm: Farm, seconds: int, fields: Mapping[str, Any]) -> None:
    """Send some fields of the printer as an event."""
    event(farm, "printer", Action.UPDATE, {A: {**fields, "updatedAt": stamp(seconds)}})


def by_snapshot(farm: Farm, seconds: int, fields: Mapping[str, Any]) -> None:
    """Send the whole record of the printer in a snapshot, with some changed fields."""
    state = farm.printers[A]
    whole = record(
        seconds,
        isAvailable=state.is_available,
        confirmedReady=state.record.confirmed_ready,
        printingJobId=state.record.printing_job_id,
    )
    snapshot(farm, {A: {**whole, **fields}}, {JOB: job(seconds, **PRINTING)} if farm.jobs else {})


@pytest.mark.parametrize("send", [by_event, by_snapshot])
@pytest.mark.parametrize(
    "field",
    ["isOnline", "isAvailable", "confirmedReady", "enabled", "isInMaintenance", "continuousPrint", "printingJobId"],
)
def test_busy_printer_stays_busy(farm: Farm, send: Send, field: str) -> None:
    state = farm.printers[A]
    # No job is a valid value, and so is any text in place of its ID.
    for seconds, junk in enumerate(NO_TEXTS if field == "printingJobId" else (*NO_TEXTS, "true", "", None), 1):
        send(farm, seconds, {field: junk})
        assert state.readiness is Readiness.BUSY, junk
        assert not state.bed_needs_clearing
        assert state.job is farm.jobs[JOB]


@pytest.mark.parametrize("send", [by_event, by_snapshot])
@pytest.mark.parametrize("field", ["confirmedReady", "isAvailable", "isOnline", "continuousPrint"])
def test_waiting_bed_keeps_waiting(farm: Farm, send: Send, field: str) -> None:
    snapshot(farm, {A: record(1, isAvailable=True, confirmedReady=False)}, {})
    snapshot(farm, {A: record(1, isAvailable=True, confirmedReady=False)}, {})
    state = farm.printers[A]
    for seconds, junk in enumerate((*JUNK, None), 2):
        send(farm, seconds, {field: junk})
        assert (state.readiness, state.bed_needs_clearing) == (Readiness.AWAITING_CLEAR, True), junk


@pytest.mark.parametrize("field", ["isOnline", "isAvailable"])
def test_telemetry_with_unreadable_flags_changes_nothing(farm: Farm, field: str) -> None:
    for seconds, junk in enumerate((*JUNK, None), 1):
        stat(farm, A, seconds, **{field: junk})
        assert farm.printers[A].readiness is Readiness.BUSY, junk


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("field", ["status", "assignedPrinterId", "hidden", "orderId", "partBuildId"])
def test_job_keeps_its_printer(farm: Farm, field: str, whole: bool) -> None:
    before = farm.jobs[JOB].as_dict() | {"updated_at": None}
    for seconds, junk in enumerate(JUNK if field in ("status", "hidden") else NO_TEXTS, 1):
        fields_sent = {"updatedAt": stamp(seconds), field: junk}
        if whole:
            printer = record(seconds, isAvailable=False, confirmedReady=False, printingJobId=JOB)
            snapshot(farm, {A: printer}, {JOB: {**job(**PRINTING), **fields_sent}})
        else:
            event(farm, "printjob", Action.UPDATE, {JOB: fields_sent})
        assert farm.jobs[JOB].as_dict() | {"updated_at": None} == before, junk
        assert farm.printers[A].job is farm.jobs[JOB]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("label", "Order 7"),
        ("errorMessage", "Jam"),
        ("materialMapping", [{"amsIndex": 0, "slotIndex": 0}]),
        ("queueOrder", 5),
        ("thumbnailUri", "store/a.png"),
    ],
)
def test_description_of_a_job_is_unknown(farm: Farm, field: str, known: Any, whole: bool) -> None:
    attribute = {"materialMapping": "places", "thumbnailUri": "cover"}.get(field, "")
    attribute = attribute or "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)
    seconds = 0
    for junk in (-7, {"": 1}, [7], True):
        for value in (known, junk):
            seconds += 1
            fields_sent = {**PRINTING, field: value}
            if whole:
                snapshot(farm, {A: record(seconds)}, {JOB: job(seconds, **fields_sent)})
            else:
                event(farm, "printjob", Action.UPDATE, {JOB: {**fields_sent, "updatedAt": stamp(seconds)}})
            read = getattr(farm.jobs[JOB], attribute)
            assert (read is None) is (value is junk), value


def test_canceled_order_stays_canceled(farm: Farm) -> None:
    facts = StoreInfo()
    facts.known.update(("orders",))
    orders = [{"status": "open"}, {"cancelledAt": stamp(1)}, *({"cancelledAt": junk} for junk in JUNK), {"status": 7}]
    for seconds, fields in enumerate(orders):
        fields_sent = {"orderNumber": "7", "updatedAt": stamp(seconds), **fields}
        for change in event(farm, "order", Action.UPDATE, {"o": fields_sent}).order_changes:
            facts.apply_order(change.action, change.row)
        assert ("o" in facts.orders) is (seconds == 0), fields
