"""One request: what is sent, and the error for each failure."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
import traceback
from typing import Any, cast

import aiohttp
from aiohttp import web
import pytest

from custom_components.printago.api import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoClient,
    PrintagoError,
    RateLimitedError,
    RateLimiter,
    RequestPriority,
    ServerClock,
    Transport,
)
from tests.api.server import KEY, STORE, Server
from virtual_farm import Fault, VirtualFarm

SIGNED_URL = "https://storage.example/models/benchy.3mf?X-Signature=5eCr3t5eCr3t&X-Expires=300"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


async def get(transport: Transport) -> Any:
    return await transport.request("GET", "/v1/printers", priority=RequestPriority.USER)


async def build(transport: Transport) -> Any:
    return await transport.request("POST", "/v2/builds", priority=RequestPriority.USER, json={"parts": []})


# Requests


async def test_both_headers_and_the_body_are_sent(server: Server, transport: Transport) -> None:
    answer = await transport.request(
        "POST", "/v2/builds", priority=RequestPriority.USER, params={"status.in": "a,b"}, json={"parts": ["ä"]}
    )
    assert answer == {"fine": True}
    (request,) = server.requests
    assert (request.method, request.path, request.query) == ("POST", "/v2/builds", {"status.in": "a,b"})
    assert request.headers["authorization"] == f"ApiKey {KEY}"
    assert request.headers["x-printago-storeid"] == STORE
    assert request.headers["content-type"] == "application/json"
    assert request.json == {"parts": ["ä"]}


async def test_read_carries_no_body(server: Server, transport: Transport) -> None:
    await get(transport)
    (request,) = server.requests
    assert "content-type" not in request.headers
    assert request.body == ""


@pytest.mark.parametrize("suffix", ["/gateway", "/gateway/"])
async def test_url_may_have_a_path(server: Server, session: aiohttp.ClientSession, suffix: str) -> None:
    transport = Transport(
        session, api_url=server.url + suffix, store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock()
    )
    await get(transport)
    assert server.requests[0].path == "/gateway/v1/printers"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example",
        "http://",
        "api.printago.io",
        "http://[::1",
        "http://%a[ .]@",
        "http://xn--",
        "http://a:99999",
        "file:///etc/passwd",
        "http://user:hunter2@127.0.0.1",
    ],
)
def test_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(CannotConnectError) as refused:
        PrintagoClient.create(
            None,  # type: ignore[arg-type]
            api_url=url,
            store_id=STORE,
            api_key=KEY,
            limiter=RateLimiter(),
            clock=ServerClock(),
        )
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("store_id", "api_key"), [(STORE, f"{KEY}\n{KEY}"), (f"{STORE}\r\nx: y", KEY), (STORE, "\0")])
async def test_key_that_does_not_fit_into_a_header_is_not_accepted(
    server: Server, session: aiohttp.ClientSession, store_id: str, api_key: str
) -> None:
    transport = Transport(
        session, api_url=server.url, store_id=store_id, api_key=api_key, limiter=RateLimiter(), clock=ServerClock()
    )
    with pytest.raises(AuthenticationError) as refused:
        await get(transport)
    assert KEY not in str(refused.value)
    assert server.requests == []


@pytest.mark.parametrize("unwritable", [2**70, {1, 2}, b"raw"])
async def test_body_that_json_cannot_hold_is_refused_and_costs_no_quota(
    server: Server, transport: Transport, unwritable: Any
) -> None:
    with pytest.raises(InvalidRequestError):
        await transport.request("POST", "/v2/builds", priority=RequestPriority.USER, json={"parameters": unwritable})
    assert server.requests == []
    assert transport.limiter.requests_last_hour == 0


# Responses


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (401, '{"message": "Unauthorized"}', AuthenticationError, "^Unauthorized$"),
        (401, "", AuthenticationError, "^HTTP 401 Unauthorized$"),
        (403, '{"message": "Missing permission"}', PermissionDeniedError, "^Missing permission$"),
        (403, "<html>blocked</html>", PermissionDeniedError, "^HTTP 403 Forbidden$"),
        (404, '{"message": "Not Found"}', NotFoundError, "^Not Found$"),
        (400, '{"message": ["a must be b", "c must be d"]}', InvalidRequestError, "^a must be b; c must be d$"),
        (400, '{"message": {"deep": 1}}', InvalidRequestError, "^HTTP 400 Bad Request$"),
        (400, '{"message": "  "}', InvalidRequestError, "^HTTP 400 Bad Request$"),
        (409, '"conflict"', InvalidRequestError, "^HTTP 409 Conflict$"),
        (422, "[]", InvalidRequestError, "^HTTP 422"),
        (499, "<html>", InvalidRequestError, "^HTTP 499$"),
        (500, "", OutcomeUnknownError, "HTTP 500"),
        (502, "<html><h1>Bad Gateway</h1></html>", OutcomeUnknownError, "HTTP 502"),
        (503, '{"message": "busy"}', OutcomeUnknownError, "HTTP 503"),
        (599, "", OutcomeUnknownError, "HTTP 599"),
        (302, "", CannotConnectError, "redirects"),
        (307, "", CannotConnectError, "redirects"),
        (200, "<html>Welcome to the hotel</html>", MalformedResponseError, "not JSON"),
        (200, '{"data": [', MalformedResponseError, "not JSON"),
        (200, "NaN", MalformedResponseError, "not JSON"),
        (200, "[" * 5000, MalformedResponseError, "not JSON"),
    ],
)
async def test_each_error_status_raises_its_own_error(
    server: Server, transport: Transport, status: int, body: str, error: type[PrintagoError], message: str
) -> None:
    server.answer(status, body, Location="http://127.0.0.1:9/elsewhere")
    with pytest.raises(error, match=message) as failed:
        await get(transport)
    assert type(failed.value) is error
    assert len(server.requests) == 1


async def test_response_of_invalid_text_is_malformed(server: Server, transport: Transport) -> None:
    server.answer(201, b"\xff\xfe\x00")
    with pytest.raises(MalformedResponseError):
        await build(transport)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"key {KEY} of {KEY[:24]}", "key *** of ***"),
        (f"cannot fetch {SIGNED_URL}", "cannot fetch ***"),
        (f"<{SIGNED_URL.replace('https', 'HTTP')}>, again", "<***"),
        ("x" * 5000, "x" * 300),
        ("x" * 290 + KEY, "x" * 290 + "***"),
    ],
)
async def test_message_of_printago_is_shown_without_secrets(
    server: Server, transport: Transport, message: str, shown: str
) -> None:
    server.answer(400, json.dumps({"message": message}))
    with pytest.raises(InvalidRequestError) as failed:
        await get(transport)
    assert str(failed.value).startswith(shown)
    assert len(str(failed.value)) <= 300
    report = "".join(traceback.format_exception(failed.value))
    assert KEY[:24] not in report
    assert "5eCr3t" not in report


async def test_message_is_readable_when_the_key_is_empty(server: Server, session: aiohttp.ClientSession) -> None:
    transport = Transport(
        session, api_url=server.url, store_id=STORE, api_key="", limiter=RateLimiter(), clock=ServerClock()
    )
    server.answer(401, '{"message": "Unauthorized"}')
    with pytest.raises(AuthenticationError, match=r"^Unauthorized$"):
        await get(transport)


@pytest.mark.parametrize("body", ["", "null"])
async def test_empty_response_is_none(server: Server, transport: Transport, body: str) -> None:
    server.answer(200, body)
    assert await get(transport) is None


async def test_used_up_quota_delays_the_next_requests(server: Server, transport: Transport) -> None:
    server.answer(429, "", Retry_After="30")
    with pytest.raises(RateLimitedError) as refused:
        await get(transport)
    assert refused.value.retry_after == 30
    with pytest.raises(RateLimitedError):
        await get(transport)
    assert len(server.requests) == 1


async def test_retry_date_is_compared_to_the_clock_of_the_server(
    server: Server, session: aiohttp.ClientSession
) -> None:
    theirs = NOW + timedelta(hours=3)
    transport = Transport(
        session, api_url=server.url, store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock(lambda: NOW)
    )
    server.answer(
        429,
        Date=format_datetime(theirs, usegmt=True),
        Retry_After=format_datetime(theirs + timedelta(seconds=90), usegmt=True),
    )
    with pytest.raises(RateLimitedError) as refused:
        await get(transport)
    assert refused.value.retry_after == pytest.approx(90, abs=1)


async def test_quota_headers_are_applied(server: Server, transport: Transport) -> None:
    server.answer(200, "[]", **{"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"})
    await get(transport)
    with pytest.raises(RateLimitedError):
        await get(transport)
    assert len(server.requests) == 1


# Lost responses


async def test_closed_port_was_certainly_not_reached(session: aiohttp.ClientSession, socket_enabled: None) -> None:
    transport = Transport(
        session, api_url="http://127.0.0.1:1", store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock()
    )
    with pytest.raises(CannotConnectError, match="connection failed"):
        await build(transport)


@pytest.mark.parametrize("host", ["pk+live", "exa mple", "a,b", "x" * 300])
def test_url_with_an_invalid_host_is_refused(host: str) -> None:
    with pytest.raises(CannotConnectError, match="not a web address"):
        Transport(
            cast("aiohttp.ClientSession", None),
            api_url=f"http://{host}/v1",
            store_id=STORE,
            api_key=KEY,
            limiter=RateLimiter(),
        )


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_write_is_not_repeated_when_the_connection_is_cut(
    server: Server, transport: Transport, method: str
) -> None:
    # The first request leaves a connection open; aiohttp repeats reads if such a connection is cut.
    await get(transport)
    server.cut(times=1)
    with pytest.raises(OutcomeUnknownError, match="connection lost"):
        await transport.request(method, "/v2/builds", priority=RequestPriority.USER, json={})
    assert len(server.requests) == 2


async def test_read_that_aiohttp_repeats_counts_twice(server: Server, transport: Transport) -> None:
    await get(transport)
    server.cut(times=1)
    await get(transport)
    assert len(server.requests) == transport.limiter.requests_last_hour == 3


async def test_read_is_not_repeated_past_the_quota(server: Server, transport: Transport) -> None:
    for _ in range(58):
        await transport.limiter.acquire(RequestPriority.USER)
    await get(transport)
    server.cut(times=1)
    with pytest.raises(RateLimitedError):
        await get(transport)
    assert len(server.requests) == 2
    assert transport.limiter.requests_last_hour == 60


async def test_response_cut_in_its_body_leaves_the_outcome_unknown(server: Server, transport: Transport) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"partBuilds": [')
        assert request.transport is not None
        request.transport.close()
        return response

    server.handler = handler
    with pytest.raises(OutcomeUnknownError):
        await build(transport)


async def test_missing_response_leaves_the_outcome_unknown(
    server: Server, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.printago.api.rest.transport._TIMEOUT", aiohttp.ClientTimeout(total=0.2, connect=0.1)
    )
    silence = asyncio.Event()

    async def handler(_: web.Request) -> web.StreamResponse:
        await silence.wait()
        return web.Response()

    server.handler = handler
    with pytest.raises(OutcomeUnknownError, match="no answer in time"):
        await build(transport)
    silence.set()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(mode="reset"), OutcomeUnknownError),
        (Fault(mode="drop"), OutcomeUnknownError),
        (Fault(mode="truncated"), OutcomeUnknownError),
        (Fault(mode="html", status=200), MalformedResponseError),
        (Fault(mode="html", status=502), OutcomeUnknownError),
        (Fault(mode="status", status=403, message="no"), PermissionDeniedError),
        (Fault(mode="status", status=429, retry_after=9), RateLimitedError),
    ],
    ids=lambda value: f"{value.mode}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_faults_of_the_cloud_raise_their_errors(
    farm: VirtualFarm, session: aiohttp.ClientSession, fault: Fault, error: type[PrintagoError]
) -> None:
    farm.inject_fault(fault)
    transport = Transport(
        session,
        api_url=farm.rest_url,
        store_id=farm.config.store_id,
        api_key=farm.config.api_key,
        limiter=RateLimiter(),
        clock=ServerClock(),
    )
    with pytest.raises(error) as failed:
        await transport.request(
            "PATCH", "/v1/printers/confirm-ready", priority=RequestPriority.USER, json={"ready": True, "ids": []}
        )
    assert type(failed.value) is error
    assert farm.config.api_key[:24] not in "".join(traceback.format_exception(failed.value))
    assert len(farm.requests) == 1


async def test_another_stores_key_is_not_accepted(farm: VirtualFarm, session: aiohttp.ClientSession) -> None:
    transport = Transport(
        session,
        api_url=farm.rest_url,
        store_id=STORE,
        api_key=farm.config.api_key,
        limiter=RateLimiter(),
        clock=ServerClock(),
    )
    with pytest.raises(AuthenticationError):
        await get(transport)
