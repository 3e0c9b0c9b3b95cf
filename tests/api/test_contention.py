"""Detects who used the missing part of the quota: we, or other clients of the same key."""

from collections.abc import Mapping

import pytest

from custom_components.printago.api import RateLimiter


class Clock:
    """A clock that only the test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    return RateLimiter(monotonic=clock)


def answer(remaining: int, reset: int) -> Mapping[str, str]:
    """Return the headers with the remaining requests."""
    return {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": str(reset)}


def test_shortage_lasts_as_long_as_responses_show_it(limiter: RateLimiter, clock: Clock) -> None:
    for _ in range(11):
        limiter.observe(answer(5, 40))
        clock.now += 60
    assert limiter.contention_seconds == 640


def test_refusal_despite_room_in_our_count_is_a_shortage_until_retry_after(limiter: RateLimiter, clock: Clock) -> None:
    limiter.count()
    limiter.refused(1200)
    assert limiter.contention_seconds == 0
    clock.now += 400
    assert limiter.contention_seconds == 400
    clock.now += 2000
    assert limiter.contention_seconds == 1200


def test_responses_without_figures_end_a_shortage_some_time_after_the_last_refusal(
    limiter: RateLimiter, clock: Clock
) -> None:
    for _ in range(10):
        limiter.refused(60)
        limiter.observe({}, refused=True)
        clock.now += 60
    assert limiter.contention_seconds == 600
    limiter.observe({})
    assert limiter.contention_seconds == 600, "who else asks may only be taking a breath"
    clock.now += 301
    limiter.observe({}, refused=True)
    assert limiter.contention_seconds == 600
    limiter.observe({})
    assert limiter.contention_seconds == 0


def test_short_burst_of_others_ends_with_its_minute(limiter: RateLimiter, clock: Clock) -> None:
    limiter.observe(answer(0, 30))
    clock.now += 300
    assert limiter.contention_seconds == 30
    clock.now += 60
    limiter.observe(answer(58, 60))
    assert limiter.contention_seconds == 0


def test_short_pause_of_others_does_not_end_a_shortage(limiter: RateLimiter, clock: Clock) -> None:
    for _ in range(4):
        limiter.observe(answer(3, 60))
        clock.now += 120
        limiter.observe(answer(55, 60))
        clock.now += 60
    assert limiter.contention_seconds == 600
    clock.now += 300
    limiter.observe(answer(55, 60))
    assert limiter.contention_seconds == 0


@pytest.mark.parametrize(("own", "pause"), [(45, 0), (60, 0), (591, 5)])
def test_own_requests_never_count_as_those_of_others(
    limiter: RateLimiter, clock: Clock, own: int, pause: float
) -> None:
    for number in range(1, own + 1):
        clock.now += pause
        limiter.count()
        limiter.observe(answer(min(60 - (number if not pause else min(number, 12)), 600 - number), 60))
    clock.now += 30
    assert limiter.contention_seconds == 0


def test_refusal_that_our_own_count_explains_is_no_shortage(limiter: RateLimiter, clock: Clock) -> None:
    for _ in range(60):
        limiter.count()
    limiter.refused(60)
    clock.now += 30
    assert limiter.contention_seconds == 0


def test_others_that_leave_enough_cause_no_shortage(limiter: RateLimiter, clock: Clock) -> None:
    for _ in range(20):
        limiter.observe(answer(20, 60))
        clock.now += 60
    assert limiter.contention_seconds == 0
