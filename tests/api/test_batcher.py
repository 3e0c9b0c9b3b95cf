"""Simultaneous calls are sent as one request."""

import asyncio

import pytest

from custom_components.printago.api import NotAppliedError, RateLimitedError
from custom_components.printago.api.rest.batcher import Batcher


async def test_simultaneous_calls_are_one_request_and_each_gets_its_response() -> None:
    sent: list[tuple[str, list[str]]] = []

    async def send(key: str, ids: list[str]) -> dict[str, str]:
        sent.append((key, ids))
        return {identifier: f"{key} {identifier}" for identifier in ids}

    batcher = Batcher(send)
    answers = await asyncio.gather(*(batcher.submit("pause", identifier) for identifier in "abca"))
    assert answers == ["pause a", "pause b", "pause c", "pause a"]
    assert sent == [("pause", ["a", "b", "c"])]


async def test_different_changes_are_not_mixed() -> None:
    sent: list[str] = []

    async def send(key: str, ids: list[str]) -> dict[str, None]:
        sent.append(key)
        return dict.fromkeys(ids)

    batcher = Batcher(send)
    await asyncio.gather(batcher.submit("pause", "a"), batcher.submit("resume", "a"))
    await batcher.submit("pause", "a")
    assert sorted(sent) == ["pause", "pause", "resume"]


async def test_id_missing_in_the_response_fails_alone() -> None:
    async def send(_: str, ids: list[str]) -> dict[str, None]:
        return dict.fromkeys(ids[:1])

    batcher = Batcher(send)
    first, second = await asyncio.gather(
        batcher.submit("pause", "a"), batcher.submit("pause", "b"), return_exceptions=True
    )
    assert first is None
    assert isinstance(second, NotAppliedError)


async def test_failed_request_fails_all_calls() -> None:
    async def send(_: str, ids: list[str]) -> dict[str, None]:
        raise RateLimitedError(7)

    batcher = Batcher(send)
    results = await asyncio.gather(*(batcher.submit("pause", one) for one in "ab"), return_exceptions=True)
    assert [type(result) for result in results] == [RateLimitedError, RateLimitedError]


async def test_canceled_call_does_not_affect_the_others() -> None:
    sent: list[list[str]] = []

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        sent.append(ids)
        return dict.fromkeys(ids)

    batcher = Batcher(send)
    gives_up = asyncio.create_task(batcher.submit("pause", "a"))
    stays = asyncio.create_task(batcher.submit("pause", "b"))
    await asyncio.sleep(0)
    gives_up.cancel()
    await stays
    assert sent == [["a", "b"]]
    with pytest.raises(asyncio.CancelledError):
        await gives_up


async def test_error_after_all_calls_were_canceled_is_not_logged() -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    failed = asyncio.Event()

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        failed.set()
        raise RateLimitedError(7)

    batcher = Batcher(send)
    caller = asyncio.create_task(batcher.submit("pause", "a"))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with asyncio.timeout(2):
        await failed.wait()
    await batcher.close()
    assert reported == []


async def test_close_waits_for_pending_calls() -> None:
    sent: list[list[str]] = []

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        sent.append(ids)
        return dict.fromkeys(ids)

    batcher = Batcher(send)
    waiting = asyncio.create_task(batcher.submit("pause", "a"))
    await asyncio.sleep(0)
    await batcher.close()
    assert sent == [["a"]]
    await waiting
    await batcher.close()


async def test_close_does_not_wait_for_an_unresponsive_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.batcher.CLOSE_SECONDS", 0.01)
    answers = asyncio.Event()
    begun = asyncio.Event()

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        begun.set()
        await answers.wait()
        return dict.fromkeys(ids)

    batcher = Batcher(send)
    waiting = asyncio.create_task(batcher.submit("pause", "a"))
    await begun.wait()
    await batcher.close()
    assert not waiting.done()
    answers.set()
    assert await waiting is None


async def test_call_within_fifty_milliseconds_joins_the_batch() -> None:
    sent: list[list[str]] = []

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        sent.append(ids)
        return dict.fromkeys(ids)

    batcher = Batcher(send)
    submitted: list[asyncio.Task[None]] = []

    def submit(identifier: str) -> None:
        submitted.append(asyncio.create_task(batcher.submit("pause", identifier)))

    submit("a")
    # By a timer of its own: it comes before the batcher's, however late both are.
    asyncio.get_running_loop().call_later(0.03, submit, "b")
    await submitted[0]
    await submitted[1]
    await batcher.submit("pause", "c")
    assert sent == [["a", "b"], ["c"]]


async def test_closing_the_loop_ends_the_wait() -> None:
    never = asyncio.Event()
    begun = asyncio.Event()

    async def send(_: str, ids: list[str]) -> dict[str, None]:
        begun.set()
        await never.wait()
        return {}

    batcher = Batcher(send)
    waiting = asyncio.create_task(batcher.submit("pause", "a"))
    await begun.wait()
    for task in asyncio.all_tasks() - {asyncio.current_task(), waiting}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
