"""Actions offer the parts, SKUs, materials, colors and tags that the store has, without a request."""

from typing import Any

from homeassistant.const import EVENT_SERVICE_REGISTERED
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import validate_selector
from homeassistant.helpers.service import SERVICE_DESCRIPTION_CACHE
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.common import pass_time, paths
from virtual_farm import VirtualFarm

type Options = list[dict[str, str]]


def selector(hass: HomeAssistant, action: str, field: str) -> dict[str, Any]:
    """Return the selector of a field, also of one in a section."""
    description = hass.data[SERVICE_DESCRIPTION_CACHE][DOMAIN, action]
    fields: dict[str, Any] = {}
    for name, each in description["fields"].items():
        fields |= each.get("fields", {name: each})
    found: dict[str, Any] = fields[field]["selector"]
    return found


def offered(hass: HomeAssistant, action: str, field: str) -> list[str]:
    """Return the labels that a field offers."""
    select = (selector(hass, action, field))["select"]
    assert select["custom_value"] is True
    validate_selector({"select": select})
    return [option["label"] for option in select["options"]]


async def look(hass: HomeAssistant) -> None:
    """Let the slow polls read, and the choices be offered."""
    for seconds in (31, 6, 6):
        await pass_time(hass, seconds)


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let everything be read that is read anyway."""
    await look(hass)


@pytest.mark.usefixtures("calm")
async def test_fields_offer_what_the_store_has(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    before = paths(farm)
    parts = sorted(part["name"] for part in farm.world.parts.values())
    assert sorted(offered(hass, "submit_print_job", "part")) == parts
    assert offered(hass, "create_sku", "parts") == offered(hass, "cancel_jobs", "part")
    assert {"PLA", "Bambu PLA Basic"} <= set(offered(hass, "submit_print_job", "material"))
    assert "Black" in offered(hass, "assign_material", "variant")
    tags = {tag for printer in entry.runtime_data.coordinator.farm.printers.values() for tag in printer.record.tags}
    assert set(offered(hass, "submit_print_job", "tags")) == tags
    assert (selector(hass, "submit_print_job", "tags"))["select"]["multiple"] is True
    assert (selector(hass, "submit_print_job", "part"))["select"]["multiple"] is False
    # The code of a new SKU is not one that there is.
    assert "text" in selector(hass, "create_sku", "sku")
    assert paths(farm) == before


@pytest.mark.usefixtures("calm")
async def test_skus_are_offered_once_they_were_read(hass: HomeAssistant, farm: VirtualFarm) -> None:
    assert "text" in selector(hass, "submit_print_job", "sku")
    with pytest.raises(ServiceValidationError):
        await act(hass, "submit_print_job", sku="DESK")
    await look(hass)
    codes = {sku["sku"] for sku in farm.world.skus.values()}
    assert set(offered(hass, "submit_print_job", "sku")) == codes
    assert "text" in selector(hass, "create_sku", "sku"), "the code of a new SKU is not one that there is"
    assert (selector(hass, "print_orders", "skus"))["select"]["multiple"] is True


@pytest.mark.usefixtures("calm")
async def test_renamed_part_is_offered_soon(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.world.parts.change(next(iter(farm.world.parts)), {"name": "Dragon"})
    registered = async_capture_events(hass, EVENT_SERVICE_REGISTERED)
    with pytest.raises(ServiceValidationError):
        await act(hass, "submit_print_job", part="Dragn")
    await look(hass)
    assert "Dragon" in offered(hass, "submit_print_job", "part")
    # Browsers are asked to read the descriptions again.
    assert registered


async def test_parts_of_the_same_name_are_distinguished_by_their_id(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    first, second = (part["id"] for part in list(farm.world.parts.values())[:2])
    for part in (first, second):
        farm.world.parts.change(part, {"name": "Benchy"})
    await setup_entry()
    await look(hass)
    options: Options = (selector(hass, "submit_print_job", "part"))["select"]["options"]
    alike = {option["value"]: option["label"] for option in options if option["label"].startswith("Benchy")}
    assert alike == {first: f"Benchy ({first})", second: f"Benchy ({second})"}


async def test_most_that_is_offered_is_500(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    names = entry.runtime_data.coordinator.store_state.catalog_names
    names.parts = {f"{number:024}": f"Part {number:04}" for number in range(2000)}
    await pass_time(hass, 6)
    listed = offered(hass, "submit_print_job", "part")
    assert len(listed) == 500
    assert listed == sorted(listed)


@pytest.mark.usefixtures("calm")
async def test_nothing_is_offered_of_a_store_that_is_not_loaded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert "select" in selector(hass, "submit_print_job", "part")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert selector(hass, "submit_print_job", "part") == {"text": None}


@pytest.mark.usefixtures("calm")
async def test_choices_are_offered_again_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    # A change is about to be offered when the entry is unloaded.
    entry.runtime_data.coordinator.listeners.async_update_farm()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await look(hass)
    assert "Benchy" in offered(hass, "submit_print_job", "part")
