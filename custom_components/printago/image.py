"""The cover image of a printer's job."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.models.picture import Picture
from .api.rest.addresses import without_query
from .coordinator import PrintagoCoordinator
from .entity import PrinterEntity, PrinterEntityDescription, async_setup_printer_entities
from .hub.cover_cache import CoverImageCache
from .model.print_status import ACTIVE_STATUSES
from .model.printer import PrinterState
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterImageDescription(PrinterEntityDescription, ImageEntityDescription):
    """Describes an image of a printer."""


PRINTER_IMAGES = (PrinterImageDescription(key="cover_image"),)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the images of printers as they are added."""
    create = partial(CoverImage, entry.runtime_data.covers)
    async_setup_printer_entities(entry, Platform.IMAGE, PRINTER_IMAGES, create, async_add_entities)


class CoverImage(PrinterEntity, ImageEntity):
    """The picture of the current job; it stays until the printer starts another print."""

    entity_description: PrinterImageDescription

    def __init__(
        self,
        covers: CoverImageCache,
        coordinator: PrintagoCoordinator,
        printer_id: str,
        description: PrinterImageDescription,
    ) -> None:
        """Show images from ``covers``."""
        PrinterEntity.__init__(self, coordinator, printer_id, description)
        ImageEntity.__init__(self, coordinator.hass)
        self._covers = covers
        self._over = False
        self._job_id: str | None = None
        self._path: str | None = None
        self._picture: Picture | None = None

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        path = printer.job.cover if printer.job is not None else self._path
        return super()._is_available(printer) and self._covers.allowed(path)

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        if printer.job is not None:
            self._over = False
            # After a restart the image is as old as the print.
            since = printer.job.printing_started_at if self._shown is None else None
            self._async_show(printer.job.id, printer.job.cover, since)
        elif printer.print_status not in ACTIVE_STATUSES:
            self._over = True
        elif self._over:
            # An external print has no known image. A finished job's image is set before the printer becomes idle.
            self._async_show(None, None)
        return (self._attr_image_last_updated,)

    @callback
    def _async_show(self, job_id: str | None, path: str | None, since: datetime | None = None) -> None:
        same_job, same_picture = job_id == self._job_id, _identity(path) == _identity(self._path)
        self._job_id, self._path = job_id, path
        if not same_picture:
            self._picture = None
        elif same_job:
            return
        self._attr_image_last_updated = (since or dt_util.utcnow()) if path is not None else None

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture; the first request for a job waits until it is fetched."""
        if self._picture is None and (path := self._path) is not None:
            picture = await self._covers.async_get(path)
            if picture is None or _identity(path) != _identity(self._path):
                return None
            self._picture = picture
            self._attr_content_type = picture.content_type
        return self._picture.content if self._picture is not None else None


def _identity(path: str | None) -> str | None:
    """Return the identity of a picture: its URL may have another signature each time."""
    return without_query(path) if path is not None else None
