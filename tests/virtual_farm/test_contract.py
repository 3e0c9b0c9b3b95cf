"""The farm's responses match the vendor's API description."""

import json
from typing import Any

from cloud import Cloud, check, check_stat, description, listening
import pytest

from virtual_farm.access import READ_ONLY_PERMISSIONS
from virtual_farm.printer_models import MODELS
from virtual_farm.rest.app import ROUTES
from virtual_farm.rest.printers import COMMAND_CHECKS
from virtual_farm.rest.route import unnamed

# Calls of the description whose permission only the vendor's prose tells.
_PROSE = {("POST", "/v2/builds"), ("POST", "/v2/builds/preview")}
# The vendor's generator folded paths of any length into one.
_OF_ANY_LENGTH = {"/v1/hints/path/{}": "/v1/hints", "/v1/hints/schema/paths/{}": "/v1/hints"}


def operation_of(method: str, path: str) -> dict[str, Any]:
    """Return what the description says of a call; path parameters may have other names there."""
    wanted = unnamed(path)
    wanted = _OF_ANY_LENGTH.get(wanted, wanted)
    for described, operations in description()["paths"].items():
        if unnamed(described) == wanted and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"the vendor describes no {method} {path}")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_each_call_has_the_documented_permission_and_status(route) -> None:
    operation = operation_of(route.method, route.path)
    assert str(route.status) in operation["responses"]
    assert (route.body is not None) == ("requestBody" in operation)
    if (route.method, route.path) not in _PROSE:
        assert ", ".join(route.permissions) == (operation.get("x-permission") or "")


def test_the_read_only_key_has_every_view_permission() -> None:
    named = {
        permission
        for path in description()["paths"].values()
        for operation in path.values()
        for permission in (operation.get("x-permission") or "").split(", ")
    }
    assert {name for name in named if name.endswith(".view")} == READ_ONLY_PERMISSIONS - {"printer.stats"}


async def test_every_list_and_record_matches_its_schema(demo: Cloud) -> None:
    world = demo.farm.world
    for path in (
        "/v1/printers",
        "/v1/print-jobs",
        "/v1/print-jobs/stats/completed-count",
        "/v1/parts",
        "/v1/skus",
        "/v1/sku-options",
        "/v1/sku-options/values",
        "/v1/sku-options/bindings",
        "/v1/materials",
        "/v1/materials/variants",
        "/v1/materials/groups",
        "/v1/materials/group-members",
        "/v1/materials/printer-slots",
        "/v1/maintenance/fleet-status",
        "/v1/orders",
        "/v1/order-items",
        "/v1/part-builds",
        "/v1/sku-builds",
        "/v1/stores",
        "/v1/settings/store",
        "/v1/subscriptions",
    ):
        answer = await demo.get(path)
        assert answer or path == "/v1/sku-builds", path
    for path, records in (
        ("/v1/printers/{id}", world.printers),
        ("/v1/print-jobs/{id}", world.jobs),
        ("/v1/print-jobs/{id}/matching-troubleshoot", world.jobs),
        ("/v1/parts/{id}", world.parts),
        ("/v1/skus/{id}", world.skus),
        ("/v1/materials/{id}", world.materials),
    ):
        for record_id in records:
            await demo.call("GET", path, id=record_id)
    order_id = next(iter(world.orders))
    await demo.call("GET", "/v1/orders/{orderId}", orderId=order_id)
    await demo.call("GET", "/v1/orders/{orderId}/items", orderId=order_id)
    material_id = next(iter(world.materials))
    await demo.call("GET", "/v1/materials/{materialId}/variants", materialId=material_id)
    for path in ("/v1/printers", "/v1/print-jobs", "/v1/parts", "/v1/skus", "/v1/materials", "/v1/orders"):
        answer = await demo.get(path, meta="true", limit="2")
        assert answer["meta"]["limit"] == 2
    for path in ("/v1/printers", "/v1/print-jobs", "/v1/parts", "/v1/skus", "/v1/materials"):
        answer = await demo.call("POST", f"{path}/search", body={"limit": 3, "filter": {"name": {"eq": "nothing"}}})
        assert answer["meta"]["count"] == 3, "the filter of a search is ignored"


async def test_every_call_that_changes_something_matches_its_schema(cloud: Cloud) -> None:
    first, second, *_ = ids = cloud.printer_ids()
    for path, body in (
        ("confirm-ready", {"ready": False, "ids": [first]}),
        ("enabled", {"enabled": False, "ids": [first]}),
        ("continous-print", {"enabled": True, "jobLimit": 5, "ids": [first]}),
        ("continous-print", {"enabled": False, "jobLimit": None, "ids": [first]}),
    ):
        answer = await cloud.call("PATCH", f"/v1/printers/{path}", body=body)
        assert [printer["id"] for printer in answer] == [first]
    await cloud.call("PATCH", "/v1/maintenance/mode", body={"printerIds": ids, "enabled": True})
    await cloud.call("PATCH", "/v1/printers/{id}", body={"name": "Renamed", "tags": ["a"]}, id=first)
    await cloud.call("PATCH", "/v1/printers/{id}/rename", body={"name": "Again"}, id=first)
    many = await cloud.call("PATCH", "/v1/printers", body={"ids": [first, second], "update": {"tags": ["b"]}})
    assert [printer["tags"] for printer in many] == [["b"], ["b"]]
    settings = await cloud.call("PATCH", "/v1/settings/store", body={"processLowPriorityJobs": True})
    assert settings["processLowPriorityJobs"] is True
    assert await cloud.call("DELETE", "/v1/printers/{id}", id=first) == [first]
    assert await cloud.call("DELETE", "/v1/printers", body={"ids": [second, first]}) == [second]
    part_id = cloud.part("Cable Clip")
    part = await cloud.call("PATCH", "/v1/parts/{id}", body={"description": "Holds cables"}, id=part_id)
    assert part["description"] == "Holds cables"
    assert await cloud.call("DELETE", "/v1/parts/{id}", id=part_id) == [part_id]
    sku_id = next(iter(cloud.farm.world.skus))
    assert await cloud.call("DELETE", "/v1/skus/{id}", id=sku_id) == [sku_id]


