"""Orders (the vendor's ``Order`` schema)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from . import fields as f
from .records import Record

OPEN = "open"

_ORDER_FIELDS: f.Fields = {
    "orderNumber": ("number", f.text),
    "status": ("status", f.text),
    "cancelledAt": ("cancelled_at", f.deciding(f.moment)),
    "deadline": ("deadline", f.moment),
    "source": ("source", f.text),
    "customerId": ("customer_id", f.path_text),
    "price": ("price", f.number(-1e9, 1e9)),
    "currency": ("currency", f.currency),
    "externalUrl": ("url", f.web_address),
    "createdAt": ("created_at", f.moment),
    "updatedAt": ("updated_at", f.moment),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """An order of a customer."""

    FIELDS: ClassVar[f.Fields] = _ORDER_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"number", "status", "updated_at"})

    number: str | None = None
    status: str | None = None
    cancelled_at: datetime | None = None
    deadline: datetime | None = None
    source: str | None = None
    """Its source, such as the name of a shop."""
    customer_id: str | None = None
    price: float | None = None
    currency: str | None = None
    url: str | None = None
    """Its page in that shop."""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it is neither completed nor closed."""
        return self.status == OPEN and self.cancelled_at is None

    @property
    def title(self) -> str:
        """Return the order's display name."""
        return self.number or self.id

    def is_overdue(self, now: datetime) -> bool:
        """Return whether its deadline has passed at ``now`` (Printago's clock)."""
        return self.deadline is not None and self.deadline < now
