"""The complete path through a real broker: Debian's mosquitto, with TLS, passwords and access rights."""

from functools import partial
import re
import statistics
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.api import RealtimeClient
from custom_components.printago.const import CONF_SERVER
from custom_components.printago.coordinator import POLL_WITHOUT_STREAM
from tests.conftest import SetUp
from tests.e2e.real_broker.authority import Authority
from tests.e2e.real_broker.conftest import (
    ATTEMPT_OVER,
    COOLDOWN,
    OTHER_KEY,
    OTHER_STORE,
    Connect,
    Watch,
    is_number,
    realtime,
    server,
    stream_of,
    until_named,
)
from tests.e2e.real_broker.mosquitto import Mosquitto, login_of
from tests.e2e.real_broker.spy import spy
from tests.support.common import pass_time, paths, printer_named, until, value_of
from tests.support.figures import Figures
from virtual_farm import FarmConfig, VirtualFarm

ENCRYPTED = ("mqtts", "wss")


def wrongly_sent(stream: dict[str, Any]) -> list[str]:
    """Return why messages were dropped, save those of kinds that nobody follows and of printers not yet read."""
    return [reason for reason in stream["dropped"] if not reason.startswith("kind:") and reason != "unknown_printer"]


def follow_with(monkeypatch: pytest.MonkeyPatch, **options: int) -> None:
    """Let the integration make its realtime client with other times than its usual ones."""
    monkeypatch.setattr(
        "custom_components.printago.hub.realtime_stream.RealtimeClient", partial(RealtimeClient, **options)
    )


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
async def test_farm_is_followed_from_set_up_to_unload(
    hass: HomeAssistant, farm: VirtualFarm, broker: Mosquitto, connect: Connect, scheme: str, figures: Figures
) -> None:
    busy, store = printer_named(farm, "X1 Carbon 01"), farm.config.store_id
    entry = await connect(scheme)

    login = await broker.logged(login_of(store))
    assert re.fullmatch(rf"apiclient_{re.escape(farm.config.api_key[:24])}_\w+", login["client_id"])
    assert login["options"].startswith("p2, c1, k30"), "MQTT 3.1.1, a clean session, a keepalive of 30 s"
    for topics in ("printer-stats", "entities"):
        await broker.logged(rf"\sstores/{store}/{topics}/# \(QoS 0\)")

    began = time.perf_counter()
    farm.raise_hms(busy, "0300-0100", "The heatbed is too hot")
    await until(hass, lambda: value_of(hass, busy, "hms", "binary_sensor") == "on")
    figures[f"telemetry to state, {scheme}"] = f"{(time.perf_counter() - began) * 1000:.0f} ms"

    farm.rename_printer(busy, "Renamed")
    await until_named(hass, store, "Renamed")
    farm.finish_print(busy)
    await until(hass, lambda: value_of(hass, busy, "bed_needs_clearing", "binary_sensor") == "on")
    await until(hass, lambda: value_of(hass, busy, "print_status") == "finish")
    added = farm.add_printer("A1", "Newcomer")
    await until(hass, lambda: is_number(value_of(hass, added.id, "nozzle_temp")))
    assert "GET /v1/printers" not in paths(farm), "all of it came over the stream"
    assert wrongly_sent(await stream_of(hass, entry)) == []

    logged = len(broker.log)
    began = time.perf_counter()
    await hass.config_entries.async_unload(entry.entry_id)
    figures[f"unload, {scheme}"] = f"{(time.perf_counter() - began) * 1000:.0f} ms"
    await broker.logged(rf"Client {re.escape(login['client_id'])} disconnected", logged)


