"""Finding what a person means: parts, SKUs and materials by ID or by name.

An ID means its thing, whatever others are called. A name that fits nothing, or several things, is an error that lists what it
could have been; nothing is guessed.
"""

from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
import math
import re
import time
from typing import Any

from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError

from ..api import Listing, PrintagoClient, RequestPriority
from ..const import DOMAIN
from ..model.spelling import alike, folded, tidied

_MOST_CANDIDATES = 5
_COMPARED = 40
"""Characters of names that are looked at for candidates: the time for it grows with their square."""
_LIKE_AN_ID = re.compile(r"[a-z0-9]{24}")

_REMEMBER_SECONDS = 60
_MOST_REMEMBERED = 200

type Row = Mapping[str, Any]
type _Ask = Callable[[Mapping[str, str] | None], Awaitable[Listing]]


class Catalog:
    """Finds things in the catalogue of one store; what was found is remembered for a minute, to spare the quota."""

    def __init__(self, client: PrintagoClient) -> None:
        """Ask through the store's client."""
        self._client = client
        self._found: dict[tuple[str, str], tuple[float, Row]] = {}

    async def async_find_part(self, wanted: str) -> Row:
        """Return the part with this ID or name; raises ServiceValidationError, and PrintagoError."""
        return await self._async_find("part", wanted, self._client.parts, "name")

    async def async_find_sku(self, wanted: str) -> Row:
        """Return the SKU with this ID or code, with its linked parts.

        Raises ServiceValidationError, and PrintagoError.
        """
        return await self._async_find("sku", wanted, self._client.skus, "sku")

    async def async_find_material(self, wanted: str) -> Mapping[str, str]:
        """Return how a build names a material: by its ID, or by its type (``PLA``) when only that fits.

        Raises ServiceValidationError, and PrintagoError.
        """
        if (row := self._remembered("material", wanted)) is not None:
            return row
        listing = await self._client.materials()
        names = [_text(row, "name") for row in listing.rows.values()]
        types = list(dict.fromkeys(kind for row in listing.rows.values() if (kind := _text(row, "type"))))
        if wanted not in listing.rows and not alike(wanted, names, str) and (kinds := alike(wanted, types, str)):
            if len(kinds) > 1:
                raise _ambiguous("material", wanted, ", ".join(kinds))
            return self._remember("material", wanted, {"materialType": kinds[0]})
        return self._remember("material", wanted, {"materialId": _pick("material", listing, wanted, "name")["id"]})

    async def async_find_variant(self, wanted: str, material: Mapping[str, str] | None = None) -> Row:
        """Return the colour with this ID or name, of any material or of what ``async_find_material`` has found.

        Raises ServiceValidationError, and PrintagoError.
        """
        rows = dict(await self._client.material_variants(RequestPriority.USER))
        if material is not None:
            owners = {material.get("materialId")}
            if kind := material.get("materialType"):
                owners = {key for key, row in (await self._client.materials()).rows.items() if row.get("type") == kind}
            rows = {key: row for key, row in rows.items() if _text(row, "materialId") in owners}
        return _pick("variant", Listing(rows, complete=True), wanted, "name")

    @callback
    def async_know_part(self, part: Row) -> None:
        """Find a part that was just made by its ID at once, and look its name up again."""
        name = folded(_text(part, "name"))
        self._found = {key: found for key, found in self._found.items() if key[0] != "part" or folded(key[1]) != name}
        self._remember("part", part["id"], part)

    def forget(self) -> None:
        """Look everything up again: Printago knows something that we do not."""
        self._found.clear()

    async def _async_find(self, kind: str, wanted: str, ask: _Ask, field: str) -> Row:
        if (row := self._remembered(kind, wanted)) is not None:
            return row
        if _LIKE_AN_ID.fullmatch(wanted) and (row := (await ask({"id.in": wanted})).rows.get(wanted)) is not None:
            return self._remember(kind, wanted, row)
        named = (await ask({f"{field}.eq": wanted})).rows.values()
        # A server that does not know the filter returns others as well.
        matching = [row for row in named if row.get(field) == wanted]
        row = matching[0] if len(matching) == 1 else _pick(kind, await ask(None), wanted, field)
        return self._remember(kind, wanted, row)

    def _remembered(self, kind: str, wanted: str) -> Row | None:
        found_at, row = self._found.get((kind, wanted), (-math.inf, None))
        return row if time.monotonic() - found_at < _REMEMBER_SECONDS else None

    def _remember(self, kind: str, wanted: str, row: Row) -> Row:
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
        self._found[kind, wanted] = (time.monotonic(), row)
        return row


def called(row: Row, field: str = "name") -> str:
    """Return what people call a thing: its name, or its ID where it has none."""
    identifier: str = row["id"]
    name = _text(row, field)
    return tidied(name) if folded(name) else identifier


def _text(row: Row, field: str) -> str:
    value = row.get(field)
    return value if isinstance(value, str) else ""


def _pick(kind: str, listing: Listing, wanted: str, field: str) -> Row:
    if (row := listing.rows.get(wanted)) is not None:
        return row
    rows = list(listing.rows.values())
    matching = alike(wanted, rows, lambda row: _text(row, field))
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise _ambiguous(kind, wanted, _listed(matching, field))
    key = folded(wanted)[:_COMPARED]
    by_name = {folded(called(row, field)): row for row in rows}
    close = get_close_matches(key, [name for name in by_name if len(name) <= _COMPARED], n=_MOST_CANDIDATES, cutoff=0.4)
    containing = [name for name in by_name if key in name and name not in close]
    candidates = [by_name[name] for name in [*close, *containing]] or rows
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"{kind}_not_found",
        translation_placeholders={"name": wanted, "candidates": _listed(candidates, field) or "-"},
    )


def _ambiguous(kind: str, wanted: str, candidates: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"{kind}_ambiguous",
        translation_placeholders={"name": wanted, "candidates": candidates},
    )


def _listed(rows: list[Row], field: str) -> str:
    names = [(called(row, field), row["id"]) for row in rows[:_MOST_CANDIDATES]]
    listed = [name if name == identifier else f"{name} ({identifier})" for name, identifier in names]
    return ", ".join([*listed, "…"] if len(rows) > _MOST_CANDIDATES else listed)
