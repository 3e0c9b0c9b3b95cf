"""No secret leaks: everything that Home Assistant logs, shows, stores and records is searched after everything was
used.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
import json
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.const import CONF_API_KEY, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.printago import binary_sensor
from custom_components.printago.api import PrintagoClient, RateLimiter
from custom_components.printago.const import DOMAIN
from tests.api.tls import tls_contexts, tls_proxy
from tests.e2e.full_exercise import FullExercise
from tests.e2e.peers import HOST, SilentPeer, closed_port, eventually
from tests.e2e.secret_scanner import SecretScanner
from tests.support.common import entity_id, pass_time, printer_named
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.faults import FaultMode

KEY = "pk+live/Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua="
OTHER_KEY = "pk+test/W8uYr3MnX0sQv5Zb9GmC4Le7Hf2Iq6Tb="
WRONG_KEY = "pk+none/E9tZq4NoW1rPu6Ac0FlD5Mf8Ig3Hr7Sc="


@pytest.fixture
def farm_config() -> FarmConfig:
    """Give the farm a key that changes when it is encoded."""
    return FarmConfig(speed=20, api_key=KEY)


@pytest.fixture
def persistent_database() -> bool:
    """Record to a file."""
    return True


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record like an ordinary installation, not event by event."""
    return {"commit_interval": 1}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give Home Assistant a folder of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Let Home Assistant write its files."""
    return {}


@pytest.fixture
def scanner(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretScanner]:
    """Return a scanner for all secrets of the farm, and for its future signatures."""
    for number, printer in enumerate(farm.world.printers.values()):
        # Eight digits may occur by chance, letters do not.
        printer.metadata = {
            **(printer.metadata or {}),
            "dev_access_code": f"code{number}kJ",
            "password": f"pass{number}Wq",
        }
    found = SecretScanner()
    found.add_farm(farm)
    found.add_key(OTHER_KEY)
    found.add_key(WRONG_KEY)
    sign = farm.storage._signature

    def signature(*args: Any) -> str:
        signed = sign(*args)
        found.add(signed, "the signature of a signed URL")
        return signed

    monkeypatch.setattr(farm.storage, "_signature", signature)
    with found.in_logs():
        yield found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip waits that are tested elsewhere."""

    async def acquire(*_: Any, **__: Any) -> None:
        return

    monkeypatch.setattr(RateLimiter, "acquire", acquire)
    monkeypatch.setattr(RateLimiter, "delay", lambda *_: 0.0)
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 1)
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.05, 0.05, 0.05))
    monkeypatch.setattr("custom_components.printago.services.upload_part._LOOK_AFTER", (0.01, 0.05))


COMPONENTS = (
    "homeassistant",
    "websocket_api",
    "persistent_notification",
    "system_log",
    "system_health",
    "llm",
    "repairs",
    "diagnostics",
    "trace",
    "config",
)


