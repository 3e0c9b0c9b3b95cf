"""Records and telemetry merged into the state of a printer, and what is read from them."""

from datetime import timedelta

import pytest

from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.printer_facts import STANDING
from tests.support.farm_model import printer_row
from tests.support.one_printer import BUSY, ID, IDLE, NOON, job, merge, printer


def test_older_stamp_never_overwrites_a_newer_one() -> None:
    state = printer(name="New")
    assert not state.merge_record(
        printer_row(ID, {"name": "Old", "isOnline": False, "updatedAt": "2026-11-24T11:59:59Z"})
    )
    assert (state.name, state.is_online) == ("New", True)
    assert merge(state, 10, data={"temps": {"bedTemp": 60}})
    assert not merge(state, 9, data={"temps": {"bedTemp": 20}})
    assert state.telemetry.bed_temp == 60
    assert merge(state, 9, data={"temps": {"bedTemp": 20}}, isOnline=False)
    assert (state.telemetry.bed_temp, state.is_online) == (60, False)
    assert not merge(state, 8, isOnline=True)
    assert state.is_online is False


def test_equal_or_missing_stamp_lets_the_last_arrival_win() -> None:
    state = printer(name="First")
    assert state.merge_record(printer_row(ID, {"name": "Second", "updatedAt": NOON.isoformat()}))
    assert state.merge_record(printer_row(ID, {"name": "Third"}))
    assert state.name == "Third"


def test_flags_have_their_own_timestamp_from_either_source() -> None:
    state = printer(**IDLE)
    merge(state, 60, isOnline=True, isAvailable=False)
    # A record that is newer than the last record, but older than the telemetry: all of it counts except the flags.
    state.merge_record(
        printer_row(ID, {**IDLE, "name": "Renamed", "updatedAt": (NOON + timedelta(seconds=30)).isoformat()})
    )
    assert (state.name, state.is_available) == ("Renamed", False)
    state.merge_record(printer_row(ID, {"isAvailable": True, "updatedAt": (NOON + timedelta(seconds=90)).isoformat()}))
    assert state.is_available is True
    merge(state, 80, isAvailable=False)
    assert state.is_available is True


def test_sparse_telemetry_leaves_the_rest_and_health_replaces_health() -> None:
    state = printer()
    problem = {"code": "0700-2000-0002-0001", "message": "AMS slot empty"}
    merge(state, 1, data={"temps": {"bedTemp": 60}, "health": {"errors": [problem], "warnings": [problem]}})
    merge(state, 2, data={"temps": {"nozzleTemp": 200}})
    assert (state.telemetry.bed_temp, len(state.problems)) == (60, 2)
    merge(state, 3, data={"health": {"errors": [], "infos": []}})
    assert [found.severity for found in state.problems] == ["warning"]
    assert state.has_problem


@pytest.mark.parametrize("code", ["0300-8013", "0300-8001", "0300-8000", "03008000", "0300_8000"])
def test_pause_by_a_user_is_no_problem(code: str) -> None:
    state = printer()
    merge(state, data={"health": {"errors": [{"code": code, "message": "Paused"}], "warnings": [], "infos": []}})
    assert state.problems == ()
    assert not state.has_problem


def test_telemetry_without_an_expiry_is_fresh_for_ten_minutes() -> None:
    state = printer()
    state.merge_stat(read_stat(ID, {"data": {}}), NOON)
    assert state.live
    state.expire(NOON + timedelta(minutes=11))
    assert not state.live


def test_end_of_the_print_moves_only_with_the_estimate() -> None:
    state = printer(**BUSY)
    merge(state, 0, state="RUNNING", data={"print": {"timeRemaining": 60}})
    first = state.end_time
    assert first == NOON + timedelta(hours=1)
    for minute in range(1, 30):
        merge(state, minute * 60 + 29, data={"print": {"timeRemaining": 60 - minute}})
        assert state.end_time == first
    merge(state, 1800, data={"temps": {"bedTemp": 60}})
    assert state.end_time == first
    merge(state, 1800, data={"print": {"timeRemaining": 40}})
    assert state.end_time == NOON + timedelta(minutes=70)


