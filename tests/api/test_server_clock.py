"""The clock of the server, read from its responses."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import RateLimiter, RequestPriority, ServerClock, Transport
from tests.api.server import KEY, STORE, Server

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


async def get(transport: Transport) -> Any:
    return await transport.request("GET", "/v1/printers", priority=RequestPriority.USER)


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", 7200.5),
        ("Tue, 24 Nov 2026 12:00:00 -0000", 7200.5),
        ("Tue, 24 Nov 2026 12:00:00 +0200", 0.0),
        ("yesterday", 0.0),
        ("", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -2300", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
async def test_clock_of_the_server_is_read_from_its_responses(
    server: Server, session: aiohttp.ClientSession, date: str, offset: float
) -> None:
    transport = Transport(
        session, api_url=server.url, store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock(lambda: NOW)
    )
    server.answer(200, "[]", Date=date)
    await get(transport)
    assert transport.clock.offset == offset
    assert (transport.clock.now() - NOW).total_seconds() == offset


def test_setting_our_clock_between_two_responses_changes_nothing() -> None:
    wall, passed, known = NOW, 0.0, 0

    def on_known() -> None:
        nonlocal known
        known += 1

    clock = ServerClock(lambda: wall, steady=lambda: passed, on_known=on_known)
    assert clock.now() == wall
    date = format_datetime(NOW + timedelta(hours=3), usegmt=True)
    clock.observe({"Date": date})
    before = clock.now()

    wall += timedelta(seconds=60)
    passed += 60
    assert (clock.now() - before).total_seconds() == 60
    for step in (-8, 8, 30 * 24):
        wall += timedelta(hours=step)
        assert (clock.now() - before).total_seconds() == pytest.approx(60)
    # A correction so small that time synchronization made it does not count.
    wall += timedelta(hours=-30 * 24, seconds=1)
    assert (clock.now() - before).total_seconds() == pytest.approx(61)
    clock.observe({"Date": date})
    assert known == 1


async def test_clock_of_the_server_is_ours_until_the_first_response(session: aiohttp.ClientSession) -> None:
    transport = Transport(
        session, api_url="http://127.0.0.1:1", store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock()
    )
    assert abs(transport.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
