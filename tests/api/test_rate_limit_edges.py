"""The quota at its limits: exact waits, headers of responses, and send times that were saved."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from custom_components.printago.api import RateLimitedError, RateLimiter, RequestLog, RequestPriority
from custom_components.printago.api.rest.rate_limit import parse_retry_after
from tests.api.limiter_clock import LimiterClock

USER, BACKGROUND = RequestPriority.USER, RequestPriority.BACKGROUND
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def send(limiter: RateLimiter, count: int) -> None:
    for _ in range(count):
        limiter.count()


@pytest.mark.parametrize(
    ("sent", "priority", "requests", "delay"),
    [
        (59, USER, 1, 0),
        (60, USER, 1, 62),
        (39, BACKGROUND, 1, 0),
        (40, BACKGROUND, 1, 62),
        (30, USER, 30, 0),
        (30, USER, 31, 62),
        # More than a window has can only start with an empty one.
        (0, USER, 100, 0),
        (1, USER, 100, 62),
        (1, BACKGROUND, 41, 62),
    ],
)
def test_requests_wait_for_a_window_that_has_room_for_all_of_them(
    limiter: RateLimiter, sent: int, priority: RequestPriority, requests: int, delay: float
) -> None:
    send(limiter, sent)
    assert limiter.delay(priority, requests) == delay


def test_hour_has_six_hundred_requests_and_the_user_two_hundred_of_them(
    limiter: RateLimiter, clock: LimiterClock
) -> None:
    start = clock.now
    for number in range(600):
        if number == 399:
            assert limiter.delay(BACKGROUND) == 0
        if number == 400:
            assert limiter.delay(BACKGROUND) == pytest.approx(start + 3610 - clock.now)
        assert limiter.delay(USER) == 0
        limiter.count()
        clock.now += 2
    assert limiter.delay(USER) == pytest.approx(start + 3610 - clock.now)


def test_request_leaves_the_hour_after_an_hour(limiter: RateLimiter, clock: LimiterClock) -> None:
    limiter.count()
    clock.now += 3599
    limiter.count()
    assert limiter.requests_last_hour == 2
    clock.now += 1
    assert limiter.requests_last_hour == 1
    assert len(limiter.export()) == 2
    clock.now += 10
    assert limiter.export() == [clock.wall() - 11]


async def test_call_waits_exactly_as_long_as_it_may(limiter: RateLimiter, clock: LimiterClock) -> None:
    send(limiter, 60)
    clock.now += 50
    with pytest.raises(RateLimitedError) as refused:
        await limiter.acquire(USER, max_wait=11.5)
    assert (refused.value.retry_after, clock.now) == (12, 10_050)
    await limiter.acquire(USER, max_wait=12)
    assert clock.now == 10_062
    assert limiter.requests_last_hour == 61


async def test_read_does_not_wait_for_a_call_of_the_user_that_was_given_up(
    limiter: RateLimiter, clock: LimiterClock
) -> None:
    send(limiter, 60)
    with pytest.raises(RateLimitedError):
        await limiter.acquire(USER, max_wait=1)
    clock.now += 100
    before = clock.now
    await limiter.acquire(BACKGROUND)
    assert clock.now == before


async def test_read_waits_no_longer_once_it_has_ended(limiter: RateLimiter, clock: LimiterClock) -> None:
    limiter.refused(5)
    ended = asyncio.Event()
    ended.set()
    with pytest.raises(RateLimitedError):
        await limiter.acquire(BACKGROUND, ended=ended)
    assert limiter.requests_last_hour == 0
    clock.now += 5
    # There is room, so it costs nothing to go on.
    await limiter.acquire(BACKGROUND, ended=ended)
    assert limiter.requests_last_hour == 1


async def test_read_that_may_end_is_sent_after_its_wait() -> None:
    limiter = RateLimiter()
    limiter.refused(0.05)
    async with asyncio.timeout(2):
        await limiter.acquire(BACKGROUND, ended=asyncio.Event())
    assert limiter.requests_last_hour == 1


async def test_saved_request_is_written_before_the_next_one_only_without_room(clock: LimiterClock) -> None:
    writes = 0

    async def save() -> None:
        nonlocal writes
        writes += 1

    limiter = RateLimiter(monotonic=clock.monotonic, wall=clock.wall, log=RequestLog(save))
    for expected in (1, 1, 2, 2, 3):
        await limiter.acquire(USER)
        assert writes == expected


def test_shorter_refusal_does_not_shorten_a_longer_one(limiter: RateLimiter) -> None:
    limiter.observe({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"})
    limiter.observe({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"})
    assert (limiter.delay(USER), limiter.delay(BACKGROUND)) == (40, 40)
    limiter.refused(60)
    limiter.refused(10)
    assert (limiter.delay(USER), limiter.delay(BACKGROUND)) == (60, 60)


@pytest.mark.parametrize(
    ("remaining", "user", "background"), [("0", 30, 30), ("0.5", 30, 30), ("1", 0, 30), ("19", 0, 30), ("20", 0, 0)]
)
def test_reserve_of_the_user_is_kept_as_responses_show_it(
    limiter: RateLimiter, remaining: str, user: float, background: float
) -> None:
    limiter.observe({"x-ratelimit-remaining": remaining, "x-ratelimit-reset": "30"})
    assert (limiter.delay(USER), limiter.delay(BACKGROUND)) == (user, background)


@pytest.mark.parametrize("invalid", [1e300, -1e300, float("inf"), float("nan"), 10**400, -(10**400), "now", None, []])
def test_invalid_time_among_saved_ones_affects_no_other(
    limiter: RateLimiter, clock: LimiterClock, invalid: Any
) -> None:
    limiter.restore([*[clock.wall() - 10] * 60, invalid])
    assert limiter.delay(USER) == 52
    assert limiter.requests_last_hour == 60


def test_saved_times_are_counted_with_unsaved_ones_as_sent_now(limiter: RateLimiter, clock: LimiterClock) -> None:
    limiter.restore([clock.wall() - 3609, clock.wall() - 3610, clock.wall() - 20], 58)
    assert len(limiter.export()) == 60
    assert limiter.requests_last_hour == 59
    assert limiter.delay(USER) == 0
    limiter.count()
    assert limiter.delay(USER) == 42


def test_saved_time_is_never_later_than_the_start(limiter: RateLimiter, clock: LimiterClock) -> None:
    limiter.restore([clock.wall() - 30] * 60)
    clock.now += 5
    # The right time is known only now: the clock was behind by a minute.
    clock.wall_offset -= 60
    limiter.date_restored()
    assert limiter.delay(USER) == 57


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0.5", 1),
        ("1", 1),
        ("3610", 3610),
        ("3611", 3610),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 1),
    ],
)
def test_delay_of_a_refusal_is_between_a_second_and_an_hour(value: str, seconds: float) -> None:
    assert parse_retry_after(value, now=NOW) == seconds


def test_delay_without_a_header_is_a_minute_or_what_is_given() -> None:
    assert parse_retry_after(None, now=NOW) == 60
    assert parse_retry_after("soon", 5, NOW) == 5
