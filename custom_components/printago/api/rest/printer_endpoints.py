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


@dataclass(frozen=True, slots=True)
class PlateObjects:
    """The objects of a job, and the storage paths of two images of them; None where there is none."""

    objects: list[PrintObject]
    picture: str | None = None
    """The plate from above."""
    pick_picture: str | None = None
    """The same view, in which the color of each object is its ID (red lowest) [assumed: as in Bambu's sliced files]."""


class PrinterEndpoints:
    """The calls for objects and slots of printers; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def print_objects(self, job_id: str) -> list[PrintObject]:
        """Return the objects of a job; an empty list if Printago knows none."""
        return (await self.plate_objects(job_id)).objects

    async def plate_objects(self, job_id: str) -> PlateObjects:
        """Return the objects of a job with their images (``GET /v1/print-jobs/{id}``)."""
        job = await self._transport.request("GET", f"/v1/print-jobs/{job_id}", priority=RequestPriority.USER)
        if not isinstance(job, Mapping):
            raise MalformedResponseError("the answer is not a job")
        raw = job.get("skipObjectsData")
        data: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        rows = data.get("objects")
        pictures = [
            path if isinstance(path := data.get(key), str) and path else None for key in ("topImageUri", "pickImageUri")
        ]
        return PlateObjects(list(_print_objects(rows if isinstance(rows, list) else [])), *pictures)

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
