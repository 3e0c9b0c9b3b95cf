"""How long telemetry is current, and which changes of the connection a message announces."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.printer_facts import PARTS, STANDING
from tests.support.farm_model import NOON, A, printer_row, record, stamp


@pytest.fixture
def state() -> PrinterState:
    """Return a printer whose record arrived at noon."""
    state = PrinterState.from_row(printer_row(A, record()))
    state.update_derived(None)
    return state


def merge(state: PrinterState, seconds: float | None, **payload: Any) -> set[str] | None:
    """Merge telemetry some seconds after noon; return what it announces."""
    now = NOON + timedelta(seconds=seconds or 0)
    received = {} if seconds is None else {"receivedAt": now.isoformat()}
    changed = state.merge_stat(read_stat(A, {"expiresAt": stamp((seconds or 0) + 300), **received, **payload}), now)
    state.update_derived(None)
    return None if changed is None else set(changed)


@pytest.mark.parametrize(
    ("expires", "lifetime"),
    [
        ({"expiresAt": stamp(300)}, timedelta(minutes=5)),
        ({"expiresAt": None}, timedelta(minutes=10)),
        ({"expiresAt": stamp(86_399)}, timedelta(seconds=86_399)),
        ({"expiresAt": "2099-01-01T00:00:00Z"}, timedelta(days=1)),
    ],
    ids=["stated", "unstated", "nearly a day", "far too long"],
)
def test_telemetry_is_stale_from_its_expiry_on(
    state: PrinterState, expires: dict[str, Any], lifetime: timedelta
) -> None:
    merge(state, 0, **expires)
    assert state.live
    assert not state.expire(NOON + lifetime - timedelta(seconds=1))
    assert state.live
    assert state.expire(NOON + lifetime)
    assert not state.live
    assert not state.expire(NOON + lifetime)


def test_telemetry_that_arrives_when_it_expires_is_stale(state: PrinterState) -> None:
    assert STANDING not in (merge(state, 0, expiresAt=stamp()) or ())
    assert not state.live
    assert STANDING in (merge(state, 1) or ())
    assert state.live
    assert STANDING in (merge(state, 2, expiresAt=stamp(2)) or ())
    assert not state.live


def test_record_alone_is_not_current(state: PrinterState) -> None:
    assert not state.live
    assert PrinterState.from_row(printer_row(A, {"name": "X"})).is_online is False
    assert not state.expire(NOON), "without telemetry it stays stale"


@pytest.mark.parametrize(
    "flags", [{"isOnline": False}, {"isAvailable": False}, {"isAvailable": False, "isOnline": False}]
)
@pytest.mark.parametrize("seconds", [None, 2], ids=["without time", "with time"])
def test_changed_connection_is_announced_once(
    state: PrinterState, flags: dict[str, bool], seconds: float | None
) -> None:
    merge(state, 0, isOnline=True, isAvailable=True)
    assert merge(state, 1, isOnline=True, isAvailable=True) == set()
    assert merge(state, seconds, **flags) == {STANDING}
    assert (state.is_online, state.is_available) == (flags.get("isOnline", True), flags.get("isAvailable", True))
    assert merge(state, 3, **flags) == set()


def test_connection_of_a_message_that_repeats_the_flags_counts_from_then_on(state: PrinterState) -> None:
    for seconds in (10, 20):
        merge(state, seconds, isOnline=True, isAvailable=True)
    late = {"isOnline": False, "updatedAt": stamp(15)}
    assert not state.merge_record(printer_row(A, {"updatedAt": stamp(-1), "isOnline": False}))
    state.merge_record(printer_row(A, late))
    assert state.is_online, "the message of second 20 is newer"
    state.merge_record(printer_row(A, {**late, "updatedAt": stamp(21)}))
    assert not state.is_online


def test_reading_is_a_new_feature_only_the_first_time(state: PrinterState) -> None:
    first = merge(state, 0, data={"temps": {"bedTemp": 60, "chamberTemp": None}})
    assert first is not None
    assert PARTS in first
    assert PARTS not in (merge(state, 1, data={"temps": {"bedTemp": 70}}) or ())
    assert PARTS in (merge(state, 2, data={"temps": {"chamberTemp": 40}}) or ())
    for seconds, chamber in ((3, None), (4, 41)):
        assert PARTS not in (merge(state, seconds, data={"temps": {"chamberTemp": chamber}}) or ())
    assert state.shown >= {"bed_temp", "chamber_temp"}
