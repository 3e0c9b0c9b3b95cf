"""What can be printed, as a list to choose from: parts and SKUs with their pictures, asked for once for everybody who looks."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import math
import time
from typing import Any

from ..api import Listing, PermissionDeniedError, PrintagoClient
from ..model.spelling import folded

_FRESH_SECONDS = 300
_MOST = 1000
"""Of each; more would cost more than one request, and nobody scrolls that far."""


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """A part or an SKU."""

    kind: str
    id: str
    name: str
    about: str
    """What else is said of it: an SKU's title, the names of the parts in it."""
    picture: str | None
    """Path in Printago's storage."""

    @property
    def text(self) -> str:
        """Return what a search looks at."""
        return folded(f"{self.name} {self.about}")


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """What was found."""

    items: tuple[CatalogItem, ...]
    total: int
    complete: bool
    """Nothing is left out of what was searched: there are no more parts and SKUs than were read."""


class CatalogList:
    """Reads parts and SKUs of one store, two requests at most every five minutes."""

    def __init__(self, client: PrintagoClient) -> None:
        """Ask through the store's client."""
        self._client = client
        self._items: tuple[CatalogItem, ...] = ()
        self._complete = False
        self._read_at = -math.inf
        self._reading = asyncio.Lock()

    async def async_find(self, search: str, most: int) -> CatalogPage:
        """Return the newest that contain a text; raises PrintagoError where nothing may, or can, be read."""
        async with self._reading:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                await self._async_read()
        wanted = folded(search)
        found = [item for item in self._items if wanted in item.text]
        return CatalogPage(tuple(found[:most]), len(found), self._complete)

    async def _async_read(self) -> None:
        parts = await self._async_newest("/v1/parts")
        skus = await self._async_newest("/v1/skus")
        if isinstance(parts, PermissionDeniedError) and isinstance(skus, PermissionDeniedError):
            raise parts
        rows = {} if isinstance(parts, PermissionDeniedError) else parts.rows
        items = [*_parts(rows)]
        if not isinstance(skus, PermissionDeniedError):
            items = [*_skus(skus.rows, rows), *items]
        self._items = tuple(items)
        self._complete = all(isinstance(each, Listing) and each.complete for each in (parts, skus))
        self._read_at = time.monotonic()

    async def _async_newest(self, path: str) -> Listing | PermissionDeniedError:
        try:
            return await self._client.queue.newest(path, {}, lambda row: True, _MOST)
        except PermissionDeniedError as err:
            # A key that may see only the parts, or only the SKUs, prints those.
            return err


def _parts(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[CatalogItem]:
    for part_id, row in rows.items():
        yield CatalogItem("part", part_id, _text(row, "name") or part_id, "", _text(row, "thumbnailUri"))


def _skus(rows: Mapping[str, Mapping[str, Any]], parts: Mapping[str, Mapping[str, Any]]) -> Iterator[CatalogItem]:
    for sku_id, row in rows.items():
        linked = row.get("linkedParts")
        known = [
            part
            for link in (linked if isinstance(linked, list) else [])
            if isinstance(link, dict) and (part := parts.get(str(link.get("partId")))) is not None
        ]
        names = [_text(row, "title"), *(_text(part, "name") for part in known)]
        about = ", ".join(dict.fromkeys(name for name in names if name))
        picture = next((path for part in known if (path := _text(part, "thumbnailUri"))), None)
        yield CatalogItem("sku", sku_id, _text(row, "sku") or sku_id, about, picture)


def _text(row: Mapping[str, Any], field: str) -> str | None:
    value = row.get(field)
    return value if isinstance(value, str) and value else None
