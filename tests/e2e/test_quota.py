"""The quota as the server counts it, under simultaneous actions of users and automations."""

import asyncio
from collections.abc import AsyncGenerator
import time

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RateLimitedError, RequestPriority
from tests.conftest import SetUp, entry_data
from tests.e2e.quota_checks import check_quota, fill
from tests.support.common import entity_id, paths, press, printer_named, until, value_of
from tests.support.figures import Figures
from virtual_farm import FarmConfig, VirtualFarm

OTHER_STORE = "vf0other1store2abc3def45"
OTHER_KEY = "vfother0a1b2c3d4e5f6g7h8_j0k1l2m3n4o5p6q7"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a small farm: the number of requests does not depend on its size."""
    return FarmConfig(printers=2, speed=0)


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Reload an entry, and wait for its requests."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_twenty_reloads_in_a_row(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, figures: Figures, chaos: bool
) -> None:
    for _ in range(200 if chaos else 20):
        await reload(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    check_quota(farm, figures, f"{200 if chaos else 20} reloads in a row")
    # The reads of a reload are background work, which leaves room for users.
    await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    assert "PATCH /v1/printers/confirm-ready" in paths(farm)


class TestHundredPrinters:
    """A farm of a hundred printing printers."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return a large farm."""
        return FarmConfig(printers=100, speed=0, scenario="idle")

    async def test_automation_that_presses_a_hundred_buttons_at_once(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, figures: Figures
    ) -> None:
        printers = list(farm.world.printers)
        for printer in printers:
            farm.print_from_outside(printer)
        await farm.advance(300)
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        await until(
            hass, lambda: all(value_of(hass, printer, "printing", "binary_sensor") == "on" for printer in printers)
        )

        costs: dict[str, int] = {}

        async def press_all(key: str) -> None:
            farm.clear_requests()
            buttons = [entity_id(hass, printer, key, "button") for printer in printers]
            await hass.services.async_call("button", "press", {"entity_id": buttons}, blocking=True)
            # A snapshot in progress is not part of the presses.
            costs[key] = sum(not path.startswith("GET ") for path in paths(farm))
            await farm.advance(1)

        await press_all("pause")
        await until(hass, lambda: all(value_of(hass, printer, "print_status") == "pause" for printer in printers))
        await press_all("resume")
        await until(hass, lambda: all(value_of(hass, printer, "print_status") == "running" for printer in printers))
        await press_all("stop")
        await until(
            hass,
            lambda: all(value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on" for printer in printers),
        )
        await press_all("confirm_bed_cleared")
        await until(hass, lambda: all(value_of(hass, printer, "readiness") == "ready" for printer in printers))

        assert costs == {"pause": 1, "resume": 1, "stop": 1, "confirm_bed_cleared": 1}
        figures["requests for 100 presses of pause, resume, stop, confirm bed cleared"] = "1, 1, 1, 1"
        check_quota(farm, figures, "400 buttons pressed by automations")


class TestTwoStores:
    """Two farms, each with its own key and quota."""

    @pytest.fixture
    async def other(self, socket_enabled: None) -> AsyncGenerator[VirtualFarm]:
        """Run the other farm."""
        async with VirtualFarm(
            FarmConfig(store_id=OTHER_STORE, api_key=OTHER_KEY, printers=2, speed=0, seed=2)
        ) as running:
            yield running

    async def test_each_has_its_own_quota(
        self, hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm, setup_entry: SetUp, figures: Figures
    ) -> None:
        first, second = await setup_entry(), await setup_entry(**entry_data(other))
        for _ in range(10):
            await asyncio.gather(*(reload(hass, entry) for entry in (first, second)))

        # A store that has used up its minute does not affect the other.
        await fill(first, RequestPriority.USER)
        with pytest.raises(HomeAssistantError):
            await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
        await press(hass, printer_named(other, "P1S 01"), "confirm_bed_cleared")
        await fill(second, RequestPriority.USER)

        assert farm.quota_usage().highest_minute == other.quota_usage().highest_minute == 60
        check_quota(farm, figures, "two stores, the first")
        check_quota(other, figures, "two stores, the second")


async def test_action_is_sent_at_once_while_background_work_is_at_its_limit(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, figures: Figures
) -> None:
    await fill(entry, RequestPriority.BACKGROUND)
    with pytest.raises(RateLimitedError):
        await entry.runtime_data.coordinator.client.stores()

    started = time.monotonic()
    await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    figures["seconds until a button was done, background work at its limit"] = round(time.monotonic() - started, 2)

    assert paths(farm)[-1] == "PATCH /v1/printers/confirm-ready"
    assert time.monotonic() - started < 2

    used = await fill(entry, RequestPriority.USER)
    assert used <= 20
    farm.clear_requests()
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, printer_named(farm, "X1 Carbon 01"), "pause")
    assert refused.value.translation_key == "rate_limited"
    assert refused.value.translation_placeholders is not None
    assert 10 < int(refused.value.translation_placeholders["seconds"]) <= 62
    assert farm.requests == []
    check_quota(farm, figures, "both lanes full")
