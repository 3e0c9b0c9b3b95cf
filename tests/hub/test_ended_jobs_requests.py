"""When ended jobs are read: after each gap, for all of it, and at no other time."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.printago.api import CannotConnectError
from custom_components.printago.hub import ended_jobs
from custom_components.printago.hub.ended_jobs import EndedJobsReader

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


class Store:
    """A store whose stream, snapshots and responses the test controls."""

    def __init__(self) -> None:
        self.state: Any = SimpleNamespace(
            known_until=NOON,
            ended_jobs_wanted=False,
            clock=SimpleNamespace(now=lambda: self.now),
            farm=SimpleNamespace(apply_ended_jobs=lambda jobs, since: (jobs, since)),
        )
        self.now = NOON
        self.asked: list[datetime] = []
        self.published: list[Any] = []
        self.answer: asyncio.Future[str] | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.load()

    def load(self) -> None:
        """Load the entry (again)."""
        entry = SimpleNamespace(async_create_background_task=self._begin)
        client = SimpleNamespace(ended_jobs=self._ended_jobs)
        self.reader = EndedJobsReader(*cast(Any, (None, entry, client, self.state, self.published.append)))

    def _begin(self, hass: Any, asking: Coroutine[Any, Any, None], name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(asking))

    async def _ended_jobs(self, since: datetime) -> str:
        self.asked.append(since)
        self.answer = asyncio.get_running_loop().create_future()
        return await self.answer

    async def look(self, asked_at: datetime, *, stream_up: bool = True) -> None:
        """Report a snapshot."""
        self.reader.look(asked_at, stream_complete_until=asked_at if stream_up else None)
        await asyncio.sleep(0)

    async def answered(self, jobs: str | BaseException = "jobs") -> None:
        """Respond to the latest request."""
        assert self.answer is not None
        if isinstance(jobs, BaseException):
            self.answer.set_exception(jobs)
        else:
            self.answer.set_result(jobs)
        self.answer = None
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def store() -> AsyncGenerator[Store]:
    store = Store()
    yield store
    for task in store.tasks:
        task.cancel()
    await asyncio.gather(*store.tasks, return_exceptions=True)


async def test_time_before_the_first_snapshot_is_not_read(store: Store) -> None:
    store.state.known_until = None
    store.reader.want()
    await store.look(at(5))
    await store.look(at(6))
    assert store.asked == []
    assert store.state.known_until == at(6)


@pytest.mark.parametrize(("minutes", "asked"), [(1, []), (1.5, [NOON - timedelta(seconds=10)])])
async def test_gap_without_an_entry_is_read_if_longer_than_a_minute(
    store: Store, minutes: float, asked: list[datetime]
) -> None:
    await store.look(at(minutes))
    assert store.asked == asked
    if asked:
        assert store.state.known_until == NOON
        await store.answered()
        assert store.published == [("jobs", NOON)]
    assert store.state.known_until == at(minutes)
    assert not store.state.ended_jobs_wanted


async def test_time_with_the_stream_is_not_read_however_far_snapshots_are_apart(store: Store) -> None:
    for minutes in (1, 30, 600):
        await store.look(at(minutes))
    assert store.asked == []
    assert store.state.known_until == at(600)


async def test_gap_during_a_request_is_read_after_it(store: Store) -> None:
    await store.look(at(1))
    store.reader.want()
    await store.look(at(2))
    assert store.asked == [at(1) - timedelta(seconds=10)]
    store.reader.want()
    await store.look(at(3))
    assert len(store.asked) == 1
    await store.answered()
    assert store.state.known_until == at(2)
    await store.look(at(4))
    assert store.asked[1:] == [at(2) - timedelta(seconds=10)]
    await store.answered()
    await store.look(at(5))
    assert len(store.asked) == 2


@pytest.mark.parametrize(
    ("seconds", "stream_up", "questions"), [(149, False, 1), (150, False, 2), (1, True, 2)], ids=["soon", "later", "up"]
)
async def test_requests_without_a_stream_are_minutes_apart_and_cover_all_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, seconds: float, stream_up: bool, questions: int
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(ended_jobs, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    store.reader.want()
    await store.look(at(1), stream_up=False)
    await store.answered()
    clock[0] += seconds
    store.reader.want()
    await store.look(at(2), stream_up=stream_up)
    assert len(store.asked) == questions
    if questions == 1:
        assert store.state.known_until == at(1)
        clock[0] += 150
        await store.look(at(5), stream_up=stream_up)
        assert store.asked[1:] == [at(1) - timedelta(seconds=10)]


@pytest.mark.parametrize("failure", [CannotConnectError("down"), asyncio.CancelledError(), RuntimeError("else")])
async def test_failed_request_is_repeated_for_the_same_time(store: Store, failure: BaseException) -> None:
    store.reader.want()
    await store.look(at(1))
    await store.answered(failure)
    assert store.published == []
    assert store.state.known_until == NOON
    await store.look(at(2))
    assert store.asked == [NOON - timedelta(seconds=10)] * 2


async def test_outage_of_the_stream_is_read_once_it_is_over(store: Store) -> None:
    await store.look(at(0.5), stream_up=False)
    await store.look(at(0.8), stream_up=False)
    assert store.asked == []
    await store.look(at(0.9))
    assert store.asked == [NOON - timedelta(seconds=10)]


async def test_request_interrupted_by_an_unload_is_sent_after_the_next_start(store: Store) -> None:
    store.reader.want()
    await store.look(at(0.5))
    store.now = at(0.6)
    store.reader.end(stream_complete_until=store.now)
    store.load()
    await store.look(at(0.8))
    assert store.asked == [NOON - timedelta(seconds=10)] * 2


async def test_reload_after_hours_with_the_stream_reads_nothing(store: Store) -> None:
    await store.look(at(1))
    store.now = at(600)
    store.reader.end(stream_complete_until=store.now)
    store.load()
    await store.look(at(600.5))
    assert store.asked == []


@pytest.mark.parametrize("reason", ["stream down", "no snapshot", "something missed"])
async def test_unload_with_unknown_gaps_leaves_the_whole_time_to_read(store: Store, reason: str) -> None:
    if reason != "no snapshot":
        await store.look(at(0.5))
    if reason == "something missed":
        store.reader.want()
    known = store.state.known_until
    store.now = at(30)
    store.reader.end(stream_complete_until=store.now if reason != "stream down" else None)
    store.load()
    await store.look(at(30.5))
    assert store.asked == [known - timedelta(seconds=10)]


async def test_key_without_permission_leaves_nothing_to_read(store: Store) -> None:
    await store.look(at(0.5))
    store.reader.forget()
    store.reader.want()
    store.now = at(30)
    store.reader.end(stream_complete_until=store.now)
    assert store.state.known_until is None
    store.load()
    await store.look(at(31))
    assert store.asked == []
    store.state.ended_jobs_wanted = False
    store.reader.forget()
    store.reader.end(stream_complete_until=store.now)
    assert store.state.known_until is None
