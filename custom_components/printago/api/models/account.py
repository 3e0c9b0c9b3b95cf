"""The API key and the subscription: when they expire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import fields as f

_KEY_FIELDS: f.Fields = {"expiresAt": ("expires_at", f.moment), "active": ("active", f.flag)}
_SUBSCRIPTION_FIELDS: f.Fields = {"plan": ("plan", f.filled_text), "trialEndsAt": ("trial_ends_at", f.moment)}


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

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Subscription:
        """Read the subscription (schema ``Subscription``)."""
        return cls(**f.read_fields(source, _SUBSCRIPTION_FIELDS))
