"""Printago's realtime stream: MQTT over TCP or websockets, connected for as long as the client runs."""

import asyncio
from collections.abc import Callable, Coroutine
import contextlib
import enum
import logging
import random
import ssl
import time
from typing import Any, Final

import aiomqtt

from ..redaction import KEY_ID_LENGTH, Redactor
from .connection import MqttConnection, RedactingLogger, SubscriptionRefusedError, WireLogger
from .endpoints import DEFAULT_REALTIME_URL, InvalidRealtimeUrl, RealtimeEndpoint, endpoint_candidates, parse_endpoint

__all__ = [
    "DEFAULT_REALTIME_URL",
    "InvalidRealtimeUrl",
    "RealtimeClient",
    "RealtimeEndpoint",
    "endpoint_candidates",
]

KEEPALIVE_SECONDS: Final = 30
CONNECT_TIMEOUT_SECONDS: Final = 15.0
MIN_BACKOFF_SECONDS: Final = 1.0
MAX_BACKOFF_SECONDS: Final = 300.0
STABLE_SECONDS: Final = 60.0

_STOP_SECONDS: Final = 1.5
# paho turns MQTT 3.1.1's "identifier rejected", "bad user name or password" and "not authorized" into these. The client
# ID is derived from the key, so a rejected ID means a wrong key as well.
_REFUSALS: Final = frozenset({133, 134, 135})

_LOGGER = logging.getLogger(__name__)

type TaskFactory = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]


class _Outcome(enum.Enum):
    UNREACHABLE = enum.auto()
    REFUSED = enum.auto()
    LOST = enum.auto()