@pytest.fixture
async def run(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    farm: VirtualFarm,
    scanner: SecretScanner,
    every_entity_enabled: None,
    enable_custom_integrations: None,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> AsyncIterator[FullExercise]:
    """Return a Home Assistant with everything that could leak a secret."""
    farm.set_quota(enabled=False)
    for component in COMPONENTS:
        assert await async_setup_component(hass, component, {}), component
    running = FullExercise(hass, farm, scanner, hass_client, hass_ws_client)
    yield running
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


def hostile(farm: VirtualFarm) -> str:
    """Return the messages of a server that repeats all secrets."""
    codes = [printer.metadata["dev_access_code"] for printer in farm.world.printers.values() if printer.metadata]
    url = farm.rest_url + farm.storage.sign("GET", "a/b.png", 60)
    path = farm.storage.sign("PUT", "a/b.png", 60)
    return f"{codes[0]}: {KEY} as {KEY[:24]}_x, {url} and {path}, ApiKey {KEY}, {', '.join(codes)}"


def files(folder: Path) -> list[tuple[str, bytes]]:
    """Return the files of Home Assistant except the one that contains the key."""
    return [(file.name, file.read_bytes()) for file in folder.iterdir() if file.name != "core.config_entries"]


def database(path: str) -> Iterator[str | bytes]:
    """Return all rows of a database, and its raw files."""
    for file in sorted(Path(path).parent.glob(f"{Path(path).name}*")):
        yield file.read_bytes()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in connection.execute(f'select * from "{table}"'):  # noqa: S608, the names are the database's own
                yield repr(row)


async def set_up(run: FullExercise, echoing: str) -> None:
    """Add the store, after all kinds of wrong input."""
    user = {"source": SOURCE_USER}
    secure = run.farm.rest_url.replace("http:", "https:")
    result = await run.flow(
        user,
        run.given(WRONG_KEY),
        run.given(KEY, api_url=f"http://{HOST}:{closed_port()}"),
        run.given(KEY, api_url=secure),
        run.given(KEY, api_url=f"http://user:{KEY}@{HOST}"),
        run.given(KEY, api_url=f"http://{KEY}:x"),
        run.given(KEY, api_url=echoing),
        run.given(KEY, realtime_url=f"wss://user:{KEY}@{HOST}"),
    )
    assert result["errors"]
    result = await run.flow({"flow_id": result["flow_id"]}, run.given(KEY))
    assert result["type"] == "create_entry"
    await run.until_loaded()


async def go_wrong(run: FullExercise, monkeypatch: pytest.MonkeyPatch, folder: Path, statuses: tuple[int, ...]) -> None:
    """Put all secrets into every response, and cause unexpected failures of the client."""
    for status in statuses:
        run.farm.inject_fault(Fault(mode="status", status=status, message=hostile(run.farm), count=10_000))
        await run.use_entities()
        await run.use_actions(folder)
        await run.attempt(run.entry.runtime_data.coordinator.async_refresh(), "refresh")
        await run.look_around()
        run.farm.clear_faults()
    modes: tuple[FaultMode, ...] = ("html", "truncated", "drop", "reset")
    for mode in modes:
        run.farm.inject_fault(Fault(mode=mode, count=10_000))
        await run.use_actions(folder)
        await run.attempt(run.entry.runtime_data.coordinator.async_refresh(), "refresh")
        run.farm.clear_faults()
    for mode in modes:
        fault = Fault(mode=mode, path="/storage", message=hostile(run.farm), count=1000)
        run.farm.inject_fault(fault)
        upload = {"path": str(folder / "bracket.stl")}
        await run.attempt(run.hass.services.async_call(DOMAIN, "upload_part", upload, blocking=True), "upload")
        await run.look_at_pictures()
        run.farm.clear_faults()
    with monkeypatch.context() as patched:

        def fail(*_: Any, **__: Any) -> Any:
            raise RuntimeError("nobody expects this")

        patched.setattr(PrintagoClient, "printers", fail)
        patched.setattr(binary_sensor.PrinterBinarySensor, "_async_read_printer", fail)
        patched.setattr("custom_components.printago.api.realtime.messages.parse_message", fail)
        await run.attempt(run.entry.runtime_data.coordinator.async_refresh(), "refresh")
        topic = f"stores/{run.farm.config.store_id}/printer-stats/{printer_named(run.farm, 'P1S 01')}"
        run.farm.publish(topic, b"{}")
        run.farm.publish(topic, KEY.encode())
        await pass_time(run.hass, 11)
    await run.look_around()


async def break_stream(run: FullExercise) -> None:
    """Put secrets into messages of the stream, and break it in every way."""
    store, realtime = run.farm.config.store_id, run.entry.runtime_data.coordinator.realtime
    url = run.farm.rest_url + run.farm.storage.sign("GET", "a/b.png", 60)
    job = next(iter(run.farm.world.jobs.values()))
    before = realtime.messages_received
    for topic, body in (
        (f"stores/{store}/entities/{KEY}", {"action": "UPDATE", "entities": {}}),
        (f"stores/{KEY}/entities/printers", {"action": "UPDATE", "entities": {}}),
        (f"stores/{store}/printer-stats/{printer_named(run.farm, 'P1S 01')}", {"storeId": KEY}),
        (f"stores/{store}/printer-stats/{KEY}", {"storeId": store, "data": {}}),
        (
            f"stores/{store}/entities/printJobs",
            {
                "entityType": "printJobs",
                "action": "UPDATE",
                "entities": {job.id: {"id": job.id, "status": "failed", "errorMessage": f"HTTP 403 from {url}"}},
            },
        ),
    ):
        with suppress(ValueError):
            run.farm.publish(topic, json.dumps(body).encode())
    await eventually(lambda: realtime.messages_received > before, "the messages have come")
    await run.look_around()
    broker: Any = run.farm.publisher
    for breakage in ("refuse", "deny_subscriptions"):
        setattr(broker, breakage, True)
        await broker.disconnect_all()
        await eventually(lambda: realtime.last_error is not None, "the stream is lost")
        await pass_time(run.hass, 61)
        await run.look_around()
        setattr(broker, breakage, False)
    realtime.reconnect_now()
    await eventually(lambda: realtime.connected, "the stream is up", 10)


async def change_entry(run: FullExercise, echoing: str) -> None:
    """Revoke the key, renew it, change the connection settings, and reload."""
    run.farm.revoke_api_key(KEY)
    await run.attempt(run.entry.runtime_data.coordinator.async_refresh(), "refresh")
    await run.hass.async_block_till_done()
    (flow,) = run.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await run.look_around()
    await run.flow({"flow_id": flow["flow_id"]}, {CONF_API_KEY: WRONG_KEY})
    run.farm.add_api_key(OTHER_KEY)
    await run.flow({"flow_id": flow["flow_id"]}, {CONF_API_KEY: OTHER_KEY})
    await run.until_loaded()
    reconfigure = {"source": SOURCE_RECONFIGURE, "entry_id": run.entry.entry_id}
    async with tls_proxy(int(run.farm.realtime_url.rpartition(":")[2]), tls_contexts()[0]) as port:
        wss = f"wss://{HOST}:{port}"
        await run.flow(reconfigure, run.given(OTHER_KEY, api_url=echoing), run.given(OTHER_KEY, realtime_url=wss))
        await run.hass.async_block_till_done(wait_background_tasks=True)
        await eventually(
            lambda: run.entry.runtime_data.coordinator.realtime.last_error is not None, "the certificate is refused"
        )
        assert "certificate" in run.entry.runtime_data.coordinator.realtime.last_error.lower()
        await run.look_around()
    await run.flow(reconfigure, run.given(OTHER_KEY))
    await run.until_loaded()
    await run.hass.config_entries.async_reload(run.entry.entry_id)
    await run.until_loaded()
    run.farm.inject_fault(Fault(mode="status", status=500, message=hostile(run.farm), count=100))
    await run.hass.config_entries.async_unload(run.entry.entry_id)
    await run.hass.async_block_till_done()
    await run.look_around()


async def test_no_secret_is_shown_anywhere(
    run: FullExercise,
    hass: HomeAssistant,
    farm: VirtualFarm,
    scanner: SecretScanner,
    tmp_path: Path,
    chaos: bool,
    figures: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "bracket.stl").write_bytes(b"solid bracket\n" * 500)
    hass.config.allowlist_external_dirs = {str(folder)}
    answers = [
        lambda request: (
            b"HTTP/1.1 400 " + request.replace(b"\r\n", b" ") + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
    ]
    garbage = SilentPeer(answers)
    await garbage.start()
    echoing = f"http://{HOST}:{garbage.port}"

    await set_up(run, echoing)
    async_expose_entity(hass, "conversation", entity_id(hass, farm.config.store_id, "jobs_queued"), True)
    automation = {
        "id": "traced",
        "triggers": [{"trigger": "event", "event_type": "go"}],
        "actions": [{"action": f"{DOMAIN}.submit_print_job", "data": {"part": "Benchy"}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    hass.bus.async_fire("go")
    await run.use_entities()
    await run.use_actions(folder)
    await run.use_assistant()
    await run.look_at_pictures()
    await run.look_around()
    await break_stream(run)
    await go_wrong(run, monkeypatch, folder, (400, 403, 404, 409, 422, 500, 503) if chaos else (400, 500))
    hass.bus.async_fire("go")
    await change_entry(run, echoing)

    await hass.config_entries.async_remove(run.entry.entry_id)
    recorder = get_instance(hass)
    await recorder.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done(wait_background_tasks=True)
    await asyncio.to_thread(recorder.join)
    for name, content in await asyncio.to_thread(files, Path(hass.config.path(".storage"))):
        scanner.look("files of .storage", content, name)
    path = recorder.db_url.removeprefix("sqlite:///")
    for row in await asyncio.to_thread(lambda: list(database(path))):
        scanner.look("the recorder's database", row)
    await garbage.stop()

    figures["kinds of places searched"] = len(scanner.places)
    figures["texts searched"] = scanner.places.total()
    figures["megabytes searched"] = round(scanner.bytes.total() / 1e6, 1)
    figures["megabytes of log among them"] = round(scanner.bytes["logs"] / 1e6, 1)
    figures["secrets searched for"] = len(scanner._secrets)
    figures["calls that failed"] = run.errors
    assert run.errors > 50
    assert not scanner.found, "\n".join(dict.fromkeys(scanner.found))
