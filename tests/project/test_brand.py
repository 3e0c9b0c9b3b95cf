"""What a person sees of the integration before it is set up, and names that Home Assistant shows beside values."""

from http import HTTPStatus
import json
from pathlib import Path

from homeassistant.const import (
    ATTR_ASSUMED_STATE,
    ATTR_ATTRIBUTION,
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_PICTURE,
    ATTR_FRIENDLY_NAME,
    ATTR_ICON,
    ATTR_RESTORED,
    ATTR_SUPPORTED_FEATURES,
    ATTR_UNIT_OF_MEASUREMENT,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.conftest import SetUp
from tests.support.common import pass_time
from virtual_farm import VirtualFarm

PACKAGE = Path(__file__).parents[2] / "custom_components/printago"
ENGLISH = json.loads((PACKAGE / "translations/en.json").read_text())["entity"]
# Each platform's own, named by Home Assistant.
STANDARD = {
    ATTR_ASSUMED_STATE,
    ATTR_ATTRIBUTION,
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_PICTURE,
    ATTR_FRIENDLY_NAME,
    ATTR_ICON,
    ATTR_RESTORED,
    ATTR_SUPPORTED_FEATURES,
    ATTR_UNIT_OF_MEASUREMENT,
    "state_class",
    "options",
    "event_types",
    "event_type",
}
PLATFORMS_OWN = {
    Platform.CALENDAR: {"all_day", "description", "end_time", "location", "message", "start_time"},
    Platform.FAN: {"percentage", "percentage_step", "preset_mode", "preset_modes"},
    Platform.IMAGE: {"access_token"},
    Platform.LIGHT: {"color_mode", "supported_color_modes"},
    Platform.NUMBER: {"max", "min", "mode", "step"},
}


@pytest.mark.parametrize("image", sorted(path.name for path in (PACKAGE / "brand").iterdir()))
async def test_home_assistant_shows_our_image(
    hass: HomeAssistant, enable_custom_integrations: None, hass_client: ClientSessionGenerator, image: str
) -> None:
    assert await async_setup_component(hass, "brands", {})
    client = await hass_client()

    answer = await client.get(f"/api/brands/integration/printago/{image}")

    assert answer.status == HTTPStatus.OK
    assert await answer.read() == (PACKAGE / "brand" / image).read_bytes()


async def test_every_attribute_has_a_translated_name(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, every_entity_enabled: None
) -> None:
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 31)
    # So that there are events with data.
    await farm.advance(7200)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 31)
    nameless, named = set(), 0
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        state = hass.states.get(entity.entity_id)
        assert state is not None
        words = ENGLISH[entity.domain][entity.translation_key].get("state_attributes", {})
        for attribute in state.attributes.keys() - STANDARD - PLATFORMS_OWN.get(Platform(entity.domain), set()):
            if words.get(attribute, {}).get("name"):
                named += 1
            else:
                nameless.add(f"{entity.domain}.{entity.translation_key}: {attribute}")
    assert named > 50
    assert nameless == set()
