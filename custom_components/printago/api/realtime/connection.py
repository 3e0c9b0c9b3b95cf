"""One MQTT connection on aiomqtt and paho-mqtt that can be aborted at any moment and logs without secrets."""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
import logging
import socket
import ssl
from typing import Any, Final, override

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ..redaction import Redactor
from .endpoints import RealtimeEndpoint

_CLOSE_SECONDS: Final = 1.0
_SUBACK_FAILURE: Final = 0x80
_SOCKET_FACTORY: Final = "_create_socket_connection"


class SubscriptionRefusedError(Exception):
    """The broker answered a subscription with a failure code: the key may not read the topic."""


class RedactingLogger(logging.Logger):
    """A logger in front of another one that removes secrets from its records.

    It is not registered by name: the secrets belong to one client, and filters of a named logger would accumulate.
    """

    def __init__(self, target: logging.Logger, redactor: Redactor) -> None:
        super().__init__(target.name)
        self.parent = target
        self._redactor = redactor

    @override
    def handle(self, record: logging.LogRecord) -> None:
        record.msg = self._redactor.redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = self._redactor.redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        super().handle(record)

    @override
    def isEnabledFor(self, level: int) -> bool:
        # The base class caches the result, and only registered loggers are notified when a level changes.
        return self.parent is not None and self.parent.isEnabledFor(level)


class WireLogger(RedactingLogger):
    """Logs everything from paho at debug level.

    paho logs a broken connection as an error, which the client reports itself.
    """

    @override
    def isEnabledFor(self, level: int) -> bool:
        return super().isEnabledFor(logging.DEBUG)

    @override
    def handle(self, record: logging.LogRecord) -> None:
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        super().handle(record)


