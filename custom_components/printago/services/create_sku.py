"""The action that creates SKUs from parts."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import AuthenticationError, OutcomeUnknownError, PrintagoError
from ..api.models.product import Sku
from ..const import LOGGER
from ..coordinator import PrintagoCoordinator
from ..errors import action_error, action_failure, home_assistant_error
from ..printing.action_fields import NAME
from ..printing.catalog import called
from ..printing.request import ATTR_SKU
from .helpers import async_runtime

ATTR_PARTS = "parts"
_MOST_PARTS = 20


def _one_part_for_a_code(data: dict[str, Any]) -> dict[str, Any]:
    if ATTR_SKU in data and len(data[ATTR_PARTS]) > 1:
        raise action_error("sku_for_one_part", field=ATTR_SKU)
    return data


CREATE_SKU_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Required(ATTR_PARTS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1, max=_MOST_PARTS)),
            vol.Optional(ATTR_SKU): NAME,
        }
    ),
    _one_part_for_a_code,
)


async def async_create_sku(call: ServiceCall) -> ServiceResponse:
    """Create an SKU from each part, and return them."""
    runtime = async_runtime(call)
    coordinator, catalog = runtime.coordinator, runtime.catalog
    # By part, so that a part given twice becomes one SKU.
    wanted: dict[str, str] = {}
    for name in call.data[ATTR_PARTS]:
        part = await coordinator.async_call(catalog.async_find_part(name), reads=True)
        wanted[part.id] = call.data.get(ATTR_SKU) or called(part)
    taken = await coordinator.async_call(_async_skus_called(coordinator, list(wanted.values())), reads=True)
    if taken or len(set(wanted.values())) < len(wanted):
        repeated = [name for name in wanted.values() if list(wanted.values()).count(name) > 1]
        raise action_error("sku_exists", names=", ".join(dict.fromkeys([*taken, *repeated])))
    skus = await _async_create(coordinator, wanted)
    catalog.forget()
    if not call.return_response:
        return None
    part_ids = {name: part_id for part_id, name in wanted.items()}
    return {"skus": [{"sku_id": sku.id, "sku": sku.name, "part_id": part_ids.get(sku.name or "")} for sku in skus]}


async def _async_create(coordinator: PrintagoCoordinator, wanted: Mapping[str, str]) -> list[Sku]:
    try:
        return await coordinator.client.products.create_skus(wanted.items())
    except OutcomeUnknownError as err:
        LOGGER.warning("The answer to the making of SKUs was lost (%s), looking for them", err)
        return await _async_find(coordinator, list(wanted.values()))
    except PrintagoError as err:
        if isinstance(err, AuthenticationError):
            coordinator.async_reconcile()
        raise home_assistant_error(err) from err


async def _async_find(coordinator: PrintagoCoordinator, names: list[str]) -> list[Sku]:
    """Look for the SKUs after a lost response: none of their codes existed before."""
    found = await coordinator.async_call(_async_skus_called(coordinator, names))
    if missing := [name for name in names if name not in found]:
        raise action_failure("sku_lost", missing=", ".join(missing), found=", ".join(found) or "-")
    return [found[name] for name in names]


async def _async_skus_called(coordinator: PrintagoCoordinator, names: list[str]) -> dict[str, Sku]:
    # A code may contain a comma, which a filter would take for two codes.
    if len(names) == 1:
        listing = await coordinator.client.skus(name=names[0])
    else:
        listing = await coordinator.client.skus()
    rows = {sku.name: sku for sku in listing.rows.values()}
    return {name: rows[name] for name in names if name in rows}
