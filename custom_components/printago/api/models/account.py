"""The API key and the subscription, settings of the store, and the names of stores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..exceptions import MalformedResponseError
from . import fields as f

_KEY_FIELDS: f.Fields = {"expiresAt": ("expires_at", f.moment), "active": ("active", f.flag)}
_SUBSCRIPTION_FIELDS: f.Fields = {"plan": ("plan", f.filled_text), "trialEndsAt": ("trial_ends_at", f.moment)}

_SETTINGS_FIELDS: f.Fields = {
    "processLowPriorityJobs": ("process_low_priority_jobs", f.flag),
    "currency": ("currency", f.currency),
}


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """An API key. Its hash and its ID, a secret, are not read."""

    expires_at: datetime | None = None
    """None if the key does not expire, or if Printago does not say."""
    active: bool | None = None

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> KeyStatus:
        """Read the record of a key (schema ``ApiKey``)."""
        return cls(**f.read_fields(source, _KEY_FIELDS))


@dataclass(frozen=True, slots=True)
class Subscription:
    """The plan of the store, and when its trial ends or ended."""

    plan: str | None = None
    trial_ends_at: datetime | None = None
    slots: object = None
    """How many jobs run at once, as Printago says it."""

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Subscription:
        """Read the subscription (schema ``Subscription``)."""
        return cls(**f.read_fields(source, _SUBSCRIPTION_FIELDS), slots=source.get("concurrencySlots"))

    def production_slots(self) -> int | None:
        """Return how many jobs the subscription runs at once, None for no limit; raises MalformedResponseError."""
        if self.slots is None:
            return None
        if isinstance(self.slots, bool) or not isinstance(self.slots, int | float) or not 0 < self.slots < 1_000_000:
            raise MalformedResponseError("the number of production slots is none")
        return int(self.slots)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Settings of the store; None for what Printago does not say."""

    process_low_priority_jobs: bool | None = None
    currency: str | None = None

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> StoreSettings:
        """Read the settings (schema ``StoreSettings``)."""
        return cls(**f.read_fields(source, _SETTINGS_FIELDS))


def store_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of stores by ID, without those that have none."""
    return {
        store_id: name.strip()
        for row in rows
        if isinstance(store_id := row.get("id"), str) and isinstance(name := row.get("name"), str) and name.strip()
    }
