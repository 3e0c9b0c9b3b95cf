"""Time, chance and the stream."""

import asyncio
from itertools import pairwise
import json
import time
from typing import Any

from cloud import Cloud, listening
import pytest

from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso
from virtual_farm.machine import Machine, Task
from virtual_farm.phase import Phase
from virtual_farm.printer_models import MODELS


class Recorder:
    """Stands in for a broker and keeps what is published."""

    url = "ws://127.0.0.1:0"
    port = 0
    clients = 0

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self.times: dict[str, list[float]] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def restart(self) -> None: ...

    async def disconnect_all(self) -> None: ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.messages.append((topic, payload, retain))
        self.times.setdefault(topic, []).append(time.monotonic())


def _untimed(value: Any) -> Any:
    """Drop what follows wall-clock time."""
    if isinstance(value, dict):
        return {key: _untimed(item) for key, item in value.items() if not key.endswith("At") and key != "deadline"}
    if isinstance(value, list):
        return [_untimed(item) for item in value]
    return value


async def _history(seed: int) -> list[tuple[str, Any]]:
    recorder = Recorder()
    config = FarmConfig(speed=0.0, seed=seed, scenario="demo", failure_rate=0.3)
    async with VirtualFarm(config, publisher=recorder) as farm:
        part = next(iter(farm.world.parts))
        for _ in range(6):
            farm.builder.build({"parts": [{"partId": part, "quantity": 2}]})
            await farm.advance(1800)
            for printer in farm.world.printers.values():
                farm.fleet.confirm_ready(printer, ready=True)
        # Telemetry between steps depends on how fast this test runs; what came of it does not.
        events = [(topic, _untimed(json.loads(payload))) for topic, payload, retain in recorder.messages if not retain]
        state = farm.state()
        del state["messages"]
        return [*events, ("state", _untimed(state))]


async def test_the_same_seed_gives_the_same_history(socket_enabled: None) -> None:
    first, again, other = await _history(5), await _history(5), await _history(6)
    assert len(first) > 50
    assert first == again
    assert first != other


async def test_the_world_stands_still_at_speed_0_and_runs_at_others(start_farm) -> None:
    still, fast = await start_farm(speed=0.0), await start_farm(speed=200.0, scenario="demo")
    printer = next(iter(fast.farm.world.printers.values()))
    before = printer.machine.progress
    async with asyncio.timeout(5):
        while fast.farm.world.time < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert printer.machine.progress > before
    assert still.farm.world.time == 0.0


async def test_a_late_client_gets_complete_stats_but_no_past_events(demo: Cloud) -> None:
    await demo.build()
    await demo.farm.advance(300)
    async with listening(demo.farm) as client:
        for _ in demo.farm.world.printers:
            message = await anext(client.messages)
            assert message.retain
            data = json.loads(message.payload)["data"]
            assert {"temps", "fans", "print", "printer", "health"} <= set(data)
        marker = f"stores/{demo.farm.config.store_id}/marker"
        demo.farm.publish(marker, b"now")
        assert (await anext(client.messages)).topic.value == marker


async def test_changes_of_state_are_published_at_once_and_telemetry_at_most_once_a_second(socket_enabled: None) -> None:
    recorder = Recorder()
    async with VirtualFarm(FarmConfig(speed=1.0, scenario="demo"), publisher=recorder) as farm:
        printing, waiting, *_ = farm.world.printers
        recorder.messages.clear()
        topic = f"stores/{farm.config.store_id}/printer-stats/"
        farm.raise_hms(waiting, "0300-0100-0001-0001", "Too hot")
        farm.disconnect_printer(printing)
        seen = [message[0] for message in recorder.messages if message[0].startswith(topic)]
        assert seen == [topic + waiting, topic + printing]
        farm.reconnect_printer(printing)
        recorder.times.clear()
        await asyncio.sleep(3.4)
        moments = recorder.times[topic + printing]
    assert 2 <= len(moments) <= 4
    assert all(later - earlier > 0.9 for earlier, later in pairwise(moments))


async def test_a_removed_printer_leaves_no_retained_stat(demo: Cloud) -> None:
    printer_id = demo.printer_ids()[0]
    demo.farm.remove_printer(printer_id)
    async with listening(demo.farm) as client:
        ids = {json.loads((await anext(client.messages)).payload)["printerId"] for _ in demo.farm.world.printers}
    assert ids == set(demo.printer_ids())
    assert printer_id not in ids


async def test_sparse_events_carry_the_changed_fields_only(socket_enabled: None) -> None:
    recorder = Recorder()
    async with VirtualFarm(FarmConfig(speed=0, scenario="idle", sparse_events=True), publisher=recorder) as farm:
        printer_id = next(iter(farm.world.printers))
        recorder.messages.clear()
        farm.rename_printer(printer_id, "Other")
        event = json.loads(recorder.messages[0][1])
    assert event["entities"][printer_id].keys() - {"updatedAt"} == {"id", "name"}
    assert event["changes"][printer_id]["name"] == "Other"


