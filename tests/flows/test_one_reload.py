"""A store whose key or servers changed is loaded with them once, not twice."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import entry_data
from virtual_farm import VirtualFarm
from virtual_farm.broker import RealtimeBroker

pytestmark = [pytest.mark.printers(1), pytest.mark.usefixtures("at_rest")]

OTHER_KEY = "otherkeyotherkeyotherkey_and_its_secret_rest"


async def submit(hass: HomeAssistant, flow: Any, data: dict[str, Any]) -> None:
    """Submit a flow, and wait until all that it caused has ended."""
    await hass.config_entries.flow.async_configure(flow["flow_id"], data)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("key", ["the same key", "another key"])
@pytest.mark.parametrize("flow", ["reauth", "reconfigure"])
async def test_store_is_loaded_once_with_its_new_settings(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, flow: str, key: str
) -> None:
    broker = farm.publisher
    assert isinstance(broker, RealtimeBroker)
    key = farm.config.api_key if key == "the same key" else OTHER_KEY
    farm.add_api_key(key)
    logins = broker.logins

    if flow == "reauth":
        await submit(hass, await entry.start_reauth_flow(hass), {CONF_API_KEY: key})
    else:
        await submit(hass, await entry.start_reconfigure_flow(hass), entry_data(farm, api_key=key))

    assert entry.state is ConfigEntryState.LOADED
    assert entry.data[CONF_API_KEY] == key
    assert broker.logins - logins == 1
