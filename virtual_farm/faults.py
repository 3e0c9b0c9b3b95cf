"""Faults that a test injects: the next calls fail in a chosen way."""

import asyncio
from dataclasses import dataclass
from typing import Literal, get_args

type FaultMode = Literal["status", "timeout", "slow", "truncated", "html", "drop", "reset"]

MODES: tuple[str, ...] = get_args(FaultMode.__value__)


@dataclass(slots=True, kw_only=True)
class Fault:
    """How the next `count` matching calls fail.

    `status`: JSON with an HTTP status · `timeout`: no response for `seconds` · `slow`: the right response after
    `seconds` · `truncated`: the right response, cut off in the middle · `html`: a proxy's page with an HTTP status ·
    `drop`: the call takes effect, then the connection is cut · `reset`: the connection is cut without effect. `path` is
    the beginning of a path; with `every`, only each n-th matching call fails. With `acts`, `status`, `html` and
    `timeout` take effect first. An event `until` ends the delay of `timeout` and `slow` early.
    """

    mode: FaultMode
    count: int = 1
    status: int = 503
    message: str = "Service Unavailable"
    path: str | None = None
    method: str | None = None
    seconds: float = 60.0
    retry_after: int | None = None
    every: int = 1
    acts: bool = False
    until: asyncio.Event | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        """Reject invalid settings; raises ValueError."""
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        if self.count < 1 or self.every < 1 or self.seconds < 0:
            raise ValueError("count and every must be at least 1, seconds at least 0")
        if not 100 <= self.status <= 599:
            raise ValueError("status must be an HTTP status")

    def fits(self, method: str, path: str) -> bool:
        """Return whether a call matches."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or path.startswith(self.path)


class FaultBox:
    """Pending faults, in the order in which they were injected."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """Faults that have not occurred yet."""
        return tuple(self._faults)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a call."""
        for fault in self._faults:
            if not fault.fits(method, path):
                continue
            fault.seen += 1
            if fault.seen % fault.every:
                continue
            fault.count -= 1
            if fault.count <= 0:
                self._faults.remove(fault)
            return fault
        return None
