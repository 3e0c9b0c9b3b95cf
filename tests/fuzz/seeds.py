"""The fuzzer's initial inputs: valid messages and responses, with every field that is read.

An input is a sequence of lines. The first letter of each is its kind (see ``target``), the rest is its body.
"""

from typing import Any

import orjson

from custom_components.printago.api.models.material import Material, MaterialVariant, PrinterSlot
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.records import Printer, PrintJob
from tests.api.payloads import FULL_STAT

STORE = "s" * 24
PRINTER, OTHER_PRINTER = "p" * 24, "q" * 24
JOB = "j" * 24
NOON = "2026-11-24T12:00:00.000Z"

STAT: dict[str, Any] = {
    **FULL_STAT,
    "data": {
        **FULL_STAT["data"],
        "temps": {
            "nozzleTemp": 219.5,
            "nozzleTempTarget": 220,
            "bedTemp": 60,
            "bedTempTarget": 60,
            "chamberTemp": 31.5,
            "chamberTempTarget": 40,
        },
        "lights": {"work": "off", "chamber": "on"},
        "printer": {"nozzleDiameter": "0.4", "homeAxes": "XYZ"},
        "print": {
            **FULL_STAT["data"]["print"],
            "downloadPercent": 100,
            "activity": "print",
            "errorCode": None,
            "printError": 0,
            "taskId": "1",
            "taskName": "Benchy",
        },
        "filament": {
            "ams": {
                "status": "1",
                "ams": [{"slots": [{"id": "0"}, {"id": "1", "color": "FF0000FF", "type": "PLA", "info": "GFA00"}]}],
            },
            "spool": {"id": "254", "color": "#00ff00", "type": "PETG", "remaining": 40},
        },
        "health": {
            "errors": [{"code": "0300-8000", "message": "Paused"}],
            "warnings": [{"code": "0700-2000-0002-0001", "message": "No filament"}],
            "infos": [],
        },
    },
}
ODD_STAT: dict[str, Any] = {
    "state": "PAUSE",
    "data": {
        "temps": None,
        "print": {"percent": 101, "timeRemaining": -3, "stage": 255, "taskName": ""},
        "filament": {
            "ams": {"ams": [{"slots": [{"color": "#FF9425FF;#C16784FF", "type": "PLA"}, {"color": "00000000"}]}]},
            "spool": {"color": ["FFFFFF00"], "type": "PETG", "remaining": 101},
        },
        "health": {"errors": [{"message": "Nozzle clogged"}, {"code": ""}, "Hot"], "warnings": None},
    },
}
PRINTER_RECORD: dict[str, Any] = {
    "id": PRINTER,
    "name": "X1 Carbon 01",
    "provider": "Bambu",
    "deviceId": "00M00A000000001",
    "nozzleDiameter": "0.4",
    "enabled": True,
    "tags": ["farm", "left"],
    "confirmedReady": True,
    "isOnline": True,
    "isAvailable": False,
    "printingJobId": JOB,
    "lastPrintedAt": NOON,
    "continuousPrint": False,
    "fabmaticRemainingJobs": None,
    "lifetimePrintHours": 1200.5,
    "lifetimeJobCount": 321,
    "isInMaintenance": False,
    "updatedAt": NOON,
    "metadata": {"dev_product_name": "X1 Carbon", "dev_model_name": "BL-P001", "dev_access_code": "secret"},
}
JOB_RECORD: dict[str, Any] = {
    "id": JOB,
    "status": "printing",
    "partBuildId": "b" * 24,
    "partId": "a" * 24,
    "partName": "Benchy",
    "skuId": None,
    "skuName": None,
    "orderId": "o" * 24,
    "label": "Order 17",
    "quantityIndex": 1,
    "quantityTotal": 2,
    "queueOrder": 1.5,
    "priority": 100,
    "assignedPrinterId": PRINTER,
    "requiredPrinterTags": {"printer.id": PRINTER},
    "errorMessage": None,
    "hidden": False,
    "printingStartedAt": NOON,
    "printingCompletedAt": None,
    "cancelledAt": None,
    "materialMapping": [{"amsIndex": 0, "slotIndex": 1, "skip": False}],
    "skipObjectsData": {"objects": [{"identifyId": "42", "name": "Hull", "skipped": False}]},
    "coloredThumbnailUri": "store/a.png",
    "buildThumbnailUri": None,
    "thumbnailUri": "store/b.png",
    "createdAt": NOON,
    "updatedAt": NOON,
}
ORDER_RECORD: dict[str, Any] = {
    "id": "o" * 24,
    "orderNumber": "17",
    "status": "open",
    "cancelledAt": None,
    "deadline": NOON,
    "createdAt": NOON,
    "updatedAt": NOON,
}
SLOT_RECORD: dict[str, Any] = {
    "id": "l" * 24,
    "printerId": PRINTER,
    "amsIndex": 0,
    "slotIndex": 1,
    "materialId": "m" * 24,
    "variantId": "v" * 24,
    "materialType": "PLA",
    "updatedAt": NOON,
}
MATERIAL_RECORD: dict[str, Any] = {"id": "m" * 24, "name": "PLA Basic", "identifier": "GFA00", "updatedAt": NOON}
VARIANT_RECORD: dict[str, Any] = {"id": "v" * 24, "name": "Red", "materialId": "m" * 24, "updatedAt": NOON}