@pytest.mark.parametrize("scheme", ENCRYPTED)
async def test_broker_restart_is_followed_by_a_snapshot_and_one_read_of_ended_jobs(
    hass: HomeAssistant,
    farm: VirtualFarm,
    broker: Mosquitto,
    connect: Connect,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    chaos: bool,
    figures: Figures,
) -> None:
    # Each restart is to be like the first in a long time: those in a row are met with growing pauses.
    follow_with(monkeypatch, stable_after=0)
    entry = await connect(scheme)
    store, printer = farm.config.store_id, printer_named(farm, "A1 01")
    seconds = []

    # The short version ends the broker in one of two ways, the long one in both. More restarts would need more requests
    # than polls may send in a minute.
    for number in range(4) if chaos else (ENCRYPTED.index(scheme),):
        await broker.stop(kill=number % 2 == 1)
        await until(hass, lambda: realtime(hass, farm) == "off")
        name = f"Renamed while nobody listened, {number}"
        farm.rename_printer(printer, name)
        if number >= 2:
            # It stays away for a while, and the pauses between the attempts grow.
            await watch.until(partial(watch.has, ATTEMPT_OVER, watch.count(ATTEMPT_OVER) + 3), 30)
        farm.clear_requests()
        await broker.start()
        began = time.perf_counter()
        await until(hass, lambda: realtime(hass, farm) == "on", 30)
        seconds.append(time.perf_counter() - began)
        # Passing time lets requests that are on their way time out.
        await hass.async_block_till_done(wait_background_tasks=True)
        await pass_time(hass, COOLDOWN)
        await until_named(hass, store, name)
        assert paths(farm).count("GET /v1/printers") == 1

    hot = printer_named(farm, "X1 Carbon 01")
    farm.raise_hms(hot, "0300-0100", "The heatbed is too hot")
    await until(hass, lambda: value_of(hass, hot, "hms", "binary_sensor") == "on")
    assert (await stream_of(hass, entry))["connects"] == len(seconds) + 1
    figures[f"connected again after a restart of the broker, {scheme}"] = (
        f"median {statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s, of {len(seconds)}"
    )


async def test_two_stores_on_one_broker_see_only_their_own(
    hass: HomeAssistant,
    farm: VirtualFarm,
    broker: Mosquitto,
    authority: Authority,
    connect: Connect,
    setup_entry: SetUp,
) -> None:
    other_config = FarmConfig(
        store_id=OTHER_STORE,
        api_key=OTHER_KEY,
        speed=0,
        printers=1,
        seed=2,
        mqtt_url=broker.cloud_url("wss"),
        mqtt_ca_file=str(authority.file),
    )
    entry = await connect("wss")
    async with VirtualFarm(other_config) as other_farm, spy(broker, OTHER_STORE) as received:
        (theirs,) = other_farm.world.printers
        other_entry = await setup_entry(
            store_id=OTHER_STORE, api_key=OTHER_KEY, **{CONF_SERVER: server(other_farm, broker, "mqtts")}
        )
        await until(hass, lambda: is_number(value_of(hass, theirs, "nozzle_temp")))
        ours = printer_named(farm, "X1 Carbon 01")

        farm.raise_hms(ours, "0300-0100", "Ours")
        await until(hass, lambda: value_of(hass, ours, "hms", "binary_sensor") == "on")
        assert value_of(hass, theirs, "hms", "binary_sensor") == "off"
        other_farm.rename_printer(theirs, "Theirs")
        await until_named(hass, OTHER_STORE, "Theirs")

        for one, printers in ((entry, farm.world.printers), (other_entry, other_farm.world.printers)):
            assert set(one.runtime_data.coordinator.farm.printers) == set(printers)
            assert wrongly_sent(await stream_of(hass, one)) == []
        # The broker's rights keep them apart, not our care: who asks for everything gets what is theirs.
        await received.until(f"stores/{OTHER_STORE}/entities/printers")
        assert received.stores == {OTHER_STORE}
        await hass.config_entries.async_unload(other_entry.entry_id)


@pytest.mark.timeout(150)
async def test_frozen_broker_is_detected_and_reconnected(
    hass: HomeAssistant,
    farm: VirtualFarm,
    broker: Mosquitto,
    connect: Connect,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    chaos: bool,
    figures: Figures,
) -> None:
    keepalive = 30 if chaos else 1
    follow_with(monkeypatch, keepalive=keepalive)
    entry = await connect("wss")
    printer = printer_named(farm, "A1 01")
    if not chaos:
        await broker.logged("Sending PINGRESP to apiclient_")

    broker.freeze()
    began = time.perf_counter()
    await until(hass, lambda: realtime(hass, farm) == "off", 2 * keepalive + 10)
    figures[f"frozen broker noticed, keepalive {keepalive} s"] = f"{time.perf_counter() - began:.1f} s"
    farm.rename_printer(printer, "Renamed while the broker was frozen")
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)
    await until_named(hass, farm.config.store_id, "Renamed while the broker was frozen")
    assert value_of(hass, printer, "readiness") == "ready"

    broker.thaw()
    began = time.perf_counter()
    await until(hass, lambda: realtime(hass, farm) == "on", 30)
    figures[f"connected again after the broker had thawed, keepalive {keepalive} s"] = (
        f"{time.perf_counter() - began:.1f} s"
    )

    broker.freeze()
    began = time.perf_counter()
    await hass.config_entries.async_unload(entry.entry_id)
    took = time.perf_counter() - began
    broker.thaw()
    assert took < 2
    figures["unload, connected to a frozen broker"] = f"{took:.2f} s"
