"""Which listeners a change calls, and when: no more state writes than needed, and none too late."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.hub.event_publisher import EventPublisher
from custom_components.printago.hub.listeners import Listeners
from custom_components.printago.hub.pending_events import PendingEvents
from custom_components.printago.hub.persistence import StoreState
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.events import FarmEvent, Scope

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@dataclass(eq=False)
class Timer:
    when: float
    call: Callable[[], None]
    canceled: bool = False

    def cancel(self) -> None:
        self.canceled = True


@dataclass
class Loop:
    """An event loop whose time the test advances."""

    now: float = 1000.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(timer := Timer(self.now + seconds, call))
        return timer

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if not timer.canceled and timer.when <= end]:
            first = min(due, key=lambda timer: timer.when)
            self.timers.remove(first)
            self.now = first.when
            first.call()
        self.now = end


class Calls(list[str]):
    """The names of the called listeners."""

    def by(self, name: str) -> Callable[[], None]:
        return lambda: self.append(name)

    def since(self) -> list[str]:
        names = sorted(self)
        self.clear()
        return names


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def listeners(loop: Loop) -> Listeners:
    return Listeners(cast(HomeAssistant, SimpleNamespace(loop=loop)))


@pytest.fixture
def calls(listeners: Listeners) -> Calls:
    """Return the calls of listeners for the entities of two printers."""
    calls = Calls()
    for printer in ("one", "two"):
        listeners.async_add_printer(printer, calls.by(f"{printer} status"))
        listeners.async_add_printer(printer, calls.by(f"{printer} nozzle"), "nozzle")
        listeners.async_add_printer(printer, calls.by(f"{printer} bed"), "bed")
    return calls


def test_reading_is_written_at_once_by_the_entity_that_shows_it_and_no_other(
    listeners: Listeners, calls: Calls
) -> None:
    listeners.async_update_telemetry("one", {"nozzle"})
    assert calls.since() == ["one nozzle"]
    listeners.async_update_telemetry("three", {"nozzle"})
    listeners.async_update_printer("three")
    assert calls.since() == []


def test_burst_of_readings_is_written_once_a_fifth_of_a_second(listeners: Listeners, calls: Calls, loop: Loop) -> None:
    listeners.async_update_telemetry("one", {"nozzle"})
    calls.clear()
    for reading in ("nozzle", "bed", "nozzle"):
        loop.pass_by(0.05)
        listeners.async_update_telemetry("one", {reading})
        listeners.async_update_telemetry("two", {reading})
    assert calls.since() == ["two nozzle"]
    loop.pass_by(0.1)
    assert calls.since() == []
    loop.pass_by(0.1)
    assert calls.since() == ["one bed", "one nozzle", "two bed", "two nozzle"]
    # A change soon after that waits again, and is not forgotten.
    listeners.async_update_telemetry("one", {"bed"})
    assert calls.since() == []
    loop.pass_by(0.2)
    assert calls.since() == ["one bed"]
    loop.pass_by(10)
    assert calls.since() == []


def test_reading_a_fifth_of_a_second_later_does_not_wait(listeners: Listeners, calls: Calls, loop: Loop) -> None:
    loop.now = 0.0
    listeners.async_update_telemetry("one", {"nozzle"})
    loop.pass_by(0.2)
    listeners.async_update_telemetry("one", {"nozzle"})
    assert calls.since() == ["one nozzle", "one nozzle"]


def test_change_of_the_printer_writes_all_of_its_entities_once(listeners: Listeners, calls: Calls, loop: Loop) -> None:
    listeners.async_update_telemetry("one", {"nozzle"})
    listeners.async_update_telemetry("one", {"bed"})
    calls.clear()
    listeners.async_update_printer("one")
    assert calls.since() == ["one bed", "one nozzle", "one status"]
    loop.pass_by(1)
    assert calls.since() == []


def test_removed_entity_is_not_called_and_the_others_are(listeners: Listeners, calls: Calls, loop: Loop) -> None:
    more = calls.by("one nozzle again")
    listeners.async_add_printer("one", more, "nozzle")
    listeners.async_remove_printer("one", more)
    listeners.async_remove_printer("three", more)
    listeners.async_update_printer("one")
    assert calls.since() == ["one bed", "one nozzle", "one status"]


def test_printer_removed_while_readings_wait_does_not_affect_the_others(listeners: Listeners, loop: Loop) -> None:
    calls = Calls()
    gone = calls.by("gone")
    listeners.async_add_printer("gone", gone, "nozzle")
    listeners.async_add_printer("other", calls.by("other"), "nozzle")
    for _ in range(2):
        for printer in ("gone", "other"):
            listeners.async_update_telemetry(printer, {"nozzle"})
    calls.clear()
    listeners.async_remove_printer("gone", gone)
    loop.pass_by(1)
    assert calls.since() == ["other"]
    # It starts over when it is added again.
    listeners.async_add_printer("gone", gone, "nozzle")
    listeners.async_update_telemetry("gone", {"nozzle"})
    assert calls.since() == ["gone"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes(printers={"one"}), ["one bed", "one nozzle", "one status"]),
        (Changes(jobs=True), ["farm"]),
        (Changes(totals_changed=True), ["farm"]),
        (Changes(needs_refresh=True), []),
    ],
    ids=["printer", "jobs", "counts", "neither"],
)
def test_change_calls_the_listeners_that_it_concerns(
    listeners: Listeners, calls: Calls, loop: Loop, changes: Changes, expected: list[str]
) -> None:
    listeners.async_add_farm(calls.by("farm"))
    listeners.async_update_listeners(changes)
    loop.pass_by(1)
    assert calls.since() == expected


def test_burst_of_changes_is_one_update_of_the_farm_a_quarter_of_a_second_later(
    listeners: Listeners, loop: Loop
) -> None:
    calls = Calls()
    listeners.async_add_farm(calls.by("farm"))
    for _ in range(2):
        for _ in range(3):
            listeners.async_update_listeners(Changes(jobs=True))
            loop.pass_by(0.0625)
        assert calls.since() == []
        loop.pass_by(0.0625)
        assert calls.since() == ["farm"]
        loop.pass_by(10)
        assert calls.since() == []


def test_update_of_everything_includes_the_pending_one_of_the_farm(
    listeners: Listeners, calls: Calls, loop: Loop
) -> None:
    listeners.async_add_farm(calls.by("farm"))
    listeners.async_update_farm_soon()
    listeners.async_update_all()
    every = [f"{printer} {name}" for printer in ("one", "two") for name in ("bed", "nozzle", "status")]
    assert calls.since() == ["farm", *every]
    loop.pass_by(1)
    assert calls.since() == []
    listeners.async_update_farm_soon()
    loop.pass_by(1)
    assert calls.since() == ["farm"]


def test_nothing_is_written_after_the_entry_was_unloaded(listeners: Listeners, calls: Calls, loop: Loop) -> None:
    listeners.async_add_farm(calls.by("farm"))
    for _ in range(2):
        listeners.async_update_telemetry("one", {"nozzle"})
    listeners.async_update_farm_soon()
    calls.clear()
    listeners.async_close()
    listeners.async_close()
    listeners.async_update_telemetry("one", {"nozzle"})
    listeners.async_update_farm_soon()
    loop.pass_by(1)
    assert calls.since() == []
    assert [timer for timer in loop.timers if not timer.canceled] == []


def test_listener_that_removes_itself_does_not_affect_the_others(listeners: Listeners, loop: Loop) -> None:
    calls = Calls()
    ends: list[Callable[[], None]] = []

    def end(name: str) -> Callable[..., None]:
        def call(_: object = None) -> None:
            calls.append(name)
            while ends:
                ends.pop()()

        return call

    ends += [listeners.async_add_farm(end(f"farm {name}")) for name in ("a", "b")]
    listeners.async_update_farm()
    ends += [listeners.async_add_poll(end(f"poll {name}")) for name in ("a", "b")]
    listeners.async_update_polls()
    ends += [listeners.async_add_changes(end(f"changes {name}")) for name in ("a", "b")]
    listeners.async_update_listeners(Changes())
    ends += [listeners.async_add_events(Scope.PRINT, "one", end(f"event {name}")) for name in ("a", "b")]
    listeners.async_fire_event(happened("one"))
    every = sorted(f"{kind} {name}" for kind in ("farm", "poll", "changes", "event") for name in ("a", "b"))
    assert calls.since() == every
    listeners.async_update_farm()
    listeners.async_update_polls()
    listeners.async_update_listeners(Changes())
    listeners.async_fire_event(happened("one"))
    assert calls.since() == []


def happened(printer: str, kind: str = "offline") -> FarmEvent:
    return FarmEvent(scope=Scope.PRINT, kind=kind, subject=printer, occurred_at=NOON)


def test_event_reaches_the_entities_of_its_printer_and_no_other(listeners: Listeners) -> None:
    calls: list[tuple[str, str]] = []
    first = listeners.async_add_events(Scope.PRINT, "one", lambda event: calls.append(("first", event.kind)))
    listeners.async_add_events(Scope.PRINT, "one", lambda event: calls.append(("second", event.kind)))
    listeners.async_add_events(Scope.PRINT, "two", lambda event: calls.append(("other", event.kind)))
    listeners.async_fire_event(happened("one"))
    assert sorted(calls) == [("first", "offline"), ("second", "offline")]
    first()
    # Removing it again does not remove a listener that was added since.
    again = listeners.async_add_events(Scope.PRINT, "one", lambda event: calls.append(("again", event.kind)))
    first()
    calls.clear()
    listeners.async_fire_event(happened("one"))
    assert sorted(calls) == [("again", "offline"), ("second", "offline")]
    again()
    again()


def test_removed_printers_leave_nothing_behind(listeners: Listeners) -> None:
    def nothing(_: object = None) -> None:
        pass

    end = listeners.async_add_events(Scope.PRINT, "one", nothing)
    listeners.async_add_printer("one", nothing)
    listeners.async_add_printer("one", nothing, "nozzle")
    end()
    listeners.async_remove_printer("one", nothing)
    assert not listeners._of_events
    assert not listeners._of_printer


class TestPublishing:
    """Events wait for entities that can fire them."""

    @pytest.fixture
    def fired(self, listeners: Listeners) -> list[str]:
        fired: list[str] = []
        listeners.async_add_events(Scope.PRINT, "one", lambda event: fired.append(event.kind))
        return fired

    @pytest.fixture
    def available(self) -> list[bool]:
        return [True]

    @pytest.fixture
    def publisher(self, listeners: Listeners, available: list[bool]) -> EventPublisher:
        state: Any = SimpleNamespace(pending_events=PendingEvents())
        return EventPublisher(cast(StoreState, state), listeners, lambda: available[0])

    def test_events_before_the_entities_are_added_fire_once_and_first(
        self, publisher: EventPublisher, fired: list[str]
    ) -> None:
        publisher.async_publish([happened("one", "first"), happened("one", "second")])
        publisher.async_catch_up()
        assert fired == []
        publisher.async_begin()
        assert fired == ["first", "second"]
        publisher.async_publish([happened("one", "third")])
        publisher.async_catch_up()
        assert fired == ["first", "second", "third"]

    def test_events_during_unavailability_fire_before_later_ones(
        self, publisher: EventPublisher, fired: list[str], available: list[bool]
    ) -> None:
        publisher.async_begin()
        available[0] = False
        publisher.async_publish([happened("one", "first")])
        assert fired == []
        available[0] = True
        publisher.async_publish([happened("one", "second")])
        assert fired == ["first", "second"]

    def test_events_after_the_entities_were_removed_wait_for_the_next_ones(
        self, publisher: EventPublisher, fired: list[str]
    ) -> None:
        publisher.async_begin()
        publisher.async_pause()
        publisher.async_publish([happened("one", "first")])
        assert fired == []
        publisher.async_begin()
        assert fired == ["first"]


class TestPendingEvents:
    """Pending events are kept for ten minutes."""

    @pytest.fixture
    def now(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [5000.0]
        monkeypatch.setattr("custom_components.printago.hub.pending_events.uptime", lambda: now[0])
        return now

    def test_pending_event_fires_for_ten_minutes(self, now: list[float]) -> None:
        pending = PendingEvents()
        pending.add([happened("one", "old")])
        now[0] += 1
        pending.add([happened("one", "new")])
        assert len(pending) == 2
        now[0] += 599
        assert [event.kind for event in pending.take()] == ["new"]
        assert len(pending) == 0
        assert pending.take() == []

    def test_number_of_pending_events_is_limited_to_the_latest(self, now: list[float]) -> None:
        pending = PendingEvents()
        pending.add([happened("one", str(number)) for number in range(5_001)])
        taken = pending.take()
        assert len(taken) == 5_000
        assert taken[-1].kind == "5000"


def test_temperature_that_goes_on_changing_is_written_every_ten_seconds_and_its_last_value_always(
    listeners: Listeners, loop: Loop
) -> None:
    shown: list[int] = []
    layers: list[int] = []
    reading = 0
    listeners.async_add_printer("one", lambda: shown.append(reading), "nozzle_temp")
    listeners.async_add_printer("one", lambda: layers.append(reading), "current_layer")
    for reading in range(1, 46):  # noqa: B007, the listeners show it
        listeners.async_update_telemetry("one", {"nozzle_temp", "current_layer"})
        loop.pass_by(1)
    assert shown[:8] == [1, 2, 3, 4, 5, 6, 7, 8], "a few changes are written at once"
    assert 10 <= len(shown) <= 13
    assert len(layers) == 45, "everything else is never delayed"
    loop.pass_by(10)
    assert shown[-1] == 45
    written = len(shown)
    reading = 46
    listeners.async_update_telemetry("one", {"nozzle_temp"})
    listeners.async_update_printer("one")
    assert shown[written:] == [46], "with a status, all that has changed is written"
    loop.pass_by(20)
    assert len(shown) == written + 1
