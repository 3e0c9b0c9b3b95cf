"""Temperatures that change all the time are shown in fewer steps; none is lost, and nothing else is delayed."""

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.hub.listeners import Listeners

PRINTER = "p1"
NOZZLE = "nozzle_temp"
BURST = 8
"""How many changes are shown at once."""
STEADY = 10.0
"""Seconds between two updates from then on."""


class _Timer:
    def __init__(self, when: float, act: Callable[[], None]) -> None:
        self.when, self.act, self.canceled = when, act, False

    def cancel(self) -> None:
        self.canceled = True


class Loop:
    """A loop whose time a test advances."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[_Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, act: Callable[[], None]) -> _Timer:
        timer = _Timer(self.now + delay, act)
        self._timers.append(timer)
        return timer

    def call_soon(self, act: Callable[[], None]) -> _Timer:
        return self.call_later(0, act)

    @property
    def waiting(self) -> list[_Timer]:
        return [timer for timer in self._timers if not timer.canceled]

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.waiting if timer.when <= end]:
            timer = min(due, key=lambda due: due.when)
            self._timers.remove(timer)
            self.now = max(self.now, timer.when)
            timer.act()
        self.now = end


class Shown:
    """Counts how often each reading of a printer is shown."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.listeners = Listeners(cast(HomeAssistant, SimpleNamespace(loop=self.loop)))
        self.times: Counter[str] = Counter()
        self._counting = {reading: self._count(reading) for reading in (NOZZLE, "bed_temp", "progress")}
        for reading, count in self._counting.items():
            self.listeners.async_add_printer(PRINTER, count, reading)

    def _count(self, reading: str) -> Callable[[], None]:
        return lambda: self.times.update({reading: 1})

    def remove(self) -> None:
        """Remove the printer."""
        for count in self._counting.values():
            self.listeners.async_remove_printer(PRINTER, count)

    def change(self, *readings: str, times: int = 1, pause: float = 1.0) -> None:
        """Change readings, and let some time pass after each change."""
        for _ in range(times):
            self.listeners.async_update_telemetry(PRINTER, set(readings))
            self.loop.pass_by(pause)


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_eight_changes_are_shown_at_once_and_then_one_every_ten_seconds(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST)
    assert shown.times[NOZZLE] == BURST
    shown.change(NOZZLE, times=100)
    # Ten for the hundred seconds, and almost one for the eight before.
    assert shown.times[NOZZLE] == BURST + 10


def test_delayed_change_is_shown_once_though_no_other_follows(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST + 2, pause=0.25)
    assert shown.times[NOZZLE] == BURST
    shown.loop.pass_by(STEADY - 2)
    assert shown.times[NOZZLE] == BURST + 1
    shown.loop.pass_by(10 * STEADY)
    assert shown.times[NOZZLE] == BURST + 1


def test_each_pause_lets_as_many_changes_through_again(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST, pause=0.25)
    shown.loop.pass_by(3 * STEADY)
    shown.change(NOZZLE, times=5, pause=0.25)
    assert shown.times[NOZZLE] == BURST + 3
    shown.loop.pass_by(100 * STEADY)
    assert shown.times[NOZZLE] == BURST + 4
    shown.change(NOZZLE, times=BURST, pause=0.25)
    assert shown.times[NOZZLE] == 2 * BURST + 4


def test_only_the_temperature_that_keeps_changing_is_delayed(shown: Shown) -> None:
    shown.change(NOZZLE, "progress", times=20, pause=0.25)
    assert shown.times == {NOZZLE: BURST, "progress": 20}
    shown.change("bed_temp", times=BURST, pause=0.25)
    assert shown.times["bed_temp"] == BURST


def test_delayed_change_does_not_wait_for_another_reading(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST, pause=0.25)
    shown.change(NOZZLE, pause=0)
    (due,) = shown.loop.waiting
    shown.loop.pass_by(due.when - shown.loop.now - 0.1)
    shown.change("progress", pause=0.1)
    assert shown.times[NOZZLE] == BURST + 1


def test_change_that_is_shown_meanwhile_is_not_shown_again(shown: Shown) -> None:
    shown.change("bed_temp", times=BURST, pause=0.9)
    shown.change(NOZZLE, times=BURST + 1, pause=0.25)
    (due,) = shown.loop.waiting
    # The bed temperature is just too frequent, and is allowed again before it is the nozzle's turn.
    shown.change("bed_temp", pause=0.25)
    assert shown.times["bed_temp"] == BURST
    shown.loop.pass_by(due.when - shown.loop.now - 0.5)
    shown.change("bed_temp", pause=0.25)
    assert shown.times["bed_temp"] == BURST + 1
    shown.loop.pass_by(10 * STEADY)
    assert shown.times["bed_temp"] == BURST + 1


def test_update_of_the_whole_printer_shows_what_was_delayed(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST + 1, pause=0.25)
    shown.listeners.async_update_printer(PRINTER)
    assert shown.times[NOZZLE] == BURST + 1
    shown.loop.pass_by(10 * STEADY)
    assert shown.times[NOZZLE] == BURST + 1


def test_removed_printer_shows_nothing_more(shown: Shown) -> None:
    shown.change(NOZZLE, times=BURST + 1, pause=0.25)
    shown.remove()
    shown.loop.pass_by(10 * STEADY)
    assert shown.times[NOZZLE] == BURST


def test_closed_listeners_leave_no_timer(shown: Shown) -> None:
    shown.change(NOZZLE, "progress", times=BURST + 1, pause=0.25)
    shown.change("progress", times=2, pause=0.01)
    shown.listeners.async_update_farm_soon()
    assert len(shown.loop.waiting) == 3
    shown.listeners.async_close()
    assert not shown.loop.waiting
    shown.change(NOZZLE, "progress", times=2, pause=0.01)
    shown.listeners.async_update_farm_soon()
    assert not shown.loop.waiting
    shown.loop.pass_by(1)
    shown.change(NOZZLE)
    assert not shown.loop.waiting
