"""An ignored issue stays ignored across reloads and restarts until its cause is gone; then it may be shown again."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.e2e.machine import Machine
from tests.support.common import entity_id, pass_time, printer_named
from tests.support.issues import MINUTE, Clock, connected, pass_minutes, stream_gone
from tests.support.saved_prints import issue_of as saved_print_issue, part_id, save_print
from virtual_farm import Fault, VirtualFarm

KEY = "ignorantignorantignorant_0123456789"
VIEWS = ["printer.view", "printer.stats", "queue.view", "order.view", "part.view", "sku.view"]

type Restart = Callable[[], Awaitable[None]]


def find(hass: HomeAssistant, key: str) -> ir.IssueEntry | None:
    """Return the issue from the registry, shown or not."""
    found = [issue for (domain, name), issue in ir.async_get(hass).issues.items() if domain == DOMAIN and key in name]
    return found[0] if found else None


def is_shown(hass: HomeAssistant, key: str) -> bool:
    """Return whether an issue is shown."""
    issue = find(hass, key)
    return issue is not None and issue.active and issue.dismissed_version is None


def ignore(hass: HomeAssistant, key: str) -> None:
    """Ignore an issue, as a user does."""
    issue = find(hass, key)
    assert issue is not None
    ir.async_get(hass).async_ignore(DOMAIN, issue.issue_id, True)


async def restart(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, storage: dict[str, Any]) -> None:
    """Restart Home Assistant: only its stored data remains."""
    machine = Machine(hass, entry, farm)
    registry = ir.async_get(hass)
    stored = registry._data_to_save()
    await machine.stop()
    storage[ir.STORAGE_KEY] = {
        "version": ir.STORAGE_VERSION_MAJOR,
        "minor_version": ir.STORAGE_VERSION_MINOR,
        "key": ir.STORAGE_KEY,
        "data": stored,
    }
    registry._store._manager.async_invalidate(ir.STORAGE_KEY)
    await registry._async_load()
    await machine.start()
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture(params=["reload", "restart"])
def again(
    request: pytest.FixtureRequest, hass: HomeAssistant, farm: VirtualFarm, hass_storage: dict[str, Any]
) -> Callable[[MockConfigEntry], Awaitable[None]]:
    """Return a function that starts an entry again: by a reload, or by a restart of Home Assistant."""

    async def start(entry: MockConfigEntry) -> None:
        if request.param == "restart":
            await restart(hass, farm, entry, hass_storage)
            return
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)

    return start


# A missing permission


@pytest.fixture
async def restricted(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry with a read-only key."""
    farm.add_api_key(KEY, VIEWS)
    entry = await setup_entry(**{CONF_API_KEY: KEY})
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def turn_off(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Turn a printer off, as far as the key may."""
    target = {"entity_id": entity_id(hass, printer_named(farm, "A1 01"), "enabled", "switch")}
    await hass.services.async_call("switch", "turn_off", target, blocking=True)


async def be_refused(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Try to turn a printer off; it is refused."""
    with pytest.raises(HomeAssistantError):
        await turn_off(hass, farm)


async def test_missing_permission_stays_ignored_until_granted(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry, again: Any
) -> None:
    await be_refused(hass, farm)
    assert is_shown(hass, "missing_permission")
    ignore(hass, "missing_permission")

    for _ in range(2):
        await again(restricted)
        assert not is_shown(hass, "missing_permission")
        await be_refused(hass, farm)
        assert not is_shown(hass, "missing_permission")

    farm.add_api_key(KEY, [*VIEWS, "printer.control"])
    await again(restricted)
    await turn_off(hass, farm)
    assert find(hass, "missing_permission") is None
    farm.add_api_key(KEY, VIEWS)
    await be_refused(hass, farm)
    assert is_shown(hass, "missing_permission")


async def test_ignored_permission_ends_if_the_list_shows_it_as_granted(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry, again: Any
) -> None:
    await be_refused(hass, farm)
    ignore(hass, "missing_permission")
    farm.add_api_key(KEY, [*VIEWS, "printer.control", "apiKey.view"])
    await again(restricted)
    assert find(hass, "missing_permission") is None


async def test_granting_one_of_two_ignored_permissions_keeps_the_issue_ignored(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry, again: Any
) -> None:
    printer = printer_named(farm, "A1 01")
    await be_refused(hass, farm)
    maintenance = {"entity_id": entity_id(hass, printer, "maintenance_mode", "switch")}
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("switch", "turn_on", maintenance, blocking=True)
    ignore(hass, "missing_permission")
    farm.add_api_key(KEY, [*VIEWS, "printer.control"])
    await again(restricted)
    await turn_off(hass, farm)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("switch", "turn_on", maintenance, blocking=True)
    assert find(hass, "missing_permission") is not None
    assert not is_shown(hass, "missing_permission")


async def test_permission_that_is_not_ignored_is_tried_again_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry
) -> None:
    await be_refused(hass, farm)
    await hass.config_entries.async_reload(restricted.entry_id)
    assert find(hass, "missing_permission") is None
    await be_refused(hass, farm)
    assert is_shown(hass, "missing_permission")


# A saved print whose part is gone