class RealtimeClient:
    """Follows one store's topics and always reconnects, with jittered exponential backoff.

    All callbacks run in the event loop and must not block; their exceptions are logged and otherwise ignored. None is
    called after `stop`. The broker does not retain entity events: after each `on_connection(True)`, changes during the
    outage must be read over REST.
    """

    def __init__(
        self,
        *,
        url: str,
        store_id: str,
        api_key: str,
        client_suffix: str,
        tls_context: ssl.SSLContext | None,
        on_message: Callable[[str, bytes], None],
        on_connection: Callable[[bool], None],
        on_refused: Callable[[], None],
        preferred_endpoint: str | None = None,
        outage_logged: bool = False,
        logger: logging.Logger = _LOGGER,
        keepalive: int = KEEPALIVE_SECONDS,
        connect_timeout: float = CONNECT_TIMEOUT_SECONDS,
        min_backoff: float = MIN_BACKOFF_SECONDS,
        max_backoff: float = MAX_BACKOFF_SECONDS,
        stable_after: float = STABLE_SECONDS,
        jitter: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a client; it connects after `start`.

        `on_message(topic, payload)` gets each message, `on_connection` True once both subscriptions are acknowledged
        and False when the connection is lost. `on_refused` is called each time the broker refuses the login or a
        subscription: REST must confirm whether the key is really invalid. `preferred_endpoint`, the URL of an endpoint
        that worked before, is tried first if it is one of the endpoints of `url`. `outage_logged` says that an earlier
        client has logged an outage whose end is still to be logged.

        Times are in seconds. A connection that lasted `stable_after` resets the backoff. `jitter(low, high)` picks the
        delay. Raises InvalidRealtimeUrl, and ValueError if an endpoint needs TLS and there is no context.
        """
        self._candidates = endpoint_candidates(url)
        if tls_context is None and any(candidate.tls for candidate in self._candidates):
            raise ValueError("A TLS context is needed for wss:// and mqtts://")
        self._remembered = _find_endpoint(self._candidates, preferred_endpoint)
        self._store_id = store_id
        self._api_key = api_key
        self._client_id = f"apiclient_{api_key[:KEY_ID_LENGTH]}_{client_suffix}"
        self._tls_context = tls_context
        self._on_message = on_message
        self._on_connection = on_connection
        self._on_refused = on_refused
        self._keepalive = keepalive
        self._connect_timeout = connect_timeout
        self._min_backoff = min_backoff
        self._max_backoff = max_backoff
        self._stable_after = stable_after
        self._jitter = jitter
        self._clock = clock

        self._redactor = Redactor(api_key, self._client_id)
        self._log = RedactingLogger(logger, self._redactor)
        self._wire_log = WireLogger(logger.getChild("mqtt"), self._redactor)

        self._task: asyncio.Task[None] | None = None
        self._openings: set[asyncio.Task[None]] = set()
        self._connection: MqttConnection | None = None
        self._skip_backoff = asyncio.Event()
        self._stopped = False
        self._failures = 0
        self._outage_logged = outage_logged
        self._callback_error_logged = False

        self._endpoint: RealtimeEndpoint | None = None
        self._connected_since: float | None = None
        self._last_message_at: float | None = None
        self._has_received = False
        self._last_error: str | None = None
        self._refused = False
        self._connects = 0
        self._messages_received = 0
        self._messages_dropped = 0

    @property
    def connected(self) -> bool:
        """Whether both subscriptions are up."""
        return self._connected_since is not None

    @property
    def endpoint(self) -> RealtimeEndpoint | None:
        """The endpoint of the current connection, else the last one that worked in this client's life."""
        return self._endpoint

    @property
    def endpoints(self) -> list[RealtimeEndpoint]:
        """The endpoints to try, in order."""
        return list(self._candidates)

    @property
    def refused(self) -> bool:
        """Whether the last attempt reached a broker that refused the login or a subscription."""
        return self._refused

    @property
    def outage_logged(self) -> bool:
        """Whether an outage was logged, but not its end yet."""
        return self._outage_logged

    @property
    def last_error(self) -> str | None:
        """Short text, without secrets, of the last failure; it stays after a reconnect."""
        return self._last_error

    @property
    def connects(self) -> int:
        """Number of connections established."""
        return self._connects

    @property
    def messages_received(self) -> int:
        """Number of received messages."""
        return self._messages_received

    @property
    def messages_dropped(self) -> int:
        """Number of messages for which `on_message` failed."""
        return self._messages_dropped

    @property
    def connected_since(self) -> float | None:
        """When the current connection began, by the client's clock; None while there is none."""
        return self._connected_since

    @property
    def last_message_at(self) -> float | None:
        """When the last message arrived, by the client's clock."""
        return self._last_message_at

    def is_silent_for(self, seconds: float) -> bool:
        """Return whether a connection has lasted this long without any message, even a retained one.

        A broker may grant a subscription and still withhold every message, as mosquitto does.
        """
        since = self._connected_since
        return since is not None and not self._has_received and self._clock() - since > seconds

    def start(self, create_task: TaskFactory | None = None) -> None:
        """Start to connect in the background of the running loop. Call it once.

        `create_task(coroutine, name)` creates the task, for a host that tracks its tasks.
        """
        if self._task is not None or self._stopped:
            raise RuntimeError("The client was already started")
        coroutine = self._run()
        name = "printago realtime"
        self._task = create_task(coroutine, name) if create_task else asyncio.create_task(coroutine, name=name)

    async def stop(self) -> None:
        """Disconnect for good; returns within 2 seconds whatever the network does."""
        self._stopped = True
        if self._task is None:
            return
        self._task.cancel()
        deadline = asyncio.get_running_loop().time() + _STOP_SECONDS
        await asyncio.wait({self._task}, timeout=_STOP_SECONDS)
        if self._openings:
            remaining = max(0.0, deadline - asyncio.get_running_loop().time())
            await asyncio.wait(self._openings, timeout=remaining)

    def reconnect_now(self) -> None:
        """End the current wait between attempts; no effect while connected or connecting."""
        self._skip_backoff.set()

    def give_up_connection(self, reason: str) -> None:
        """Treat the current connection, if any, as lost before its keepalive shows it, and reconnect."""
        if self._connection is not None:
            self._connection.give_up(reason)

    async def _run(self) -> None:
        try:
            while True:
                outcome = await self._connect_round()
                lasted = self._end_connection() if outcome is _Outcome.LOST else 0.0
                self._refused = outcome is _Outcome.REFUSED
                self._failures = 0 if lasted >= self._stable_after else self._failures + 1
                self._report_outage(outcome)
                if outcome is _Outcome.REFUSED:
                    self._call(self._on_refused)
                await self._back_off()
        finally:
            self._connected_since = None

    async def _connect_round(self) -> _Outcome:
        """Try the endpoints in order; return when a connection was lost or refused, or none could be established."""
        for endpoint in self._ordered_candidates():
            outcome = await self._connect(endpoint)
            if outcome is not _Outcome.UNREACHABLE:
                return outcome
        return _Outcome.UNREACHABLE

    def _ordered_candidates(self) -> list[RealtimeEndpoint]:
        if self._remembered is None:
            return self._candidates
        return [self._remembered, *(item for item in self._candidates if item != self._remembered)]

    async def _connect(self, endpoint: RealtimeEndpoint) -> _Outcome:
        """Connect to one endpoint and stay until the connection is lost."""
        connection: MqttConnection | None = None
        # Retained messages may arrive before the subscription is acknowledged.
        self._has_received = False
        try:
            connection = await self._open(endpoint)
            await connection.subscribe_all(
                (f"stores/{self._store_id}/printer-stats/#", f"stores/{self._store_id}/entities/#")
            )
            self._connection = connection
            self._begin_connection(endpoint)
            await connection.wait_lost()
        except Exception as err:  # noqa: BLE001 - paho lets through whatever the network provokes
            return self._classify(endpoint, err)
        finally:
            self._connection = None
            if connection is not None:
                await connection.close()
        return _Outcome.LOST  # pragma: no cover - waiting for the loss always ends with an error

    def _classify(self, endpoint: RealtimeEndpoint, err: Exception) -> _Outcome:
        cause = err.__cause__ if isinstance(err.__cause__, Exception) else err
        self._last_error = self._redactor.redact(str(cause) or type(cause).__name__)
        self._log.debug("Realtime connection to %s: %s (%s)", endpoint.url, self._last_error, type(cause).__name__)
        if self.connected:
            return _Outcome.LOST
        if isinstance(err, SubscriptionRefusedError):
            return _Outcome.REFUSED
        if isinstance(err, aiomqtt.MqttCodeError) and getattr(err.rc, "value", err.rc) in _REFUSALS:
            return _Outcome.REFUSED
        return _Outcome.UNREACHABLE

    async def _open(self, endpoint: RealtimeEndpoint) -> MqttConnection:
        connection = MqttConnection(
            endpoint,
            username=self._store_id,
            password=self._api_key,
            client_id=self._client_id,
            tls_context=self._tls_context,
            keepalive=self._keepalive,
            timeout=self._connect_timeout,
            on_message=self._handle_message,
            logger=self._wire_log,
        )
        # Not a task of the host: canceling it would leave a thread, and later a session with our client ID, without an
        # owner.
        opening = asyncio.get_running_loop().create_task(connection.open(), name="printago realtime connecting")
        self._openings.add(opening)
        opening.add_done_callback(self._opening_done)
        try:
            done, _ = await asyncio.wait({opening}, timeout=self._connect_timeout)
        except asyncio.CancelledError:
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                await connection.close()
            connection.abort()
            raise
        if not done:
            connection.abort()
            raise TimeoutError("no answer in time")
        opening.result()
        return connection

    def _opening_done(self, opening: asyncio.Task[None]) -> None:
        self._openings.discard(opening)
        if not opening.cancelled():
            # Retrieve the error of an attempt that nothing awaits any more.
            opening.exception()

    def _begin_connection(self, endpoint: RealtimeEndpoint) -> None:
        self._connected_since = self._clock()
        self._connects += 1
        self._endpoint = self._remembered = endpoint
        if self._outage_logged:
            self._outage_logged = False
            self._log.info("Realtime connection restored (%s)", endpoint.url)
        else:
            self._log.debug("Realtime connection established (%s)", endpoint.url)
        self._call(self._on_connection, True)

    def _end_connection(self) -> float:
        """Notify the owner of the loss; return how many seconds the connection lasted."""
        since = self._connected_since
        self._connected_since = None
        self._call(self._on_connection, False)
        return self._clock() - since if since is not None else 0.0

    def _report_outage(self, outcome: _Outcome) -> None:
        if self._outage_logged:
            return
        self._outage_logged = True
        what = {
            _Outcome.UNREACHABLE: "Cannot connect to the realtime service",
            _Outcome.REFUSED: "The realtime service refused the API key",
            _Outcome.LOST: "Lost the realtime connection",
        }[outcome]
        self._log.warning("%s (%s); trying again in the background", what, self._last_error)

    async def _back_off(self) -> None:
        ceiling = min(self._max_backoff, self._min_backoff * 2.0 ** min(max(self._failures - 1, 0), 32))
        delay = self._jitter(0.0, ceiling)
        self._log.debug("Next realtime attempt in %.1f s", delay)
        self._skip_backoff.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._skip_backoff.wait()

    def _handle_message(self, topic: str, payload: bytes) -> None:
        if self._stopped:
            return
        self._messages_received += 1
        self._last_message_at = self._clock()
        self._has_received = True
        try:
            self._on_message(topic, payload)
        except Exception:  # noqa: BLE001 - the owner's bug must not end the stream
            self._messages_dropped += 1
            self._log_callback_error()

    def _call[**P](self, callback: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call back; `stop` has canceled this task before, so nothing is called after it."""
        try:
            callback(*args, **kwargs)
        except Exception:  # noqa: BLE001 - the owner's bug must not end the stream
            self._log_callback_error()

    def _log_callback_error(self) -> None:
        # Log it once: a bad payload may repeat with every update.
        if self._callback_error_logged:
            self._log.debug("Error while handling realtime data", exc_info=True)
        else:
            self._callback_error_logged = True
            self._log.exception("Error while handling realtime data")


def _find_endpoint(candidates: list[RealtimeEndpoint], url: str | None) -> RealtimeEndpoint | None:
    if url is None:
        return None
    try:
        endpoint = parse_endpoint(url)
    except InvalidRealtimeUrl:
        return None
    return endpoint if endpoint in candidates else None
