"""Printers: list, settings, flags, commands, maintenance."""

from collections.abc import Iterable
from typing import Any

from virtual_farm.entities import Document
from virtual_farm.errors import ApiError, NotFoundError
from virtual_farm.printer import Printer

from .resource import list_routes
from .route import Call, Route
from .schema import IDS, Check, any_of, array, boolean, identifier, nullable, number, one_of, shape, text

_FIELDS = (
    "provider deviceId providerConfig machineUserProfileId machineSystemProfileId processUserProfileId "
    "processSystemProfileId name nozzleDiameter metadata proxyClientId commMethod enabled tags confirmedReady "
    "isAvailable isOnline printingJobId lastPrintedAt integrationId integrationType continuousPrint "
    "fabmaticRemainingJobs lifetimePrintHours lifetimeJobCount isInMaintenance lastMaintenanceOfflineAt "
    "lastMaintenanceOnlineAt id storeId createdAt updatedAt"
)

_AXES = ("x", "y", "z")


def _command(name: str, required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None) -> Check:
    return shape({"command": one_of(name), **(required or {})}, optional)


_TEMPERATURE = number(0, 300)

COMMAND_CHECKS: dict[str, Check] = {
    "stop": _command("stop"),
    "pause": _command("pause"),
    "resume": _command("resume"),
    "resync-data": _command("resync-data"),
    "unload-filament": _command("unload-filament"),
    "load-filament": _command(
        "load-filament",
        {
            "targetTemp": _TEMPERATURE,
            "currentTemp": _TEMPERATURE,
            "targetSlot": shape({"amsIndex": number(), "slotIndex": number()}),
        },
    ),
    "led-control": _command(
        "led-control", {"light": one_of("chamber_light", "working_light"), "state": one_of("on", "off")}
    ),
    "set-temperature": _command(
        "set-temperature",
        {"type": one_of("nozzle", "bed", "chamber"), "temperature": _TEMPERATURE},
        {"extruderIndex": number()},
    ),
    "select-tool": _command("select-tool", {"toolIndex": number()}),
    "home-axis": _command("home-axis", {"axes": shape(optional=dict.fromkeys(_AXES, boolean))}),
    "move-axis": _command("move-axis", {"axes": shape(optional=dict.fromkeys((*_AXES, "e"), number(-100, 100)))}),
    "set-fan": _command("set-fan", {"type": one_of("part", "chamber", "aux"), "speed": number(0, 100)}),
    "extrude-filament": _command("extrude-filament", {"amount": number()}),
    "calibration": _command("calibration", {"option_value": number()}),
    "refresh-slot": _command("refresh-slot", {"amsId": number(), "slotId": number()}),
    "skip-objects": _command("skip-objects", {"objectIds": array(number())}),
    "set-slot-info": _command(
        "set-slot-info",
        {
            "info": shape(
                {"slotId": number(), "nozzleTempMin": number(), "nozzleTempMax": number(), "trayType": text()},
                {"amsId": number(), "identifier": text(), "color": text()},
            )
        },
    ),
}


def _check_command(value: Any, place: str) -> None:
    shape({"command": one_of(*COMMAND_CHECKS)})(value, place)
    COMMAND_CHECKS[value["command"]](value, place)


_METADATA = any_of(
    shape({"dev_id": text(), "dev_model_name": text(), "dev_access_code": text(), "dev_product_name": text()}),
    shape({"provider": one_of("klipper"), "moonraker_port": number()}),
    shape({"provider": one_of("prusa"), "password": text()}),
)

_UPDATE = {
    "name": text(1, 1024),
    "metadata": nullable(_METADATA),
    "integrationId": nullable(text()),
    "integrationType": nullable(one_of("bambulab", "etsy", "shopify", "ebay", "tiktok-shop")),
    "tags": array(text()),
    "deviceId": nullable(text()),
    "nozzleDiameter": text(),
    "enabled": boolean,
    "commMethod": nullable(one_of("bambu-global-mqtt", "bambu-cloud-v2", "octoprint-mqtt", "fuse")),
}
_ATTRIBUTES = {
    "name": "name",
    "metadata": "metadata",
    "integrationId": "integration_id",
    "integrationType": "integration_type",
    "tags": "tags",
    "deviceId": "device_id",
    "nozzleDiameter": "nozzle_diameter",
    "enabled": "enabled",
    "commMethod": "comm_method",
}


def _printer(call: Call) -> Printer:
    printer_id = call.ids["id"]
    if (printer := call.world.printers.get(printer_id)) is None:
        raise NotFoundError("Printer", printer_id)
    return printer


