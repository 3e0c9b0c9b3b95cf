"""Pictures of what is printed: fetched when somebody first looks, and never once per look."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
import math
import time
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api import PrintagoClient, PrintagoError, RateLimitedError
from ..api.models.picture import Picture
from ..api.rest.addresses import is_address
from ..api.rest.permissions import DOWNLOAD
from ..const import DOMAIN, LOGGER

_MOST_ATTEMPTS = 3
_FIRST_PAUSE = 30.0
_MOST_REMEMBERED = 500
_MOST_FRESH = 8


@dataclass(slots=True)
class _Failure:
    """How often a picture could not be fetched, and when that may be tried again."""

    attempts: int = 0
    retry_at: float = -math.inf


class CoverImageCache:
    """The pictures of one store. Whoever shows one keeps it; printers that print the same share it."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, client: PrintagoClient) -> None:
        """Fetch through a client, on behalf of an entry."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._kept: WeakValueDictionary[str, Picture] = WeakValueDictionary()
        # Whoever asked may have given up before it came; the next one who looks shall find it.
        self._fresh: deque[Picture] = deque(maxlen=_MOST_FRESH)
        self._fetching: dict[str, asyncio.Task[Picture | None]] = {}
        self._failures: OrderedDict[str, _Failure] = OrderedDict()

    def allowed(self, path: str | None) -> bool:
        """Return whether a picture may be fetched, as far as is known: an absolute address needs no permission of the key."""
        return (path is not None and is_address(path)) or not self._client.permissions.lacks(DOWNLOAD)

    async def async_get(self, path: str) -> Picture | None:
        """Return the picture at a storage path or an absolute address; None where there is none, or none now.

        One that fails is tried again a few times, not with every look.
        """
        if (picture := self._kept.get(path)) is not None:
            return picture
        if (task := self._fetching.get(path)) is None:
            failure = self._failures.get(path)
            if not self.allowed(path) or (
                failure is not None and (failure.attempts >= _MOST_ATTEMPTS or failure.retry_at > time.monotonic())
            ):
                return None
            # Begun at once, one that is refused without a request would be over before it is noted.
            task = self._fetching[path] = self._entry.async_create_background_task(
                self._hass, self._async_fetch(path), f"{DOMAIN} cover", eager_start=False
            )
        # Who looks may lose patience; the picture then waits for the next one.
        return await asyncio.shield(task)

    async def _async_fetch(self, path: str) -> Picture | None:
        try:
            picture = self._kept[path] = await self._client.picture(path)
        except RateLimitedError as err:
            self._note_failure(path).retry_at = time.monotonic() + err.retry_after
        except PrintagoError as err:
            failure = self._note_failure(path)
            failure.retry_at = time.monotonic() + _FIRST_PAUSE * 2**failure.attempts
            failure.attempts += 1
            LOGGER.debug("Fetching a cover failed: %s", err)
        else:
            self._fresh.append(picture)
            self._failures.pop(path, None)
            return picture
        finally:
            del self._fetching[path]
        return None

    def _note_failure(self, path: str) -> _Failure:
        failure = self._failures.setdefault(path, _Failure())
        if len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)
        return failure
