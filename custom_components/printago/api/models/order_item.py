"""Items and customers of orders (the vendor's ``OrderItem`` and ``Customer`` schemas)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from . import fields as f
from .records import Record


class UnprintableReason(StrEnum):
    """Why an item can't be printed."""

    SKU_NOT_FOUND = "sku_not_found"
    AMBIGUOUS_MATCH = "ambiguous_match"
    VARIANT_ENRICHMENT_FAILED = "variant_enrichment_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionNote:
    """A problem of an item that can't be printed, and its reason if known."""

    reason: UnprintableReason | None = None
    message: str | None = None
    retriable: bool = False


_NOTE_FIELDS: f.Fields = {
    "type": ("reason", f.choice(UnprintableReason)),
    "message": ("message", f.filled_text),
    "retriable": ("retriable", f.flag),
}


def _note(raw: object) -> ResolutionNote:
    """Read a problem: any value is one."""
    values = f.read_fields(raw, _NOTE_FIELDS)
    if values.get("retriable") is None:
        values.pop("retriable", None)
    return ResolutionNote(**values)


def _processed(raw: object) -> bool:
    if raw not in ("processed", "unprocessed"):
        raise f.NoStatementError
    return raw == "processed"


_ITEM_FIELDS: f.Fields = {
    "orderId": ("order_id", f.reference),
    "skuId": ("sku_id", f.reference),
    "externalSku": ("external_sku", f.filled_text),
    "quantity": ("quantity", f.whole(0, 1_000_000_000)),
    "ignored": ("ignored", f.flag),
    "processedStatus": ("processed", _processed),
    "resolutionNote": ("problem", _note),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem(Record):
    """One line of an order."""

    FIELDS: ClassVar[f.Fields] = _ITEM_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"order_id", "quantity", "ignored", "processed"})

    order_id: str | None = None
    sku_id: str | None = None
    external_sku: str | None = None
    quantity: int | None = None
    ignored: bool = False
    processed: bool = False
    problem: ResolutionNote | None = None

    @property
    def title(self) -> str:
        """Return the shop's code of the item, else its ID."""
        return self.external_sku or self.sku_id or self.id

    @property
    def is_unprintable(self) -> bool:
        """Return whether it can't be printed as it is; problems that users ignore do not count."""
        return self.problem is not None and not self.ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Record):
    """A customer: only the name, neither address nor contact."""

    FIELDS: ClassVar[f.Fields] = {"name": ("name", f.filled_text)}

    name: str | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a call for several orders: those that changed, and Printago's error for each of the others."""

    done: frozenset[str]
    errors: Mapping[str, str]


def read_batch(answer: Mapping[str, Any], key: str) -> BatchResult:
    """Read the response to a call for several orders, which lists those that it changed under ``key``."""
    errors = _rows(answer.get("errors"), "orderId")
    return BatchResult(
        frozenset(identifier for identifier, _ in _rows(answer.get(key), "id")),
        {order_id: f.cut(text) if isinstance(text := row.get("error"), str) else "?" for order_id, row in errors},
    )


def _rows(raw: object, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in raw if isinstance(raw, list) else ():
        if isinstance(row, Mapping) and isinstance(identifier := row.get(key), str) and f.is_identifier(identifier):
            yield identifier, row
