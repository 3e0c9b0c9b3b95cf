"""Issues about a blocked, refused or silent stream: raised after 15 minutes, cleared when it is over."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, DOMAIN
from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named, silence, until, value_of
from tests.support.event_recorder import confirm_refusal, drop_stream
from tests.support.issues import MINUTE, Clock, connected, issue_of, pass_minutes, stream_back, stream_gone, text_of
from virtual_farm import Fault, VirtualFarm


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time for which setup waits for the stream."""
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)


async def test_stream_down_for_15_minutes_raises_an_issue_with_host_and_port(
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
    assert "Allow outgoing connections from Home Assistant to **127.0.0.1**" in text
    assert f"- `{farm.realtime_url}/mqtt`" in text

    await stream_back(hass, farm, entry)
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_issue_names_all_of_printagos_endpoints(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custom_components.printago.api.realtime.endpoints import DEFAULT_REALTIME_URL, endpoint_candidates

    await stream_gone(hass, farm)
    monkeypatch.setattr(
        type(entry.runtime_data.coordinator.realtime),
        "endpoints",
        property(lambda _: endpoint_candidates(DEFAULT_REALTIME_URL)),
    )
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    text = text_of(issue)
    assert (
        "Allow outgoing connections from Home Assistant to **realtime.printago.io**, TCP ports **443, 9001, 8883**"
        in text
    )
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

    # Another address has its own 15 minutes.
    server = {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: "ws://127.0.0.1:2/mqtt"}
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_SERVER: server})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issue_of(hass, entry, "realtime_unreachable") is None


async def test_complete_outage_raises_no_issue_about_the_firewall(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    await entry.runtime_data.coordinator.async_refresh()
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 60)
    assert issue_of(hass, entry, "realtime_unreachable") is None

    # REST recovers first: the 15 minutes of the stream start now.
    farm.clear_faults()
    await entry.runtime_data.coordinator.async_refresh()
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None
    await pass_minutes(hass, clock, 1)
    assert issue_of(hass, entry, "realtime_unreachable") is not None


@pytest.mark.usefixtures("impatient")
async def test_reload_neither_clears_the_issue_nor_resets_the_time(
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
async def test_time_while_disabled_does_not_count(
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


async def test_refused_login_raises_no_issue_about_the_firewall(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await drop_stream(hass, farm)
    await confirm_refusal(hass, entry)
    await pass_minutes(hass, clock, 15)
    issue = issue_of(hass, entry, "realtime_unreachable")
    assert issue is not None
    assert issue.translation_key == "realtime_refused"
    assert "`printer.stats`" in text_of(issue)
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


@pytest.mark.printers(8)
async def test_silent_broker_raises_an_issue_until_it_sends(
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


@pytest.mark.usefixtures("impatient")
async def test_silent_broker_keeps_its_issue_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(farm)
    entry = await setup_entry()
    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    await pass_minutes(hass, clock, 15)
    await connected(hass, farm, entry)
    assert issue_of(hass, entry, "realtime_unreachable") is not None

    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 30)
    await hass.config_entries.async_reload(entry.entry_id)
    await connected(hass, farm, entry)
    assert issue_of(hass, entry, "realtime_unreachable") is not None


@pytest.mark.usefixtures("impatient")
async def test_store_that_is_added_again_has_its_own_15_minutes(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    await pass_minutes(hass, clock, 15)
    await hass.config_entries.async_remove(entry.entry_id)

    entry = await setup_entry()
    await pass_minutes(hass, clock, 14)
    assert issue_of(hass, entry, "realtime_unreachable") is None