class MqttConnection(aiomqtt.Client):
    """A single-use connection: `open`, `subscribe_all`, `wait_lost`, `close`.

    paho resolves, connects and shakes hands in a thread, which cannot be canceled. `abort` shuts its socket down
    instead, so that the thread ends at once; if there is no socket yet, `abort` prevents that one is used.
    """

    def __init__(
        self,
        endpoint: RealtimeEndpoint,
        *,
        username: str,
        password: str,
        client_id: str,
        tls_context: ssl.SSLContext | None,
        keepalive: int,
        timeout: float,
        on_message: Callable[[str, bytes], None],
        logger: logging.Logger,
    ) -> None:
        """Prepare a connection. `keepalive` and `timeout` (of each awaited response) are in seconds."""
        super().__init__(
            endpoint.host,
            endpoint.port,
            username=username,
            password=password,
            identifier=client_id,
            clean_session=True,
            keepalive=keepalive,
            timeout=timeout,
            transport="websockets" if endpoint.websocket else "tcp",
            websocket_path=endpoint.path if endpoint.websocket else None,
            tls_context=tls_context if endpoint.tls else None,
            logger=logger,
        )
        # Retrieve the error of a loss after the close, since nothing awaits it any more.
        self._disconnected.add_done_callback(_error_of)
        self._deliver = on_message
        self._aborted = False
        self._tcp: socket.socket | None = None
        self._handshaking: socket.socket | None = None
        # paho offers no other way to get the socket before the TLS and websocket handshakes are done. If a later paho
        # drops this method, an aborted attempt only ends later.
        self._create_socket: Callable[[], socket.socket] | None = getattr(self._client, _SOCKET_FACTORY, None)
        if self._create_socket is not None:
            setattr(self._client, _SOCKET_FACTORY, self._create_abortable_socket)

    def _create_abortable_socket(self) -> socket.socket:
        """Connect by TCP; runs in paho's thread."""
        self._raise_if_aborted()
        assert self._create_socket is not None
        self._tcp = tcp = self._create_socket()
        # TLS takes over the socket object; a duplicate still reaches the connection.
        self._handshaking = tcp.dup()
        if self._aborted:
            self._end_handshake(abort=True)
            tcp.close()
            self._raise_if_aborted()
        return tcp

    def _raise_if_aborted(self) -> None:
        if self._aborted:
            raise ConnectionAbortedError("connection attempt given up")

    def _end_handshake(self, *, abort: bool) -> None:
        duplicate, self._handshaking = self._handshaking, None
        if duplicate is None:
            return
        if abort:
            with contextlib.suppress(OSError):
                duplicate.shutdown(socket.SHUT_RDWR)
        # While a duplicate is open the connection stays up, even after paho has closed its own.
        duplicate.close()

    @override
    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        # aiomqtt's queue grows without bound, or drops the newest, and a topic that MQTT forbids ends the connection:
        # if it is retained, each new connection as well.
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._deliver(topic, message.payload)

    @override
    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        # aiomqtt ignores a connection that is closed before the login is answered, and waits for the timeout.
        if not self._connected.done():
            self._loop.call_soon_threadsafe(self._fail_login)
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    @override
    def _on_socket_register_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        # aiomqtt makes the loop watch the socket later, when it may be closed already, and then raises into the loop.
        self._loop.call_soon_threadsafe(self._watch_writes, client, sock)

    def _watch_writes(self, client: paho.Client, sock: Any) -> None:
        def write() -> None:
            try:
                client.loop_write()
            except Exception as err:  # noqa: BLE001, whatever it is, the connection is broken
                if not self._disconnected.done():
                    self._disconnected.set_exception(err)

        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), write)

    def _fail_login(self) -> None:
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("connection closed before the login was answered"))

    def abort(self) -> None:
        """Abort the connection attempt. Never blocks; `open` raises soon after."""
        self._aborted = True
        self._end_handshake(abort=True)

    async def open(self) -> None:
        """Connect and log in, or clean up and raise.

        Must run in its own task that is never canceled: it owns what the thread may still create. Raises
        aiomqtt.MqttCodeError when the login is refused, aiomqtt.MqttError and others when there is no connection.
        """
        opened = False
        try:
            await self.__aenter__()
            self._raise_if_aborted()
            opened = True
        finally:
            self._end_handshake(abort=not opened)
            if not opened:
                await self.close()
                if self._tcp is not None:
                    # paho does not close it when the websocket handshake fails.
                    self._tcp.close()

    async def subscribe_all(self, topic_filters: Sequence[str]) -> None:
        """Subscribe to all filters with one request and wait for the response.

        Raises SubscriptionRefusedError, and aiomqtt.MqttError when the connection is lost meanwhile.
        """
        subscribing = asyncio.ensure_future(self.subscribe([(topic_filter, 0) for topic_filter in topic_filters]))
        lost = asyncio.ensure_future(self.wait_lost())
        tasks = (subscribing, lost)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not subscribing.done():
                lost.result()
            codes = subscribing.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if any((code if isinstance(code, int) else code.value) >= _SUBACK_FAILURE for code in codes):
            raise SubscriptionRefusedError("the broker refused a subscription")

    def give_up(self, reason: str) -> None:
        """Treat an open connection as lost; `wait_lost` raises."""
        if not self._disconnected.done():
            self._disconnected.set_exception(aiomqtt.MqttError(reason))

    async def wait_lost(self) -> None:
        """Wait until the connection is lost, then raise aiomqtt.MqttError."""
        async for _ in self.messages:
            pass

    async def close(self) -> None:
        """Disconnect within about a second, whatever the network does, and leave no task or socket behind."""
        try:
            if self._connected.done() and not self._connected.cancelled() and _error_of(self._connected) is None:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self.__aexit__(None, None, None)
        except aiomqtt.MqttError, TimeoutError, OSError:
            pass
        finally:
            # aiomqtt leaves the socket open after an error or a login that timed out.
            with contextlib.suppress(OSError):
                getattr(self._client, "_sock_close", self._client.disconnect)()
            if self._misc_task is not None:
                self._misc_task.cancel()
                await asyncio.wait({self._misc_task})
            _error_of(self._disconnected)


def _error_of(future: asyncio.Future[None]) -> BaseException | None:
    """Return the exception of a future; this also keeps asyncio from reporting it as never retrieved."""
    return future.exception() if future.done() and not future.cancelled() else None
