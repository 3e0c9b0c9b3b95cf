"""Which listeners a change calls, when, and how often."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.hub.listeners import Listeners
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.events import FarmEvent, Scope
from tests.hub.test_steady_readings import Loop
from tests.support.farm_model import NOON, A, B


class Called:
    """Listeners that write down when they are called."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.listeners = Listeners(cast(HomeAssistant, SimpleNamespace(loop=self.loop)))
        self.names: list[str] = []

    def note(self, name: str) -> Callable[..., None]:
        """Return a listener of that name."""
        return lambda *_: self.names.append(name)

    @property
    def last(self) -> list[str]:
        """Return the names of those that were called since the last look."""
        names, self.names = self.names, []
        return names


@pytest.fixture
def called() -> Called:
    return Called()


def event(scope: Scope = Scope.PRINT, subject: str | None = A) -> FarmEvent:
    return FarmEvent(scope=scope, kind="print_started", subject=subject, occurred_at=NOON)


def test_change_of_a_printer_calls_all_its_listeners_and_no_others(called: Called) -> None:
    listeners = called.listeners
    listeners.async_add_printer(A, called.note("whole"))
    listeners.async_add_printer(A, called.note("progress"), "progress")
    listeners.async_add_printer(A, called.note("other"))
    listeners.async_add_printer(B, called.note("B"))
    listeners.async_update_printer(A)
    assert sorted(called.last) == ["other", "progress", "whole"]
    listeners.async_update_printer("c" * 24)
    assert called.last == []


def test_many_printers_are_updated_in_turns_each_once(called: Called) -> None:
    printers = [f"{number:024}" for number in range(120)]
    for printer in printers:
        called.listeners.async_add_printer(printer, called.note(printer))
    called.listeners.async_update_printers(printers)
    first = called.last
    assert 0 < len(first) < 60, "those of the first turn"
    called.listeners.async_update_printers(printers[:1])
    assert called.last == [], "they wait for their turn"
    called.loop.pass_by(0)
    assert sorted({*first, *called.last}) == printers
    assert called.loop.waiting == []


def test_close_ends_the_turns(called: Called) -> None:
    printers = [f"{number:024}" for number in range(120)]
    for printer in printers:
        called.listeners.async_add_printer(printer, called.note(printer))
    called.listeners.async_update_printers(printers)
    called.listeners.async_close()
    assert called.last != [], "those of the first turn"
    called.loop.pass_by(1)
    assert called.last == []
    called.listeners.async_update_printers(printers)
    assert called.loop.waiting == []


def test_listener_may_ask_for_more_updates(called: Called) -> None:
    printers = [f"{number:024}" for number in range(60)]
    for printer in printers:
        called.listeners.async_add_printer(printer, called.note(printer))
    called.listeners.async_add_printer(B, lambda: called.listeners.async_update_printers([*printers]))
    called.listeners.async_update_printers([B, *printers])
    called.loop.pass_by(0)
    assert set(called.last) == set(printers)
    assert called.loop.waiting == []


def test_reading_calls_only_its_own_listeners(called: Called) -> None:
    called.listeners.async_add_printer(A, called.note("whole"))
    for number in range(2):
        called.listeners.async_add_printer(A, called.note(f"progress {number}"), "progress")
    called.listeners.async_add_printer(A, called.note("layer"), "layer")
    called.listeners.async_update_telemetry(A, {"progress", "unknown"})
    assert called.last == ["progress 0", "progress 1"]
    called.listeners.async_update_telemetry(B, {"progress"})
    assert called.last == []


def test_readings_that_follow_quickly_are_collected(called: Called) -> None:
    for name in ("progress", "layer", "speed"):
        called.listeners.async_add_printer(A, called.note(name), name)
        called.listeners.async_add_printer(B, called.note(f"B {name}"), name)
    called.listeners.async_update_telemetry(A, {"progress"})
    assert called.last == ["progress"]
    called.loop.pass_by(0.1)
    called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_update_telemetry(A, {"layer"})
    called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_update_telemetry(B, {"speed"})
    assert called.last == ["B speed"]
    called.loop.pass_by(0.19)
    assert called.last == []
    called.loop.pass_by(0.02)
    assert sorted(called.last) == ["layer", "progress"]
    called.loop.pass_by(0.1)
    called.listeners.async_update_telemetry(A, {"speed"})
    assert called.last == [], "too soon again"
    called.loop.pass_by(0.3)
    assert called.last == ["speed"]
    called.loop.pass_by(10)
    assert called.last == []
    called.listeners.async_update_telemetry(A, {"speed"})
    assert called.last == ["speed"]


def test_reading_after_a_pause_shows_at_once(called: Called) -> None:
    called.listeners.async_add_printer(A, called.note("progress"), "progress")
    for _ in range(3):
        called.listeners.async_update_telemetry(A, {"progress"})
        assert called.last == ["progress"]
        called.loop.pass_by(0.21)


def test_update_of_the_printer_includes_the_collected_readings(called: Called) -> None:
    called.listeners.async_add_printer(A, called.note("progress"), "progress")
    for _ in range(2):
        called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_update_printer(A)
    assert called.last == ["progress", "progress"]
    called.loop.pass_by(10)
    assert called.last == []


def test_two_printers_wait_for_one_timer(called: Called) -> None:
    for printer_id in (A, B):
        called.listeners.async_add_printer(printer_id, called.note(printer_id), "progress")
        for _ in range(2):
            called.listeners.async_update_telemetry(printer_id, {"progress"})
    assert called.last == [A, B]
    assert len(called.loop.waiting) == 1
    called.loop.pass_by(1)
    assert sorted(called.last) == [A, B]


