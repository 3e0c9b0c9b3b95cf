"""What a REST call is made of."""

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
    """One call that has passed all checks; `body` is the parsed and checked JSON, `ids` what the path names."""

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
"""Returns what JSON is answered; raises ApiError."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the cloud: who may use it (all `permissions` are needed), what body it takes, what it does."""

    method: str
    path: str
    permissions: tuple[str, ...]
    handler: Handler
    body: Check | None = None
    status: int = 200
    public: bool = False
    """Whether it needs neither key nor quota."""


def unnamed(path: str) -> str:
    """Return a path without the names of its parameters, by which two descriptions of a call differ."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@dataclass(frozen=True, slots=True)
class RawRoute:
    """A call outside the API proper: no key, no quota, its own response."""

    method: str
    path: str
    handler: Callable[[VirtualFarm, web.Request], Awaitable[web.StreamResponse]]
