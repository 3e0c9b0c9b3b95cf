"""Content of diagnostics, and what they must not contain."""

import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.conftest import SetUp
from tests.support.common import device_of, entity_id, pass_time, printer_named, until, value_of
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.printers(8)

REDACTED = "**REDACTED**"


async def of_entry(hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an entry as downloaded."""
    assert await async_setup_component(hass, "diagnostics", {})
    downloaded: Any = await get_diagnostics_for_config_entry(hass, client, entry)
    return dict(downloaded)


async def of_device(
    hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry, identifier: str
) -> dict[str, Any]:
    """Return the diagnostics of a device as downloaded."""
    assert await async_setup_component(hass, "diagnostics", {})
    device = device_of(hass, entry, identifier)
    assert device is not None
    downloaded: Any = await get_diagnostics_for_device(hass, client, entry, device)
    return dict(downloaded)


def assert_no_secrets(farm: VirtualFarm, entry: MockConfigEntry, downloaded: dict[str, Any]) -> None:
    """Assert that no secret is in them."""
    text = json.dumps(downloaded)
    key = entry.data[CONF_API_KEY]
    assert key not in text
    assert key[:24] not in text
    assert farm.config.store_id not in text
    assert "apiclient_" not in text
    wires = [printer.wire() for printer in farm.world.printers.values()]
    secrets = {wire["deviceId"] for wire in wires}
    for wire in wires:
        secrets |= {
            value
            for name, value in (wire["metadata"] or {}).items()
            if any(word in name for word in ("code", "password", "key", "dev_id"))
        }
    secrets.discard(None)
    assert len(secrets) > 10
    assert not [secret for secret in secrets if secret in text]


async def test_entry_has_the_state_of_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await pass_time(hass, 31)
    topic = f"stores/{farm.config.store_id}/entities/gizmos"
    message = {"entityType": "gizmos", "action": "UPDATE", "entities": {"abc": {}}}
    farm.publish(topic, json.dumps(message).encode())
    farm.publish(topic, b"{")
    dropped = entry.runtime_data.coordinator.farm.dropped
    # A message that changes no state can't be awaited, so another one that does follows it.
    farm.fail_print(printer_named(farm, "X1 Carbon 01"))
    await until(hass, lambda: value_of(hass, printer_named(farm, "X1 Carbon 01"), "current_job") == "unknown")
    assert dropped["kind:gizmo"] == 1

    downloaded = await of_entry(hass, hass_client, entry)

    assert downloaded["entry"]["data"]["api_key"] == REDACTED
    assert downloaded["entry"]["data"]["server"]["api_url"].rstrip("/") == farm.rest_url
    model = downloaded["model"]
    assert model["printers"] == len(farm.world.printers)
    assert model["jobs"]["failed"] >= 1
    assert model["orders_open"] >= 2
    assert model["facts_known"] == ["maintenance", "materials", "order_items", "orders", "production_slots", "shops"]
    stream = downloaded["stream"]
    assert stream["connected"] is True
    assert stream["connects"] == 1
    assert stream["endpoint"].startswith(farm.realtime_url)
    assert stream["messages_received"] > 0
    assert stream["dropped"]["kind:gizmo"] == 1
    assert stream["dropped"]["payload is not JSON"] == 1
    assert downloaded["rest"]["last_update_success"] is True
    assert downloaded["rest"]["slow_polls"]["orders"]["refusals"] == 0
    assert downloaded["quota"]["requests_last_hour"] == len(farm.requests)
    assert {printer["name"] for printer in downloaded["printers"]} == {
        printer.name for printer in farm.world.printers.values()
    }
    assert_no_secrets(farm, entry, downloaded)


async def test_printer_has_all_data_except_its_serial_number(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    downloaded = await of_device(hass, hass_client, entry, printer)

    described = downloaded["printer"]
    assert described["record"]["serial_number"] == REDACTED
    assert described["record"]["name"] == "X1 Carbon 01"
    assert described["telemetry"]["bed_temp"] > 0
    assert described["job"]["status"] == "printing"
    assert described["job"]["thumbnail"] is True
    states = {entity["entity_id"]: entity["state"] for entity in downloaded["entities"]}
    assert states[entity_id(hass, printer, "print_status")] == "running"
    assert "access_token" not in json.dumps(downloaded)
    assert_no_secrets(farm, entry, downloaded)


async def test_device_of_the_farm_has_the_state_of_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    downloaded = await of_device(hass, hass_client, entry, farm.config.store_id)
    assert downloaded["model"]["printers"] == len(farm.world.printers)
    assert downloaded["quota"]["requests_last_hour"] > 0
    assert_no_secrets(farm, entry, downloaded)


async def test_missing_permissions_are_included(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    farm.add_api_key("narrow_key_0123456789abcdefghijklmno", ["printer.view", "printer.stats"])
    entry = await setup_entry(**{CONF_API_KEY: "narrow_key_0123456789abcdefghijklmno"})
    await pass_time(hass, 31)

    downloaded = await of_entry(hass, hass_client, entry)

    rest = downloaded["rest"]
    assert rest["jobs_readable"] is False
    assert rest["slow_polls"]["orders"]["refusals"] == 1
    assert {"queue.view", "order.view", "subscription.view"} <= set(rest["permissions_missing"])
    assert downloaded["model"]["facts_known"] == []
    assert_no_secrets(farm, entry, downloaded)


async def test_last_errors_are_included(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    key = farm.config.api_key
    farm.inject_fault(Fault(mode="status", count=50, status=503, message=f"down for {key}", path="/v1"))
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await entry.runtime_data.coordinator.async_refresh()

    downloaded = await of_entry(hass, hass_client, entry)

    assert downloaded["rest"]["last_update_success"] is False
    assert "503" in downloaded["rest"]["last_error"]["message"]
    assert downloaded["stream"]["last_error"]
    assert_no_secrets(farm, entry, downloaded)


@pytest.mark.parametrize(
    ("server", "secret"),
    [
        ({"api_url": "http://somebody:hunter2@127.0.0.1:1", "realtime_url": "ws://127.0.0.1:1"}, "hunter2"),
        ({"api_url": "http://127.0.0.1:1", "realtime_url": "ws://127.0.0.1:1/mqtt?token=hunter2"}, "hunter2"),
    ],
)
async def test_entry_that_cannot_load_shows_no_secret_of_its_urls(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_client: ClientSessionGenerator,
    server: dict[str, str],
    secret: str,
) -> None:
    entry = await setup_entry(server=server)
    assert entry.state is not ConfigEntryState.LOADED

    downloaded = await of_entry(hass, hass_client, entry)

    assert downloaded["entry"]["state"] == entry.state.value
    assert secret not in json.dumps(downloaded)
    assert_no_secrets(farm, entry, downloaded)