def test_removed_listener_is_not_called_and_the_others_stay(called: Called) -> None:
    gone, stays = called.note("gone"), called.note("stays")
    for reading in (None, "progress"):
        called.listeners.async_add_printer(A, gone, reading)
        called.listeners.async_add_printer(A, stays, reading)
    called.listeners.async_remove_printer(A, gone)
    called.listeners.async_remove_printer("c" * 24, gone)
    called.listeners.async_update_printer(A)
    assert called.last == ["stays", "stays"]
    called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_remove_printer(A, stays)
    assert called.last == ["stays"]
    called.loop.pass_by(1)
    called.listeners.async_update_printer(A)
    assert called.last == []


def test_listener_of_a_printer_may_remove_itself(called: Called) -> None:
    def once() -> None:
        called.names.append("once")
        called.listeners.async_remove_printer(A, once)

    called.listeners.async_add_printer(A, once)
    called.listeners.async_add_printer(A, called.note("other"))
    called.listeners.async_update_printer(A)
    called.listeners.async_update_printer(A)
    assert called.last == ["once", "other", "other"]


def test_farm_is_called_once_for_a_burst_of_changes(called: Called) -> None:
    remove = called.listeners.async_add_farm(called.note("farm"))
    for _ in range(3):
        called.listeners.async_update_farm_soon()
        called.loop.pass_by(0.08)
    assert called.last == []
    called.loop.pass_by(0.02)
    assert called.last == ["farm"]
    called.listeners.async_update_farm_soon()
    called.listeners.async_update_farm()
    assert called.last == ["farm"]
    called.loop.pass_by(1)
    assert called.last == [], "the burst was over"
    called.listeners.async_update_farm_soon()
    called.loop.pass_by(1)
    assert called.last == ["farm"]
    remove()
    remove()
    called.listeners.async_update_farm()
    assert called.last == []


def test_poll_calls_its_listeners_until_they_are_removed(called: Called) -> None:
    remove = called.listeners.async_add_poll(called.note("poll"))
    called.listeners.async_add_poll(remove)
    called.listeners.async_update_polls()
    called.listeners.async_update_polls()
    assert called.last == ["poll"]
    called.listeners.async_add_poll(called.note("other"))
    called.listeners.async_update_polls()
    assert called.last == ["other"]


@pytest.mark.parametrize(
    ("changes", "farm"),
    [
        (Changes(printers={A}), False),
        (Changes(printers={A}, totals_changed=True), True),
        (Changes(printers={A}, jobs=True), True),
    ],
)
def test_changes_come_before_the_entities_and_the_farm_last(called: Called, changes: Changes, farm: bool) -> None:
    called.listeners.async_add_farm(called.note("farm"))
    called.listeners.async_add_printer(A, called.note("A"))
    called.listeners.async_add_printer(B, called.note("B"))
    remove = called.listeners.async_add_changes(called.note("changes"))
    called.listeners.async_add_changes(lambda seen: called.names.append("same" if seen is changes else "?"))
    called.listeners.async_update_listeners(changes)
    assert called.last == ["changes", "same", "A"]
    called.loop.pass_by(1)
    assert called.last == ["farm"] * farm
    remove()
    called.listeners.async_update_listeners(changes)
    assert called.last == ["same", "A"]


def test_all_are_called_at_once(called: Called) -> None:
    called.listeners.async_add_farm(called.note("farm"))
    for name, printer_id in (("A", A), ("B", B)):
        called.listeners.async_add_printer(printer_id, called.note(name))
    called.listeners.async_update_all()
    assert called.last == ["A", "B", "farm"]


def test_event_calls_the_listeners_of_its_scope_and_printer(called: Called) -> None:
    listeners = called.listeners
    remove = listeners.async_add_events(Scope.PRINT, A, called.note("print of A"))
    other = listeners.async_add_events(Scope.PRINT, A, called.note("another"))
    listeners.async_add_events(Scope.ALERT, A, called.note("alert of A"))
    listeners.async_add_events(Scope.JOB, None, called.note("job"))
    listeners.async_fire_event(event())
    assert sorted(called.last) == ["another", "print of A"]
    listeners.async_fire_event(event(Scope.JOB, None))
    assert called.last == ["job"]
    listeners.async_fire_event(event(subject=B))
    assert called.last == []
    remove()
    listeners.async_fire_event(event())
    assert called.last == ["another"]
    other()
    listeners.async_fire_event(event())
    assert called.last == []
    listeners.async_add_events(Scope.PRINT, A, called.note("new"))
    remove()
    other()
    listeners.async_fire_event(event())
    assert called.last == ["new"]


def test_listener_of_events_may_remove_itself(called: Called) -> None:
    removers: list[Callable[[], None]] = []

    def once(_: FarmEvent) -> None:
        called.names.append("once")
        removers.pop()()

    removers.append(called.listeners.async_add_events(Scope.PRINT, A, once))
    called.listeners.async_add_events(Scope.PRINT, A, called.note("other"))
    for _ in range(2):
        called.listeners.async_fire_event(event())
    assert sorted(called.last) == ["once", "other", "other"]


def test_closed_listeners_can_be_closed_again_and_call_no_one_later(called: Called) -> None:
    called.listeners.async_close()
    called.listeners.async_add_printer(A, called.note("progress"), "progress")
    called.listeners.async_add_farm(called.note("farm"))
    for _ in range(2):
        called.listeners.async_update_telemetry(A, {"progress"})
    called.listeners.async_update_farm_soon()
    called.loop.pass_by(1)
    assert called.last == ["progress"]
    called.listeners.async_close()
    assert not called.loop.waiting
