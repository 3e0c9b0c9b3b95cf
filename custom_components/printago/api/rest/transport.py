"""Sends HTTP requests to Printago: adds credentials, applies quota and timeouts, and converts failures into our errors."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
import re
from typing import Any

import aiohttp
import orjson
from yarl import URL

from ..exceptions import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotEntitledError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
)
from ..models.fields import http_date
from ..redaction import KEY_ID_LENGTH, Redactor
from .addresses import fetch
from .bodies import network_errors, read_body, storage_error
from .permissions import PermissionLedger, Permissions, named_in, permissions_of
from .rate_limit import MAX_WAIT, RateLimiter, RequestPriority, parse_retry_after
from .request_log import uptime

DEFAULT_API_URL = "https://api.printago.io"
# The beginning of a key is its own ID (Printago's realtime documentation); IDs have this form.
_KEY_ID = re.compile(r"[a-z0-9]{24}")
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10)
# Other characters of URLs make name resolution fail in unexpected ways.
_HOST = re.compile(r"[\w.:%-]{1,253}", re.ASCII)
_SLOWEST_UPLOAD = 50_000
"""Bytes per second: a slower transfer has failed."""
MAX_ANSWER = 32_000_000
"""Longest response in bytes, uncompressed: a page of 1,000 jobs has about 3,000,000."""
_MOST_MESSAGE = 300
_SLEW = 2.0
"""Time synchronization corrects the system clock in steps of at most so many seconds; a larger one means that it was
set.
"""
_MOST_SEARCHED = 20_000
_MOST_PARTS = 20


def _utcnow() -> datetime:
    return datetime.now(UTC)


class ServerClock:
    """Printago's clock, calculated from ours and the ``Date`` headers of responses.

    Setting our clock in between does not matter, since ``steady`` shows how much time has passed.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = _utcnow,
        *,
        steady: Callable[[], float] = uptime,
        on_known: Callable[[], None] = lambda: None,
    ) -> None:
        """Assume equal clocks until the first response with a date, which calls ``on_known``."""
        self._now = now
        self._steady = steady
        self._on_known = on_known
        self._apart: float | None = None
        self.offset = 0.0
        """Seconds by which Printago's clock was ahead of ours at the last response."""

    def now(self) -> datetime:
        """Return the time of Printago's clock."""
        now = self._now()
        offset = self.offset
        if self._apart is not None:
            set_by = now.timestamp() - self._steady() - self._apart
            if not -_SLEW <= set_by <= _SLEW:
                offset -= set_by
        return now + timedelta(seconds=offset) if offset else now

    def observe(self, headers: Mapping[str, str]) -> None:
        """Update the offset from the headers of a new response."""
        if (shown := http_date(headers.get("Date", ""))) is None:
            return
        now = self._now().timestamp()
        # The header has whole seconds only, so adding half a second is right on average. Clocks that differ by less
        # than its precision count as equal.
        offset = shown.timestamp() + 0.5 - now
        self.offset = offset if abs(offset) > 1 else 0.0
        known, self._apart = self._apart is not None, now - self._steady()
        if not known:
            self._on_known()


