"""The catalog to choose from: parts and SKUs with their pictures, read once for all users."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
import math
import time

from ..api import Listing, PermissionDeniedError, PrintagoClient
from ..api.models.product import Part, Sku, SkuOption
from ..model.catalog_names import CatalogNames
from ..model.spelling import folded

_FRESH_SECONDS = 300
_MOST = 1000
"""How many parts, and SKUs, are read: one request returns up to 1,000."""


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """A part or an SKU."""

    kind: str
    id: str
    name: str
    about: str
    """More about it: an SKU's title, and the names of its parts."""
    picture: str | None
    """Path in Printago's storage."""

    @property
    def text(self) -> str:
        """Return the text that a search matches."""
        return folded(f"{self.name} {self.about}")


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """The result of a search."""

    items: tuple[CatalogItem, ...]
    total: int
    complete: bool
    """All parts and SKUs were read and searched."""


class CatalogList:
    """Reads parts and SKUs of one store, with two requests at most every five minutes."""

    def __init__(self, client: PrintagoClient, names: CatalogNames) -> None:
        """Read with the store's client, and note the names."""
        self._client = client
        self._names = names
        self._items: tuple[CatalogItem, ...] = ()
        self._complete = False
        self._read_at = -math.inf
        self._options: dict[str, list[SkuOption]] = {}
        self._options_at = -math.inf
        self._reading = asyncio.Lock()

    async def async_find(self, search: str, most: int) -> CatalogPage:
        """Return the newest items that contain all words of a text; raises PrintagoError if nothing can be read."""
        async with self._reading:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                await self._async_read()
        words = folded(search).split()
        found = [item for item in self._items if all(word in item.text for word in words)]
        return CatalogPage(tuple(found[:most]), len(found), self._complete)

    async def async_options(self, sku_id: str) -> list[SkuOption]:
        """Return what an SKU lets people choose; raises PrintagoError."""
        async with self._reading:
            if time.monotonic() - self._options_at > _FRESH_SECONDS:
                self._options = await self._client.products.sku_options()
                self._options_at = time.monotonic()
        return self._options.get(sku_id, [])

    async def _async_read(self) -> None:
        products = self._client.products
        parts = await _async_readable(products.newest_parts(lambda _: True, _MOST))
        skus = await _async_readable(products.newest_skus(lambda _: True, _MOST))
        if isinstance(parts, PermissionDeniedError) and isinstance(skus, PermissionDeniedError):
            raise parts
        rows = {} if isinstance(parts, PermissionDeniedError) else parts.rows
        items = [*_parts(rows)]
        if not isinstance(parts, PermissionDeniedError):
            self._names.take_parts(rows, complete=parts.complete)
        if not isinstance(skus, PermissionDeniedError):
            self._names.take_skus(skus.rows, complete=skus.complete)
            items = [*_skus(skus.rows, rows), *items]
        self._items = tuple(items)
        self._complete = all(isinstance(each, Listing) and each.complete for each in (parts, skus))
        self._read_at = time.monotonic()


async def _async_readable[R](reading: Awaitable[Listing[R]]) -> Listing[R] | PermissionDeniedError:
    try:
        return await reading
    except PermissionDeniedError as err:
        # A key that can only view parts, or only SKUs, prints those.
        return err


def _parts(parts: Mapping[str, Part]) -> Iterator[CatalogItem]:
    for part in parts.values():
        yield CatalogItem("part", part.id, part.name or part.id, "", part.picture or None)


def _skus(skus: Mapping[str, Sku], parts: Mapping[str, Part]) -> Iterator[CatalogItem]:
    for sku in skus.values():
        known = [part for part_id in sku.part_ids if (part := parts.get(part_id)) is not None]
        names = [sku.title, *(part.name for part in known)]
        about = ", ".join(dict.fromkeys(name for name in names if name))
        picture = next((part.picture for part in known if part.picture), None)
        yield CatalogItem("sku", sku.id, sku.name or sku.id, about, picture)
