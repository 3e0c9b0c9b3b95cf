"""Polls that the quota delays wait for room without an outage, and HTTP 429 is obeyed."""

import asyncio
from collections.abc import AsyncGenerator
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.held_back import OTHERS_PATIENCE, OWN_PATIENCE, HeldBack
from tests.conftest import SetUp
from tests.e2e.quota_checks import fill
from tests.support.common import pass_time, paths, press, printer_named, until, value_of
from tests.support.held_back import POLL, due_in, logged_messages, send, unavailable
from tests.support.issues import Clock, stream_gone
from tests.support.publish import poll
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.printers(8)


@pytest.fixture
async def entry(clock: Clock, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry whose quota uses a clock that only tests advance."""
    return await setup_entry()


@pytest.fixture
async def nothing_logged(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, farm: VirtualFarm, entry: MockConfigEntry
) -> AsyncGenerator[None]:
    """Check at the end that nothing was logged."""
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    yield
    assert not logged_messages(caplog)
    assert not [key for domain, key in ir.async_get(hass).issues if domain == DOMAIN]
    assert entry.runtime_data.coordinator.last_update_success
    assert value_of(hass, farm.config.store_id, "printers_total") == "8"


# The poll


@pytest.mark.usefixtures("nothing_logged")
@pytest.mark.parametrize("requests", [39, 40, 60])
async def test_poll_waits_for_room_in_a_minute_used_up_by_the_user(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str, requests: int
) -> None:
    clock.now += 3600
    send(entry, requests)
    before = unavailable(hass)

    await poll(hass, entry)

    assert farm.requests == []
    assert entry.runtime_data.coordinator.last_update_success
    assert unavailable(hass) == before
    assert value_of(hass, busy, "readiness") == "busy"
    assert 50 < due_in(entry) <= 62

    clock.now += due_in(entry) + 1
    await pass_time(hass, due_in(entry) + 2)

    assert paths(farm)[:2] == POLL
    assert due_in(entry) > 200, "the stream is up"


@pytest.mark.usefixtures("nothing_logged")
async def test_poll_waits_an_hour_for_room_used_up_by_the_user_without_the_stream(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    await stream_gone(hass, farm)
    await hass.async_block_till_done(wait_background_tasks=True)
    clock.now += 3600
    send(entry, 600)
    farm.clear_requests()
    before = unavailable(hass)

    for _ in range(6):
        await poll(hass, entry)
        clock.now += 600
    clock.now -= 600

    assert farm.requests == []
    assert unavailable(hass) == before
    clock.now += due_in(entry) + 1
    await poll(hass, entry)
    assert paths(farm) == POLL
    assert due_in(entry) == 60


@pytest.mark.usefixtures("nothing_logged")
async def test_several_requested_polls_are_one_once_there_is_room(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    send(entry, 50)
    for _ in range(5):
        entry.runtime_data.coordinator.async_reconcile()
        await poll(hass, entry)
    assert farm.requests == []

    clock.now += due_in(entry) + 1
    await pass_time(hass, due_in(entry) + 2)

    assert paths(farm).count("GET /v1/printers") == 1


@pytest.mark.usefixtures("nothing_logged")
async def test_poll_ends_silently_if_a_burst_takes_the_room_of_its_second_request(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str, monkeypatch: Any
) -> None:
    clock.now += 3600
    client = entry.runtime_data.coordinator.client
    ask = client.printers

    async def printers(*args: Any) -> Any:
        listing = await ask(*args)
        send(entry, 60)
        return listing

    monkeypatch.setattr(client, "printers", printers)
    farm.remove_printer(printer_named(farm, "A1 01"))
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_total") == "7")
    farm.add_printer("A1")
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_total") == "8")
    farm.clear_requests()

    await poll(hass, entry)

    assert paths(farm) == POLL[:1]
    monkeypatch.undo()
    clock.now += due_in(entry) + 1
    await poll(hass, entry)
    assert paths(farm)[-2:] == POLL


async def test_action_is_sent_while_the_poll_waits(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    send(entry, 45)
    await poll(hass, entry)

    await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")

    assert paths(farm) == ["PATCH /v1/printers/confirm-ready"]


async def test_pressed_refresh_is_sent_at_once_or_raises_an_error_with_a_time(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    send(entry, 45)
    await press(hass, farm.config.store_id, "refresh")
    assert paths(farm) == POLL

    send(entry, 13)
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, farm.config.store_id, "refresh")
    assert refused.value.translation_key == "rate_limited"
    assert paths(farm) == POLL
    await poll(hass, entry)
    assert paths(farm) == POLL, "nobody pressed for this one"


@pytest.mark.usefixtures("nothing_logged")
async def test_reload_in_the_middle_of_a_wait_ends_it_at_once(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    send(entry, 60)
    await poll(hass, entry)
    before = unavailable(hass)

    async with asyncio.timeout(2):
        assert await hass.config_entries.async_reload(entry.entry_id)

    assert entry.state is ConfigEntryState.LOADED
    await hass.async_block_till_done(wait_background_tasks=True)
    assert unavailable(hass) == before
    assert farm.requests == []
    clock.now += due_in(entry) + 1
    await poll(hass, entry)
    assert paths(farm)[-2:] == POLL


async def test_delayed_poll_neither_ends_an_outage_nor_logs_it_again(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    entry: MockConfigEntry,
    busy: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock.now += 3600
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    await poll(hass, entry)
    assert caplog.text.count("Error fetching") == 1
    send(entry, 60)
    for _ in range(3):
        await poll(hass, entry)
    assert not entry.runtime_data.coordinator.last_update_success
    assert caplog.text.count("Error fetching") == 1
    assert "recovered" not in caplog.text
    assert 10 < due_in(entry) <= 62

    farm.clear_faults()
    clock.now += 63
    await poll(hass, entry)
    assert entry.runtime_data.coordinator.last_update_success
    assert caplog.text.count("recovered") == 1


async def test_poll_that_never_gets_room_becomes_an_outage(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    entry: MockConfigEntry,
    busy: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An automation that uses all room left by others, for hours."""
    await stream_gone(hass, farm)
    await hass.async_block_till_done(wait_background_tasks=True)
    clock.now += 3600
    end = clock.now + OWN_PATIENCE
    while clock.now < end:
        assert entry.runtime_data.coordinator.last_update_success
        send(entry, 60)
        await poll(hass, entry)
        clock.now += 360
    await poll(hass, entry)
    assert not entry.runtime_data.coordinator.last_update_success
    assert caplog.text.count("Error fetching Virtual Farm data") == 1
    assert value_of(hass, busy, "readiness") == STATE_UNAVAILABLE

    clock.now += 3700
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == "busy"


# Refusals of Printago


@pytest.mark.usefixtures("nothing_logged")
async def test_refusal_of_printago_is_obeyed_without_an_outage(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    before = unavailable(hass)
    farm.inject_fault(Fault(mode="status", status=429, retry_after=90, count=1))

    await poll(hass, entry)
    assert due_in(entry) == 90
    clock.now += 70
    await poll(hass, entry)
    assert paths(farm) == POLL[:1]
    assert unavailable(hass) == before

    clock.now += 21
    await poll(hass, entry)
    assert paths(farm) == [*POLL[:1], *POLL]


@pytest.mark.usefixtures("nothing_logged")
async def test_repeated_refusals_cost_at_most_one_request_a_minute(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    farm.inject_fault(Fault(mode="status", status=429, retry_after=1, count=1000))
    await poll(hass, entry)
    assert due_in(entry) == 60
    farm.clear_faults()
    clock.now += 63
    await poll(hass, entry)


async def test_lasting_refusals_are_an_outage_that_is_logged_once_and_ends(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    entry: MockConfigEntry,
    busy: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock.now += 3600
    await stream_gone(hass, farm)
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.inject_fault(Fault(mode="status", status=429, retry_after=3600, count=1))
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == "busy"
    # No request is sent meanwhile, yet the outage is detected in time.
    assert due_in(entry) == OTHERS_PATIENCE
    clock.now += OTHERS_PATIENCE + 1
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == STATE_UNAVAILABLE
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert caplog.text.count("Error fetching Virtual Farm data") == 1

    clock.now += 3600
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == "busy"
    assert caplog.text.count("data recovered") == 1


async def test_others_that_use_up_the_quota_for_long_are_an_outage_without_a_refusal(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    limiter = entry.runtime_data.coordinator.store_state.limiter
    for minute in range(7):
        limiter.observe({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "60"})
        await poll(hass, entry)
        assert entry.runtime_data.coordinator.last_update_success is (minute < 5)
        clock.now += 60
    assert farm.requests == []


@pytest.mark.usefixtures("nothing_logged")
async def test_refusal_followed_by_our_own_limit_is_not_a_long_refusal(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    farm.inject_fault(Fault(mode="status", status=429, retry_after=60, count=1))
    await poll(hass, entry)
    clock.now += 61
    for _ in range(6):
        send(entry, 60)
        await poll(hass, entry)
        clock.now += 63
    await poll(hass, entry)
    assert paths(farm) == [*POLL[:1], *POLL]


def test_pause_without_polls_does_not_count_as_waiting() -> None:
    clock = Clock()
    held_back = HeldBack(clock)
    held_back.note(60, by_others=True)
    clock.now += OWN_PATIENCE
    held_back.note(60, by_others=False)
    assert held_back.active
    assert not held_back.is_outage
    assert not held_back.by_others
    clock.now += 60
    assert held_back.seconds == 60


async def test_sixty_simultaneous_actions_cause_no_log_messages_of_the_poll(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    """As the server counts them, with real clocks."""
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    used = await fill(entry, RequestPriority.USER)
    assert used > 40
    with pytest.raises(HomeAssistantError):
        await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    await poll(hass, entry)
    entry.runtime_data.coordinator.async_reconcile()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.coordinator.last_update_success
    assert farm.quota_usage().refused == 0
    assert not logged_messages(caplog)
