"""The state of a control from a press until the printer follows, or does not."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.printago.control import OptimisticEntity, OptimisticToggle


async def _call(call: Awaitable[None]) -> None:
    await call


class Control(OptimisticEntity[int]):
    """A control whose printer and calls the test controls."""

    def __init__(self, hass: HomeAssistant) -> None:
        coordinator = cast(Any, SimpleNamespace(async_call=_call))
        super().__init__(coordinator, "printer", EntityDescription(key="control"))
        self.hass = hass
        self.actual: int | None = 0
        self.answer_is_state = False
        self.sent: list[int] = []
        self.answers: list[asyncio.Future[None]] = []
        self.written: list[int | None] = []
        self._shown = self._async_read()

    @override
    def _async_read(self) -> tuple[Any, ...]:
        return (self._async_shown(self.actual),)

    @override
    def async_write_ha_state(self) -> None:
        assert self._shown is not None
        self.written.append(self._shown[0])

    @property
    def shown(self) -> int | None:
        """The state in Home Assistant."""
        return self.written[-1] if self.written else 0

    def report(self, actual: int | None) -> None:
        """Let the printer report a value."""
        self.actual = actual
        self.async_on_update()

    async def press(self, value: int) -> asyncio.Task[None]:
        """Request a value, which is sent unless another request is waiting for its response."""

        async def send() -> None:
            self.sent.append(value)
            self.answers.append(asyncio.get_running_loop().create_future())
            await self.answers[-1]

        options = {"answer_is_state": True} if self.answer_is_state else {}
        asking = self._async_set_optimistic(value, self.actual, send, **options)
        task = asyncio.get_running_loop().create_task(asking)
        await asyncio.sleep(0)
        return task


@pytest.fixture
def control(hass: HomeAssistant) -> Control:
    return Control(hass)


async def answered(control: Control, task: asyncio.Task[None]) -> None:
    control.answers[-1].set_result(None)
    await task


def pass_by(hass: HomeAssistant, seconds: float) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds), fire_all=False)


async def test_requested_value_shows_at_once_until_the_printer_follows(hass: HomeAssistant, control: Control) -> None:
    task = await control.press(50)
    assert control.shown == 50
    control.report(0)
    control.report(None)
    assert control.shown == 50
    await answered(control, task)
    control.report(0)
    assert control.shown == 50
    control.report(50)
    # From now on it shows the printer's own value.
    control.report(0)
    assert control.shown == 0
    pass_by(hass, 60)
    assert control.written == [50, 0]


async def test_other_value_of_the_printer_ends_what_was_requested(control: Control) -> None:
    await answered(control, await control.press(50))
    control.report(70)
    assert control.shown == 70
    control.report(0)
    assert control.shown == 0


async def test_value_that_was_there_before_can_be_requested(control: Control) -> None:
    await answered(control, await control.press(0))
    control.report(0)
    control.report(30)
    control.report(0)
    assert control.shown == 0
    assert control.written == [30, 0]


async def test_printer_that_does_not_follow_shows_as_it_is_after_fifteen_seconds(
    hass: HomeAssistant, control: Control, freezer: Any
) -> None:
    await answered(control, await control.press(50))
    for seconds, shown in ((14, 50), (2, 0)):
        freezer.tick(seconds)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert control.shown == shown


async def test_failed_call_shows_the_printer_as_it_is(control: Control) -> None:
    task = await control.press(50)
    control.answers[-1].set_exception(ValueError("refused"))
    with pytest.raises(ValueError, match="refused"):
        await task
    assert control.written == [50, 0]


async def test_response_with_the_state_ends_the_optimistic_state(control: Control) -> None:
    control.answer_is_state = True
    task = await control.press(50)
    control.actual = 40
    await answered(control, task)
    assert control.written == [50, 40]


async def test_presses_are_sent_one_after_the_other_and_only_the_last_waiting_one(control: Control) -> None:
    first = await control.press(10)
    second = await control.press(20)
    third = await control.press(30)
    assert control.sent == [10]
    assert control.shown == 30
    # This value is from the first request: it must not show while the third one waits or is in progress.
    control.report(10)
    assert control.shown == 30
    await answered(control, first)
    await second
    await asyncio.sleep(0)
    assert control.sent == [10, 30]
    control.report(None)
    control.report(10)
    assert control.shown == 30
    await answered(control, third)
    control.report(10)
    assert control.shown == 30
    control.report(30)
    control.report(10)
    assert control.written == [10, 20, 30, 10]


async def test_missing_value_during_a_press_is_not_taken_for_a_response(control: Control) -> None:
    first = await control.press(10)
    second = await control.press(30)
    control.report(10)
    control.report(None)
    await answered(control, first)
    await asyncio.sleep(0)
    control.report(10)
    assert control.shown == 30
    await answered(control, second)
    control.report(30)


async def test_failed_older_press_does_not_affect_the_newer_one(control: Control) -> None:
    first = await control.press(10)
    second = await control.press(20)
    control.answers[-1].set_exception(ValueError("refused"))
    with pytest.raises(ValueError, match="refused"):
        await first
    assert control.shown == 20
    await asyncio.sleep(0)
    assert control.sent == [10, 20]
    control.answers[-1].set_exception(ValueError("refused"))
    with pytest.raises(ValueError, match="refused"):
        await second
    assert control.shown == 0


async def test_each_press_has_its_own_time_limit(hass: HomeAssistant, control: Control, freezer: Any) -> None:
    await answered(control, await control.press(10))
    freezer.tick(10)
    await answered(control, await control.press(20))
    freezer.tick(10)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert control.shown == 20
    control.report(20)


async def test_removed_entity_writes_no_state(hass: HomeAssistant, control: Control) -> None:
    task = await control.press(50)
    await control.async_will_remove_from_hass()
    await answered(control, task)
    assert control.written == [50]
    failing = await control.press(60)
    await control.async_will_remove_from_hass()
    control.answers[-1].set_exception(ValueError("refused"))
    with pytest.raises(ValueError, match="refused"):
        await failing
    await answered(control, await control.press(70))
    await control.async_will_remove_from_hass()
    pass_by(hass, 60)
    assert control.written == [50, 60, 70]


async def test_toggle_requests_on_and_off() -> None:
    asked: list[bool] = []

    class Toggle(OptimisticToggle):
        async def _async_turn(self, *, on: bool) -> None:
            asked.append(on)

        def _async_read(self) -> tuple[Any, ...]:
            return ()

    toggle = Toggle(cast(Any, None), "printer", EntityDescription(key="toggle"))
    await toggle.async_turn_on()
    await toggle.async_turn_off()
    assert asked == [True, False]