def _known(call: Call, ids: Iterable[str]) -> list[Printer]:
    """Return the existing printers. The response does not name the others."""
    return [call.world.printers[printer_id] for printer_id in dict.fromkeys(ids) if printer_id in call.world.printers]


def _wires(call: Call, printers: Iterable[Printer]) -> list[Document]:
    call.farm.fleet.observe_all()
    return [printer.wire() for printer in printers]


def _apply(call: Call, printer: Printer, update: Document) -> None:
    for key, value in update.items():
        if key in _ATTRIBUTES:
            setattr(printer, _ATTRIBUTES[key], value)
    call.world.printers.touch(printer.id)
    call.farm.queue.look_again()


def _get(call: Call) -> Any:
    return _printer(call).wire()


def _patch(call: Call) -> Any:
    printer = _printer(call)
    _apply(call, printer, call.body)
    return printer.wire()


def _patch_many(call: Call) -> Any:
    printers = _known(call, call.body["ids"])
    for printer in printers:
        _apply(call, printer, call.body["update"])
    return _wires(call, printers)


def _rename(call: Call) -> Any:
    printer = _printer(call)
    call.farm.fleet.rename(printer, call.body["name"])
    return printer.wire()


def _delete(call: Call) -> Any:
    printer = _printer(call)
    call.farm.fleet.remove(printer)
    return [printer.id]


def _delete_many(call: Call) -> Any:
    printers = _known(call, call.body["ids"])
    for printer in printers:
        call.farm.fleet.remove(printer)
    return [printer.id for printer in printers]


def _confirm_ready(call: Call) -> Any:
    printers = _known(call, call.body["ids"])
    for printer in printers:
        call.farm.fleet.confirm_ready(printer, ready=call.body["ready"])
    return _wires(call, printers)


def _enable(call: Call) -> Any:
    printers = _known(call, call.body["ids"])
    for printer in printers:
        call.farm.fleet.set_enabled(printer, enabled=call.body["enabled"])
    return _wires(call, printers)


def _fabmatic(call: Call) -> Any:
    printers = _known(call, call.body["ids"])
    limit = call.body.get("jobLimit")
    for printer in printers:
        call.farm.fleet.set_fabmatic(
            printer, enabled=call.body["enabled"], job_limit=None if limit is None else int(limit)
        )
    return _wires(call, printers)


def _maintenance(call: Call) -> Any:
    if call.body["enabled"] and not call.farm.config.maintenance_entitlement:
        raise ApiError(403, "The subscription does not include maintenance mode")
    printers = _known(call, call.body["printerIds"])
    for printer in printers:
        call.farm.fleet.set_maintenance(printer, enabled=call.body["enabled"])
    return _wires(call, printers)


def _send_command(call: Call) -> Any:
    return [
        printer.id
        for printer in _known(call, call.body["ids"])
        if call.farm.commander.send(printer, call.body["command"])
    ]


_FABMATIC_BODY = shape({"enabled": boolean, "ids": IDS}, {"jobLimit": nullable(number(1))})

ROUTES = (
    *list_routes("/v1/printers", "printer.view", lambda call: call.world.printers.wires(), _FIELDS),
    Route(
        "PATCH", "/v1/printers/confirm-ready", ("printer.ready",), _confirm_ready, shape({"ready": boolean, "ids": IDS})
    ),
    Route("PATCH", "/v1/printers/enabled", ("printer.control",), _enable, shape({"enabled": boolean, "ids": IDS})),
    Route("PATCH", "/v1/printers/continous-print", ("printer.config", "printer.ready"), _fabmatic, _FABMATIC_BODY),
    Route(
        "PATCH", "/v1/printers", ("printer.edit",), _patch_many, shape({"ids": IDS, "update": shape(optional=_UPDATE)})
    ),
    Route("DELETE", "/v1/printers", ("printer.delete",), _delete_many, shape({"ids": IDS})),
    Route("GET", "/v1/printers/{id}", ("printer.view",), _get),
    Route("PATCH", "/v1/printers/{id}", ("printer.edit",), _patch, shape(optional=_UPDATE)),
    Route("PATCH", "/v1/printers/{id}/rename", ("printer.edit",), _rename, shape({"name": text(1, 1024)})),
    Route("DELETE", "/v1/printers/{id}", ("printer.delete",), _delete),
    Route(
        "POST",
        "/v1/printer-commands/send",
        ("printer.control",),
        _send_command,
        shape({"command": _check_command, "ids": IDS}),
        201,
    ),
    Route(
        "PATCH",
        "/v1/maintenance/mode",
        ("maintenance.edit",),
        _maintenance,
        shape({"printerIds": array(identifier), "enabled": boolean}),
    ),
)
