"""Two stores at once: each has its own past, its own statistics, and its own storage."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import list_statistic_ids
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, DOMAIN
from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.common import pass_time
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import assert_all_is_counted, read_all
from virtual_farm import FarmConfig, VirtualFarm

OTHER = "d" * 24


@pytest.fixture
async def cellar() -> AsyncGenerator[VirtualFarm]:
    """Run a second farm with a past."""
    async with VirtualFarm(FarmConfig(speed=0, printers=2, store_id=OTHER, seed=2, quota=False)) as running:
        running.fill_history(130, months=2)
        yield running


async def test_two_stores_do_not_mix_their_pasts(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    farm: VirtualFarm,
    cellar: VirtualFarm,
    setup_entry: SetUp,
) -> None:
    farm.fill_history(170, months=2)
    first = await setup_entry()
    server = {CONF_API_URL: cellar.rest_url, CONF_REALTIME_URL: cellar.realtime_url}
    second = await setup_entry(store_id=OTHER, api_key=cellar.config.api_key, server=server)
    stores: list[tuple[VirtualFarm, MockConfigEntry]] = [(farm, first), (cellar, second)]
    for _, entry in stores:
        await read_all(hass, entry)
    await pass_time(hass, 61)
    await async_wait_recording_done(hass)

    for running, entry in stores:
        assert_all_is_counted(running, entry)
        answer = await act(hass, "get_history", config_entry_id=entry.entry_id, limit=1000)
        assert {row["job_id"] for row in answer["prints"]} <= {job.id for job in past_jobs(running)}
        assert answer["prints"]
    # Removing one leaves the other as it is.
    assert await hass.config_entries.async_remove(second.entry_id)
    await async_wait_recording_done(hass)
    assert_all_is_counted(farm, first)
    listed = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    ids = [row["statistic_id"] for row in listed if row["source"] == DOMAIN]
    assert ids
    assert not [one for one in ids if OTHER in one]
    assert {key.split(".")[1] for key in hass_storage if ".history" in key} == {farm.config.store_id}