async def test_missing_part_stays_ignored_until_replaced(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, again: Any
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    part = farm.world.parts.get(part_id(farm))
    farm.world.parts.remove(part["id"])
    await pass_time(hass, 31)
    assert saved_print_issue(hass, saved) is not None
    ignore(hass, "saved_print_gone")

    for _ in range(2):
        await again(entry)
        await pass_time(hass, 31)
        assert find(hass, "saved_print_gone") is not None
        assert not is_shown(hass, "saved_print_gone")

    # Another quantity does not replace the part.
    subentry = entry.subentries[saved]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "quantity": 3})
    await hass.async_block_till_done()
    assert find(hass, "saved_print_gone") is not None
    assert not is_shown(hass, "saved_print_gone")

    other = part_id(farm, "Calibration Cube")
    hass.config_entries.async_update_subentry(entry, subentry, data={"part": other, "quantity": 3})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert find(hass, "saved_print_gone") is None
    farm.world.parts.remove(other)
    # The many starts have used up the minute, by both counts.
    clock.now += 3600
    farm.set_quota(enabled=True)
    await again(entry)
    clock.now += 3600
    await pass_time(hass, 31)
    assert is_shown(hass, "saved_print_gone")


async def test_removed_saved_print_removes_its_issues_even_if_its_store_is_not_loaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.world.parts.remove(part_id(farm))
    await pass_time(hass, 31)
    ignore(hass, "saved_print_gone")
    await hass.config_entries.async_unload(entry.entry_id)
    assert find(hass, "saved_print_gone") is not None
    hass.config_entries.async_remove_subentry(entry, saved)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert find(hass, "saved_print_gone") is None


# The stream


async def test_unreachable_stream_stays_ignored_until_it_is_reached(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    entry: MockConfigEntry,
    again: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)
    # The farm does not see the minutes pass.
    farm.set_quota(enabled=False)
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    assert is_shown(hass, "realtime_unreachable")
    ignore(hass, "realtime_unreachable")

    await again(entry)
    await pass_minutes(hass, clock, 16)
    assert find(hass, "realtime_unreachable") is not None
    assert not is_shown(hass, "realtime_unreachable")
    # REST is also down for a while, so that a start fails.
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    monkeypatch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    farm.clear_faults()
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await pass_minutes(hass, clock, 16)
    assert find(hass, "realtime_unreachable") is not None
    assert not is_shown(hass, "realtime_unreachable")

    await farm.publisher.start()
    await connected(hass, farm, entry)
    await pass_time(hass, 61)
    assert find(hass, "realtime_unreachable") is None
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 16)
    assert is_shown(hass, "realtime_unreachable")


# Access and quota


async def test_refused_access_stays_ignored_until_a_poll_succeeds(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, again: Any
) -> None:
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    for _ in range(2):
        await entry.runtime_data.coordinator.async_refresh()
    assert is_shown(hass, "access_denied")
    ignore(hass, "access_denied")

    await again(entry)
    for _ in range(2):
        await entry.runtime_data.coordinator.async_refresh()
    assert find(hass, "access_denied") is not None
    assert not is_shown(hass, "access_denied")

    farm.add_api_key(farm.config.api_key)
    await again(entry)
    await entry.runtime_data.coordinator.async_refresh()
    assert find(hass, "access_denied") is None
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    for _ in range(2):
        await entry.runtime_data.coordinator.async_refresh()
    assert is_shown(hass, "access_denied")


async def test_quota_issue_stays_ignored_until_others_leave_enough(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, again: Any
) -> None:
    # Its windows use the real time, ours do not.
    farm.set_quota(enabled=False)

    async def contend(minutes: int) -> None:
        for _ in range(minutes):
            entry.runtime_data.coordinator.store_state.limiter.observe(
                {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}
            )
            clock.now += MINUTE
            await pass_time(hass, MINUTE + 1)

    await hass.async_block_till_done(wait_background_tasks=True)
    await contend(7)
    assert is_shown(hass, "quota_used_by_others")
    ignore(hass, "quota_used_by_others")

    await again(entry)
    await contend(7)
    assert find(hass, "quota_used_by_others") is not None
    assert not is_shown(hass, "quota_used_by_others")
    await again(entry)

    # A short pause of the others does not end it.
    limiter = entry.runtime_data.coordinator.store_state.limiter
    room = {"x-ratelimit-remaining": "58", "x-ratelimit-reset": "60"}
    limiter.observe(room)
    await pass_time(hass, MINUTE + 1)
    assert find(hass, "quota_used_by_others") is not None
    clock.now += 7 * MINUTE
    limiter.observe(room)
    await pass_time(hass, 2 * MINUTE + 2)
    assert find(hass, "quota_used_by_others") is None
    await contend(7)
    assert is_shown(hass, "quota_used_by_others")


# All issues


async def test_disabled_store_shows_no_issues_and_keeps_ignored_ones(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry
) -> None:
    await be_refused(hass, farm)
    ignore(hass, "missing_permission")
    await hass.config_entries.async_set_disabled_by(restricted.entry_id, ConfigEntryDisabler.USER)
    await hass.config_entries.async_set_disabled_by(restricted.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    await be_refused(hass, farm)
    assert not is_shown(hass, "missing_permission")


async def test_removed_store_forgets_ignored_issues(
    hass: HomeAssistant, farm: VirtualFarm, restricted: MockConfigEntry
) -> None:
    saved = await save_print(hass, restricted, f"part:{part_id(farm)}", quantity=1)
    await be_refused(hass, farm)
    ignore(hass, "missing_permission")
    issue_of_saved = f"saved_print_gone_{saved}"
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_of_saved,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="saved_print_gone",
    )
    ignore(hass, "saved_print_gone")
    await hass.config_entries.async_remove(restricted.entry_id)
    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]
