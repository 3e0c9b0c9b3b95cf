"""The connected shops, and whether their orders still arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..api.models.shop import WITH_STATUS, Shop, ShopStatus

STALE_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShopLink:
    """A shop and its connection."""

    shop: Shop
    status: ShopStatus = field(default_factory=ShopStatus)

    @property
    def name(self) -> str:
        """Return the display name of the shop."""
        return self.shop.name or (self.shop.type or self.shop.id).capitalize()

    @property
    def last_synced_at(self) -> datetime | None:
        """Return the latest known time when orders were imported; None if unknown."""
        times = (self.shop.last_synced_at, self.status.last_synced_at)
        return max((time for time in times if time is not None), default=None)

    def is_connected(self, now: datetime) -> bool | None:
        """Return whether orders arrive at ``now`` (Printago's clock): not after a day without a sync; None if unknown."""
        if self.status.connected is False:
            return False
        if (synced_at := self.last_synced_at) is None:
            return self.status.connected
        return now - synced_at < STALE_AFTER


class ShopLinks:
    """All connected shops of a store by ID."""

    def __init__(self) -> None:
        """Start empty."""
        self.all: dict[str, ShopLink] = {}
        self._asked: list[str] = []

    def take(self, shops: Mapping[str, Shop], *, complete: bool) -> None:
        """Replace the shops; a list that is not complete removes none."""
        kept = {} if complete else self.all
        known = self.all
        self.all = kept | {
            shop_id: replace(known[shop_id], shop=shop) if shop_id in known else ShopLink(shop)
            for shop_id, shop in shops.items()
        }

    def take_status(self, shop_id: str, status: ShopStatus) -> None:
        """Set the connection of a shop."""
        if (link := self.all.get(shop_id)) is not None:
            self.all[shop_id] = replace(link, status=status)

    def next_to_ask(self) -> Shop | None:
        """Return the shop whose connection was read the longest ago; they take turns."""
        shops = [link.shop for link in self.all.values() if link.shop.type in WITH_STATUS]
        if not shops:
            return None
        shop = min(shops, key=lambda shop: self._asked.index(shop.id) if shop.id in self._asked else -1)
        self._asked = [shop_id for shop_id in self._asked if shop_id in self.all and shop_id != shop.id]
        self._asked.append(shop.id)
        return shop
