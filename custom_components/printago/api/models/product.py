"""The catalog of a store: parts, and the SKUs made of them (the vendor's ``Part`` and ``SKU`` schemas)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import fields as f
from .estimate import read_estimate
from .lazy import LazyRecord, lazily


@dataclass(frozen=True, slots=True)
class LinkedPart:
    """A part in an SKU."""

    part_id: str
    label: str | None
    quantity: int | float | None


def _members(raw: object) -> list[Mapping[str, Any]]:
    if not isinstance(raw, list):
        raise f.UnreadableError
    return [member for member in raw if isinstance(member, Mapping)]


def _strings(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise f.UnreadableError
    return tuple(member for member in raw if isinstance(member, str))


def _names(raw: object) -> tuple[str, ...]:
    return tuple(name for member in _members(raw) if isinstance(name := member.get("name"), str))


def _linked_parts(raw: object) -> tuple[LinkedPart, ...]:
    return tuple(
        LinkedPart(part_id, _string_or_none(member.get("label")), _number_or_none(member.get("quantity")))
        for member in _members(raw)
        if isinstance(part_id := member.get("partId"), str)
    )


def _string_or_none(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _number_or_none(raw: object) -> int | float | None:
    return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else None


_NONE: tuple[str, ...] = ()


class Part(LazyRecord):
    """A printable model. Texts are unchanged, since they are compared and sent back."""

    name = lazily("name", f.string)
    kind = lazily("type", f.string)
    """The vendor's file type, such as ``3mf``."""
    description = lazily("description", f.string)
    tags = lazily("userTags", _strings, default=_NONE)
    parameters = lazily("parameters", _names, default=_NONE)
    """Names of its parameters."""
    file_paths = lazily("fileUris", _strings, default=_NONE)
    picture = lazily("thumbnailUri", f.string)
    """Path in Printago's storage."""
    estimate = lazily("slicingEstimate", read_estimate)
    """Print time and filament of one copy; None until it is sliced."""
    created_at = lazily("createdAt", f.string)
    updated_at = lazily("updatedAt", f.string)


@dataclass(frozen=True, slots=True)
class SkuOption:
    """One choice that an SKU offers, such as its color."""

    name: str
    values: tuple[str, ...]
    free: bool
    """Any text is a value (personalization)."""


class Sku(LazyRecord):
    """A product of one or several parts."""

    name = lazily("sku", f.string)
    """Its code."""
    title = lazily("title", f.string)
    parts = lazily("linkedParts", _linked_parts)
    """None if Printago does not say."""
    picture = lazily("thumbnailUri", f.string)
    created_at = lazily("createdAt", f.string)
    updated_at = lazily("updatedAt", f.string)

    @property
    def part_ids(self) -> list[str]:
        """Return the IDs of its parts."""
        return [part.part_id for part in self.parts or ()]
