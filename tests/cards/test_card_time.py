"""Browsers can ask for Home Assistant's time: their own clocks may be wrong."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printago.const import DOMAIN

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")


async def test_browsers_can_ask_for_the_time_before_any_store_is_there(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, freezer: FrozenDateTimeFactory
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_ws_client(hass)
    freezer.move_to("2026-11-28T12:00:00.500+00:00")

    await client.send_json_auto_id({"type": "printago/now"})

    # 2026-11-28 12:00:00.5 UTC
    assert (await client.receive_json())["result"] == {"now": 1_795_867_200_500}