def event(action: str, kind: str, record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an entity event of one record, with some fields changed."""
    entity = {**record, **changes}
    return {"entityType": kind, "action": action, "entities": {entity["id"]: entity}, "changes": {entity["id"]: {}}}


def page(*records: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a list call that has no other."""
    meta = {"total": len(records), "count": len(records), "offset": 0, "limit": 1000, "hasMore": False}
    return {"data": list(records), "meta": meta}


def line(letter: str, body: object) -> bytes:
    """Return one line of an input."""
    return letter.encode() + (body if isinstance(body, bytes) else orjson.dumps(body))


LINES = (
    line("S", STAT),
    line("S", {"receivedAt": "2026-11-24T12:00:05Z", "isAvailable": True, "data": {"temps": {"bedTemp": 61}}}),
    line("P", event("UPDATE", "printers", PRINTER_RECORD, confirmedReady=False)),
    line("P", event("INSERT", "printers", PRINTER_RECORD, id=OTHER_PRINTER)),
    line("P", event("DELETE", "printers", PRINTER_RECORD)),
    line("J", event("INSERT", "printJobs", JOB_RECORD, status="pending")),
    line("J", event("UPDATE", "PrintJob", JOB_RECORD, status="completed", printingCompletedAt=NOON)),
    line("J", event("UPDATE", "print-jobs", JOB_RECORD, status="failed", errorMessage="Clogged")),
    line("J", event("DELETE", "print-jobs", JOB_RECORD)),
    line("O", event("INSERT", "orders", ORDER_RECORD)),
    line("O", event("UPDATE", "orders", ORDER_RECORD, status="closed")),
    line("M", event("UPDATE", "materials", MATERIAL_RECORD)),
    line("M", event("UPDATE", "material-variants", VARIANT_RECORD)),
    line("M", event("UPDATE", "printer-slots", SLOT_RECORD)),
    line("T", b"stores/" + STORE.encode() + b"/entities/printers/x\t{}"),
    line("R", page(PRINTER_RECORD, {**PRINTER_RECORD, "id": OTHER_PRINTER, "name": "P1S 01"})),
    line("Q", page(JOB_RECORD)),
    line("E", page({**JOB_RECORD, "status": "completed", "printingCompletedAt": NOON})),
    line("A", [MATERIAL_RECORD, VARIANT_RECORD, SLOT_RECORD]),
    line("A", page(ORDER_RECORD)),
    line("A", {"concurrencySlots": 20, "processLowPriorityJobs": True, "signedUrls": ["https://x.invalid/a?b"]}),
    line("A", JOB_RECORD),
    line("A", 1234),
    line("A", {"errors": ["no such SKU"], "printers": [{"printerId": PRINTER, "matched": True, "checks": []}]}),
    line("F", {"message": "The key lacks printer.view, see https://x.invalid/?key=1"}),
    line("S", ODD_STAT),
)
SEQUENCES = (
    b"\n".join((LINES[15], LINES[16], LINES[0], LINES[7], LINES[1])),
    b"\n".join((LINES[5], LINES[0], LINES[6], LINES[17], LINES[9], LINES[10])),
    b"\n".join((LINES[13], LINES[11], LINES[12], LINES[0], LINES[4], LINES[3])),
)
FIELD_NAMES = tuple(
    sorted(
        {name for kind in (Printer, PrintJob, Order, PrinterSlot, Material, MaterialVariant) for name in kind.FIELDS}
        | STAT.keys()
        | STAT["data"].keys()
        | {name for group in STAT["data"].values() for name in group}
        | {"action", "entities", "entityType", "changes", "id", "data", "meta", "total", "hasMore", "slots", "code"}
    )
)
