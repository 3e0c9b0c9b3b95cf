"""A large farm enables only the essential entities; users can enable the rest."""

from pathlib import Path
import re

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.entity import ESSENTIAL, MOST_WITH_EVERYTHING
from tests.conftest import SetUp
from tests.support.common import until, value_of
from virtual_farm import FarmConfig, VirtualFarm

DOCS = Path(__file__).parents[2] / "docs" / "entities.md"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm with one printer too many for all entities."""
    return FarmConfig(speed=0, printers=3)


def enabled(hass: HomeAssistant, entry: MockConfigEntry, printer: str) -> set[str]:
    """Return the keys of the entities of a printer that are enabled."""
    return {
        registered.unique_id.removeprefix(f"{printer}_")
        for registered in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if registered.unique_id.startswith(printer) and registered.disabled_by is None
    }


async def test_each_printer_of_a_large_farm_has_the_essential_entities(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.entity.MOST_WITH_EVERYTHING", 2)
    entry = await setup_entry()
    for printer in farm.world.printers:
        assert enabled(hass, entry, printer) == ESSENTIAL


async def test_growing_farm_keeps_its_entities_and_adds_essential_ones(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.entity.MOST_WITH_EVERYTHING", 3)
    entry = await setup_entry()
    before = {printer: enabled(hass, entry, printer) for printer in farm.world.printers}
    assert all(len(keys) > len(ESSENTIAL) for keys in before.values())

    added = farm.add_printer("X1C", "One more").id
    await until(hass, lambda: value_of(hass, added, "print_status") is not None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert enabled(hass, entry, added) == ESSENTIAL

    await hass.config_entries.async_reload(entry.entry_id)
    assert {printer: enabled(hass, entry, printer) for printer in before} == before


def test_five_hundred_printers_fit() -> None:
    of_the_farm, with_four_ams = 30, 54
    assert 500 * len(ESSENTIAL) + of_the_farm <= MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY
    assert MOST_WITH_EVERYTHING * with_four_ams + of_the_farm <= MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY


def test_docs_list_the_essential_entities() -> None:
    text = DOCS.read_text().split("### Large farms\n")[1].split("\n#")[0]
    assert set(re.findall(r"`(\w+)`", text)) == ESSENTIAL
    assert f"more than {MOST_WITH_EVERYTHING}" in text.replace("\n", " ")
