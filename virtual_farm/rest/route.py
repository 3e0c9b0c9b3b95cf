"""Definition of REST calls."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import re
from typing import Any

from aiohttp import web

from virtual_farm.farm import VirtualFarm
from virtual_farm.world import World

from .schema import Check


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has passed all checks; `body` is the parsed and checked JSON, `ids` the path parameters."""

    farm: VirtualFarm
    request: web.Request
    body: Any
    query: Mapping[str, str]
    ids: Mapping[str, str]

    @property
    def world(self) -> World:
        """The store."""
        return self.farm.world


type Handler = Callable[[Call], Any]
"""Returns the JSON response; raises ApiError."""


@dataclass(frozen=True, slots=True)
class Route:
    """One API call: its permissions (all are required), its body, and its handler."""

    method: str
    path: str
    permissions: tuple[str, ...]
    handler: Handler
    body: Check | None = None
    status: int = 200
    public: bool = False
    """Whether it needs neither key nor quota."""


def unnamed(path: str) -> str:
    """Return a path without the names of its parameters, which differ between descriptions."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@dataclass(frozen=True, slots=True)
class RawRoute:
    """A call outside the API: no key, no quota, its own response."""

    method: str
    path: str
    handler: Callable[[VirtualFarm, web.Request], Awaitable[web.StreamResponse]]
