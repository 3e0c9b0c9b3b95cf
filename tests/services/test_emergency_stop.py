"""The action that stops printers in an emergency."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.common import device_of, paths, printer_named, until, until_asked, value_of
from virtual_farm import Fault, RequestRecord, VirtualFarm

FABMATIC, ENABLED, COMMANDS = "/v1/printers/continous-print", "/v1/printers/enabled", "/v1/printer-commands/send"
AT_THE_PRINTER = ["stop", "nozzle_off", "bed_off"]


@pytest.fixture
async def entry(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an idle entry, so that all requests come from the action."""
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return entry


async def stop(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Stop printers, and return the response of the action."""
    response = await hass.services.async_call(DOMAIN, "emergency_stop", data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


def steps(farm: VirtualFarm) -> list[RequestRecord]:
    """Return the requests of the action: background reads come at any time."""
    return [request for request in farm.requests if request.method != "GET"]


def sent(farm: VirtualFarm) -> list[tuple[str, Any]]:
    """Return paths and bodies of the sent requests, without the IDs."""
    return [
        (request.path, {key: value for key, value in request.body.items() if key != "ids"})
        for request in steps(farm)
        if request.body is not None
    ]


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the device ID of a printer or store."""
    device = device_of(hass, entry, identifier)
    assert device is not None
    return device.id


def notifications(hass: HomeAssistant) -> list[str]:
    """Return the messages of the notifications."""
    return [notification["message"] for notification in hass.data[persistent_notification.DOMAIN].values()]


STEPS = [
    (FABMATIC, {"enabled": False, "jobLimit": None}),
    (ENABLED, {"enabled": False}),
    (COMMANDS, {"command": {"command": "stop"}}),
    (COMMANDS, {"command": {"command": "set-temperature", "type": "nozzle", "temperature": 0}}),
    (COMMANDS, {"command": {"command": "set-temperature", "type": "bed", "temperature": 0}}),
]


@pytest.mark.printers(8)
async def test_all_printers_are_stopped_in_five_requests_in_order_offline_ones_included(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    offline = [printer for printer in farm.world.printers.values() if not printer.connected]
    assert offline

    response = await stop(hass)

    assert sent(farm) == STEPS
    assert all(set(request.body["ids"]) == set(farm.world.printers) for request in steps(farm))
    assert len(response["printers"]) == len(farm.world.printers)
    assert response["not_reached"] == [
        {"printer": printer.name, "printer_id": printer.id, "steps": AT_THE_PRINTER} for printer in offline
    ]
    assert response["complete"] is False
    assert response["errors"] == {}
    for printer in farm.world.printers.values():
        assert not printer.enabled
        assert not printer.continuous_print


async def test_print_ends_and_heaters_go_off_and_the_switches_show_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")

    response = await stop(hass, printers=[device_id(hass, entry, printer)])

    assert response == {
        "complete": True,
        "printers": ["X1 Carbon 01"],
        "not_reached": [],
        "errors": {},
        "unknown_devices": [],
        "stores_not_loaded": [],
    }
    assert [request.body["ids"] for request in steps(farm)] == [[printer]] * 5
    assert value_of(hass, printer, "enabled", "switch") == "off"
    await farm.advance(1)
    await until(hass, lambda: value_of(hass, printer, "print_status") not in ("running", "prepare"))
    assert farm.printer(printer).machine.nozzle.target == 0
    assert farm.printer(printer).machine.bed.target == 0
    assert notifications(hass) == []


@pytest.mark.printers(8)
async def test_fabmatic_that_the_stop_turns_off_is_no_alert(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = next(printer for printer in farm.world.printers.values() if printer.continuous_print)

    await stop(hass)
    await until(hass, lambda: value_of(hass, printer.id, "fabmatic", "switch") == "off")

    assert value_of(hass, printer.id, "alert", "event") == "unknown"


@pytest.mark.parametrize("mode", ["status", "html", "reset", "drop", "truncated"])
async def test_failed_step_does_not_prevent_the_next_ones(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, mode: Any
) -> None:
    farm.inject_fault(Fault(mode=mode, path=FABMATIC))
    farm.inject_fault(Fault(mode=mode, path=COMMANDS))
    printer = printer_named(farm, "X1 Carbon 01")

    response = await stop(hass, printers=[device_id(hass, entry, printer)])

    assert [request.path for request in steps(farm)] == [path for path, _ in STEPS]
    assert response["not_reached"] == [
        {"printer": "X1 Carbon 01", "printer_id": printer, "steps": ["fabmatic_off", "stop"]}
    ]
    assert set(response["errors"]) == {"fabmatic_off", "stop"}
    (message,) = notifications(hass)
    assert "X1 Carbon 01 (FabMatic off, stop)" in message


async def test_step_without_a_response_does_not_delay_the_next_ones_and_counts_late(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.emergency_calls.STEP_PATIENCE", 0.05)
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", path=FABMATIC, until=answer))
    printer = printer_named(farm, "X1 Carbon 01")

    stopping = hass.async_create_task(stop(hass, printers=[device_id(hass, entry, printer)]))
    await until_asked(lambda: len(steps(farm)) == len(STEPS))
    assert [request.path for request in steps(farm)] == [path for path, _ in STEPS]
    # All have been sent while the first has no response.
    assert steps(farm)[0].status is None
    assert not stopping.done()

    answer.set()
    assert (await stopping)["complete"] is True


async def test_own_limit_delays_nothing_but_counts_the_requests(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.set_quota(enabled=False)
    limiter = entry.runtime_data.coordinator.client.transport.limiter
    while limiter.delay(RequestPriority.USER) == 0:
        limiter.count()
    limiter.refused(600)
    before = limiter.requests_last_hour

    response = await stop(hass, printers=[device_id(hass, entry, printer_named(farm, "X1 Carbon 01"))])

    assert response["complete"] is True
    assert sent(farm) == STEPS
    assert limiter.requests_last_hour == before + 5


async def test_quota_enforced_by_printago_is_reported_for_each_step(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=429, method="PATCH", retry_after=30, count=2))
    printer = printer_named(farm, "X1 Carbon 01")

    response = await stop(hass, printers=[device_id(hass, entry, printer)])

    assert len(steps(farm)) == 5
    assert response["not_reached"][0]["steps"] == ["fabmatic_off", "disable"]


async def test_key_that_lacks_a_permission_still_takes_the_other_steps(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    key = "controlonlycontrolonly0123456789"
    farm.add_api_key(key, ["printer.view", "printer.stats", "queue.view", "printer.control"])
    entry = await setup_entry(**{CONF_API_KEY: key})
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()

    response = await stop(hass, printers=[device_id(hass, entry, printer_named(farm, "X1 Carbon 01"))])

    assert len(steps(farm)) == 5
    assert [row["steps"] for row in response["not_reached"]] == [["fabmatic_off"]]


async def test_key_that_is_refused_asks_for_a_new_one_and_an_accepted_one_does_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = [device_id(hass, entry, printer_named(farm, "X1 Carbon 01"))]
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    await stop(hass, printers=printers)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "GET /v1/printers" not in paths(farm)
    farm.revoke_api_key(farm.config.api_key)
    response = await stop(hass, printers=printers)
    assert not response["complete"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


@pytest.fixture
async def all_online(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Have every printer online, so that every step can reach each of them."""
    for printer in farm.world.printers:
        farm.reconnect_printer(printer)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_online") == str(len(farm.world.printers)))
    farm.clear_requests()


@pytest.mark.usefixtures("all_online")
async def test_farm_device_means_all_of_its_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await stop(hass, printers=[device_id(hass, entry, farm.config.store_id)])

    assert len(response["printers"]) == len(farm.world.printers)
    assert response["complete"] is True
    assert not any(printer.enabled for printer in farm.world.printers.values())
    assert notifications(hass) == []


@pytest.mark.usefixtures("all_online")
async def test_stop_with_an_unknown_device_is_incomplete_even_if_all_others_were_reached(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")

    response = await stop(hass, printers=["0" * 32, device_id(hass, entry, printer)])

    assert sent(farm) == STEPS
    assert (response["printers"], response["not_reached"], response["errors"]) == (["X1 Carbon 01"], [], {})
    assert response["unknown_devices"] == ["0" * 32]
    assert response["complete"] is False
    assert len(notifications(hass)) == 1


async def test_nothing_to_stop_is_reported(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await stop(hass, printers=["0" * 32])
    assert refused.value.translation_key == "emergency_stop_nobody"
    with pytest.raises(ServiceValidationError):
        await stop(hass, printers=[])
    assert steps(farm) == []


@pytest.mark.usefixtures("all_online")
async def test_stop_with_an_unloaded_store_is_incomplete_even_if_all_others_were_reached(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    other = MockConfigEntry(domain=DOMAIN, title="Second Farm", unique_id="a" * 24, data=dict(entry.data))
    other.add_to_hass(hass)
    assert other.state is ConfigEntryState.NOT_LOADED

    response = await stop(hass)

    assert len(response["printers"]) == len(farm.world.printers)
    assert response["not_reached"] == []
    assert response["stores_not_loaded"] == ["Second Farm"]
    assert response["complete"] is False
    (message,) = notifications(hass)
    assert "Second Farm" in message


@pytest.mark.usefixtures("all_online")
async def test_store_that_is_disabled_is_none_of_those_to_stop(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    other = MockConfigEntry(
        domain=DOMAIN, title="Old Farm", unique_id="old", data=dict(entry.data), disabled_by=ConfigEntryDisabler.USER
    )
    other.add_to_hass(hass)

    response = await stop(hass)

    assert response["stores_not_loaded"] == []
    assert response["complete"]


async def test_stop_continues_when_its_caller_is_canceled(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", path=FABMATIC, until=answer))
    call = hass.async_create_task(stop(hass))
    await until_asked(lambda: steps(farm) != [])
    call.cancel()
    answer.set()
    await hass.async_block_till_done()

    assert sent(farm) == STEPS


# The notification


LANGUAGES = sorted(
    path.stem for path in (Path(__file__).parents[2] / "custom_components/printago/translations").iterdir()
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_unreached_printers_are_named_in_the_language_of_the_system(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, language: str
) -> None:
    hass.config.language = language
    farm.inject_fault(Fault(mode="status", count=5))
    gone, printer = "0" * 32, printer_named(farm, "X1 Carbon 01")

    await stop(hass, printers=[gone, device_id(hass, entry, printer)])

    (message,) = notifications(hass)
    assert "X1 Carbon 01 (" in message
    assert not [word for word in (gone, printer, "_", "{") if word in message]
    english = "The emergency stop was incomplete: X1 Carbon 01 (FabMatic off, no new jobs, stop, "
    assert message.startswith(english) is (language == "en")


async def test_device_that_is_no_printer_is_named_by_its_given_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    registry = dr.async_get(hass)
    lamp = registry.async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "1")}, name="Lamp 7")
    registry.async_update_device(lamp.id, name_by_user="Lamp by the wall")

    response = await stop(hass, printers=[lamp.id, device_id(hass, entry, printer_named(farm, "X1 Carbon 01"))])

    assert response["unknown_devices"] == [lamp.id]
    (message,) = notifications(hass)
    assert "Lamp by the wall" in message
    assert lamp.id not in message


async def test_language_without_a_translation_falls_back_to_english(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    hass.config.language = "ko"
    await stop(hass, printers=["0" * 32, device_id(hass, entry, printer_named(farm, "X1 Carbon 01"))])
    (message,) = notifications(hass)
    assert message == (
        "The emergency stop was incomplete: a device that no longer exists. In an emergency, also cut the power."
    )
