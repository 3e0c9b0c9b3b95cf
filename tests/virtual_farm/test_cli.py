"""`python -m virtual_farm` from outside."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from pathlib import Path
import random
import signal
import socket
import sys

import aiohttp
import aiomqtt
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
import pytest

from virtual_farm.__main__ import main

ROOT = Path(__file__).parents[2]
STORE = "clistore0000000000000001"
KEY = "clikey_0123456789abcdefghijklmnop"
READ_ONLY_KEY = "cliread_0123456789abcdefghijklmno"


def free_port() -> int:
    """Return a free port below those that the system gives to connections: nothing else takes it meanwhile."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = random.randrange(15_000, 30_000)  # noqa: S311
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "virtual_farm",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_reports_ready_serves_and_stops_cleanly(socket_enabled: None, number: signal.Signals) -> None:
    rest, mqtt = free_port(), free_port()
    arguments = ["--printers", "3", "--speed", "60", "--rest-port", str(rest), "--mqtt-port", str(mqtt)]
    keys = ["--api-key", KEY, "--read-only-key", READ_ONLY_KEY]
    async with running(*arguments, "--store-id", STORE, *keys) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
        headers = {"authorization": f"ApiKey {KEY}", "x-printago-storeid": STORE}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"http://127.0.0.1:{rest}/v1/printers") as response,
        ):
            assert len(await response.json()) == 3
        reader = {**headers, "authorization": f"ApiKey {READ_ONLY_KEY}"}
        async with aiohttp.ClientSession(headers=reader) as session:
            async with session.get(f"http://127.0.0.1:{rest}/v1/orders") as response:
                assert response.status == 200
            async with session.patch(f"http://127.0.0.1:{rest}/v1/printers/enabled", json={}) as response:
                assert response.status == 403
        async with aiomqtt.Client(
            "127.0.0.1",
            mqtt,
            username=STORE,
            password=KEY,
            identifier=f"apiclient_{KEY[:24]}_test",
            transport="websockets",
            websocket_path="/mqtt",
        ) as client:
            await client.subscribe(f"stores/{STORE}/printer-stats/#")
            await anext(client.messages)
        process.send_signal(number)
        async with asyncio.timeout(5):
            rest_of_output, errors = await process.communicate()
        assert process.returncode == 0
        assert rest_of_output == b""
        assert KEY.encode() not in errors
        assert b"Traceback" not in errors


async def test_options_enable_variants_of_the_cloud(socket_enabled: None) -> None:
    switches = ["--scenario", "makes", "--words", "odd", "--absolute-pictures", "--filter-tags", "--clock-offset", "90"]
    switches += ["--large-limit", "refuse", "--strict-uploads", "--topic-per-entity"]
    rest = free_port()
    arguments = ["--speed", "0", "--rest-port", str(rest), "--store-id", STORE, "--api-key", KEY, *switches]
    async with running(*arguments) as process:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            assert await process.stdout.readline() == b"ready\n"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{rest}/virtual-farm/state") as response:
                state = await response.json()
            assert state["clockOffset"] == 90
            headers = {"authorization": f"ApiKey {KEY}", "x-printago-storeid": STORE}
            async with session.get(f"http://127.0.0.1:{rest}/v1/printers?limit=10000", headers=headers) as response:
                assert response.status == 400
            assert [printer["state"] for printer in state["printers"][:3]] == ["Printing", "FINISHED", "standby"]
            assert {job["thumbnailUri"].partition("thumbnails")[0] for job in state["jobs"]} == {
                f"http://127.0.0.1:{rest}/"
            }
            assert [
                job["requiredPrinterTags"]["user.tags"] for job in state["jobs"] if job["partName"] == "Drill Jig"
            ] == ["&=enclosed"]


async def test_it_publishes_to_an_outside_broker(socket_enabled: None) -> None:
    port = free_port()
    outside = Broker(
        BrokerConfig(
            listeners={"default": ListenerConfig(type=ListenerType.TCP, bind=f"127.0.0.1:{port}")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
    )
    await outside.start()
    try:
        arguments = ["--printers", "1", "--speed", "60", "--store-id", STORE, "--api-key", KEY]
        async with (
            aiomqtt.Client("127.0.0.1", port) as client,
            running(*arguments, "--mqtt-url", f"mqtt://user:secret-word@127.0.0.1:{port}") as process,
        ):
            await client.subscribe(f"stores/{STORE}/#")
            assert process.stdout is not None
            async with asyncio.timeout(20):
                assert await process.stdout.readline() == b"ready\n"
                topics: set[str] = set()
                while not any("/printer-stats/" in topic for topic in topics):
                    topics.add((await anext(client.messages)).topic.value)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                _, errors = await process.communicate()
            assert process.returncode == 0
            assert KEY.encode() not in errors
            assert b"secret-word" not in errors
    finally:
        await outside.shutdown()


async def test_a_used_port_is_reported(socket_enabled: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with running("--rest-port", str(taken.getsockname()[1])) as process:
            async with asyncio.timeout(20):
                output, errors = await process.communicate()
    assert process.returncode == 1
    assert output == b""
    assert errors.startswith(b"virtual_farm: ")
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["--printers", "-1"],
        ["--speed", "fast"],
        ["--unknown"],
        ["--words", "rude"],
        ["--scenario", "paradise"],
        ["--api-key", KEY, "--read-only-key", KEY],
        ["--mqtt-ca-file", "authority.pem"],
    ],
)
def test_invalid_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments)
    assert refusal.value.code == 2
    assert "error" in capsys.readouterr().err
