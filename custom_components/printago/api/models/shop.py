"""Connected shops (the vendor's ``Integration`` schema and its status calls)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, override

from . import fields as f
from .records import Record

ETSY = "etsy"
SHOP_TYPES = frozenset({ETSY, "shopify", "ebay", "tiktok-shop"})
"""The types of ``Integration`` that are shops."""
WITH_STATUS = frozenset({ETSY, "shopify"})
"""The shops whose connection status can be requested."""
_SHOP_FIELDS: f.Fields = {"type": ("type", f.text)}
_PUBLIC_FIELDS: f.Fields = {
    "shopName": ("name", f.filled_text),
    "lastSyncedAt": ("last_synced_at", f.epoch),
}
_STATUS_FIELDS: f.Fields = {
    "connected": ("connected", f.flag),
    "lastSyncedAt": ("last_synced_at", f.moment),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop(Record):
    """A connected shop."""

    FIELDS: ClassVar[f.Fields] = _SHOP_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"type"})

    type: str | None = None
    name: str | None = None
    last_synced_at: datetime | None = None

    @override
    @classmethod
    def read(cls, source: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that ``source`` mentions; name and time are part of the public data."""
        return super().read(source) | f.read_fields(source.get("publicData"), _PUBLIC_FIELDS)

    @property
    def is_shop(self) -> bool:
        """Return whether it is a shop, not a linked account of a manufacturer."""
        return self.type in SHOP_TYPES


@dataclass(frozen=True, slots=True)
class ShopStatus:
    """The connection of a shop; None if unknown."""

    connected: bool | None = None
    last_synced_at: datetime | None = None

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> ShopStatus:
        """Read the response to a status call."""
        return cls(**f.read_fields(source, _STATUS_FIELDS))


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The result of a sync of orders; None if unknown."""

    synced: int | None
    limit_reached: bool
