"""Finds parts, SKUs and materials by ID or name.

An ID always wins over names. A name that matches nothing, or several items, is an error that lists candidates; nothing
is guessed.
"""

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
import re
import time
from typing import Protocol

from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError

from ..api import Listing, PrintagoClient, RequestPriority
from ..api.models.job_material import MaterialChoice
from ..api.models.material import Material, MaterialVariant
from ..api.models.product import Part, Sku
from ..api.models.row import records_of
from ..errors import action_error
from ..model.catalog_names import CatalogNames
from ..model.spelling import alike, folded, tidied
from .action_fields import not_found_error

_MOST_CANDIDATES = 5
_LIKE_AN_ID = re.compile(r"[a-z0-9]{24}")

_REMEMBER_SECONDS = 60
_MOST_REMEMBERED = 200


class _Found[R]:
    """Cached results by search text."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, R]] = {}

    def get(self, wanted: str) -> R | None:
        if (found := self._rows.get(wanted)) is None:
            return None
        found_at, row = found
        return row if time.monotonic() - found_at < _REMEMBER_SECONDS else None

    def put(self, wanted: str, row: R) -> R:
        if len(self._rows) >= _MOST_REMEMBERED:
            self._rows.clear()
        self._rows[wanted] = (time.monotonic(), row)
        return row

    def forget(self, name: str | None = None) -> None:
        """Clear the cache, or the entries for any spelling of one name."""
        self._rows = {} if name is None else {key: row for key, row in self._rows.items() if folded(key) != name}


class _Ask[R](Protocol):
    def __call__(self, *, ids: Collection[str] | None = None, name: str | None = None) -> Awaitable[Listing[R]]: ...


class _Note[R](Protocol):
    def __call__(self, rows: Mapping[str, R], *, complete: bool) -> None: ...


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str | None: ...


class Catalog:
    """Finds items in the catalog of one store; results are cached for a minute, to save quota."""

    def __init__(self, client: PrintagoClient, names: CatalogNames) -> None:
        """Search with the store's client."""
        self._client = client
        self._names = names
        self._parts = _Found[Part]()
        self._skus = _Found[Sku]()
        self._materials = _Found[MaterialChoice]()

    async def async_find_part(self, wanted: str) -> Part:
        """Return the part with this ID or name; raises ServiceValidationError, and PrintagoError."""
        return await _async_find("part", wanted, self._parts, self._client.parts, self._names.take_parts)

    async def async_find_sku(self, wanted: str) -> Sku:
        """Return the SKU with this ID or code, with its linked parts.

        Raises ServiceValidationError, and PrintagoError.
        """
        return await _async_find("sku", wanted, self._skus, self._client.skus, self._names.take_skus)

    async def async_find_material(self, wanted: str) -> MaterialChoice:
        """Return how a build names a material: by its ID, or by its type (``PLA``) if only that matches.

        Raises ServiceValidationError, and PrintagoError.
        """
        if (choice := self._materials.get(wanted)) is not None:
            return choice
        materials = await self._async_materials()
        names = [material.name or "" for material in materials.values()]
        types = list(dict.fromkeys(material.type for material in materials.values() if material.type))
        if wanted not in materials and not alike(wanted, names, str) and (kinds := alike(wanted, types, str)):
            if len(kinds) > 1:
                raise _ambiguous("material", wanted, ", ".join(kinds))
            return self._materials.put(wanted, MaterialChoice(material_type=kinds[0]))
        material = _pick("material", materials, wanted, types)
        return self._materials.put(wanted, MaterialChoice(material_id=material.id))

    async def async_find_variant(self, wanted: str, material: MaterialChoice | None = None) -> MaterialVariant:
        """Return the color with this ID or name, of any material or of the result of ``async_find_material``.

        Raises ServiceValidationError, and PrintagoError.
        """
        rows = await self._client.material_variants(RequestPriority.USER)
        variants = {key: row.applied_to(None) for key, row in rows.items()}
        if material is not None:
            owners = {material.material_id}
            if kind := material.material_type:
                owners = {key for key, known in (await self._async_materials()).items() if known.type == kind}
            variants = {key: variant for key, variant in variants.items() if (variant.material_id or "") in owners}
        return _pick("variant", variants, wanted)

    async def _async_materials(self) -> dict[str, Material]:
        return records_of(await self._client.materials()).rows

    @callback
    def async_know_part(self, part: Part) -> None:
        """Cache a new part by its ID, and clear the cache for its name."""
        self._parts.forget(folded(part.name or ""))
        self._parts.put(part.id, part)

    def forget(self) -> None:
        """Clear the cache: Printago has newer data."""
        for found in (self._parts, self._skus, self._materials):
            found.forget()


async def _async_find[R: (Part, Sku)](kind: str, wanted: str, found: _Found[R], ask: _Ask[R], note: _Note[R]) -> R:
    if (row := found.get(wanted)) is not None:
        return row
    if _LIKE_AN_ID.fullmatch(wanted) and (row := (await ask(ids=(wanted,))).rows.get(wanted)) is not None:
        return found.put(wanted, row)
    named = (await ask(name=wanted)).rows.values()
    # A server that does not know the filter returns other items as well.
    matching = [row for row in named if row.name == wanted]
    if len(matching) == 1:
        return found.put(wanted, matching[0])
    listing = await ask()
    note(listing.rows, complete=listing.complete)
    return found.put(wanted, _pick(kind, listing.rows, wanted))


def called(item: _Named) -> str:
    """Return the display name of a part, SKU or material: its name, or its ID if it has none."""
    return tidied(item.name) if item.name and folded(item.name) else item.id


def _pick[N: _Named](kind: str, rows: Mapping[str, N], wanted: str, more_names: Iterable[str] = ()) -> N:
    if (row := rows.get(wanted)) is not None:
        return row
    listed = list(rows.values())
    matching = alike(wanted, listed, lambda row: row.name or "")
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise _ambiguous(kind, wanted, _listed(matching))
    raise not_found_error(kind, wanted, (*more_names, *map(called, listed)))


def _ambiguous(kind: str, wanted: str, candidates: str) -> ServiceValidationError:
    return action_error(f"{kind}_ambiguous", name=wanted, candidates=candidates)


def _listed(rows: Sequence[_Named]) -> str:
    names = [(called(row), row.id) for row in rows[:_MOST_CANDIDATES]]
    listed = [name if name == identifier else f"{name} ({identifier})" for name, identifier in names]
    return ", ".join([*listed, "…"] if len(rows) > _MOST_CANDIDATES else listed)
