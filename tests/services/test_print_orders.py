"""The action that queues the missing prints of orders."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import device_of, paths, printer_named
from virtual_farm import FarmConfig, Fault, VirtualFarm

PRINT = "POST /v1/orders/print"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Have every printer ready and nothing queued."""
    return FarmConfig(speed=0, scenario="idle", printers=3)


@pytest.fixture
def order(farm: VirtualFarm) -> str:
    """Return the ID of an open order of two boats, and of an unknown SKU."""
    details = farm.orders.create(
        {"orderNumber": "A-1042"},
        [{"quantity": 2, "sku": "BENCHY-1", "skuId": sku_id(farm, "BENCHY-1")}, {"quantity": 1, "sku": "UNKNOWN"}],
    )
    return str(details["order"]["id"])


def sku_id(farm: VirtualFarm, code: str) -> str:
    """Return the ID of an SKU."""
    return next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == code)


async def print_orders(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Print orders, and return the response of the action."""
    response = await hass.services.async_call(DOMAIN, "print_orders", data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


def printed(farm: VirtualFarm, order: str) -> int:
    """Return how many prints of an order are queued."""
    return sum(build["quantity"] for build in farm.world.part_builds.values() if build["orderId"] == order)


@pytest.mark.parametrize("by_number", [True, False])
async def test_missing_prints_of_an_order_are_queued_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, order: str, by_number: bool
) -> None:
    wanted = "A-1042" if by_number else order
    response = await print_orders(hass, orders=[wanted])
    assert response == {"errors": [], "order_ids": [order], "sku_ids": [sku_id(farm, "BENCHY-1")]}
    assert printed(farm, order) == 2
    await print_orders(hass, orders=[wanted])
    assert printed(farm, order) == 2


async def test_all_options_are_sent_to_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, order: str
) -> None:
    device = device_of(hass, entry, printer_named(farm, "A1 01"))
    assert device is not None
    await print_orders(hass, skus=["BENCHY-1"], printer=device.id, tags=["demo"], priority="low", position="front")
    (body,) = [request.body for request in farm.requests if request.path == "/v1/orders/print"]
    assert body == {
        "skuIds": [sku_id(farm, "BENCHY-1")],
        "printerTags": {"printer.id": printer_named(farm, "A1 01"), "user.tags": "demo"},
        "priority": 1000,
        "position": "front",
    }
    assert printed(farm, order) == 2


async def test_items_that_could_not_be_queued_are_reported(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, order: str
) -> None:
    for link in [link for link in farm.world.linked_parts.values() if link["skuId"] == sku_id(farm, "BENCHY-1")]:
        farm.world.linked_parts.remove(link["id"])
    response = await print_orders(hass, orders="A-1042")
    assert response["errors"] == ["SKU BENCHY-1 of order A-1042 has no parts"]
    with pytest.raises(HomeAssistantError) as failed:
        await hass.services.async_call(DOMAIN, "print_orders", {"orders": "A-1042"}, blocking=True)
    assert failed.value.translation_key == "orders_not_all_printed"
    assert "BENCHY-1" in str(failed.value)


async def test_unknown_or_empty_order_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, order: str
) -> None:
    farm.orders.create({"orderNumber": "EMPTY"}, [])
    for _ in range(2):
        farm.orders.create({"orderNumber": "TWICE"}, [])
    for number, key in (("A-1", "order_not_found"), ("EMPTY", "orders_without_skus"), ("TWICE", "order_ambiguous")):
        with pytest.raises(ServiceValidationError) as refused:
            await print_orders(hass, orders=[number])
        assert refused.value.translation_key == key
    assert PRINT not in paths(farm)


@pytest.mark.parametrize("data", [{}, {"orders": []}, {"skus": ["BENCHY-1"], "priority": "urgent"}])
async def test_invalid_data_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await print_orders(hass, **data)
    assert PRINT not in paths(farm)


async def test_lost_response_is_reported(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, order: str
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v1/orders/print"))
    with pytest.raises(HomeAssistantError) as failed:
        await print_orders(hass, orders=["A-1042"])
    assert failed.value.translation_key == "outcome_unknown"
    assert paths(farm).count(PRINT) == 1
