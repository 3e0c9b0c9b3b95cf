"""A failed fetch of a picture is retried a few times; a success resets the count."""

import gc
from types import SimpleNamespace

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import CannotConnectError, RateLimitedError
from custom_components.printago.api.models.picture import Picture
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.cover_cache import CoverImageCache

PATH = "parts/benchy.png"


class Client:
    """A client whose storage works or fails."""

    def __init__(self) -> None:
        self.fetched = 0
        self.error: Exception | None = None
        self.permissions = SimpleNamespace(lacks=lambda _: False)

    async def picture(self, path: str) -> Picture:
        self.fetched += 1
        if self.error is not None:
            raise self.error
        return Picture("image/png", b"\x89PNG")


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(
        "custom_components.printago.hub.cover_cache.time", SimpleNamespace(monotonic=lambda: now.seconds)
    )
    return now


@pytest.fixture
def covers(hass: HomeAssistant, client: Client, now: SimpleNamespace) -> CoverImageCache:
    return CoverImageCache(hass, MockConfigEntry(domain=DOMAIN), client)


async def attempts(covers: CoverImageCache, client: Client, now: SimpleNamespace, looks: int = 8) -> int:
    """Return how often a picture is fetched for this many requests, an hour apart."""
    before = client.fetched
    for _ in range(looks):
        now.seconds += 3600
        await covers.async_get(PATH)
    return client.fetched - before


async def test_success_forgets_earlier_failures(
    hass: HomeAssistant, covers: CoverImageCache, client: Client, now: SimpleNamespace
) -> None:
    client.error = CannotConnectError("down")
    assert await attempts(covers, client, now, looks=2) == 2
    client.error = None
    assert await attempts(covers, client, now, looks=1) == 1
    # The picture is no longer cached.
    await hass.async_block_till_done(wait_background_tasks=True)
    covers._fresh.clear()
    gc.collect()
    client.error = CannotConnectError("down")
    assert await attempts(covers, client, now) == 3


async def test_pause_grows_with_each_failure(covers: CoverImageCache, client: Client, now: SimpleNamespace) -> None:
    client.error = CannotConnectError("down")
    for pause, fetched in ((0, 1), (29, 1), (1.1, 2), (59, 2), (1.1, 3)):
        now.seconds += pause
        await covers.async_get(PATH)
        assert client.fetched == fetched


async def test_lack_of_quota_does_not_count_as_an_attempt(
    covers: CoverImageCache, client: Client, now: SimpleNamespace
) -> None:
    client.error = RateLimitedError(40)
    await covers.async_get(PATH)
    now.seconds += 39
    await covers.async_get(PATH)
    assert client.fetched == 1
    assert await attempts(covers, client, now) == 8
