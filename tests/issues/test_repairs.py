"""Repair issues for missing access and shared keys, and rules for all issues."""

import json
import re

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from custom_components.printago.issues.entry_issue import EntryIssue
from tests.conftest import SetUp
from tests.support.common import pass_time
from tests.support.issues import MINUTE, ROOT, Clock, issue_of, pass_minutes, stream_gone, text_of
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.printers(1)

HOBBYIST = "API access is not available for hobbyist accounts"


# Access


async def test_missing_api_access_raises_an_issue_that_ends_by_itself(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=403, message=HOBBYIST, count=1000))
    await entry.runtime_data.coordinator.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None, "once may be a whim"

    await entry.runtime_data.coordinator.async_refresh()

    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "no_api_access"
    assert issue.severity is ir.IssueSeverity.ERROR
    assert not issue.is_fixable
    text = text_of(issue)
    assert HOBBYIST in text
    assert "commercial" in text
    farm.clear_faults()
    await entry.runtime_data.coordinator.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_missing_api_access_raises_an_issue_at_setup(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, status: int
) -> None:
    farm.inject_fault(Fault(mode="status", status=status, message=HOBBYIST, count=1000))
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "no_api_access"
    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "no_api_access"
    # Another key would not help.
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    farm.clear_faults()
    await hass.config_entries.async_reload(entry.entry_id)
    assert issue_of(hass, entry, "access_denied") is None


async def test_key_without_printer_view_raises_an_issue_with_all_causes(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    await entry.runtime_data.coordinator.async_refresh()
    await entry.runtime_data.coordinator.async_refresh()
    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "access_denied"
    text = text_of(issue)
    assert all(words in text for words in ("`printer.view`", "IP allowlist", "Hobbyist"))


@pytest.mark.usefixtures("at_rest")
async def test_refusals_between_successful_polls_raise_no_issue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for _ in range(3):
        farm.inject_fault(Fault(mode="status", status=403, message="Address not allowed", path="/v1/printers"))
        await entry.runtime_data.coordinator.async_refresh()
        assert not entry.runtime_data.coordinator.last_update_success
        assert issue_of(hass, entry, "access_denied") is None
        await entry.runtime_data.coordinator.async_refresh()
        assert entry.runtime_data.coordinator.last_update_success


async def test_network_failure_neither_raises_nor_clears_the_issue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=503, count=3))
    for _ in range(3):
        await entry.runtime_data.coordinator.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None
    farm.inject_fault(Fault(mode="status", status=403, message="Address not allowed", count=2))
    farm.inject_fault(Fault(mode="reset", count=2))
    for _ in range(3):
        await entry.runtime_data.coordinator.async_refresh()
    assert issue_of(hass, entry, "access_denied") is not None


# The quota


async def test_quota_used_by_others_raises_an_issue_after_five_minutes(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    while farm.quota.take(farm.config.api_key).retry_after is None:
        pass
    await coordinator.async_refresh()
    assert coordinator.last_update_success, "a rate limit is no outage"
    await pass_time(hass, MINUTE + 1)
    assert issue_of(hass, entry, "quota_used_by_others") is None, "others may burst for a minute"

    clock.now += 5 * MINUTE
    await coordinator.async_refresh()

    assert not coordinator.last_update_success, "it has lasted"
    issue = issue_of(hass, entry, "quota_used_by_others")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    text = text_of(issue)
    assert re.search(r"has sent only \d+ in the last hour", text)
    assert "create a key for Home Assistant alone" in text

    farm.set_quota(enabled=True)
    clock.now += 7 * MINUTE
    await coordinator.async_refresh()
    assert coordinator.last_update_success
    assert issue_of(hass, entry, "quota_used_by_others") is None


async def test_quota_used_by_home_assistant_raises_no_issue(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.issues.quota.PATIENCE_SECONDS", 10)
    for _ in range(50):
        await entry.runtime_data.coordinator.client.has_printers()
    clock.now += 30
    await pass_time(hass, MINUTE + 1)
    assert issue_of(hass, entry, "quota_used_by_others") is None


# All issues


async def test_removed_entry_removes_its_issues(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    await entry.runtime_data.coordinator.async_refresh()
    await entry.runtime_data.coordinator.async_refresh()
    assert {key for _, key in ir.async_get(hass).issues} >= {
        f"realtime_unreachable_{entry.entry_id}",
        f"access_denied_{entry.entry_id}",
    }

    await hass.config_entries.async_remove(entry.entry_id)

    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]


@pytest.mark.parametrize(
    "key",
    [
        "access_denied",
        "key_expires",
        "missing_permission",
        "order_items_unprintable",
        "quota_used_by_others",
        "realtime_unreachable",
        "trial_ends",
    ],
)
async def test_disabled_store_shows_no_issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> None:
    EntryIssue(hass, entry, key, help_anchor="").async_raise(ir.IssueSeverity.WARNING, {})
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issue_of(hass, entry, key) is None


async def test_revoked_key_starts_reauth_and_raises_no_issue(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    farm.revoke_api_key(farm.config.api_key)
    await stream_gone(hass, farm)
    await entry.runtime_data.coordinator.async_refresh()
    await pass_minutes(hass, clock, 30)
    flows = list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert [flow["context"]["title_placeholders"]["name"] for flow in flows] == ["Virtual Farm"]
    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]
    form = await hass.config_entries.flow.async_configure(flows[0]["flow_id"])
    assert form["data_schema"] is not None
    assert [str(marker) for marker in form["data_schema"].schema] == [CONF_API_KEY]


async def test_every_link_leads_to_a_heading_of_the_troubleshooting_page(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    manifest = json.loads((ROOT / "custom_components/printago/manifest.json").read_text())
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs/troubleshooting.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    sources = (ROOT / "custom_components/printago").rglob("*.py")
    named = {anchor for source in sources for anchor in re.findall(r'help_anchor="([\w-]+)"', source.read_text())}
    assert len(named) >= 4
    assert named <= anchors
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.startswith(f"{manifest['documentation']}/blob/main/docs/troubleshooting.md#")
