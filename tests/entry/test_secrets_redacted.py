"""Passwords of printers are redacted, whichever message they came with."""

import logging

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import paths, press, until, value_of
from virtual_farm import Fault, VirtualFarm

CODE = "k7Qx93Wm"


@pytest.mark.usefixtures("at_rest")
async def test_access_code_of_a_printer_that_came_by_event_is_redacted(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    printer = farm.add_printer("P1S", "Newcomer")
    printer.metadata = {**(printer.metadata or {}), "dev_access_code": CODE}
    farm.world.printers.touch(printer.id)
    farm.settle()
    await until(hass, lambda: value_of(hass, printer.id, "confirm_bed_cleared", "button") is not None)
    # No list has contained it.
    assert "GET /v1/printers" not in paths(farm)

    farm.inject_fault(Fault(mode="status", status=400, message=f"{CODE} is wrong", path="/v1/printers/confirm-ready"))
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, printer.id, "confirm_bed_cleared")

    assert "*** is wrong" in str(refused.value)
    assert CODE not in str(refused.value)
    assert CODE not in caplog.text
