"""Finding what a person means: parts, SKUs and materials by ID or by name.

A name that fits nothing, or several things, is an error that lists what it could have been; nothing is guessed.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from homeassistant.exceptions import ServiceValidationError

from .api import Listing, PrintagoClient
from .const import DOMAIN

_MOST_CANDIDATES = 5

type Row = Mapping[str, Any]


async def async_find_part(client: PrintagoClient, wanted: str) -> Row:
    """Return the part with this ID or name; raises ServiceValidationError, and PrintagoError."""
    if row := _only((await client.parts({"name.eq": wanted})).rows.values(), wanted, "name"):
        return row
    return _pick("part", await client.parts(), wanted, _name)


async def async_find_sku(client: PrintagoClient, wanted: str) -> Row:
    """Return the SKU with this ID or code, its linked parts included.

    Raises ServiceValidationError, and PrintagoError.
    """
    if row := _only((await client.skus({"sku.eq": wanted})).rows.values(), wanted, "sku"):
        return row
    return _pick("sku", await client.skus(), wanted, _code)


async def async_find_material(client: PrintagoClient, wanted: str) -> Mapping[str, str]:
    """Return how a build names a material: by its ID, or by its type (``PLA``) when only that fits.

    Raises ServiceValidationError, and PrintagoError.
    """
    listing = await client.materials()
    types = {str(row.get("type")).casefold(): str(row["type"]) for row in listing.rows.values() if row.get("type")}
    if wanted not in listing.rows and (material_type := types.get(wanted.casefold())) is not None:
        return {"materialType": material_type}
    return {"materialId": _pick("material", listing, wanted, _name)["id"]}


def _name(row: Row) -> str:
    return str(row.get("name") or "")


def _code(row: Row) -> str:
    return str(row.get("sku") or "")


def _only(rows: Any, wanted: str, field: str) -> Row | None:
    """Return the one row that bears exactly this name; a server that ignores the filter returns others as well."""
    matching = [row for row in rows if row.get(field) == wanted]
    return matching[0] if len(matching) == 1 else None


def _pick(kind: str, listing: Listing, wanted: str, name_of: Callable[[Row], str]) -> Row:
    if (row := listing.rows.get(wanted)) is not None:
        return row
    rows = list(listing.rows.values())
    exact = [row for row in rows if name_of(row) == wanted]
    matching = exact or [row for row in rows if name_of(row).casefold() == wanted.strip().casefold()]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=f"{kind}_ambiguous",
            translation_placeholders={"name": wanted, "candidates": _listed(matching, name_of)},
        )
    by_name = {name_of(row).casefold(): row for row in rows}
    close = get_close_matches(wanted.casefold(), list(by_name), n=_MOST_CANDIDATES, cutoff=0.4)
    containing = [name for name in by_name if wanted.casefold() in name and name not in close]
    candidates = [by_name[name] for name in [*close, *containing]] or rows
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"{kind}_not_found",
        translation_placeholders={"name": wanted, "candidates": _listed(candidates, name_of) or "-"},
    )


def _listed(rows: list[Row], name_of: Callable[[Row], str]) -> str:
    listed = [f"{name_of(row)} ({row['id']})" for row in rows[:_MOST_CANDIDATES]]
    return ", ".join([*listed, "…"] if len(rows) > _MOST_CANDIDATES else listed)
