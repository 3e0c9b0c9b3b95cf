"""What a person is told when only they can act: the stream shut out, no access, a key shared with others."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RateLimiter
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, DOMAIN
from tests.common import pass_time, printer_named, silence, state_of, until, value_of
from tests.conftest import SetUp
from virtual_farm import Fault, VirtualFarm

ROOT = Path(__file__).parents[1]
HOBBYIST = "API access is not available for hobbyist accounts"
MINUTE = 60.0


class Clock:
    """A monotonic clock that only a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which outages and the quota are measured."""
    clock = Clock()
    monkeypatch.setattr("custom_components.printago.stream_watch.monotonic", clock)

    def limiter(**options: Any) -> RateLimiter:
        return RateLimiter(**options, monotonic=clock)

    monkeypatch.setattr("custom_components.printago.memory.RateLimiter", limiter)
    return clock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let set-up wait for the stream no longer than it takes to see that it does not come."""
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)


def issue_of(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return an issue of the entry that is told now."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")
    return issue if issue is not None and issue.active else None


def text_of(issue: ir.IssueEntry) -> str:
    """Return the English text of an issue, as a person reads it."""
    translations = json.loads((ROOT / "custom_components/printago/translations/en.json").read_text())
    texts = translations["issues"][issue.translation_key]
    placeholders = issue.translation_placeholders or {}
    return f"{texts['title']}\n{texts['description']}".format(**placeholders)


async def pass_minutes(hass: HomeAssistant, clock: Clock, minutes: int) -> None:
    """Let minutes pass, and be looked at; a request on its way would take them for its own."""
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, MINUTE + 1)
    clock.now += minutes * MINUTE
    await pass_time(hass, 2 * MINUTE + 2)


