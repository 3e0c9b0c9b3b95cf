"""Entities that the store offers only after setup: in a large farm they are added in several turns."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago import entity
from tests.support.common import pass_time, until, value_of
from virtual_farm import VirtualFarm


@pytest.mark.printers(5)
@pytest.mark.parametrize("per_turn", [1, 2, 5])
async def test_every_printer_gets_its_maintenance_however_many_are_added_per_turn(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, per_turn: int
) -> None:
    monkeypatch.setattr(entity, "_PRINTERS_PER_TURN", per_turn)
    await pass_time(hass, 31)
    await until(
        hass,
        lambda: all(value_of(hass, printer, "maintenance_due", "binary_sensor") for printer in farm.world.printers),
    )
