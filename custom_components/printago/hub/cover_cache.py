"""Cover images of prints, fetched when first requested and then cached."""

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
    """How often fetching an image failed, and when to retry (monotonic clock)."""

    attempts: int = 0
    retry_at: float = -math.inf


class CoverImageCache:
    """The cover images of one store. An image stays cached while an entity holds it; printers share it by path."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, client: PrintagoClient) -> None:
        """Fetch images with ``client``, in background tasks of the entry."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._kept: WeakValueDictionary[str, Picture] = WeakValueDictionary()
        # The request may have been canceled before the image arrived; keep it for the next one.
        self._fresh: deque[Picture] = deque(maxlen=_MOST_FRESH)
        self._fetching: dict[str, asyncio.Task[Picture | None]] = {}
        self._failures: OrderedDict[str, _Failure] = OrderedDict()

    def allowed(self, path: str | None) -> bool:
        """Return whether the key may fetch an image, as far as known; an absolute address needs no permission."""
        return (path is not None and is_address(path)) or not self._client.permissions.lacks(DOWNLOAD)

    async def async_get(self, path: str) -> Picture | None:
        """Return the image at a storage path or an absolute address; None if it cannot be fetched now.

        A failed fetch is retried a few times, with increasing pauses.
        """
        if (picture := self._kept.get(path)) is not None:
            return picture
        if (task := self._fetching.get(path)) is None:
            failure = self._failures.get(path)
            if not self.allowed(path) or (
                failure is not None and (failure.attempts >= _MOST_ATTEMPTS or failure.retry_at > time.monotonic())
            ):
                return None
            # With an eager start, a fetch that fails without a request would end before it is stored here.
            task = self._fetching[path] = self._entry.async_create_background_task(
                self._hass, self._async_fetch(path), f"{DOMAIN} cover", eager_start=False
            )
        # A canceled request must not cancel the fetch.
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