_COMMANDS: dict[str, dict[str, Any]] = {
    "load-filament": {"targetTemp": 220, "currentTemp": 25, "targetSlot": {"amsIndex": 0, "slotIndex": 1}},
    "led-control": {"light": "chamber_light", "state": "off"},
    "set-temperature": {"type": "bed", "temperature": 50},
    "select-tool": {"toolIndex": 1},
    "home-axis": {"axes": {"x": True}},
    "move-axis": {"axes": {"z": 10}},
    "set-fan": {"type": "part", "speed": 40},
    "extrude-filament": {"amount": 5},
    "calibration": {"option_value": 1},
    "refresh-slot": {"amsId": 0, "slotId": 1},
    "skip-objects": {"objectIds": [1]},
    "set-slot-info": {
        "info": {
            "amsId": 0,
            "slotId": 0,
            "color": "#FF0000",
            "nozzleTempMin": 190,
            "nozzleTempMax": 240,
            "trayType": "PLA",
        }
    },
}


async def test_printers_take_every_command_of_the_description(cloud: Cloud) -> None:
    offline = cloud.printer_ids()[3]
    cloud.farm.disconnect_printer(offline)
    for name in COMMAND_CHECKS:
        body = {"ids": cloud.printer_ids(), "command": {"command": name, **_COMMANDS.get(name, {})}}
        answer = await cloud.call("POST", "/v1/printer-commands/send", body=body)
        assert answer == [printer_id for printer_id in cloud.printer_ids() if printer_id != offline]
    listed = description()["components"]["schemas"]["SendCommandRequest"]["properties"]["command"]["anyOf"]
    assert len(COMMAND_CHECKS) == len(listed)


async def test_telemetry_of_every_model_matches_its_schema_during_a_print(start_farm) -> None:
    cloud = await start_farm(printers=0)
    for model in MODELS:
        printer = cloud.farm.add_printer(model, ready=True)
        printer.continuous_print = True
        cloud.farm.raise_hms(printer.id, "0700-2000-0002-0001", "Filament has run out", severity="warning")
    cloud.farm.world.subscription["concurrencySlots"] = None
    await cloud.get("/v1/printers")
    await cloud.build(partId=cloud.part("Calibration Cube"), quantity=len(MODELS))
    seen = set()
    for seconds in [0, *[20] * 150]:
        await cloud.farm.advance(seconds)
        for printer in cloud.farm.world.printers.values():
            check_stat(cloud.farm.feed.stat(printer))
            seen.add((printer.model.key, printer.machine.word))
    await cloud.get("/v1/printers")
    await cloud.get("/v1/print-jobs")
    for model in MODELS.values():
        words = {word for key, word in seen if key == model.key}
        assert words >= (
            {"PREPARE", "RUNNING", "FINISH"} if model.provider == "Bambu" else {"standby", "printing", "complete"}
        )


async def test_realtime_messages_match_their_schema(demo: Cloud) -> None:
    farm = demo.farm
    prefix = f"stores/{farm.config.store_id}/"
    async with listening(farm) as client:
        messages = client.messages
        retained = {}
        while len(retained) < len(farm.world.printers):
            message = await anext(messages)
            assert message.retain
            stat = json.loads(message.payload)
            check_stat(stat)
            assert message.topic.value == f"{prefix}printer-stats/{stat['printerId']}"
            retained[stat["printerId"]] = stat
        await demo.call("PATCH", "/v1/printers/confirm-ready", body={"ready": True, "ids": demo.printer_ids()[1:2]})
        await demo.build()
        await farm.advance(60)
        farm.remove_printer(demo.printer_ids()[0])
        kinds: dict[tuple[str, str], int] = {}
        while ("printers", "DELETE") not in kinds:
            message = await anext(messages)
            if "/entities/" not in message.topic.value:
                continue
            assert not message.retain
            event = json.loads(message.payload)
            assert set(event) == {"entityType", "action", "entities", "changes"}
            assert message.topic.value == f"{prefix}entities/{event['entityType']}"
            kinds[event["entityType"], event["action"]] = kinds.get((event["entityType"], event["action"]), 0) + 1
            name = {"printers": "Printer", "print-jobs": "PrintJob"}.get(event["entityType"])
            for entity in event["entities"].values():
                if name is not None:
                    check({"$ref": f"#/components/schemas/{name}"}, entity)
    assert {("printers", "UPDATE"), ("print-jobs", "INSERT"), ("print-jobs", "UPDATE")} <= set(kinds)
