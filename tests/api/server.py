"""A server with scripted responses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import json
from typing import Any

from aiohttp import web

KEY = "abcdefghijklmnopqrstuvwx_the_secret_rest"
STORE = "s" * 24

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True, kw_only=True)
class Received:
    """A request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


class Server:
    """A server with scripted responses."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.handler: Handler = self.ok
        self.url = ""

    async def ok(self, _: web.Request) -> web.StreamResponse:
        """Respond with success."""
        return web.json_response({"fine": True})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record a request, and respond."""
        self.requests.append(
            Received(
                method=request.method,
                path=request.path,
                headers={name.lower(): value for name, value in request.headers.items()},
                query=dict(request.query),
                body=await request.text(),
            )
        )
        return await self.handler(request)

    def answer(self, status: int, body: str | bytes = "", **headers: str) -> None:
        """Give all requests the same response from now on."""

        async def handler(_: web.Request) -> web.StreamResponse:
            content = body.encode() if isinstance(body, str) else body
            return web.Response(
                status=status, body=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )

        self.handler = handler

    def answer_in_turn(self, *bodies: Any) -> None:
        """Give the next requests one body each; the last one is repeated."""
        waiting = list(bodies)

        async def handler(_: web.Request) -> web.StreamResponse:
            return web.json_response(waiting.pop(0) if len(waiting) > 1 else waiting[0])

        self.handler = handler

    def cut(self, *, times: int) -> None:
        """Cut the connections of the next requests without a response, then respond with success."""
        left = times

        async def handler(request: web.Request) -> web.StreamResponse:
            nonlocal left
            if left == 0:
                return await self.ok(request)
            left -= 1
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        self.handler = handler
