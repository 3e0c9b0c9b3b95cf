"""Actions with two stores: the one that is given, else the one that the printers, areas and names belong to."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL
from tests.conftest import SetUp
from tests.support.actions import act, sent
from tests.support.common import device_of, printer_named
from virtual_farm import FarmConfig, VirtualFarm

OTHER = "d" * 24
CONFIRM, STOP = "/v1/printers/confirm-ready", "/v1/printer-commands/send"
WAITING = "P1S 01"


@pytest.fixture
async def cellar(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[VirtualFarm]:
    """Run a second farm, with printers of the same names."""
    async with VirtualFarm(FarmConfig(speed=0, printers=3, store_id=OTHER, seed=2)) as running:
        yield running


@pytest.fixture
async def second(hass: HomeAssistant, cellar: VirtualFarm, setup_entry: SetUp) -> AsyncGenerator[MockConfigEntry]:
    """Return the entry of the second farm, whose bed that needs clearing is in the area "Cellar"."""
    second = await setup_entry(
        store_id=OTHER,
        api_key=cellar.config.api_key,
        server={CONF_API_URL: cellar.rest_url, CONF_REALTIME_URL: cellar.realtime_url},
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    area = ar.async_get(hass).async_create("Cellar")
    device = device_of(hass, second, printer_named(cellar, WAITING))
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    yield second
    await hass.config_entries.async_unload(second.entry_id)


async def test_area_belongs_to_the_store_of_its_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, cellar: VirtualFarm, second: MockConfigEntry
) -> None:
    for data, key in (
        # The store that is given has no printer there.
        ({"config_entry_id": entry.entry_id, "areas": ["Cellar"]}, "no_printer_there"),
        # A printer of one store and an area of the other.
        ({"printers": _devices(hass, entry, farm), "areas": ["Cellar"]}, "no_printer_there"),
        ({"config_entry_id": entry.entry_id, "printers": _devices(hass, second, cellar)}, "not_a_printer"),
        ({"printers": [WAITING]}, "printer_ambiguous"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "confirm_beds", **data)
        assert refused.value.translation_key == key, data
    assert not sent(farm, CONFIRM)
    assert not sent(cellar, CONFIRM)
    await act(hass, "confirm_beds", areas=["Cellar"])
    assert sent(cellar, CONFIRM) == [{"ready": True, "ids": [printer_named(cellar, WAITING)]}]
    assert not sent(farm, CONFIRM)


def _devices(hass: HomeAssistant, entry: MockConfigEntry, farm: VirtualFarm) -> list[str]:
    device = device_of(hass, entry, printer_named(farm, WAITING))
    assert device is not None
    return [device.id]


async def test_emergency_stop_reaches_the_stores_that_are_loaded_and_names_the_others(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, cellar: VirtualFarm, second: MockConfigEntry
) -> None:
    stopped = await act(hass, "emergency_stop", config_entry_id=second.entry_id)
    assert stopped["complete"]
    assert not sent(farm, STOP)
    assert {printer_id for body in sent(cellar, STOP) for printer_id in body["ids"]} == set(cellar.world.printers)
    # Both printers of this name.
    named = await act(hass, "emergency_stop", printers=[WAITING])
    assert named["printers"] == [WAITING, WAITING]
    assert {printer_id for body in sent(farm, STOP) for printer_id in body["ids"]} == {printer_named(farm, WAITING)}

    await hass.config_entries.async_unload(second.entry_id)
    everywhere = await act(hass, "emergency_stop")
    assert everywhere["stores_not_loaded"] == [second.title]
    assert (everywhere["complete"], everywhere["not_reached"]) == (False, [])
    assert {printer_id for body in sent(farm, STOP) for printer_id in body["ids"]} == set(farm.world.printers)
    unknown = await act(hass, "emergency_stop", printers=[WAITING, *_devices(hass, second, cellar)])
    assert (unknown["complete"], unknown["unknown_devices"]) == (False, _devices(hass, second, cellar))
    assert unknown["printers"] == [WAITING]


async def test_store_must_be_given_where_nothing_else_names_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, cellar: VirtualFarm, second: MockConfigEntry
) -> None:
    data: dict[str, Any] = {"part": "Benchy", "dry_run": True}
    with pytest.raises(ServiceValidationError):
        await act(hass, "submit_print_job", **data)
    for device, of in ((_devices(hass, entry, farm), farm), (_devices(hass, second, cellar), cellar)):
        of.clear_requests()
        await act(hass, "submit_print_job", printer=device[0], **data)
        assert sent(of, "/v1/parts")
