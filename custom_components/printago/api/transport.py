"""One HTTP request to Printago: credentials, quota, time-outs, and every failure as one of our errors."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from yarl import URL

from .errors import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
)
from .ratelimit import Lane, RateLimiter, parse_retry_after

DEFAULT_API_URL = "https://api.printago.io"
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10)
_MOST_MESSAGE = 300


def _utcnow() -> datetime:
    return datetime.now(UTC)


class Transport:
    """Sends authenticated JSON requests for one store.

    The session, the limiter and the clock come from outside. ``clock_offset`` is the seconds by which Printago's clock
    is ahead of ours, from the ``Date`` header of its last answer.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_url: str,
        store_id: str,
        api_key: str,
        limiter: RateLimiter,
        now: Callable[[], datetime] = _utcnow,
    ) -> None:
        """Prepare requests; raises CannotConnectError when ``api_url`` is not an http(s) address."""
        try:
            self._base = URL(api_url)
        except ValueError as err:
            raise CannotConnectError("not a web address") from err
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise CannotConnectError("not a web address")
        self._session = session
        self._headers = {"authorization": f"ApiKey {api_key}", "x-printago-storeid": store_id}
        self._secrets = (api_key, api_key[:24])
        self._now = now
        self.limiter = limiter
        self.clock_offset = 0.0

    def server_now(self) -> datetime:
        """Return what Printago's clock shows now."""
        return datetime.fromtimestamp(self._now().timestamp() + self.clock_offset, UTC)

    async def request(
        self,
        method: str,
        path: str,
        *,
        lane: Lane,
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Any:
        """Send one request and return the parsed body, None for an empty one.

        Raises any PrintagoError but NotAppliedError. No write is ever sent twice.
        """
        await self.limiter.acquire(lane)
        attempts = 0

        async def count_attempt(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> Any:
            # aiohttp repeats a GET by itself when a connection was cut: the quota has to know.
            nonlocal attempts
            attempts += 1
            if attempts > 1:
                await self.limiter.acquire(lane, max_wait=0)
            return await handler(request)

        body = None if json is None else orjson.dumps(json)
        headers = self._headers if body is None else {**self._headers, "content-type": "application/json"}
        try:
            async with self._session.request(
                method,
                self._base.joinpath(path.removeprefix("/")),
                params=params,
                data=body,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
                middlewares=(count_attempt,),
            ) as response:
                self.limiter.observe(response.headers)
                self._observe_clock(response.headers)
                payload = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as err:
            raise CannotConnectError(f"connection failed ({type(err).__name__})") from None
        except aiohttp.InvalidURL:
            raise CannotConnectError("not a web address") from None
        except TimeoutError:
            raise OutcomeUnknownError("no answer in time") from None
        except (aiohttp.ClientError, OSError) as err:
            # The text of these errors can hold the address; their type says enough.
            raise OutcomeUnknownError(f"connection lost ({type(err).__name__})") from None
        if error := self._error_of(response.status, response.headers, payload):
            raise error
        if not payload:
            return None
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise MalformedResponseError("the answer is not JSON") from None

    def _error_of(self, status: int, headers: Mapping[str, str], payload: bytes) -> PrintagoError | None:
        if 200 <= status < 300:
            return None
        message = self._message_of(payload) or _phrase(status)
        match status:
            case 401:
                return AuthenticationError(message)
            case 403:
                return PermissionDeniedError(message)
            case 404:
                return NotFoundError(message)
            case 429:
                retry_after = parse_retry_after(headers.get("Retry-After"))
                self.limiter.refused(retry_after)
                return RateLimitedError(retry_after)
            case _ if 300 <= status < 400:
                return CannotConnectError(f"the address redirects elsewhere (HTTP {status})")
            case _ if 400 <= status < 500:
                return InvalidRequestError(message)
        return OutcomeUnknownError(f"Printago's server failed (HTTP {status})")

    def _message_of(self, payload: bytes) -> str | None:
        try:
            body = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return None
        message = body.get("message") if isinstance(body, dict) else None
        if isinstance(message, list):
            message = "; ".join(str(part) for part in message)
        if not isinstance(message, str) or not message.strip():
            return None
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return message.strip()[:_MOST_MESSAGE]

    def _observe_clock(self, headers: Mapping[str, str]) -> None:
        try:
            shown = parsedate_to_datetime(headers["Date"])
        except KeyError, ValueError:
            return
        # The header has whole seconds only, so that half a second is right on average.
        self.clock_offset = shown.timestamp() + 0.5 - self._now().timestamp()


def _phrase(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
