"""A client of Home Assistant's REST and WebSocket APIs."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import dataclass
import itertools
import time
from typing import Any, Literal, overload

import aiohttp

from .processes import DemoError


@dataclass(frozen=True, slots=True)
class StateChange:
    """A state change; `seen` is when it arrived here (time.perf_counter)."""

    entity_id: str
    state: str
    attributes: dict[str, Any]
    seen: float


class Client:
    """One signed-in user."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        """Use an access token of the Home Assistant at `url`."""
        self._session = session
        self._url = url
        self._token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._watchers: set[Callable[[StateChange], None]] = set()

    async def rest(self, method: Literal["GET", "POST"], path: str, body: Any = None) -> Any:
        """Call REST below /api and return its JSON; raises DemoError for an error status."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, f"{self._url}/api{path}", json=body, headers=headers) as response:
            if response.status >= 400:
                text = (await response.text()).strip()
                raise DemoError(f"Home Assistant refused {method} /api{path}: {response.status} {text}")
            return await response.json()

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return the state object of an entity; raises DemoError if there is none."""
        state: dict[str, Any] = await self.rest("GET", f"/states/{entity_id}")
        return state

    @overload
    async def action(self, name: str, data: dict[str, Any]) -> None: ...
    @overload
    async def action(self, name: str, data: dict[str, Any], *, response: Literal[True]) -> dict[str, Any]: ...

    async def action(self, name: str, data: dict[str, Any], *, response: bool = False) -> dict[str, Any] | None:
        """Perform an action such as `button.press`; with `response` return its response."""
        suffix = "?return_response" if response else ""
        answer = await self.rest("POST", f"/services/{name.replace('.', '/')}{suffix}", data)
        return answer["service_response"] if response else None

    async def connect(self) -> None:
        """Open the WebSocket."""
        self._socket = await self._session.ws_connect(f"{self._url}/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        if (answer := await self._socket.receive_json())["type"] != "auth_ok":
            raise DemoError(f"Home Assistant refused the websocket: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket))

    async def watch(self) -> None:
        """Subscribe to all state changes; Home Assistant drops a client that is slower than they are at a large set-up."""
        await self.command("subscribe_events", event_type="state_changed")

    async def close(self) -> None:
        """Close the WebSocket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def command(self, kind: str, **arguments: Any) -> Any:
        """Send a WebSocket command and return its result; raises DemoError if it fails."""
        if self._socket is None:
            raise RuntimeError("not connected")
        number = next(self._ids)
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": kind, **arguments})
        answer = await future
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error']['message']}")
        return answer["result"]

    async def _read(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in websocket:
            content = message.json()
            if content["type"] == "result":
                self._answers.pop(content["id"]).set_result(content)
            elif content["type"] == "event" and (new := content["event"]["data"]["new_state"]) is not None:
                change = StateChange(new["entity_id"], new["state"], new["attributes"], time.perf_counter())
                for watcher in tuple(self._watchers):
                    watcher(change)
        for answer in self._answers.values():
            answer.set_exception(DemoError("Home Assistant closed the websocket"))

    def expect(self, wanted: Callable[[StateChange], bool]) -> asyncio.Future[StateChange]:
        """Return an awaitable of the next matching state change."""
        future: asyncio.Future[StateChange] = asyncio.get_running_loop().create_future()

        def watch(change: StateChange) -> None:
            if not future.done() and wanted(change):
                future.set_result(change)

        self._watchers.add(watch)
        future.add_done_callback(lambda _: self._watchers.discard(watch))
        return future
