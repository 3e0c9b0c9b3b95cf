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
"""What a key that changes nothing may have: all that the vendor's description calls `view`, and `printer.stats`."""


class KeyRing:
    """The API keys of a store. A key without a list of permissions may do everything."""

    def __init__(self) -> None:
        """Begin without keys."""
        self._keys: dict[str, frozenset[str] | None] = {}
        self._by_role: dict[str, frozenset[str]] = {}
        self._facts: dict[str, dict[str, Any]] = {}

    def add(self, key: str, permissions: Iterable[str] | None = None, *, by_role: Iterable[str] = ()) -> None:
        """Add a key, or change what it may do: directly, and by roles that it was given."""
        self._keys[key] = None if permissions is None else frozenset(permissions)
        self._by_role[key] = frozenset(by_role)

    def revoke(self, key: str) -> None:
        """Take a key away; unknown keys are ignored."""
        self._keys.pop(key, None)
        self._by_role.pop(key, None)
        self._facts.pop(key, None)

    def describe(self, key: str, *, expires_at: str | None = None, ip_allowlist: list[str] | None = None) -> None:
        """Say when a key expires and from where it may be used, as its record tells; neither is enforced."""
        self._facts[key] = {"expiresAt": expires_at, "ipAllowlist": ip_allowlist}

    def record(self, key_id: str, used_at: str) -> dict[str, Any]:
        """Return what the cloud tells of a key, `used_at` the moment of this very call; raises NotFoundError.

        Hash and salt are the vendor's; here they stand for themselves.
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
        """Return the key that has an ID; raises NotFoundError."""
        for key in self._keys:
            if key[:KEY_ID_LENGTH] == key_id:
                return key
        raise NotFoundError("API key", key_id)

    def knows(self, key: str) -> bool:
        """Tell whether a key is good."""
        return key in self._keys

    def lacks(self, key: str, needed: Iterable[str]) -> list[str]:
        """Return which of the needed permissions a key does not have; raises KeyError for an unknown key."""
        permissions = self._keys[key]
        if permissions is None:
            return []
        return [name for name in needed if name not in permissions and name not in self._by_role[key]]

    def granted_directly(self, key_id: str) -> list[str]:
        """Return what a key was granted by name, nothing where it may do everything; raises NotFoundError."""
        return sorted(self._keys[self._key(key_id)] or ())


@dataclass(frozen=True, slots=True)
class QuotaState:
    """What a key has left: requests, seconds until one more is free, and, when refused, seconds to wait."""

    remaining: int
    reset: int
    retry_after: int | None = None


@dataclass(slots=True)
class QuotaUsage:
    """The most requests of a key that ever came within a minute and within an hour, refused ones among them."""

    highest_minute: int = 0
    highest_hour: int = 0
    requests: int = 0
    refused: int = 0

    def wire(self) -> dict[str, int]:
        """Return what the control API tells."""
        return {
            "highestMinute": self.highest_minute,
            "highestHour": self.highest_hour,
            "requests": self.requests,
            "refused": self.refused,
        }


class _Tally:
    """Counts what comes, whatever the quota makes of it."""

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
    """Both sliding windows of every key. Refused requests do not count."""

    def __init__(self, clock: Clock, *, enabled: bool = True) -> None:
        """Count by the given clock."""
        self._clock = clock
        self.enabled = enabled
        self._sent: dict[str, deque[float]] = {}
        self._tallies: dict[str, _Tally] = {}
        self.refused = 0

    def usage(self, key: str) -> QuotaUsage:
        """Return what came of a key since its windows were emptied last."""
        return self._tally(key).usage

    def _tally(self, key: str) -> _Tally:
        return self._tallies.setdefault(key, _Tally())

    def take(self, key: str) -> QuotaState:
        """Count one request of a key, unless it is past a window."""
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
        """Empty all windows."""
        self._sent.clear()
        self._tallies.clear()


def _wait(sent: deque[float], now: float, seconds: float, limit: int) -> float:
    """Return how long a window stays full."""
    if len(sent) < limit:
        return 0.0
    # The request that has to leave the window before another one fits.
    return sent[-limit] + seconds - now