async def stream_gone(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Take the broker away, and await that it is noticed."""
    await farm.publisher.stop()
    await until(hass, lambda: state_of(hass, farm.config.store_id, "realtime", "binary_sensor").state == "off")


async def stream_back(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Bring the broker back, and await that the stream follows."""
    await farm.publisher.start()
    await connected(hass, farm, entry)


async def connected(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Have the stream connected without a pause; time that is made to pass makes the broker miss its pings."""
    store = farm.config.store_id
    while state_of(hass, store, "realtime", "binary_sensor").state == "off":
        entry.runtime_data.realtime.reconnect_now()
        await hass.async_block_till_done(wait_background_tasks=True)


# The stream


async def test_stream_that_stays_away_for_15_minutes_is_told_with_host_and_port(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None

    await pass_minutes(hass, clock, 1)

    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    assert not issue.is_persistent
    text = text_of(issue)
    assert "Virtual Farm" in text
    assert "Let Home Assistant out to **127.0.0.1**" in text
    assert f"- `{farm.realtime_url}/mqtt`" in text

    await stream_back(hass, farm, entry)
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_all_of_printagos_own_endpoints_are_named(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custom_components.printago.api.endpoints import DEFAULT_REALTIME_URL, endpoint_candidates

    await stream_gone(hass, farm)
    monkeypatch.setattr(
        type(entry.runtime_data.realtime), "endpoints", property(lambda _: endpoint_candidates(DEFAULT_REALTIME_URL))
    )
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    text = text_of(issue)
    assert "Let Home Assistant out to **realtime.printago.io**, TCP ports **443, 9001, 8883**" in text
    assert "- `mqtts://realtime.printago.io:8883`" in text


@pytest.mark.usefixtures("impatient")
async def test_start_without_the_stream_waits_15_minutes_as_well(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp
) -> None:
    server = {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: "ws://127.0.0.1:1/mqtt"}
    entry = await setup_entry(**{CONF_SERVER: server})
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None
    await pass_minutes(hass, clock, 1)
    assert issue_of(hass, entry, "realtime_unreachable") is not None

    # Another address deserves its own 15 minutes.
    server = {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: "ws://127.0.0.1:2/mqtt"}
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVER: server})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_outage_of_everything_is_no_matter_of_the_firewall(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    await entry.runtime_data.async_refresh()
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 60)
    assert issue_of(hass, entry, "realtime_unreachable") is None

    # REST is back first: the stream has its 15 minutes from now on.
    farm.clear_faults()
    await entry.runtime_data.async_refresh()
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None
    await pass_minutes(hass, clock, 1)
    assert issue_of(hass, entry, "realtime_unreachable") is not None


@pytest.mark.usefixtures("impatient")
async def test_reload_neither_takes_the_issue_back_nor_starts_to_count_anew(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 10)
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_minutes(hass, clock, 5)
    assert issue_of(hass, entry, "realtime_unreachable") is not None
    ir.async_ignore_issue(hass, DOMAIN, f"realtime_unreachable_{entry.entry_id}", True)

    await hass.config_entries.async_reload(entry.entry_id)
    await pass_minutes(hass, clock, 5)

    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.dismissed_version is not None


@pytest.mark.usefixtures("impatient")
async def test_time_while_the_entry_is_disabled_is_no_outage(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert issue_of(hass, entry, "realtime_unreachable") is None
    clock.now += 86400
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_broker_that_refuses_a_key_which_rest_accepts_is_no_matter_of_the_firewall(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    realtime = entry.runtime_data.realtime
    while not realtime.refused:
        realtime.reconnect_now()
        await hass.async_block_till_done(wait_background_tasks=True)
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.translation_key == "realtime_refused"
    assert "`printer.stats`" in text_of(issue)
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


# Access


async def test_broker_that_lets_us_in_and_tells_nothing_is_told_until_it_does(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    silence(farm)
    entry = await setup_entry()
    await pass_minutes(hass, clock, 0)
    await connected(hass, farm, entry)
    clock.now += 15 * MINUTE
    await pass_time(hass, MINUTE + 1)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.translation_key == "realtime_refused"

    await connected(hass, farm, entry)
    farm.fail_print(printer_named(farm, "X1 Carbon 01"), "Spaghetti")
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_printing") == "1")
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_account_without_api_access_is_told_while_it_runs_and_ends_by_itself(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=403, message=HOBBYIST, count=1000))
    await entry.runtime_data.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None, "once may be a whim"

    await entry.runtime_data.async_refresh()

    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "no_api_access"
    assert issue.severity is ir.IssueSeverity.ERROR
    assert not issue.is_fixable
    text = text_of(issue)
    assert HOBBYIST in text
    assert "commercial" in text
    farm.clear_faults()
    await entry.runtime_data.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_account_without_api_access_is_told_when_it_cannot_be_set_up(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, status: int
) -> None:
    farm.inject_fault(Fault(mode="status", status=status, message=HOBBYIST, count=1000))
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "no_api_access"
    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "no_api_access"
    # No other key would help.
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    farm.clear_faults()
    await hass.config_entries.async_reload(entry.entry_id)
    assert issue_of(hass, entry, "access_denied") is None


async def test_key_that_may_not_view_printers_any_more_is_told_with_every_cause(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    await entry.runtime_data.async_refresh()
    await entry.runtime_data.async_refresh()
    issue = issue_of(hass, entry, "access_denied")
    assert issue is not None
    assert issue.translation_key == "access_denied"
    text = text_of(issue)
    assert all(words in text for words in ("`printer.view`", "allowed addresses", "Hobbyist"))


async def test_failure_of_the_network_neither_raises_nor_ends_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=503, count=3))
    for _ in range(3):
        await entry.runtime_data.async_refresh()
    assert issue_of(hass, entry, "access_denied") is None
    farm.inject_fault(Fault(mode="status", status=403, message="Address not allowed", count=2))
    farm.inject_fault(Fault(mode="reset", count=2))
    for _ in range(3):
        await entry.runtime_data.async_refresh()
    assert issue_of(hass, entry, "access_denied") is not None


# The quota


async def test_quota_used_by_others_is_told_after_five_minutes_and_ends_with_it(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data
    while farm.quota.take(farm.config.api_key).retry_after is None:
        pass
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    await pass_time(hass, MINUTE + 1)
    assert issue_of(hass, entry, "quota_used_by_others") is None, "others may burst for a minute"

    clock.now += 5 * MINUTE
    await coordinator.async_refresh()

    issue = issue_of(hass, entry, "quota_used_by_others")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    text = text_of(issue)
    assert re.search(r"has sent only \d+ in the last hour", text)
    assert "Create a key for Home Assistant alone" in text

    farm.set_quota(enabled=True)
    clock.now += 7 * MINUTE
    await coordinator.async_refresh()
    assert coordinator.last_update_success
    assert issue_of(hass, entry, "quota_used_by_others") is None


async def test_what_home_assistant_itself_uses_up_is_nobody_elses_doing(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.quota_watch.PATIENCE_SECONDS", 10)
    for _ in range(50):
        await entry.runtime_data.client.has_printers()
    clock.now += 30
    await pass_time(hass, MINUTE + 1)
    assert issue_of(hass, entry, "quota_used_by_others") is None


# All of them


async def test_removed_entry_takes_its_issues_with_it(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    farm.add_api_key(farm.config.api_key, ["queue.view"])
    await entry.runtime_data.async_refresh()
    await entry.runtime_data.async_refresh()
    assert {key for _, key in ir.async_get(hass).issues} >= {
        f"realtime_unreachable_{entry.entry_id}",
        f"access_denied_{entry.entry_id}",
    }

    await hass.config_entries.async_remove(entry.entry_id)

    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]


async def test_revoked_key_asks_for_another_and_tells_nothing_else(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    farm.revoke_api_key(farm.config.api_key)
    await stream_gone(hass, farm)
    await entry.runtime_data.async_refresh()
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
    sources = (ROOT / "custom_components/printago").glob("*.py")
    named = {anchor for source in sources for anchor in re.findall(r'help_anchor="([\w-]+)"', source.read_text())}
    assert len(named) >= 4
    assert named <= anchors
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.startswith(f"{manifest['documentation']}/blob/main/docs/troubleshooting.md#")
