"""What is left of a printer that was removed: nothing that another start would show again."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import until, until_farm, value_of
from virtual_farm import VirtualFarm


async def test_last_result_of_a_removed_printer_is_no_longer_saved(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    coordinator = entry.runtime_data.coordinator
    results = coordinator.store_state.results
    farm.finish_print(busy)
    await until(hass, lambda: value_of(hass, busy, "last_print_result") == "finished")
    assert busy in results.export()

    farm.remove_printer(busy)
    await until_farm(entry, lambda: busy not in coordinator.farm.printers)

    assert busy not in results.export()
