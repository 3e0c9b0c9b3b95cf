"""REST calls for the objects of the current print, and for the materials in slots."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.fields import cut
from ..models.filament import SlotAddress
from ..models.job_material import MaterialChoice
from .rate_limit import RequestPriority
from .transport import Transport


@dataclass(frozen=True, slots=True)
class PrintObject:
    """One object of a job that a printer can skip (the vendor's ``SkipObjectsData``)."""

    id: int
    name: str
    skipped: bool


class PrinterEndpoints:
    """The calls for objects and slots of printers; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def print_objects(self, job_id: str) -> list[PrintObject]:
        """Return the objects of a job (``GET /v1/print-jobs/{id}``), empty if Printago knows none."""
        job = await self._transport.request("GET", f"/v1/print-jobs/{job_id}", priority=RequestPriority.USER)
        if not isinstance(job, Mapping):
            raise MalformedResponseError("the answer is not a job")
        data = job.get("skipObjectsData")
        rows = data.get("objects") if isinstance(data, Mapping) else None
        return list(_print_objects(rows if isinstance(rows, list) else []))

    async def assign_material(
        self,
        printer_ids: Sequence[str],
        places: Sequence[SlotAddress],
        material: MaterialChoice,
        *,
        set_on_printer: bool,
    ) -> None:
        """Assign a material to slots of printers (``PATCH /v1/materials/printer-slots/assign``); matching uses it.

        ``set_on_printer`` sends it to the printers, too.
        """
        body = {
            "printerIds": list(printer_ids),
            "visualSlots": [{"amsIndex": place.ams, "slotIndex": place.slot} for place in places],
            **material.as_json(),
            "setOnPrinter": set_on_printer,
        }
        await self._transport.request(
            "PATCH", "/v1/materials/printer-slots/assign", priority=RequestPriority.USER, json=body
        )


_NUMBER = re.compile(r"[0-9]{1,15}")


def _print_objects(rows: Iterable[Any]) -> Iterable[PrintObject]:
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        number, name = row.get("identifyId"), row.get("name")
        # The command takes numbers only.
        if isinstance(number, str) and _NUMBER.fullmatch(number) and isinstance(name, str):
            yield PrintObject(int(number), cut(name), row.get("skipped") is True)
