"""API keys, their permissions and their quota."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
import math
from typing import Any

from .clock import Clock
from .errors import NotFoundError

_WINDOWS: tuple[tuple[float, int], ...] = ((60.0, 60), (3600.0, 600))
"""Length in seconds and number of requests of the two sliding windows."""

KEY_ID_LENGTH = 24
"""A key begins with its ID."""

READ_ONLY_PERMISSIONS = frozenset(
    {
        *(
            "apiKey.view",
            "build.view",
            "integration.view",
            "maintenance.view",
            "material.instance.view",
            "material.view",
        ),
        *("order.view", "part.view", "permission.view", "printer.stats", "printer.view", "profile.view", "queue.view"),
        *("settings.view", "sku.view", "subscription.view"),
    }
)
"""Permissions of a read-only key: all that the vendor's description calls `view`, and `printer.stats`."""


class KeyRing:
    """The API keys of a store. A key without a list of permissions has all permissions."""

    def __init__(self) -> None:
        """Start without keys."""
        self._keys: dict[str, frozenset[str] | None] = {}
        self._by_role: dict[str, frozenset[str]] = {}
        self._facts: dict[str, dict[str, Any]] = {}

    def add(self, key: str, permissions: Iterable[str] | None = None, *, by_role: Iterable[str] = ()) -> None:
        """Add a key or change its permissions: direct ones, and those granted by roles."""
        self._keys[key] = None if permissions is None else frozenset(permissions)
        self._by_role[key] = frozenset(by_role)

    def revoke(self, key: str) -> None:
        """Remove a key. Unknown keys are ignored."""
        self._keys.pop(key, None)
        self._by_role.pop(key, None)
        self._facts.pop(key, None)

    def describe(self, key: str, *, expires_at: str | None = None, ip_allowlist: list[str] | None = None) -> None:
        """Set when a key expires and its allowed addresses, as its record shows them. Neither is enforced."""
        self._facts[key] = {"expiresAt": expires_at, "ipAllowlist": ip_allowlist}

    def record(self, key_id: str, used_at: str) -> dict[str, Any]:
        """Return the record of a key, with `used_at` set to now; raises NotFoundError.

        Hash and salt are the vendor's. Here they are placeholders.
        """
        key = self._key(key_id)
        return {
            "hash": "hash",
            "salt": "salt",
            "name": "Virtual farm",
            "active": True,
            "managed": False,
            "fullAccess": self._keys[key] is None,
            "ipAllowlist": None,
            "lastUsedAt": used_at,
            "expiresAt": None,
            **self._facts.get(key, {}),
            "id": key_id,
        }

    def _key(self, key_id: str) -> str:
        """Return the key with an ID; raises NotFoundError."""
        for key in self._keys:
            if key[:KEY_ID_LENGTH] == key_id:
                return key
        raise NotFoundError("API key", key_id)

    def knows(self, key: str) -> bool:
        """Return whether a key is valid."""
        return key in self._keys

    def lacks(self, key: str, needed: Iterable[str]) -> list[str]:
        """Return the needed permissions that a key lacks; raises KeyError for an unknown key."""
        permissions = self._keys[key]
        if permissions is None:
            return []
        return [name for name in needed if name not in permissions and name not in self._by_role[key]]

    def granted_directly(self, key_id: str) -> list[str]:
        """Return the permissions granted to a key by name, or nothing if it has all; raises NotFoundError."""
        return sorted(self._keys[self._key(key_id)] or ())


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Remaining requests of a key, seconds until the next one is free, and, if rejected, seconds to wait."""

    remaining: int
    reset: int
    retry_after: int | None = None


@dataclass(slots=True)
class QuotaUsage:
    """The maximum requests of a key within a minute and within an hour, including rejected ones."""

    highest_minute: int = 0
    highest_hour: int = 0
    requests: int = 0
    refused: int = 0

    def wire(self) -> dict[str, int]:
        """Return the form that the control API uses."""
        return {
            "highestMinute": self.highest_minute,
            "highestHour": self.highest_hour,
            "requests": self.requests,
            "refused": self.refused,
        }


class _Tally:
    """Counts all requests, whether the quota accepts them or not."""

    def __init__(self) -> None:
        self.usage = QuotaUsage()
        self._minute: deque[float] = deque()
        self._hour: deque[float] = deque()

    def add(self, now: float) -> None:
        for (seconds, _), moments in zip(_WINDOWS, (self._minute, self._hour), strict=True):
            moments.append(now)
            while moments[0] <= now - seconds:
                moments.popleft()
        self.usage.requests += 1
        self.usage.highest_minute = max(self.usage.highest_minute, len(self._minute))
        self.usage.highest_hour = max(self.usage.highest_hour, len(self._hour))


class Quota:
    """Both sliding windows of every key. Rejected requests do not count."""

    def __init__(self, clock: Clock, *, enabled: bool = True) -> None:
        """Use the given clock."""
        self._clock = clock
        self.enabled = enabled
        self._sent: dict[str, deque[float]] = {}
        self._tallies: dict[str, _Tally] = {}
        self.refused = 0

    def usage(self, key: str) -> QuotaUsage:
        """Return the usage of a key since its windows were last reset."""
        return self._tally(key).usage

    def _tally(self, key: str) -> _Tally:
        return self._tallies.setdefault(key, _Tally())

    def take(self, key: str) -> QuotaState:
        """Count a request of a key, unless it exceeds a window."""
        now = self._clock().timestamp()
        tally = self._tally(key)
        tally.add(now)
        sent = self._sent.setdefault(key, deque())
        while sent and sent[0] <= now - _WINDOWS[-1][0]:
            sent.popleft()
        if self.enabled:
            waits = [wait for seconds, limit in _WINDOWS if (wait := _wait(sent, now, seconds, limit)) > 0]
            if waits:
                self.refused += 1
                tally.usage.refused += 1
                return QuotaState(0, math.ceil(max(waits)), math.ceil(max(waits)))
        sent.append(now)
        left = []
        for seconds, limit in _WINDOWS:
            within = [moment for moment in sent if moment > now - seconds]
            left.append((max(0, limit - len(within)), math.ceil(within[0] + seconds - now)))
        return QuotaState(*min(left))

    def forget(self) -> None:
        """Reset all windows."""
        self._sent.clear()
        self._tallies.clear()


def _wait(sent: deque[float], now: float, seconds: float, limit: int) -> float:
    """Return how long a window stays full."""
    if len(sent) < limit:
        return 0.0
    # The request that must leave the window before another one fits.
    return sent[-limit] + seconds - now
