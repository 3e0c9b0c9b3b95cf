"""When other clients of a key certainly leave too little of the quota, and when that is over."""

from collections.abc import Mapping

import pytest

from custom_components.printago.api import RateLimiter
from custom_components.printago.api.rest.contention import GRACE_SECONDS, Contention


@pytest.fixture
def contention() -> Contention:
    return Contention()


def test_without_a_response_nothing_is_known(contention: Contention) -> None:
    assert (contention.is_active(100), contention.seconds(100), contention.is_over) == (False, 0, False)


def test_shortage_is_active_until_its_end(contention: Contention) -> None:
    contention.note_shortage(100, 60)
    assert [contention.is_active(now) for now in (100, 159, 160, 161)] == [True, True, False, False]
    assert [contention.seconds(now) for now in (100, 130, 160, 900)] == [0, 30, 60, 60]
    assert not contention.is_over


def test_shorter_shortage_within_a_longer_one_does_not_end_it(contention: Contention) -> None:
    contention.note_shortage(100, 600)
    contention.note_shortage(110, 5)
    assert contention.is_active(690)
    assert contention.seconds(700) == 600
    contention.note_shortage(690, 60)
    assert contention.seconds(800) == 650


def test_shortage_is_over_once_there_is_room_for_more_than_the_time_of_grace(contention: Contention) -> None:
    contention.note_shortage(100, 60)
    contention.note_room(160 + GRACE_SECONDS)
    assert (contention.is_over, contention.seconds(1000)) == (False, 60)
    contention.note_room(161 + GRACE_SECONDS)
    assert (contention.is_over, contention.seconds(1000)) == (True, 0)
    assert not contention.is_active(1000)
    contention.note_shortage(1000, 10)
    assert not contention.is_over
    assert contention.seconds(1005) == 5


def test_room_after_a_start_is_certain_only_after_the_time_of_grace(contention: Contention) -> None:
    contention.note_room(100)
    contention.note_room(100 + GRACE_SECONDS)
    assert not contention.is_over
    contention.note_room(101 + GRACE_SECONDS)
    assert contention.is_over


class Clock:
    """A clock that only the test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def answer(remaining: int) -> Mapping[str, str]:
    return {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": "60"}


@pytest.mark.parametrize(
    ("sent", "remaining", "contended"),
    [
        # Sixty requests a minute: from ten unexplained ones on, others have used them.
        (31, 19, True),
        (32, 19, False),
        (40, 10, True),
        (41, 10, False),
        (0, 20, False),
        (0, 19, True),
    ],
)
def test_ten_unexplained_requests_are_those_of_other_clients(sent: int, remaining: int, contended: bool) -> None:
    clock = Clock()
    limiter = RateLimiter(monotonic=clock)
    for _ in range(sent):
        limiter.count()
    limiter.observe(answer(remaining))
    assert limiter.is_contended is contended
    clock.now += 60
    assert limiter.contention_seconds == (60 if contended else 0)
    assert not limiter.is_contended


def test_own_request_explains_what_is_missing_until_it_has_left_the_window() -> None:
    clock = Clock()
    limiter = RateLimiter(monotonic=clock)
    for _ in range(45):
        limiter.count()
    clock.now += 61.9
    limiter.observe(answer(10))
    assert not limiter.is_contended
    clock.now += 0.1
    limiter.observe(answer(10))
    assert limiter.is_contended


def test_enough_room_after_the_time_of_grace_ends_the_shortage() -> None:
    clock = Clock()
    limiter = RateLimiter(monotonic=clock)
    limiter.observe(answer(20))
    assert not limiter.contention_is_over
    clock.now += GRACE_SECONDS + 1
    limiter.observe(answer(20))
    assert limiter.contention_is_over
    limiter.refused(30)
    assert (limiter.contention_is_over, limiter.is_contended) == (False, True)
