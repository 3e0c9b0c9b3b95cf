"""Processing of every REST call: faults, key, quota, permission, body, and response."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from virtual_farm.access import QuotaState
from virtual_farm.errors import ApiError, BadRequestError
from virtual_farm.farm import VirtualFarm
from virtual_farm.faults import Fault
from virtual_farm.requests import RequestRecord

from .hints import with_hints
from .route import Call, RawRoute, Route
from .schema import check_body

_SCHEME = "apikey"
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


def json_response(value: Any, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web.Response(
        text=json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        status=status,
        content_type="application/json",
    )


def error_response(status: int, message: str) -> web.Response:
    """Return an error in the cloud's form."""
    return json_response({"statusCode": status, "message": message, "error": _REASONS.get(status, "Error")}, status)


class Gateway:
    """Serves the routes of one farm."""

    def __init__(self, farm: VirtualFarm) -> None:
        """Use one farm."""
        self._farm = farm

    async def handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        """Serve an API call."""
        return await self._recorded(request, lambda record: self._answer(route, request, record))

    async def handle_raw(self, route: RawRoute, request: web.Request) -> web.StreamResponse:
        """Serve a call outside the API."""

        async def answer(_: RequestRecord) -> web.StreamResponse:
            return await route.handler(self._farm, request)

        return await self._recorded(request, answer)

    async def handle_unknown(self, request: web.Request) -> web.StreamResponse:
        """Answer a call that the cloud does not have."""

        async def answer(_: RequestRecord) -> web.StreamResponse:
            return error_response(404, f"Cannot {request.method} {request.path}")

        return await self._recorded(request, answer)

    async def _recorded(self, request: web.Request, answer: Any) -> web.StreamResponse:
        farm = self._farm
        record = RequestRecord(request.method, request.path, dict(request.query), farm.config.clock().timestamp())
        farm.note_request(record)
        fault = farm.faults.take(request.method, request.path)
        if fault is None:
            response: web.StreamResponse = await answer(record)
        else:
            response = await self._spoiled(fault, request, lambda: answer(record))
        if request.transport is not None and not request.transport.is_closing():
            record.status = response.status
        return response

    # Faults

    async def _spoiled(self, fault: Fault, request: web.Request, act: Any) -> web.StreamResponse:
        match fault.mode:
            case "reset":
                return _cut(request)
            case "slow":
                await self._wait(fault)
                response: web.StreamResponse = await act()
                return response
            case "drop":
                await act()
                return _cut(request)
            case "truncated":
                return await self._truncated(request, await act())
        if fault.acts:
            await act()
        if fault.mode == "timeout":
            await self._wait(fault)
            return _cut(request)
        if fault.mode == "html":
            return web.Response(text=_HTML, status=fault.status, content_type="text/html")
        spoiled = error_response(fault.status, fault.message)
        if fault.retry_after is not None:
            spoiled.headers["Retry-After"] = str(fault.retry_after)
        return spoiled

    async def _wait(self, fault: Fault) -> None:
        ends = [event for event in (self._farm.closing, fault.until) if event is not None]
        waits = [asyncio.ensure_future(event.wait()) for event in ends]
        try:
            await asyncio.wait(waits, timeout=fault.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _truncated(self, request: web.Request, whole: web.StreamResponse) -> web.StreamResponse:
        body = whole.body if isinstance(whole, web.Response) else b""
        content = body if isinstance(body, bytes) else b""
        half = web.StreamResponse(status=whole.status, headers={"Content-Type": "application/json"})
        half.content_length = max(2, len(content))
        # The client may have disconnected meanwhile.
        with contextlib.suppress(ConnectionError):
            await half.prepare(request)
            await half.write(content[: len(content) // 2])
        if request.transport is not None:
            request.transport.close()
        return half

    # The normal path

    async def _answer(self, route: Route, request: web.Request, record: RequestRecord) -> web.StreamResponse:
        farm = self._farm
        if route.public:
            return await self._act(route, request, record)
        key = _key_of(request)
        if key is None or not farm.authenticate(request.headers.get("x-printago-storeid", ""), key):
            return error_response(401, "Unauthorized")
        quota = farm.quota.take(key)
        if quota.retry_after is not None:
            response = error_response(429, "Too many requests, try again later")
            response.headers["Retry-After"] = str(quota.retry_after)
        else:
            lacking = farm.keys.lacks(key, route.permissions)
            response = _denied(lacking) if lacking else await self._act(route, request, record)
        if farm.quota.enabled:
            _tell_quota(response, quota)
        return response

    async def _act(self, route: Route, request: web.Request, record: RequestRecord) -> web.Response:
        farm = self._farm
        try:
            body = None if route.body is None else await _read_json(request)
            record.body = body
            if route.body is not None:
                check_body(route.body, body)
            call = Call(farm, request, body, request.query, request.match_info)
            result = with_hints(call, route.path, route.handler(call))
        except ApiError as err:
            return error_response(err.status, err.message)
        response = json_response(result, route.status)
        farm.settle()
        return response


def _key_of(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == _SCHEME and key else None


def _denied(lacking: list[str]) -> web.Response:
    return error_response(403, f"Missing permission: {', '.join(lacking)}")


def _tell_quota(response: web.Response, quota: QuotaState) -> None:
    response.headers["x-ratelimit-remaining"] = str(quota.remaining)
    response.headers["x-ratelimit-reset"] = str(quota.reset)


async def _read_json(request: web.Request) -> Any:
    raw = await request.read()
    try:
        return json.loads(raw)
    except ValueError, RecursionError:
        raise BadRequestError("Request body is not valid JSON") from None


def _cut(request: web.Request) -> web.Response:
    """Close the connection. The returned response is not sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)
