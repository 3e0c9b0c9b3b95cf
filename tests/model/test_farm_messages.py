"""Messages about the farm: what they change, what is counted and ignored, and by which clock."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model import farm as module
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, B, FarmClock, event, job, printer_row, record, snapshot, stamp, stat


@pytest.fixture
def farm(clock: FarmClock) -> Farm:
    """Return a farm of two printers."""
    farm = Farm(lambda: clock.now)
    snapshot(farm, {A: record(), B: record()})
    return farm


# Telemetry


def test_reading_that_only_shows_concerns_no_totals_and_no_status(farm: Farm) -> None:
    stat(farm, A, 1, state="RUNNING", data={"temps": {"bedTemp": 60}})
    changes = stat(farm, A, 2, data={"temps": {"bedTemp": 70}})
    assert changes.telemetry_only == (A, {"bed_temp"})
    assert (changes.printers, changes.totals_changed, changes.new_features) == (set(), False, set())


@pytest.mark.parametrize(
    ("payload", "totals"),
    [
        ({"state": "RUNNING"}, True),
        ({"isOnline": False}, True),
        ({"isAvailable": False}, True),
        ({"data": {"health": {"errors": [{"code": "0300-0D00-0001-000B", "message": "Stuck"}]}}}, True),
        ({"state": "FINISH"}, False),
    ],
)
def test_change_of_status_connection_or_problems_concerns_the_printer(
    farm: Farm, payload: dict[str, Any], totals: bool
) -> None:
    stat(farm, A, 1, state="IDLE", isOnline=True, isAvailable=True, data={"health": {"errors": []}})
    changes = stat(farm, A, 2, **payload)
    assert (changes.printers, changes.telemetry_only, changes.totals_changed) == ({A}, None, totals)


def test_repeated_message_changes_nothing(farm: Farm) -> None:
    for second in (1, 2):
        changes = stat(farm, A, second, state="IDLE", data={"temps": {"bedTemp": 60}})
    assert (changes.printers, changes.telemetry_only, changes.totals_changed) == (set(), None, False)
    assert farm.dropped == {}


def test_message_without_a_time_changes_the_printer_as_any_other(farm: Farm) -> None:
    changes = stat(farm, A, None, state="RUNNING", data={"temps": {"bedTemp": 60}})
    assert (changes.printers, changes.new_features >= {A}, changes.totals_changed) == ({A}, True, True)
    assert stat(farm, A, None, state="RUNNING", data={"temps": {"bedTemp": 70}}).printers == {A}
    changes = stat(farm, A, None, state="RUNNING", data={"temps": {"bedTemp": 70}})
    assert (changes.printers, changes.new_features, changes.totals_changed) == (set(), set(), False)


def test_message_that_had_expired_when_it_arrived_is_stale(farm: Farm, clock: FarmClock) -> None:
    stat(farm, A, 1)
    clock.now += timedelta(minutes=4)
    # As every ten seconds.
    farm.expire()
    for received, expires, live in ((2, 200, False), (200, 241, True), (201, 240, False), (230, 241, True)):
        farm.apply(read_stat(A, {"receivedAt": stamp(received), "expiresAt": stamp(expires)}))
        assert farm.printers[A].live is live


def test_clock_that_was_set_back_lets_readings_be_current_again(farm: Farm, clock: FarmClock) -> None:
    clock.now = NOON + timedelta(hours=2)
    farm.expire()
    clock.now = NOON
    stat(farm, A, 1)
    assert farm.printers[A].live


def test_reading_from_the_future_does_not_block_the_present(farm: Farm) -> None:
    stat(farm, A, 86_400, data={"temps": {"bedTemp": 60}})
    stat(farm, A, 1, data={"temps": {"bedTemp": 70}})
    assert farm.printers[A].telemetry.bed_temp == 70


def test_expiry_concerns_the_totals_only_if_they_depend_on_it(farm: Farm, clock: FarmClock) -> None:
    stat(farm, A, 0, data={"health": {"errors": [{"code": "0300-0D00-0001-000B", "message": "Stuck"}]}})
    stat(farm, B, 0)
    clock.now += timedelta(minutes=5)
    changes = farm.expire()
    assert (changes.printers, changes.totals_changed) == ({A, B}, True)
    changes = farm.expire()
    assert (changes.printers, changes.totals_changed) == (set(), False)


# Records


@pytest.mark.parametrize(("fields", "printers"), [({"confirmedReady": False}, {A}), ({"updatedAt": stamp(-1)}, set())])
def test_record_of_a_response_concerns_its_printer_if_it_is_newer(
    farm: Farm, fields: dict[str, Any], printers: set[str]
) -> None:
    changes = farm.apply_printer(printer_row(A, record(1, **fields)))
    assert (changes.printers, changes.totals_changed) == (printers, bool(printers))
    assert farm.apply_printer(printer_row("x", record())).printers == set()


def test_record_of_a_response_from_the_future_blocks_no_message(farm: Farm) -> None:
    farm.apply_printer(printer_row(A, record(86_400, name="From tomorrow")))
    event(farm, "printer", Action.UPDATE, {A: {"name": "Now", "updatedAt": stamp(1)}})
    assert farm.printers[A].name == "Now"


def test_late_record_changes_nothing_and_is_counted(farm: Farm) -> None:
    changes = event(farm, "printer", Action.UPDATE, {A: record(-1, isOnline=False)})
    assert (changes.printers, farm.dropped) == (set(), {"late": 1})
    assert event(farm, "printer", Action.UPDATE, {A: record(1), B: record(-1)}).printers == {A}


def test_added_and_removed_printers_concern_the_totals(farm: Farm) -> None:
    changes = event(farm, "printer", Action.DELETE, {A: {}})
    assert (changes.removed, changes.printers, changes.totals_changed) == ({A}, set(), True)
    changes = event(farm, "printer", Action.INSERT, {A: record(1)})
    assert (changes.added, changes.printers, changes.totals_changed) == ({A}, {A}, True)
    changes = event(farm, "printer", Action.UPDATE, {A: record(2, name="Renamed")})
    assert (changes.added, changes.totals_changed) == (set(), True)
    changes = event(farm, "printer", Action.DELETE, {"x": {}})
    assert (changes.removed, changes.totals_changed, changes.needs_refresh) == (set(), False, False)


def test_number_of_printers_is_limited(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_PRINTERS", 3)
    for printer_id in ("third", "fourth"):
        event(farm, "printer", Action.INSERT, {printer_id: record()})
    assert farm.printers.keys() == {A, B, "third"}
    assert farm.dropped == {"unknown_printer": 1}


def test_number_of_unknown_printers_that_are_asked_for_is_limited(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_UNKNOWN_PRINTERS", 2)
    assert [stat(farm, name).needs_refresh for name in ("one", "two", "three", "one")] == [True, True, False, False]
    event(farm, "printer", Action.INSERT, {"one": record()})
    event(farm, "printer", Action.DELETE, {"one": {}})
    assert stat(farm, "one").needs_refresh, "it was known in between"
    assert farm.dropped == {"unknown_printer": 5}


@pytest.mark.parametrize("action", [Action.INSERT, Action.UPDATE])
def test_printer_is_only_added_by_an_event_that_says_so_and_has_a_name(farm: Farm, action: Action) -> None:
    changes = event(farm, "printer", action, {"new": record()})
    assert ("new" in farm.printers) is (action is Action.INSERT)
    assert changes.needs_refresh is (action is Action.UPDATE)


# Names given in Home Assistant


def test_given_name_replaces_that_of_printago_until_it_is_taken_back(farm: Farm) -> None:
    changes = farm.name_printer(A, "Left one")
    assert (farm.printers[A].name, farm.printers[A].printago_name) == ("Left one", "Printer")
    assert (changes.printers, changes.totals_changed) == ({A}, True)
    assert farm.name_printer(A, "Left one").printers == set()
    event(farm, "printer", Action.UPDATE, {A: record(1, name="Renamed")})
    assert farm.printers[A].name == "Left one"
    assert farm.name_printer(A, None).printers == {A}
    assert farm.printers[A].name == "Renamed"
    assert farm.name_printer(A, None).printers == set()


def test_given_name_is_kept_for_a_printer_that_is_not_there(farm: Farm) -> None:
    farm.name_printer("new", "Left one")
    farm.name_printer("other", "Right one")
    farm.name_printer("other", None)
    farm.name_printer("third", None)
    event(farm, "printer", Action.INSERT, {"new": record(), "other": record()})
    assert (farm.printers["new"].name, farm.printers["other"].name) == ("Left one", "Printer")


# Other kinds, counts


def test_kinds_without_a_meaning_are_counted_up_to_a_limit(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_REASONS", 2)
    for kind in ("one", "two", "three", "two", "four"):
        assert event(farm, kind, Action.UPDATE, {}).entity_types == set()
    assert farm.dropped == {"kind:one": 1, "kind:two": 2, "other": 2}


def test_known_kinds_are_named_in_the_changes_and_not_counted(farm: Farm) -> None:
    changes = event(farm, "order", Action.UPDATE, {"o": {"status": "open"}})
    assert (changes.entity_types, changes.complete, changes.jobs_vanished) == ({"order"}, False, False)
    assert event(farm, "printer", Action.UPDATE, {A: record(1)}).entity_types == set()
    assert farm.dropped == {}


def test_slot_concerns_its_printer_if_it_is_there(farm: Farm) -> None:
    for printer_id, printers in ((A, {A}), ("x" * 24, set())):
        slot = {"printerId": printer_id, "amsIndex": 0, "slotIndex": 0, "materialId": "m", "variantId": "v"}
        assert event(farm, "printerslot", Action.INSERT, {f"slot{printer_id}": slot}).printers == printers


def test_use_of_a_bed_is_that_of_its_printer(farm: Farm) -> None:
    stat(farm, A, 1, state="RUNNING")
    assert (farm.is_in_use(A), farm.is_in_use(B), farm.is_in_use("x")) == (True, False, False)


def test_jobs_with_a_status_are_found(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()}, {JOB: job(), "k": job(status="printing"), "l": job(status="failed")})
    assert [found.id for found in farm.jobs_with("pending", "failed")] == [JOB, "l"]


def test_counted_are_the_printers_with_what_the_totals_need(farm: Farm) -> None:
    event(farm, "printer", Action.UPDATE, {B: record(1, name="Other", isOnline=False, confirmedReady=False)})
    stat(farm, A, 1, state="RUNNING", isAvailable=False, data={"print": {"timeRemaining": 60}})
    running, offline = farm.counted()
    assert (running.name, running.is_online, running.printing, running.readiness) == ("Printer", True, True, "busy")
    assert (running.bed_needs_clearing, running.has_problem, running.problems) == (False, False, ())
    assert running.ends_at == NOON + timedelta(minutes=60)
    assert (offline.name, offline.is_online, offline.printing, offline.readiness) == ("Other", False, False, "offline")
    assert (offline.bed_needs_clearing, offline.ends_at) == (True, None)
