"""Refusals by the broker or by us: untrusted certificates, keys, and topics."""

from datetime import timedelta
from functools import partial
from pathlib import Path
import time

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.api import RealtimeClient
from custom_components.printago.coordinator import POLL_WITH_STREAM, POLL_WITHOUT_STREAM
from tests.conftest import SetUp
from tests.e2e.real_broker.authority import Authority
from tests.e2e.real_broker.conftest import (
    ATTEMPT_OVER,
    COOLDOWN,
    Connect,
    Watch,
    is_number,
    realtime,
    server,
    stream_of,
    until_named,
)
from tests.e2e.real_broker.mosquitto import Mosquitto, login_of
from tests.support.common import pass_time, paths, printer_named, until, value_of
from tests.support.figures import Figures
from virtual_farm import VirtualFarm

REFUSED = r"Client \S+ disconnected, not authorised|Sending CONNACK to \S+ \(0, 5\)"
"""What the broker tells of a login that it refuses."""


async def refused(broker: Mosquitto, watch: Watch) -> None:
    """Wait for a login to be refused, and for the client to have drawn its conclusions."""
    attempts = watch.count(ATTEMPT_OVER)
    await broker.logged(REFUSED, len(broker.log))
    await watch.until(partial(watch.has, ATTEMPT_OVER, attempts + 1))


def wrong_certificates(authority: Authority, folder: Path) -> dict[str, tuple[tuple[Path, Path], str]]:
    """Return certificates that must not be trusted, each with the words that say why."""
    foreign = Authority(folder, "foreign")
    return {
        "unknown authority": (foreign.certify("unknown"), "unable to get local issuer certificate"),
        "other host": (authority.certify("other", address="192.0.2.1"), "IP address mismatch"),
        "expired": (authority.certify("expired", age=timedelta(days=30)), "certificate has expired"),
    }


async def until_error(watch: Watch, stream: RealtimeClient, words: str) -> None:
    """Wait for the stream's last error to say something."""
    await watch.until(lambda: words in (stream.last_error or ""))


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
async def test_untrusted_certificate_is_refused_and_logged_while_rest_works(
    hass: HomeAssistant,
    farm: VirtualFarm,
    broker: Mosquitto,
    authority: Authority,
    tmp_path: Path,
    connect: Connect,
    watch: Watch,
    scheme: str,
    figures: Figures,
) -> None:
    entry = await connect(scheme)
    stream = entry.runtime_data.coordinator.realtime
    store, printer = farm.config.store_id, printer_named(farm, "A1 01")
    trusted = broker.certificate
    logged = len(broker.log)
    await broker.stop()
    await until(hass, lambda: realtime(hass, farm) == "off")

    for why, (certificate, words) in wrong_certificates(authority, tmp_path).items():
        broker.certificate = certificate
        await broker.restart()
        stream.reconnect_now()
        await until_error(watch, stream, words)
        attempts = watch.count(ATTEMPT_OVER)
        began = time.perf_counter()
        stream.reconnect_now()
        await watch.until(partial(watch.has, ATTEMPT_OVER, attempts + 1))
        figures[f"certificate refused ({why}), {scheme}"] = f"{(time.perf_counter() - began) * 1000:.0f} ms"
        assert "CERTIFICATE_VERIFY_FAILED" in stream.last_error
        assert words in (await stream_of(hass, entry))["last_error"]
        assert realtime(hass, farm) == "off"

        farm.rename_printer(printer, f"Renamed: {why}")
        await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)
        await until_named(hass, store, f"Renamed: {why}")
    assert broker.count(login_of(store), logged) == 0, "nor has it gone on in the clear"
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    broker.certificate = trusted
    await broker.restart()
    stream.reconnect_now()
    await until(hass, lambda: realtime(hass, farm) == "on", 30)
    assert stream.endpoint.scheme == scheme


async def test_key_refused_only_by_the_broker_does_not_start_reauth(
    hass: HomeAssistant, farm: VirtualFarm, broker: Mosquitto, connect: Connect, watch: Watch, figures: Figures
) -> None:
    entry = await connect("wss")
    store, printer = farm.config.store_id, printer_named(farm, "A1 01")
    stream = entry.runtime_data.coordinator.realtime

    del broker.stores[store]
    await broker.restart()
    await refused(broker, watch)
    await refused(broker, watch)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "Not authorized" in (await stream_of(hass, entry))["last_error"]
    assert paths(farm)[0] == "GET /v1/printers", "REST is asked whether the key is good"
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert value_of(hass, printer, "readiness") == "ready"
    farm.rename_printer(printer, "Renamed")
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)
    await until_named(hass, store, "Renamed")

    farm.revoke_api_key(farm.config.api_key)
    began = time.perf_counter()
    stream.reconnect_now()
    await refused(broker, watch)
    figures["login refused"] = f"{(time.perf_counter() - began) * 1000:.0f} ms"
    await pass_time(hass, COOLDOWN)
    assert any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_stream_refused_by_the_broker_recovers_once_it_is_allowed(
    hass: HomeAssistant, farm: VirtualFarm, broker: Mosquitto, setup_entry: SetUp
) -> None:
    store, printer = farm.config.store_id, printer_named(farm, "X1 Carbon 01")
    broker.readable.remove(store)
    await broker.reload()
    entry = await setup_entry(server=server(farm, broker, "wss"))
    await broker.logged(login_of(store))
    await pass_time(hass, 2 * COOLDOWN)

    assert value_of(hass, printer, "readiness") == "busy"
    assert not is_number(value_of(hass, printer, "nozzle_temp"))
    assert (await stream_of(hass, entry))["messages_received"] == 0
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    farm.rename_printer(printer, "Renamed")
    await pass_time(hass, POLL_WITH_STREAM.total_seconds() + 2)
    await until_named(hass, store, "Renamed")

    broker.readable.add(store)
    await broker.reload()
    farm.raise_hms(printer, "0300-0100", "The heatbed is too hot")
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "on", 30)
    assert is_number(value_of(hass, printer, "nozzle_temp"))
