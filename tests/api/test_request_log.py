"""The log of requests on disk: a sudden end forgets none of them."""

import asyncio

import pytest

from custom_components.printago.api import MAX_UNSAVED, RequestLog


class Disk:
    """A disk that takes as long as a test wants."""

    def __init__(self) -> None:
        self.writes = 0
        self.free = asyncio.Event()
        self.free.set()
        self.began = asyncio.Event()

    async def save(self) -> None:
        self.writes += 1
        self.began.set()
        await self.free.wait()


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def test_requests_sent_while_the_log_is_written_are_not_in_it(disk: Disk) -> None:
    log = RequestLog(disk.save)
    disk.free.clear()
    writing = asyncio.create_task(log.write())
    await disk.began.wait()
    for _ in range(MAX_UNSAVED):
        log.note_sent()
    disk.free.set()
    await writing
    assert not log.has_room


async def test_room_ends_with_as_many_requests_as_may_be_sent_ahead(disk: Disk) -> None:
    log = RequestLog(disk.save)
    assert not log.has_room
    await log.write()
    for _ in range(MAX_UNSAVED):
        assert log.has_room
        log.note_sent()
    assert not log.has_room


async def test_those_who_wait_for_room_write_once_together(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await asyncio.gather(*(log.write() for _ in range(5)))
    assert disk.writes == 1


async def test_early_write_makes_room_before_there_is_none_and_not_for_nothing(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await log.write()
    await log.write(early=True)
    assert disk.writes == 1
    log.note_sent()
    assert log.is_half_full
    await log.write(early=True)
    assert disk.writes == 2


async def test_log_that_starts_anew_has_no_room_before_it_was_written(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await log.write()
    log.reset()
    assert not log.has_room
    assert log.is_half_full
    await log.write()
    assert log.has_room


async def test_end_of_a_write_can_be_awaited(disk: Disk) -> None:
    log = RequestLog(disk.save)
    disk.free.clear()
    writing = asyncio.create_task(log.write())
    await disk.began.wait()
    ended = asyncio.create_task(log.write_ended())
    await asyncio.sleep(0)
    assert not ended.done()
    disk.free.set()
    await asyncio.gather(writing, ended)


async def test_write_that_fails_makes_no_room() -> None:
    async def save() -> None:
        raise OSError("disk full")

    log = RequestLog(save)
    with pytest.raises(OSError, match="disk full"):
        await log.write()
    assert not log.has_room
