"""The quota: two sliding windows, two priorities, and its state after a restart."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api import MAX_UNSAVED, RateLimitedError, RateLimiter, RequestLog, RequestPriority
from custom_components.printago.api.rest.rate_limit import parse_retry_after
from tests.api.limiter_clock import LimiterClock


def most_within(times: list[float], seconds: float) -> int:
    """Return how many times are in the fullest window of this length, as a server would count."""
    return max((sum(1 for other in times if time <= other < time + seconds) for time in times), default=0)


async def test_minute_is_never_exceeded_by_calls_of_the_user(limiter: RateLimiter, clock: LimiterClock) -> None:
    sent = []
    for _ in range(300):
        try:
            await limiter.acquire(RequestPriority.USER)
        except RateLimitedError as err:
            clock.now += err.retry_after
            continue
        sent.append(clock.now)
    assert most_within(sent, 60) == 60


async def test_hour_is_never_exceeded(limiter: RateLimiter, clock: LimiterClock) -> None:
    sent = []
    while clock.now < 10_000 + 3 * 3600:
        await limiter.acquire(RequestPriority.USER, max_wait=7200)
        sent.append(clock.now)
    assert most_within(sent, 60) == 60
    assert most_within(sent, 3600) == 600


async def test_background_leaves_a_reserve_for_the_user(limiter: RateLimiter, clock: LimiterClock) -> None:
    for _ in range(40):
        await limiter.acquire(RequestPriority.BACKGROUND)
    with pytest.raises(RateLimitedError) as refused:
        await limiter.acquire(RequestPriority.BACKGROUND)
    assert 50 < refused.value.retry_after <= 62
    for _ in range(20):
        await limiter.acquire(RequestPriority.USER)
    with pytest.raises(RateLimitedError):
        await limiter.acquire(RequestPriority.USER)
    assert limiter.requests_last_hour == 60


async def test_background_leaves_two_hundred_of_the_hour_to_the_user(limiter: RateLimiter, clock: LimiterClock) -> None:
    start = clock.now
    while (delay := limiter.delay(RequestPriority.BACKGROUND)) < start + 3500 - clock.now:
        clock.now += delay
        await limiter.acquire(RequestPriority.BACKGROUND)
    assert limiter.requests_last_hour == 400
    assert limiter.delay(RequestPriority.USER) == 0


async def test_call_of_the_user_waits_up_to_ten_seconds_for_room(limiter: RateLimiter, clock: LimiterClock) -> None:
    for _ in range(60):
        await limiter.acquire(RequestPriority.USER)
    clock.now += 53
    await limiter.acquire(RequestPriority.USER)
    assert clock.now == pytest.approx(10_062)


async def test_retry_after_delays_all_priorities(limiter: RateLimiter, clock: LimiterClock) -> None:
    limiter.refused(45)
    for priority in RequestPriority:
        assert limiter.delay(priority) == 45
    limiter.refused(5)
    assert limiter.delay(RequestPriority.USER) == 45


@pytest.mark.parametrize(
    ("headers", "user", "background"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, 12, 12),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "12"}, 0, 12),
        ({"x-ratelimit-remaining": "50", "x-ratelimit-reset": "12"}, 0, 0),
        ({"x-ratelimit-remaining": "0"}, 0, 0),
        ({"x-ratelimit-remaining": "none", "x-ratelimit-reset": "12"}, 0, 0),
        ({"x-ratelimit-remaining": "nan", "x-ratelimit-reset": "inf"}, 0, 0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1e12"}, 3610, 3610),
        ({}, 0, 0),
    ],
)
def test_headers_with_requests_of_others_are_applied(
    limiter: RateLimiter, headers: dict[str, str], user: float, background: float
) -> None:
    limiter.observe(headers)
    assert limiter.delay(RequestPriority.USER) == user
    assert limiter.delay(RequestPriority.BACKGROUND) == background


async def test_send_times_survive_a_restart_and_clock_changes(clock: LimiterClock) -> None:
    before = RateLimiter(monotonic=clock.monotonic, wall=clock.wall)
    for _ in range(60):
        await before.acquire(RequestPriority.USER)
        clock.now += 0.1
    saved = before.export()

    # After the clock was set back, the last one counts as just sent and the others relative to it.
    for jump, delay in ((0, 26), (-86400, 56), (86400, 0)):
        later = LimiterClock()
        later.now = 5.0
        later.wall_offset = clock.wall() + 30 - 5.0 + jump
        after = RateLimiter(monotonic=later.monotonic, wall=later.wall)
        after.restore(saved)
        assert after.delay(RequestPriority.USER) == pytest.approx(delay, abs=0.2)


async def test_jump_of_the_system_clock_changes_nothing(limiter: RateLimiter, clock: LimiterClock) -> None:
    for _ in range(60):
        await limiter.acquire(RequestPriority.USER)
    clock.wall_offset += 86400
    assert limiter.delay(RequestPriority.USER) == pytest.approx(62)


@given(st.lists(st.tuples(st.sampled_from(RequestPriority), st.floats(0, 120)), min_size=100, max_size=300))
@settings(max_examples=30, deadline=None)
async def test_windows_are_kept_for_any_sequence_of_requests(steps: list[tuple[RequestPriority, float]]) -> None:
    clock = LimiterClock()
    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall)
    sent: list[float] = []
    for priority, pause in steps * 3:
        if limiter.delay(priority) == 0:
            await limiter.acquire(priority, max_wait=0)
            sent.append(clock.now)
        # Mostly in bursts.
        clock.now += pause if pause > 100 else pause / 100
    assert most_within(sent, 60) <= 60
    assert most_within(sent, 3600) <= 600


@given(st.lists(st.one_of(st.none(), st.text(), st.booleans(), st.floats(), st.integers())))
def test_invalid_saved_data_is_ignored(saved: list[object]) -> None:
    clock = LimiterClock()
    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall)
    limiter.restore(saved)
    assert 0 <= limiter.delay(RequestPriority.USER) <= 3610
    assert len(limiter.export()) <= len(saved)


async def test_callback_runs_for_each_counted_request(clock: LimiterClock) -> None:
    sent_at: list[float] = []
    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall, on_sent=lambda: sent_at.append(clock.now))
    limiter.restore([clock.wall()])
    assert sent_at == []
    await limiter.acquire(RequestPriority.USER)
    assert sent_at == [clock.now]


async def test_no_request_is_sent_that_a_restart_would_forget(clock: LimiterClock) -> None:
    disk: list[float] = []
    writes = 0

    async def save() -> None:
        nonlocal writes
        writes += 1
        now = limiter.export()
        await asyncio.sleep(0)
        disk[:] = now

    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall, log=RequestLog(save))
    for number in range(1, 61):
        await limiter.acquire(RequestPriority.USER)
        clock.now += 0.01
        assert number - len(disk) <= MAX_UNSAVED

        # After a crash here, the next start counts at least as many requests as were sent.
        later = RateLimiter(monotonic=clock.monotonic, wall=clock.wall)
        later.restore(disk, MAX_UNSAVED)
        assert number <= later.requests_last_hour <= number + MAX_UNSAVED
    assert writes <= 60 / MAX_UNSAVED + 1


async def test_simultaneous_requests_wait_for_one_write(clock: LimiterClock) -> None:
    may_end = asyncio.Event()
    writes = 0

    async def save() -> None:
        nonlocal writes
        writes += 1
        await may_end.wait()

    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall, log=RequestLog(save))
    wanted = [asyncio.ensure_future(limiter.acquire(RequestPriority.USER)) for _ in range(MAX_UNSAVED)]
    await asyncio.wait(wanted, timeout=0.01)
    assert limiter.requests_last_hour == 0
    may_end.set()
    await asyncio.gather(*wanted)
    assert (limiter.requests_last_hour, writes) == (MAX_UNSAVED, 1)


async def test_restored_send_times_are_corrected_once_the_right_time_is_known(clock: LimiterClock) -> None:
    now = clock.wall()
    # The machine's clock was a day off, in either direction, after it was switched off.
    for wrong in (-86400, 86400):
        clock.wall_offset += wrong
        limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall)
        limiter.restore([now - 50] * 60)
        assert limiter.delay(RequestPriority.USER) == (62 if wrong < 0 else 0)
        clock.wall_offset -= wrong
        limiter.date_restored()
        assert limiter.delay(RequestPriority.USER) == pytest.approx(12)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 1), ("-3", 1), ("1e9", 3610), (None, 60), ("soon", 60), ("nan", 60)],
)
def test_retry_after_is_parsed_and_limited(value: str | None, seconds: float) -> None:
    assert parse_retry_after(value) == seconds


def test_retry_after_may_be_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert parse_retry_after(format_datetime(later, usegmt=True)) == pytest.approx(90, abs=3)


async def test_room_for_several_requests_is_calculated_together(limiter: RateLimiter, clock: LimiterClock) -> None:
    for _ in range(39):
        await limiter.acquire(RequestPriority.BACKGROUND)
        clock.now += 0.1
    assert limiter.delay(RequestPriority.BACKGROUND) == 0
    assert limiter.delay(RequestPriority.BACKGROUND, 2) == pytest.approx(62 - 3.9)
    assert limiter.delay(RequestPriority.USER, 21) == 0
    assert limiter.delay(RequestPriority.USER, 22) == pytest.approx(62 - 3.9)


async def test_waiting_read_lets_a_call_of_the_user_go_first() -> None:
    """With real clocks: both wait for the end of the same refusal, and the user's call came later."""
    limiter, order = RateLimiter(), []
    limiter.refused(0.2)

    async def ask(priority: RequestPriority) -> None:
        await limiter.acquire(priority)
        order.append(priority)

    reads = [asyncio.create_task(ask(RequestPriority.BACKGROUND)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.gather(ask(RequestPriority.USER), *reads)
    assert order == [RequestPriority.USER, *[RequestPriority.BACKGROUND] * 3]


async def test_canceled_read_is_not_counted() -> None:
    limiter, ended = RateLimiter(), asyncio.Event()
    limiter.refused(9)
    waiting = asyncio.create_task(limiter.acquire(RequestPriority.BACKGROUND, ended=ended))
    await asyncio.sleep(0)
    ended.set()
    async with asyncio.timeout(1):
        with pytest.raises(RateLimitedError):
            await waiting
    assert limiter.requests_last_hour == 0