def _without_context[**P, R](method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Remove the context of errors: aiohttp's errors hold the request with its credentials and URL."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except PrintagoError as err:
            err.__context__ = None
            raise

    return call


class Transport:
    """Sends authenticated JSON requests for one store; the session, the limiter and the clock are passed in."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_url: str,
        store_id: str,
        api_key: str,
        limiter: RateLimiter,
        clock: ServerClock | None = None,
    ) -> None:
        """Prepare requests; raises CannotConnectError when ``api_url`` is not an http(s) address."""
        self._base = parse_api_url(api_url)
        self._session = session
        self._headers = {"authorization": f"ApiKey {api_key}", "x-printago-storeid": store_id}
        self.key_id = api_key[:KEY_ID_LENGTH] if _KEY_ID.match(api_key) else None
        """The ID of the key, which is also a secret; None if it has none."""
        self.redactor = Redactor(api_key)
        self.limiter = limiter
        self.clock = clock or ServerClock()
        self.permissions = PermissionLedger()
        self._closed = asyncio.Event()

    @_without_context
    async def request(
        self,
        method: str,
        path: str,
        *,
        priority: RequestPriority | None,
        params: Mapping[str, str] | None = None,
        json: object | Callable[[], object] = None,
        entitled: bool = True,
        read: Callable[[object], Any] | None = None,
    ) -> Any:
        """Send one request and return the parsed body, None for an empty one.

        With ``read``, parse a large body in a separate thread, and return what ``read`` returns for it there.

        ``json`` may be a function that is called when there is room for the request; an exception of it cancels the
        request. Without a ``priority`` the request is counted but never delayed, which is for emergencies.

        With ``entitled`` False, a refusal that names no permission means that the subscription does not include this.

        Raises any PrintagoError except NotAppliedError. No write is ever sent twice.
        """
        if not all(value.isprintable() for value in self._headers.values()):
            raise AuthenticationError("the API key or the store ID has characters that none can have")
        body = None if json is None or callable(json) else _encode(json)
        await self._admit(priority)
        if callable(json):
            body = _encode(json())
        headers = self._headers if body is None else {**self._headers, "content-type": "application/json"}
        attempts = 0

        async def count_attempt(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> Any:
            # aiohttp repeats a GET by itself when a connection was cut: count that, too.
            nonlocal attempts
            attempts += 1
            if attempts > 1:
                await self._admit(priority, max_wait=0)
            return await handler(request)

        with network_errors():
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
                self.limiter.observe(response.headers, refused=response.status == HTTPStatus.TOO_MANY_REQUESTS)
                self.clock.observe(response.headers)
                payload = await read_body(response.content, MAX_ANSWER)
        if error := self._error_of(response.status, response.headers, payload):
            if isinstance(error, PermissionDeniedError):
                raise self._judge_refusal(error, permissions_of(method, path), entitled=entitled)
            raise error
        self.permissions.allow(permissions_of(method, path))
        if read is not None:
            return await asyncio.get_running_loop().run_in_executor(None, lambda: read(_parsed(payload)))
        return _parsed(payload)

    @_without_context
    async def download(self, url: str, most: int) -> bytes:
        """Return the file of at most ``most`` bytes behind a signed URL, which costs no quota.

        The request has no credentials, since the signature replaces them. Errors do not contain the URL.

        Raises CannotConnectError, OutcomeUnknownError, NotFoundError, InvalidRequestError.
        """
        address = _signed_address(url)
        with network_errors(ValueError):
            async with self._session.get(address, timeout=_TIMEOUT, allow_redirects=False) as response:
                if response.status != HTTPStatus.OK:
                    raise storage_error(response.status)
                return await read_body(response.content, most)

    @_without_context
    async def fetch(self, address: str, most: int) -> bytes:
        """Return the file of at most ``most`` bytes at an absolute URL of a record, without credentials.

        Raises CannotConnectError, OutcomeUnknownError, NotFoundError, InvalidRequestError.
        """
        return await fetch(self._session, address, most, api_host=self._base.host or "")

    @_without_context
    async def upload(self, url: str, content: AsyncIterable[bytes], size: int) -> None:
        """Upload ``size`` bytes to a signed URL, which costs no quota.

        The signature covers the headers, so only the length is added. Errors do not contain the URL.

        Raises CannotConnectError, OutcomeUnknownError, InvalidRequestError; after any of them the file is not there.
        """
        address = _signed_address(url)
        timeout = aiohttp.ClientTimeout(total=60 + size / _SLOWEST_UPLOAD, connect=10, sock_connect=10)
        with network_errors(ValueError):
            async with self._session.put(
                address,
                data=content,
                headers={"Content-Length": str(size)},
                skip_auto_headers=("Content-Type",),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if not 200 <= response.status < 300:
                    raise storage_error(response.status)

    def close(self) -> None:
        """End all reads that wait for room: their results are no longer needed."""
        self._closed.set()

    async def _admit(self, priority: RequestPriority | None, max_wait: float = MAX_WAIT) -> None:
        if priority is None:
            self.limiter.count()
        else:
            await self.limiter.acquire(
                priority, max_wait, ended=self._closed if priority is RequestPriority.BACKGROUND else None
            )

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
                retry_after = parse_retry_after(headers.get("Retry-After"), now=self.clock.now())
                self.limiter.refused(retry_after)
                return RateLimitedError(retry_after, refused=True)
            case _ if 300 <= status < 400:
                return CannotConnectError(f"the address redirects elsewhere (HTTP {status})")
            case _ if 400 <= status < 500:
                return InvalidRequestError(message)
        return OutcomeUnknownError(f"Printago's server failed (HTTP {status})")

    def _judge_refusal(self, error: PermissionDeniedError, needed: Permissions, *, entitled: bool) -> PrintagoError:
        """Return the error for a refusal, and record the permissions that the key lacks."""
        message = str(error)
        named = named_in(message, needed)
        if not named and not entitled:
            return NotEntitledError(message)
        error.permissions = named or needed
        self.permissions.deny(error.permissions)
        return error

    def _message_of(self, payload: bytes) -> str | None:
        try:
            body = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return None
        message = body.get("message") if isinstance(body, dict) else None
        if isinstance(message, list):
            message = "; ".join(part for part in message[:_MOST_PARTS] if isinstance(part, str))
        if not isinstance(message, str):
            return None
        return self.redactor.redact(_beginning(message.strip())).strip()[:_MOST_MESSAGE]


def parse_api_url(text: str) -> URL:
    """Parse the URL of the REST API; raises CannotConnectError if it is not an http(s) URL."""
    try:
        url = URL(text)
        host = url.host
    except ValueError, LookupError:
        raise CannotConnectError("not a web address") from None
    if url.scheme not in ("http", "https") or not host or not _HOST.fullmatch(url.raw_host or ""):
        raise CannotConnectError("not a web address")
    if url.user is not None or url.password is not None:
        raise CannotConnectError("an address with a user or a password, which the API key replaces")
    return url


def _beginning(message: str) -> str:
    """Return the part of a message that is searched for secrets; it ends between words, so that no secret is cut."""
    if len(message) <= _MOST_SEARCHED:
        return message
    return message[:_MOST_SEARCHED].rsplit(None, 1)[0]


def _parsed(payload: bytes) -> Any:
    """Return the parsed body, None for an empty one; raises MalformedResponseError."""
    if not payload:
        return None
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise MalformedResponseError("the answer is not JSON") from None


def _encode(json: object) -> bytes:
    try:
        return orjson.dumps(json)
    except orjson.JSONEncodeError as err:
        raise InvalidRequestError(f"cannot be written as JSON: {err}") from None


def _phrase(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _signed_address(url: str) -> URL:
    try:
        # Quoted again, a signature would not match.
        address = URL(url, encoded=True)
    except ValueError, LookupError:
        raise MalformedResponseError("the signed address is none") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise MalformedResponseError("the signed address is none")
    return address
