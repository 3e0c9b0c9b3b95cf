"""The lifetime count of completed jobs: our own count, corrected by Printago's."""

import math

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import pass_time, until, value_of
from tests.support.publish import poll
from virtual_farm import VirtualFarm


async def test_completed_jobs_are_counted_at_once_and_corrected_every_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    before = int(value_of(hass, store, "jobs_completed"))
    farm.finish_print(busy)
    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(before + 1))

    farm.world.completed_jobs += 10
    entry.runtime_data.coordinator.slow_poller._reads["completed_count"].asked_at = -math.inf
    await pass_time(hass, 3601)
    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(farm.world.completed_jobs))


async def test_total_of_completed_jobs_decreases_only_after_two_equal_reads(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    own = int(value_of(hass, store, "jobs_completed") or 0)
    farm.world.completed_jobs -= 5

    for _ in range(2):
        assert value_of(hass, store, "jobs_completed") == str(own)
        entry.runtime_data.coordinator.slow_poller._reads["completed_count"].asked_at = -math.inf
        await pass_time(hass, 3601)

    assert value_of(hass, store, "jobs_completed") == str(own - 5)


async def test_job_that_ended_without_an_event_is_counted_soon(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    own = int(value_of(hass, store, "jobs_completed") or 0)
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    farm.finish_print(busy)

    entry.runtime_data.coordinator.slow_poller._reads["completed_count"].asked_at = -math.inf
    await poll(hass, entry)

    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(own + 1))
