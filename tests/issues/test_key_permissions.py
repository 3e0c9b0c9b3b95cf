"""Permissions of the key are read once at setup, and limit the available controls; a doubtful list disables nothing."""

import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printago.api import PrintagoClient
from custom_components.printago.api.rest.permissions import _NEEDED, _SINGLE, PermissionLedger
from custom_components.printago.const import DOMAIN
from custom_components.printago.diagnostics import async_get_config_entry_diagnostics
from tests.conftest import SetUp
from tests.e2e.secret_scanner import SecretScanner
from tests.support.actions import act
from tests.support.common import entity_id, paths, press, printer_named, until, value_of
from tests.support.publish import poll
from virtual_farm import Fault, VirtualFarm, contract
from virtual_farm.access import READ_ONLY_PERMISSIONS

KEY = "kp0a1b2c3d4e5f6g7h8i9j0k_l1m2n3o4p5q6r7s8t9"
ASK = f"GET /v1/api-keys/{KEY[:24]}/permissions"
VIEWS = ["printer.view", "printer.stats", "queue.view", "apiKey.view"]

type Offer = dict[str, bool]


async def start(hass: HomeAssistant, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the store with the key."""
    entry = await setup_entry(**{CONF_API_KEY: KEY})
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def offered(hass: HomeAssistant, farm: VirtualFarm) -> Offer:
    """Return which controls are available."""
    idle, store = printer_named(farm, "A1 01"), farm.config.store_id
    controls = {
        "enabled": (idle, "switch"),
        "maintenance_mode": (idle, "switch"),
        "fabmatic": (idle, "switch"),
        "confirm_bed_cleared": (idle, "button"),
        "pause": (idle, "button"),
        "chamber_light": (printer_named(farm, "X1 Carbon 01"), "light"),
        "process_low_priority_jobs": (store, "switch"),
    }
    return {
        key: value_of(hass, identifier, key, platform) != STATE_UNAVAILABLE
        for key, (identifier, platform) in controls.items()
    }


def has_issue(hass: HomeAssistant) -> bool:
    """Return whether an issue about missing permissions is shown."""
    return any("missing_permission" in key for domain, key in ir.async_get(hass).issues if domain == DOMAIN)


async def test_controls_without_permission_are_unavailable_from_the_start(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, [*VIEWS, "printer.ready", "maintenance.edit"])
    entry = await setup_entry(**{CONF_API_KEY: KEY})

    # Immediately: no control is available and then disappears.
    assert paths(farm).count(ASK) == 1
    assert offered(hass, farm) == {
        "enabled": False,
        "maintenance_mode": True,
        "fabmatic": False,
        "confirm_bed_cleared": True,
        "pause": False,
        "chamber_light": False,
        "process_low_priority_jobs": False,
    }
    assert value_of(hass, printer_named(farm, "X1 Carbon 01"), "readiness") == "busy"
    assert value_of(hass, farm.config.store_id, "jobs_queued") not in (None, STATE_UNAVAILABLE)
    # A restricted key may be intended: no issue.
    assert not has_issue(hass)
    await poll(hass, entry)
    assert paths(farm).count(ASK) == 1


async def test_read_only_key_has_no_available_controls(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, READ_ONLY_PERMISSIONS)
    await start(hass, setup_entry)
    assert not any(offered(hass, farm).values())


async def test_controls_without_permission_stay_unavailable_during_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, VIEWS)
    entry = await start(hass, setup_entry)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    enabled = entity_id(hass, printer_named(farm, "A1 01"), "enabled", "switch")
    shown = [change.data["new_state"].state for change in changes if change.data["entity_id"] == enabled]
    assert set(shown) <= {STATE_UNAVAILABLE}


async def test_granted_permission_makes_controls_available_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, VIEWS)
    entry = await start(hass, setup_entry)
    assert not offered(hass, farm)["enabled"]
    farm.add_api_key(KEY, [*VIEWS, "printer.control"])
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert offered(hass, farm)["enabled"]
    assert not offered(hass, farm)["fabmatic"]
    assert paths(farm).count(ASK) == 2


UNCLEAR: dict[str, tuple[list[str] | None, list[str]]] = {
    "may do everything": (None, []),
    "only by a role": ([], [*VIEWS, "printer.control", "printer.ready"]),
    "views by a role": (["apiKey.view"], [*VIEWS, "printer.control", "printer.ready"]),
    "some views by a role": (["apiKey.view", "printer.view", "printer.stats"], ["queue.view", "printer.control"]),
    "a name of several": ([*VIEWS, "printer.editor"], ["printer.control"]),
    "a name of several in another field": ([*VIEWS, "queue.admin"], ["printer.control"]),
    "unknown": ([*VIEWS, "camera.view"], ["printer.control"]),
    "wildcard": ([*VIEWS, "*"], ["printer.control"]),
    "wildcard of a field": ([*VIEWS, "printer.*"], ["printer.control"]),
    "owner": ([*VIEWS, "organization.owner"], ["printer.control"]),
}


@pytest.mark.parametrize("what", UNCLEAR)
async def test_doubtful_list_disables_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, what: str
) -> None:
    directly, by_role = UNCLEAR[what]
    farm.add_api_key(KEY, directly, by_role=by_role)
    await start(hass, setup_entry)

    assert paths(farm).count(ASK) == 1
    assert all(offered(hass, farm).values())
    target = {"entity_id": entity_id(hass, printer_named(farm, "A1 01"), "enabled", "switch")}
    await hass.services.async_call("switch", "turn_off", target, blocking=True)
    assert not has_issue(hass)


@pytest.mark.parametrize(
    "answer", [None, {}, {"permissions": VIEWS}, "printer.view", [1, None], [[]], [*VIEWS, None], 7, True, [""], [{}]]
)
async def test_invalid_list_disables_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    async def granted(_: PrintagoClient) -> Any:
        return answer

    monkeypatch.setattr(PrintagoClient, "granted_permissions", granted)
    farm.add_api_key(KEY)
    await start(hass, setup_entry)
    assert all(offered(hass, farm).values())


async def test_successful_call_shows_that_the_list_is_incomplete(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    """A role grants what the list does not name; actions are still sent."""
    farm.add_api_key(KEY, VIEWS, by_role=["queue.manage", "printer.control"])
    await start(hass, setup_entry)
    assert not offered(hass, farm)["enabled"]
    job = next(job for job in farm.world.jobs.values() if job.status == "pending")

    await act(hass, "cancel_jobs", job_id=job.id)

    assert all(offered(hass, farm).values())


async def test_refused_action_raises_an_issue_even_if_its_control_is_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, VIEWS)
    await start(hass, setup_entry)
    job = next(job for job in farm.world.jobs.values() if job.status == "pending")
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, "cancel_jobs", job_id=job.id)
    assert refused.value.translation_placeholders == {"permissions": "queue.manage"}
    assert has_issue(hass)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(mode="status", status=403, path="/v1/api-keys", count=1000),
        Fault(mode="status", status=404, path="/v1/api-keys", count=1000),
        Fault(mode="status", status=503, path="/v1/api-keys", count=1000),
        Fault(mode="status", status=429, retry_after=1, path="/v1/api-keys", count=1000),
        Fault(mode="html", status=200, path="/v1/api-keys", count=1000),
        Fault(mode="truncated", path="/v1/api-keys", count=1000),
        Fault(mode="drop", path="/v1/api-keys", count=2),
    ],
    ids=lambda fault: f"{fault.mode}-{fault.status}",
)
async def test_setup_continues_without_the_list_and_does_not_request_it_again(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    farm.add_api_key(KEY)
    farm.inject_fault(fault)
    entry = await start(hass, setup_entry)
    assert entry.state is ConfigEntryState.LOADED
    assert all(offered(hass, farm).values())
    asked = paths(farm).count(ASK)
    for _ in range(3):
        await poll(hass, entry)
    assert paths(farm).count(ASK) == asked
    assert entry.runtime_data.coordinator.client.permissions.missing in ([], ["apiKey.view"])
    assert not has_issue(hass)
    logged = [record for record in caplog.records if "printago" in record.name and record.levelno > logging.DEBUG]
    assert not logged


async def test_setup_waits_only_a_moment_for_a_slow_response(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.issues.missing_permission._PATIENCE", 0.01)
    farm.add_api_key(KEY, VIEWS)
    farm.inject_fault(Fault(mode="slow", seconds=3, path="/v1/api-keys"))
    entry = await setup_entry(**{CONF_API_KEY: KEY})
    assert entry.state is ConfigEntryState.LOADED
    assert offered(hass, farm)["enabled"]
    await until(hass, lambda: not offered(hass, farm)["enabled"])


async def test_key_without_an_id_is_not_looked_up(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    odd = "pk+live/Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua="
    farm.add_api_key(odd)
    await setup_entry(**{CONF_API_KEY: odd})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [path for path in paths(farm) if "api-keys" in path]


@pytest.mark.parametrize("fault", [None, 400, 403, 404, 500, 302])
async def test_id_of_the_key_is_never_shown(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, fault: int | None
) -> None:
    scanner = SecretScanner()
    scanner.add_key(KEY)
    farm.add_api_key(KEY, None if fault != 404 else VIEWS)
    if fault is not None:
        message = f"Cannot GET /v1/api-keys/{KEY[:24]}/permissions, {KEY}"
        farm.inject_fault(Fault(mode="status", status=fault, path="/v1/api-keys", message=message))
    with scanner.in_logs():
        entry = await start(hass, setup_entry)
        scanner.look_at("diagnostics", await async_get_config_entry_diagnostics(hass, entry))
        await press(hass, farm.config.store_id, "refresh")
        await hass.config_entries.async_unload(entry.entry_id)
    assert ASK in paths(farm)
    assert scanner.places["logs"] > 20
    assert not scanner.found, scanner.found


async def test_diagnostics_contain_missing_permissions(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(KEY, VIEWS)
    entry = await start(hass, setup_entry)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert "printer.control" in diagnostics["rest"]["permissions_missing"]
    assert "queue.view" not in diagnostics["rest"]["permissions_missing"]


# Permissions of calls


def test_basic_permissions_include_all_that_calls_need() -> None:
    needed = frozenset().union(*_NEEDED.values())
    assert needed <= _SINGLE
    assert not [name for name in _SINGLE if name.endswith((".viewer", ".editor", ".admin", ".owner"))]


def test_basic_permissions_are_in_the_vendors_description() -> None:
    answer = contract.description()["paths"]["/v1/api-keys/{id}/permissions"]["get"]["responses"]["200"]
    names = {each["const"] for each in answer["content"]["application/json"]["schema"]["items"]["oneOf"]}
    assert names >= _SINGLE
    assert {name.rpartition(".")[2] for name in names - _SINGLE} == {"viewer", "editor", "admin", "owner", "shopify"}


def test_list_counts_until_a_call_proves_more() -> None:
    ledger, changes = PermissionLedger(), 0

    def count() -> None:
        nonlocal changes
        changes += 1

    ledger.on_change = count
    control = frozenset({"printer.control"})
    ledger.learn(VIEWS)
    assert (ledger.lacks(control), changes) == (True, 1)
    ledger.allow(frozenset({"printer.view"}))
    assert not ledger.lacks(frozenset())
    assert not ledger.lacks(frozenset({"queue.view"}))
    ledger.allow(frozenset({"queue.view"}))
    assert changes == 1
    ledger.deny(control)
    assert ledger.refused == ["printer.control"]
    ledger.allow(control)
    assert (ledger.lacks(control), ledger.refused, ledger.missing) == (False, [], [])
    assert control <= ledger.allowed


def test_refusal_overrides_the_list() -> None:
    ledger = PermissionLedger()
    control = frozenset({"printer.control"})
    ledger.allow(frozenset({"printer.view"}))
    ledger.learn([*VIEWS, "printer.control"])
    assert control <= ledger.allowed
    ledger.deny(control)
    assert ledger.lacks(control)
    assert not control <= ledger.allowed
