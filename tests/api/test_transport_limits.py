"""Requests at their limits: statuses, texts of errors, addresses, and the server's clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from typing import Any, cast

import aiohttp
from aiohttp import web
import pytest

from custom_components.printago.api import (
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotEntitledError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
    RateLimiter,
    RequestPriority,
    ServerClock,
    Transport,
    parse_api_url,
)
from tests.api.server import KEY, STORE, Server
from tests.api.test_timeouts import file

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def get(transport: Transport, **options: Any) -> Any:
    return await transport.request("GET", "/v1/printers", priority=RequestPriority.USER, **options)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (299, None),
        (300, CannotConnectError),
        (399, CannotConnectError),
        (400, InvalidRequestError),
        (402, InvalidRequestError),
        (499, InvalidRequestError),
        (500, OutcomeUnknownError),
    ],
)
async def test_first_and_last_status_of_each_hundred(
    server: Server, transport: Transport, status: int, error: type[PrintagoError] | None
) -> None:
    server.answer(status, "[]")
    if error is None:
        assert await get(transport) == []
        return
    with pytest.raises(error) as raised:
        await get(transport)
    assert type(raised.value) is error
    assert str(status) in str(raised.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (299, None), (300, OutcomeUnknownError), (403, InvalidRequestError), (503, OutcomeUnknownError)],
)
async def test_upload_succeeds_with_any_status_of_success(
    server: Server, transport: Transport, status: int, error: type[PrintagoError] | None
) -> None:
    server.answer(status)
    if error is None:
        await transport.upload(f"{server.url}/file", file(5), 5)
    else:
        with pytest.raises(error):
            await transport.upload(f"{server.url}/file", file(5), 5)
    (request,) = server.requests
    assert (request.method, request.body, request.headers["content-length"]) == ("PUT", "x" * 5, "5")
    assert not {"content-type", "authorization", "transfer-encoding"} & request.headers.keys()
    assert transport.limiter.requests_last_hour == 0


async def test_redirect_is_not_followed(server: Server, transport: Transport) -> None:
    server.answer(302, Location=f"{server.url}/elsewhere")
    with pytest.raises(CannotConnectError):
        await get(transport)
    with pytest.raises(OutcomeUnknownError):
        await transport.download(f"{server.url}/file", 10)
    with pytest.raises(OutcomeUnknownError):
        await transport.upload(f"{server.url}/file", file(5), 5)
    assert [request.path for request in server.requests] == ["/v1/printers", "/file", "/file"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (["a", 7, "b"], "a; b"),
        ([str(number) for number in range(25)], "; ".join(map(str, range(20)))),
        ([7], "HTTP 422 Unprocessable Content"),
        ("  a b ", "a b"),
        (7, "HTTP 422 Unprocessable Content"),
        ("m" * 301, "m" * 300),
        ("m" * 19_999 + " x", "m" * 300),
        (" " * 30_000, "HTTP 422 Unprocessable Content"),
        (" " * 30_000 + "late", "late"),
    ],
)
async def test_message_of_an_error_is_short_text(
    server: Server, transport: Transport, message: object, shown: str
) -> None:
    server.answer(422, json.dumps({"message": message}))
    with pytest.raises(InvalidRequestError) as raised:
        await get(transport)
    assert str(raised.value) == shown


@pytest.mark.parametrize("length", [19_900, 20_000 - len(KEY) - 1, 20_000 - len(KEY), 20_000 - 5, 20_000])
async def test_no_part_of_the_key_is_shown_wherever_a_long_message_is_cut(
    server: Server, transport: Transport, length: int
) -> None:
    # What is searched is redacted to little, so that its end is shown.
    server.answer(422, json.dumps({"message": f"https://x.invalid/?{'s' * (length - 20)} {KEY} end"}))
    with pytest.raises(InvalidRequestError) as raised:
        await get(transport)
    assert KEY[:5] not in str(raised.value)
    assert str(raised.value).startswith("***")


@pytest.mark.parametrize(
    ("message", "entitled", "error", "permissions"),
    [
        ("Missing printer.view", True, PermissionDeniedError, ["printer.view"]),
        ("Missing printer.view", False, PermissionDeniedError, ["printer.view"]),
        ("Upgrade your plan", True, PermissionDeniedError, ["printer.view"]),
        ("Upgrade your plan", False, NotEntitledError, []),
    ],
)
async def test_refusal_that_names_no_permission_may_mean_the_subscription(
    server: Server,
    transport: Transport,
    message: str,
    entitled: bool,
    error: type[PrintagoError],
    permissions: list[str],
) -> None:
    server.answer(403, json.dumps({"message": message}))
    with pytest.raises(error) as raised:
        await get(transport, entitled=entitled)
    assert type(raised.value) is error
    assert str(raised.value) == message
    assert transport.permissions.missing == permissions
    if isinstance(raised.value, PermissionDeniedError):
        assert raised.value.permissions == set(permissions)


async def test_success_proves_the_permission_and_a_failure_does_not(server: Server, transport: Transport) -> None:
    server.answer(404)
    with pytest.raises(InvalidRequestError):
        await get(transport)
    assert transport.permissions.allowed == frozenset()
    server.answer(200, "[]")
    await get(transport)
    assert transport.permissions.allowed == {"printer.view"}


async def test_errors_hold_nothing_of_the_request(server: Server, transport: Transport) -> None:
    server.cut(times=2)
    for call in (
        transport.request("POST", "/v2/builds", priority=RequestPriority.USER, json={}),
        transport.upload(f"{server.url}/file?X-Signature=1", file(5), 5),
    ):
        with pytest.raises(OutcomeUnknownError) as raised:
            await call
        assert raised.value.__context__ is None
        assert raised.value.__cause__ is None
    server.answer(200, "{")
    with pytest.raises(MalformedResponseError) as malformed:
        await get(transport)
    assert malformed.value.__context__ is None


async def test_body_is_made_when_there_is_room_and_its_error_cancels_the_request(
    server: Server, transport: Transport
) -> None:
    def body() -> Any:
        counted.append(transport.limiter.requests_last_hour)
        return {"ids": ["a"]}

    def no_body() -> Any:
        raise LookupError

    counted: list[int] = []
    await transport.request("PATCH", "/v1/printers/enabled", priority=RequestPriority.USER, json=body)
    with pytest.raises(LookupError):
        await transport.request("PATCH", "/v1/printers/enabled", priority=RequestPriority.USER, json=no_body)
    (request,) = server.requests
    assert (request.json, request.headers["content-type"]) == ({"ids": ["a"]}, "application/json")
    assert counted == [1]


async def test_refusal_of_printago_differs_from_a_call_that_was_held_back(server: Server, transport: Transport) -> None:
    server.answer(429, Retry_After="30")
    for refused in (True, False):
        with pytest.raises(RateLimitedError) as raised:
            await get(transport)
        assert raised.value.refused is refused
        assert raised.value.retry_after == pytest.approx(30, abs=1)
    assert len(server.requests) == 1


async def test_emergency_is_counted_but_never_delayed(server: Server, transport: Transport) -> None:
    for _ in range(60):
        transport.limiter.count()
    await transport.request("PATCH", "/v1/printers/enabled", priority=None, json={})
    assert transport.limiter.requests_last_hour == 61
    with pytest.raises(RateLimitedError):
        await get(transport)


async def test_read_that_aiohttp_repeats_does_not_wait_for_room(server: Server, transport: Transport) -> None:
    await get(transport)
    requests = 0

    async def cut(request: web.Request) -> web.StreamResponse:
        nonlocal requests
        requests += 1
        transport.limiter.refused(0.3)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.handler = cut
    with pytest.raises(RateLimitedError):
        await get(transport)
    assert requests == 1


async def test_response_without_figures_shows_room_unless_it_is_a_refusal(
    server: Server, session: aiohttp.ClientSession
) -> None:
    passed = 1000.0
    limiter = RateLimiter(monotonic=lambda: passed)
    transport = Transport(session, api_url=server.url, store_id=STORE, api_key=KEY, limiter=limiter)
    server.answer(429, Retry_After="60")
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            await get(transport)
        passed += 400
        assert not limiter.contention_is_over
    server.answer(200, "[]")
    await get(transport)
    assert limiter.contention_is_over


async def test_close_ends_waiting_reads_but_not_calls_of_the_user(server: Server, transport: Transport) -> None:
    transport.limiter.refused(0.1)
    user = asyncio.create_task(get(transport))
    read = asyncio.create_task(transport.request("GET", "/v1/parts", priority=RequestPriority.BACKGROUND))
    await asyncio.sleep(0)
    transport.close()
    with pytest.raises(RateLimitedError):
        await read
    assert await user == {"fine": True}
    assert [request.path for request in server.requests] == ["/v1/printers"]


@pytest.mark.parametrize(
    ("key", "key_id"),
    [
        (KEY, KEY[:24]),
        ("a" * 24, "a" * 24),
        ("a" * 23, None),
        ("A" + "a" * 30, None),
        ("pk_live_Q7vXs2LmZ9tRw4Yc8HnB3K", None),
        (" " + "a" * 24, None),
    ],
)
def test_key_begins_with_its_id_or_has_none(key: str, key_id: str | None) -> None:
    transport = Transport(
        cast("aiohttp.ClientSession", None),
        api_url="https://api.example",
        store_id=STORE,
        api_key=key,
        limiter=RateLimiter(),
    )
    assert transport.key_id == key_id


def test_at_sign_in_the_path_is_no_user() -> None:
    assert parse_api_url("http://host/a:b@c").host == "host"


@pytest.mark.parametrize(
    "url", ["http://user@host", "http://:secret@host", "http://user:secret@host", "ws://host", "//host"]
)
def test_address_with_credentials_or_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(CannotConnectError):
        parse_api_url(url)


# The server's clock


class Clocks:
    """Our clock, which may be set, and one that only runs."""

    def __init__(self) -> None:
        self.wall, self.passed, self.known = NOW, 100.0, 0
        self.clock = ServerClock(lambda: self.wall, steady=lambda: self.passed, on_known=self._count)

    def _count(self) -> None:
        self.known += 1

    def shows(self, date: datetime) -> None:
        """Respond with a date."""
        self.clock.observe({"Date": format_datetime(date, usegmt=True)})


@pytest.mark.parametrize(
    ("ahead", "offset"), [(0, 0), (-1, 0), (-2, -1.5), (1, 1.5), (2, 2.5), (-3600, -3599.5), (3600, 3600.5)]
)
def test_clocks_that_differ_by_less_than_the_precision_of_a_date_are_equal(ahead: int, offset: float) -> None:
    clocks = Clocks()
    clocks.shows(NOW + timedelta(seconds=ahead))
    assert clocks.clock.offset == offset
    assert clocks.clock.now() == NOW + timedelta(seconds=offset)


@pytest.mark.parametrize("set_by", [-2.1, -2.0, -1.5, 0, 1.5, 2.0, 2.1])
def test_clock_that_was_set_by_more_than_synchronization_does_is_corrected(set_by: float) -> None:
    clocks = Clocks()
    clocks.shows(NOW + timedelta(hours=1))
    clocks.wall += timedelta(seconds=10 + set_by)
    clocks.passed += 10
    kept = set_by if abs(set_by) <= 2 else 0
    assert (clocks.clock.now() - NOW).total_seconds() == pytest.approx(3610.5 + kept)


def test_known_time_is_reported_once_and_only_with_a_valid_date() -> None:
    clocks = Clocks()
    clocks.clock.observe({})
    clocks.clock.observe({"Date": "yesterday"})
    assert clocks.known == 0
    clocks.shows(NOW + timedelta(hours=1))
    clocks.shows(NOW)
    assert clocks.known == 1
    assert clocks.clock.offset == 0