@pytest.mark.parametrize("second", [0, 1, 30, 58, 59])
@pytest.mark.parametrize("start", [0, 59])
@pytest.mark.parametrize("lag", [0, 20])
def test_end_of_the_print_does_not_jitter_with_rounded_minutes(second: int, start: int, lag: int) -> None:
    state = printer(**BUSY)
    over = 7200 + second
    ends = set()
    for elapsed in range(start, 7000, 7):
        # The remaining time is in whole minutes; messages take a varying time to arrive.
        late = lag if (elapsed - start) % 3 else 0
        merge(state, elapsed + late, state="RUNNING", data={"print": {"timeRemaining": (over - elapsed) // 60}})
        ends.add(state.end_time)
    assert len(ends) == 1


def test_remaining_time_out_of_range_does_no_harm() -> None:
    state = printer(**BUSY)
    for received_at in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2999-12-31T23:59:59Z"):
        message = {"receivedAt": received_at, "state": "RUNNING", "data": {"print": {"timeRemaining": 1_000_000}}}
        assert state.merge_stat(read_stat(ID, message), NOON) is not None
        assert state.end_time == NOON + timedelta(minutes=1_000_000)


def test_future_timestamp_blocks_nothing() -> None:
    state = printer()
    merge(state, 86400, data={"temps": {"bedTemp": 20}})
    future = (NOON + timedelta(days=365)).isoformat()
    assert state.merge_stat(read_stat(ID, {"receivedAt": future, "data": {"temps": {"bedTemp": 99}}}), NOON) is not None
    assert merge(state, 86401, data={"temps": {"bedTemp": 21}})
    assert state.telemetry.bed_temp == 21


@pytest.mark.parametrize("word", ["PAUSE", "FINISH", "IDLE"])
def test_idle_printer_has_no_end_time(word: str) -> None:
    state = printer(**BUSY)
    merge(state, 0, state="RUNNING", data={"print": {"timeRemaining": 60}})
    merge(state, 1, state=word)
    assert state.end_time is None


def test_start_time_is_that_of_the_job() -> None:
    state = printer(**BUSY)
    assert state.start_time is None
    state.update_derived(job("printing", printingStartedAt="2026-11-24T11:00:00Z"))
    assert state.start_time == NOON - timedelta(hours=1)


def test_temperature_has_whole_degrees_that_do_not_flicker() -> None:
    state = printer()
    shown = []
    for second, reading in enumerate((59.8, 60.4, 60.51, 59.49, 60.69, 60.71, 60.4, 60.2)):
        merge(state, second, data={"temps": {"bedTemp": reading}})
        shown.append(state.telemetry.bed_temp)
    assert shown == [60, 60, 60, 60, 60, 61, 61, 60]


def test_only_different_readings_count_as_changed() -> None:
    state = printer(**BUSY)
    whole = {"state": "RUNNING", "data": {"temps": {"bedTemp": 60}, "print": {"percent": 4, "timeRemaining": 30}}}
    merge(state, **whole)
    assert state.merge_stat(read_stat(ID, whole), NOON) == set()
    assert state.merge_stat(read_stat(ID, {**whole, "data": {"temps": {"bedTemp": 62}}}), NOON) == {"bed_temp"}
    assert state.merge_stat(read_stat(ID, {**whole, "state": "PAUSE"}), NOON) == {"state", "bed_temp", STANDING}
    assert state.merge_stat(read_stat(ID, {"isOnline": False}), NOON) == {STANDING}


def test_unreadable_field_is_read_once_it_is_readable() -> None:
    state = printer()
    merge(state, 0, data={"print": {"percent": True, "currentLayer": 3}})
    merge(state, 1, data={"print": {"percent": 1, "currentLayer": 3}})
    assert (state.telemetry.percent, state.telemetry.current_layer) == (1, 3)
