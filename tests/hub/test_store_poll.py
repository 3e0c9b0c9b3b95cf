"""Reads of data that rarely changes."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import pass_time, value_of
from virtual_farm import Fault, VirtualFarm


@pytest.mark.printers(8)
async def test_failed_read_is_retried_at_the_next_turn(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = farm.config.store_id
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/orders"))
    await pass_time(hass, 31)
    assert value_of(hass, store, "orders_open") is None
    # It spaces reads by the real clock, which no test waits for.
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)

    await pass_time(hass, 15 * 60)

    assert value_of(hass, store, "orders_open") == "3"
