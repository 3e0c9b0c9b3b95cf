"""Adds and changes saved prints as users do, and reads their results."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import paths, until, value_of
from virtual_farm import VirtualFarm

BUILD = "POST /v2/builds"
KIND = "saved_print"


def part_id(farm: VirtualFarm, name: str = "Benchy") -> str:
    """Return the ID of a part."""
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


def sku_id(farm: VirtualFarm, code: str) -> str:
    """Return the ID of an SKU."""
    return next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == code)


def last_build(farm: VirtualFarm) -> Any:
    """Return the body of the last build that was sent."""
    builds = [request.body for request in farm.requests if request.path == "/v2/builds"]
    assert builds, f"no build was sent, only {paths(farm)}"
    return builds[-1]


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the form that adds a saved print."""
    return await hass.config_entries.subentries.async_init((entry.entry_id, KIND), context={"source": SOURCE_USER})


async def save_print(hass: HomeAssistant, entry: MockConfigEntry, thing: str, **fields: Any) -> str:
    """Add a saved print as a user does, and return the ID of its subentry."""
    known = set(entry.subentries)
    form = await open_form(hass, entry)
    await hass.config_entries.subentries.async_configure(form["flow_id"], {"thing": thing, **fields})
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (subentry_id,) = set(entry.subentries) - known
    return subentry_id


async def change_print(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, fields: dict[str, Any]) -> Any:
    """Change a saved print as a user does."""
    form = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()
    return result


def issue_of(hass: HomeAssistant, subentry_id: str) -> ir.IssueEntry | None:
    """Return the repair issue of a saved print."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"saved_print_gone_{subentry_id}")


def outcome(hass: HomeAssistant, subentry_id: str) -> str | None:
    """Return the result of the last press."""
    return value_of(hass, subentry_id, "last_outcome")


async def runs(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    """Let the time of slicing, downloading and heating pass, and wait until that is processed."""
    while farm.printer(printer).machine.word != "RUNNING":
        await farm.advance(10)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")


async def outcome_is(hass: HomeAssistant, subentry_id: str, wanted: str) -> None:
    """Wait for a result."""
    await until(hass, lambda: outcome(hass, subentry_id) == wanted, seconds=30)
