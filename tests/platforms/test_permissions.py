"""Keys with limited permissions: what works, what is unavailable, and the repair issue."""

from homeassistant.components.image import async_get_image
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printago.api.rest.permissions import _NEEDED, PermissionLedger, permissions_of
from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.common import entity_id, paths, press, printer_named, until, value_of
from virtual_farm import Fault, VirtualFarm, contract

READ_ONLY = "readonlyreadonlyreadonly0123456789"
VIEWS = ["printer.view", "printer.stats", "queue.view", "order.view", "settings.view", "subscription.view"]


@pytest.fixture
async def entry(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry with a read-only key."""
    farm.add_api_key(READ_ONLY, VIEWS)
    entry = await setup_entry(**{CONF_API_KEY: READ_ONLY})
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return entry


async def turn(hass: HomeAssistant, identifier: str, key: str, to: str) -> None:
    """Turn a switch of a printer or store on or off."""
    target = {"entity_id": entity_id(hass, identifier, key, SWITCH)}
    await hass.services.async_call(SWITCH, f"turn_{to}", target, blocking=True)


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair issue about missing permissions."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"missing_permission_{entry.entry_id}")


async def test_read_only_key_reads_everything(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    assert entry.state is ConfigEntryState.LOADED
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    await until(hass, lambda: value_of(hass, printer, "nozzle_temp") not in ("unknown", STATE_UNAVAILABLE))
    assert value_of(hass, farm.config.store_id, "jobs_in_progress") not in ("unknown", STATE_UNAVAILABLE)
    assert issue_of(hass, entry) is None


async def test_key_without_printer_view_names_the_missing_permission(farm: VirtualFarm, setup_entry: SetUp) -> None:
    farm.add_api_key("blindblindblindblind0123456789", ["queue.view"])
    entry = await setup_entry(**{CONF_API_KEY: "blindblindblindblind0123456789"})
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert "lacks the permission printer.view" in entry.reason


async def test_refused_control_names_the_permission_and_becomes_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer, other = printer_named(farm, "A1 01"), printer_named(farm, "P1S 01")

    with pytest.raises(HomeAssistantError) as refused:
        await turn(hass, printer, "enabled", "off")

    assert refused.value.translation_key == "forbidden"
    assert refused.value.translation_placeholders == {"permissions": "printer.control"}
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders == {"store": "Virtual Farm", "permissions": "printer.control"}
    assert {value_of(hass, identifier, "enabled", SWITCH) for identifier in (printer, other)} == {STATE_UNAVAILABLE}
    # Controls with another permission were not refused yet.
    assert value_of(hass, printer, "fabmatic", SWITCH) == "off"
    assert value_of(hass, other, "confirm_bed_cleared", "button") != STATE_UNAVAILABLE
    assert value_of(hass, printer, "readiness") == "ready"


async def test_refused_control_is_not_tried_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    with pytest.raises(HomeAssistantError):
        await turn(hass, printer, "enabled", "off")
    for _ in range(3):
        await turn(hass, printer, "enabled", "off")
    assert paths(farm) == ["PATCH /v1/printers/enabled"]


async def test_several_missing_permissions_are_one_issue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    for key in ("enabled", "fabmatic", "maintenance_mode"):
        with pytest.raises(HomeAssistantError):
            await turn(hass, printer, key, "off" if key == "enabled" else "on")
    issue = issue_of(hass, entry)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert (
        issue.translation_placeholders["permissions"]
        == "maintenance.edit, printer.config, printer.control, printer.ready"
    )
    assert value_of(hass, printer, "maintenance_mode", SWITCH) == STATE_UNAVAILABLE


async def test_job_of_a_printer_needs_another_permission_than_the_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(READ_ONLY, [*VIEWS, "printer.control"])
    with_job, idle = printer_named(farm, "X1 Carbon 01"), printer_named(farm, "A1 01")
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, with_job, "pause")
    assert refused.value.translation_placeholders == {"permissions": "queue.manage"}
    assert value_of(hass, with_job, "pause", "button") == STATE_UNAVAILABLE
    assert value_of(hass, idle, "pause", "button") != STATE_UNAVAILABLE


async def test_key_with_a_granted_permission_works_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    with pytest.raises(HomeAssistantError):
        await turn(hass, printer, "enabled", "off")
    farm.add_api_key(READ_ONLY, [*VIEWS, "printer.control"])

    assert await hass.config_entries.async_reload(entry.entry_id)

    assert issue_of(hass, entry) is None
    await turn(hass, printer, "enabled", "off")
    assert value_of(hass, printer, "enabled", SWITCH) == "off"


async def test_repair_reloads_the_entry(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    printer = printer_named(farm, "A1 01")
    assert await async_setup_component(hass, REPAIRS, {})
    with pytest.raises(HomeAssistantError):
        await turn(hass, printer, "enabled", "off")
    farm.add_api_key(READ_ONLY, None)
    before = entry.runtime_data.coordinator
    issue = issue_of(hass, entry)
    assert issue is not None
    client = await hass_client()

    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    flow = await answer.json()
    assert flow["step_id"] == "confirm"
    assert flow["description_placeholders"]["permissions"] == "printer.control"
    await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.runtime_data.coordinator is not before
    assert issue_of(hass, entry) is None
    assert value_of(hass, printer, "enabled", SWITCH) == "on"


async def test_key_without_settings_only_disables_their_switch(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(READ_ONLY, [*VIEWS, "settings.edit"])
    entry = await setup_entry(**{CONF_API_KEY: READ_ONLY})
    farm.add_api_key(READ_ONLY, ["printer.view", "queue.view"])
    store = farm.config.store_id
    entry.runtime_data.coordinator.slow_poller.async_want("store_settings")
    await until(hass, lambda: value_of(hass, store, "process_low_priority_jobs", SWITCH) == STATE_UNAVAILABLE)
    # The missing permission may be intended: no issue.
    assert issue_of(hass, entry) is None
    assert value_of(hass, printer_named(farm, "A1 01"), "enabled", SWITCH) == "on"


async def test_missing_file_permission_raises_no_issue(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    everything = {permission for permissions in _NEEDED.values() for permission in permissions}
    # The list of granted permissions is not readable: only the refusal shows it.
    farm.add_api_key(READ_ONLY, everything - {"file.download", "apiKey.view"})
    entry = await setup_entry(**{CONF_API_KEY: READ_ONLY})
    await hass.async_block_till_done(wait_background_tasks=True)
    cover = entity_id(hass, printer_named(farm, "X1 Carbon 01"), "cover_image", "image")

    with pytest.raises(HomeAssistantError):
        await async_get_image(hass, cover)

    assert "POST /v1/storage/signed-urls" in paths(farm)
    assert "file.download" in entry.runtime_data.coordinator.client.permissions.missing
    assert issue_of(hass, entry) is None
    state = hass.states.get(cover)
    assert state is not None
    assert state.state == STATE_UNAVAILABLE


async def test_refusal_by_allowlist_ends_with_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """An allowlist without our address refuses everything; after it ends, its refusals count no more."""
    farm.add_api_key(READ_ONLY, None)
    printer = printer_named(farm, "A1 01")
    farm.inject_fault(Fault(mode="status", status=403, message="Address not allowed", count=2))
    with pytest.raises(HomeAssistantError):
        await turn(hass, printer, "enabled", "off")
    await entry.runtime_data.coordinator.async_refresh()
    assert value_of(hass, printer, "enabled", SWITCH) == STATE_UNAVAILABLE

    await entry.runtime_data.coordinator.async_refresh()

    assert issue_of(hass, entry) is None
    assert value_of(hass, printer, "enabled", SWITCH) == "on"


def test_refusal_records_exactly_the_permissions_that_it_names() -> None:
    ledger = PermissionLedger()
    fabmatic, ready = frozenset({"printer.config", "printer.ready"}), frozenset({"printer.ready"})
    ledger.deny(fabmatic)
    assert ledger.lacks(fabmatic)
    # One of both is missing, it is unknown which.
    assert not ledger.lacks(ready)
    ledger.allow(ready)
    assert ledger.missing == ["printer.config"]
    ledger.allow(fabmatic)
    assert ledger.missing == []
    ledger.deny(ready)
    assert ledger.lacks(fabmatic)


def test_call_for_one_printer_or_job_needs_the_documented_permission() -> None:
    assert permissions_of("PATCH", "/v1/print-jobs/cancel") == {"queue.manage"}
    assert permissions_of("PATCH", "/v1/print-jobs/abcdefghijklmnopqrstuvwx") == {"job.edit.all"}
    assert permissions_of("GET", "/v1/print-jobs/abcdefghijklmnopqrstuvwx/matching-troubleshoot") == {"queue.view"}
    assert permissions_of("GET", "/v1/stores") == frozenset()


def test_permissions_are_those_of_the_vendors_description() -> None:
    described = contract.description()["paths"]
    for call, permissions in _NEEDED.items():
        method, path = call.split()
        stated = described[path][method.lower()].get("x-permission")
        # The description has no permission for builds; it is from the vendor's page on keys.
        expected = set(stated.split(", ")) if stated else {"build.create"}
        assert permissions == expected, call
