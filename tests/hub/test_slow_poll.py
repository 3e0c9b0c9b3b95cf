"""The schedule of slow polls: which read takes the next turn, and which waits."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from types import SimpleNamespace

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import CannotConnectError, PermissionDeniedError
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.slow_poll import DAY, SlowPoller
from tests.support.common import pass_time

TURN = 5 * 60 + 1
START = 31


class Store:
    """A read, its interval, and its result."""

    def __init__(self) -> None:
        self.reads: Counter[str] = Counter()
        self.errors: dict[str, Exception] = {}
        self.now = 1000.0
        self.crowded = False

    def read(self, name: str) -> Callable[[], Awaitable[None]]:
        async def read() -> None:
            self.reads[name] += 1
            if (error := self.errors.get(name)) is not None:
                raise error

        return read


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr("custom_components.printago.hub.slow_poll.time", SimpleNamespace(monotonic=lambda: store.now))
    return store


@pytest.fixture
async def reads(hass: HomeAssistant, store: Store) -> AsyncGenerator[SlowPoller]:
    """Return the slow polls of an entry that ends with the test."""
    entry = MockConfigEntry(domain=DOMAIN)
    reads = SlowPoller(hass, entry, lambda: store.crowded)
    yield reads
    await entry._async_process_on_unload(hass)


async def go_on(hass: HomeAssistant, store: Store, seconds: float) -> None:
    """Advance the time of the schedule and of Home Assistant's timers."""
    store.now += seconds
    await pass_time(hass, seconds)


async def test_everything_is_read_half_a_minute_after_the_start(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    reads.add("orders", store.read("orders"))
    reads.add("names", store.read("names"), every=DAY, at_start=False)
    reads.async_start()
    await go_on(hass, store, 29)
    assert not store.reads
    await go_on(hass, store, START)
    assert store.reads == {"orders": 1}


async def test_crowded_quota_leaves_the_start_to_turns_of_one_read_each(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    store.crowded = True
    for name in ("orders", "slots"):
        reads.add(name, store.read(name))
    reads.async_start()
    await go_on(hass, store, START)
    assert not store.reads
    await go_on(hass, store, TURN)
    assert store.reads.total() == 1
    await go_on(hass, store, TURN)
    assert store.reads == {"orders": 1, "slots": 1}


async def test_recent_read_skips_its_turn(hass: HomeAssistant, store: Store, reads: SlowPoller) -> None:
    reads.add("orders", store.read("orders"))
    reads.async_start()
    await go_on(hass, store, START)
    # Until four fifths of its hour have passed.
    for _ in range(9):
        await go_on(hass, store, TURN)
    assert store.reads["orders"] == 1
    await go_on(hass, store, TURN)
    assert store.reads["orders"] == 2


async def test_turn_goes_to_the_read_that_waited_longest(hass: HomeAssistant, store: Store, reads: SlowPoller) -> None:
    reads.add("orders", store.read("orders"))
    reads.add("slots", store.read("slots"))
    reads.async_start()
    await go_on(hass, store, START)
    store.now += 600
    reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert store.reads == {"orders": 2, "slots": 1}
    store.now += 3000
    await go_on(hass, store, TURN)
    assert store.reads == {"orders": 2, "slots": 2}


async def test_requests_within_five_minutes_become_one_read(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    reads.add("orders", store.read("orders"))
    reads.async_start()
    await go_on(hass, store, START)
    for _ in range(4):
        reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert store.reads["orders"] == 1
    await go_on(hass, store, 301)
    assert store.reads["orders"] == 2
    await go_on(hass, store, 301)
    assert store.reads["orders"] == 2


async def test_refused_read_is_retried_with_increasing_delays_up_to_a_day(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    store.errors["orders"] = PermissionDeniedError("order.view")
    reads.add("orders", store.read("orders"))
    reads.async_start()
    await go_on(hass, store, START)
    assert reads.is_refused("orders")
    hours: list[float] = []
    for _ in range(7):
        asked, hour = store.reads["orders"], 0.0
        while store.reads["orders"] == asked:
            reads.async_want("orders")
            await hass.async_block_till_done(wait_background_tasks=True)
            if store.reads["orders"] == asked:
                store.now += 1800
                hour += 0.5
        hours.append(hour)
    assert hours == [1, 2, 4, 8, 16, 24, 24]

    store.errors.clear()
    store.now += 24 * 3600
    reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not reads.is_refused("orders")
    store.now += 301
    asked = store.reads["orders"]
    reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert store.reads["orders"] == asked + 1


async def test_failed_read_is_due_at_the_next_turn_and_is_no_refusal(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    store.errors["orders"] = CannotConnectError("no route")
    reads.add("orders", store.read("orders"))
    reads.async_start()
    await go_on(hass, store, START)
    assert not reads.is_refused("orders")
    assert reads.describe()["orders"]["last_error"] == "no route"
    store.errors.clear()
    await go_on(hass, store, TURN)
    assert store.reads["orders"] == 2


async def test_read_that_works_again_skips_turns_as_before(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    store.errors["orders"] = CannotConnectError("no route")
    reads.add("orders", store.read("orders"))
    reads.async_start()
    await go_on(hass, store, START)
    store.errors.clear()
    for _ in range(4):
        await go_on(hass, store, TURN)
    assert store.reads["orders"] == 2


async def test_daily_read_starts_on_request_and_then_runs_daily(
    hass: HomeAssistant, store: Store, reads: SlowPoller
) -> None:
    reads.add("names", store.read("names"), every=DAY, at_start=False)
    reads.async_start()
    await go_on(hass, store, START)
    await go_on(hass, store, 3 * DAY.total_seconds())
    assert not store.reads
    reads.async_want("names")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert store.reads["names"] == 1
    await go_on(hass, store, DAY.total_seconds() / 2)
    assert store.reads["names"] == 1
    await go_on(hass, store, DAY.total_seconds() / 2)
    assert store.reads["names"] == 2


async def test_nothing_is_read_before_the_start_or_after_an_unload(hass: HomeAssistant, store: Store) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    reads = SlowPoller(hass, entry)
    reads.add("orders", store.read("orders"))
    reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not store.reads
    reads.async_start()
    await go_on(hass, store, START)
    reads.async_want("orders")
    await entry._async_process_on_unload(hass)
    await go_on(hass, store, 600)
    await go_on(hass, store, TURN)
    reads.async_want("orders")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert store.reads["orders"] == 1