async def test_500_printers_need_little_time(socket_enabled: None) -> None:
    recorder = Recorder()
    async with VirtualFarm(FarmConfig(printers=500, speed=60.0, scenario="demo"), publisher=recorder):
        began, wall = time.process_time(), time.monotonic()
        await asyncio.sleep(2)
        share = (time.process_time() - began) / (time.monotonic() - wall)
    assert share < 0.4


def test_a_print_takes_the_same_time_with_any_steps() -> None:
    ends = []
    for step in (1.0, 5.0, 60.0):
        machine = Machine(MODELS["X1C"])
        machine.start(Task(id="1", name="Thing", duration=600))
        spent = 0.0
        while machine.phase is not Phase.FINISHED:
            machine.step(step)
            spent += step
        ends.append(spent)
    assert ends[0] == pytest.approx(ends[1], abs=5)
    assert ends[0] == pytest.approx(ends[2], abs=60)
    machine.start(Task(id="2", name="Thing", duration=600))
    with pytest.raises(RuntimeError):
        machine.start(Task(id="3", name="Thing", duration=600))


@pytest.mark.parametrize(
    "settings",
    [
        {"printers": -1},
        {"speed": -1},
        {"failure_rate": 2},
        {"production_slots": 0},
        {"clock_offset": float("nan")},
        {"clock_offset": 1e12},
        {"mqtt_tcp_port": 0, "mqtt_url": "mqtt://127.0.0.1:1"},
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        FarmConfig(**settings)


async def test_the_demo_has_every_state_and_ready_printers(demo: Cloud) -> None:
    printers = {printer["name"]: printer for printer in await demo.get("/v1/printers")}
    stats = {printer.name: demo.farm.feed.stat(printer) for printer in demo.farm.world.printers.values()}
    assert {name: stat["state"] for name, stat in stats.items()} == {
        "X1 Carbon 01": "RUNNING",
        "P1S 01": "FINISH",
        "A1 01": "IDLE",
        "A1 mini 01": "IDLE",
        "H2D 01": "PAUSE",
        "X1 Carbon 02": "IDLE",
        "P1S 02": "RUNNING",
        "Klipper 01": "standby",
    }
    assert not printers["A1 mini 01"]["isOnline"]
    assert printers["X1 Carbon 02"]["isInMaintenance"]
    assert printers["P1S 02"]["continuousPrint"]
    assert not any(stats["P1S 02"]["data"]["health"].values()), "a message would have ended FabMatic"
    assert stats["X1 Carbon 02"]["data"]["health"]["warnings"]
    assert (printers["P1S 01"]["isAvailable"], printers["P1S 01"]["confirmedReady"]) == (True, False)
    waiting = printers["P1S 01"]["id"]
    await demo.call("PATCH", "/v1/printers/confirm-ready", body={"ready": True, "ids": [waiting]})
    await demo.farm.advance(600)
    assert (await demo.printer(waiting))["confirmedReady"], "no job of the demo's queue takes it away"
    (job_id,) = await demo.queue(tags={"printer.id": waiting})
    await demo.farm.advance(300)
    assert (await demo.job(job_id))["status"] == "printing"
    assert len(demo.farm.world.parts) >= 6
    assert len(demo.farm.world.skus) >= 3


async def test_the_demo_has_orders_that_are_late_waiting_closed_and_about_to_be_complete(demo: Cloud) -> None:
    orders = {order["orderNumber"]: order for order in await demo.get("/v1/orders")}
    assert {number: order["status"] for number, order in orders.items()} == {
        "1000": "closed",
        "1001": "open",
        "1002": "open",
        "1004": "open",
    }
    now = to_iso(demo.farm.config.clock())
    assert orders["1001"]["deadline"] < now < orders["1004"]["deadline"]
    assert orders["1002"]["deadline"] is None
    assert [number for number, order in orders.items() if order["processedAt"]] == ["1004"]
    (job,) = await demo.get("/v1/print-jobs", **{"orderId.eq": orders["1004"]["id"]})
    printer = await demo.printer(job["assignedPrinterId"])
    assert (job["status"], printer["name"]) == ("printing", "P1S 02")
    await demo.farm.advance(1800)
    assert (await demo.job(job["id"]))["status"] == "completed"
    assert (await demo.printer(printer["id"]))["fabmaticRemainingJobs"] == 2


async def test_an_empty_farm_has_no_records(start_farm) -> None:
    cloud = await start_farm(scenario="empty")
    for path in ("/v1/printers", "/v1/print-jobs", "/v1/parts", "/v1/skus", "/v1/materials"):
        assert await cloud.get(path) == []


def test_secrets_do_not_show_in_the_settings() -> None:
    config = FarmConfig(mqtt_url="mqtt://user:secret@127.0.0.1:1")
    assert config.api_key not in repr(config)
    assert "secret" not in repr(config)
