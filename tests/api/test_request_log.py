"""The saved log of requests: a crash forgets none of them."""

import asyncio

import pytest

from custom_components.printago.api import MAX_UNSAVED, RequestLog


class Disk:
    """A disk whose writes the test ends."""

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


async def test_requests_sent_during_a_write_are_not_in_it(disk: Disk) -> None:
    log = RequestLog(disk.save)
    disk.free.clear()
    writing = asyncio.create_task(log.write())
    await disk.began.wait()
    for _ in range(MAX_UNSAVED):
        log.note_sent()
    disk.free.set()
    await writing
    assert not log.has_room


async def test_room_ends_after_the_allowed_number_of_unsaved_requests(disk: Disk) -> None:
    log = RequestLog(disk.save)
    assert not log.has_room
    await log.write()
    for _ in range(MAX_UNSAVED):
        assert log.has_room
        log.note_sent()
    assert not log.has_room


async def test_several_waiting_requests_write_once(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await asyncio.gather(*(log.write() for _ in range(5)))
    assert disk.writes == 1


async def test_early_write_happens_only_when_half_full(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await log.write()
    await log.write(early=True)
    assert disk.writes == 1
    log.note_sent()
    assert log.is_half_full
    await log.write(early=True)
    assert disk.writes == 2


async def test_write_that_is_not_early_waits_until_there_is_no_room(disk: Disk) -> None:
    log = RequestLog(disk.save)
    await log.write()
    log.note_sent()
    await log.write()
    assert disk.writes == 1
    log.note_sent()
    await log.write()
    assert disk.writes == 2


async def test_reset_log_has_no_room_before_a_write(disk: Disk) -> None:
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


async def test_failed_write_makes_no_room() -> None:
    async def save() -> None:
        raise OSError("disk full")

    log = RequestLog(save)
    with pytest.raises(OSError, match="disk full"):
        await log.write()
    assert not log.has_room
