"""When a control of a printer is available, and how long it follows its printer."""

from itertools import product
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.control import ControlDescription, ControlEntity
from tests.support.common import entity_id, printer_named, until
from virtual_farm import VirtualFarm


@pytest.mark.parametrize(("loaded", "online", "allowed"), product((True, False), repeat=3))
def test_control_needs_printago_the_permission_and_mostly_the_printer(
    *, loaded: bool, online: bool, allowed: bool
) -> None:
    asked: list[object] = []

    def lacks(permissions: object) -> bool:
        asked.append(permissions)
        return not allowed

    permissions = SimpleNamespace(lacks=lacks)
    printer = cast(Any, SimpleNamespace(is_online=online, live=online))
    coordinator = cast(
        Any,
        SimpleNamespace(
            available=loaded,
            client=SimpleNamespace(permissions=permissions),
            farm=SimpleNamespace(printers={"printer": printer}),
        ),
    )

    def is_available(description: ControlDescription) -> bool:
        return ControlEntity(coordinator, "printer", description)._is_available(printer)

    by_default = ControlDescription(key="pause")
    assert is_available(by_default) == (loaded and online and allowed)
    assert is_available(ControlDescription(key="confirm", needs_printer=False)) == (loaded and allowed)
    assert set(asked) == {by_default.permissions}


async def test_control_that_is_disabled_no_longer_follows_its_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    light = entity_id(hass, printer, "chamber_light", LIGHT)

    def followers() -> list[Any]:
        groups = entry.runtime_data.coordinator.listeners._of_printer[printer].listeners.values()
        return [
            listener
            for group in groups
            for listener in group
            if getattr(getattr(listener, "__self__", None), "entity_id", None) == light
        ]

    assert followers()

    er.async_get(hass).async_update_entity(light, disabled_by=er.RegistryEntryDisabler.USER)

    await until(hass, lambda: not followers())
