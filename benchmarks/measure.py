"""Measurement: CPU time of the event loop's thread, medians, and ratios of runs made together."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import gc
import os
from pathlib import Path
import platform
import time
from typing import Any, Self

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure and its upper limit."""

    name: str
    value: float
    goal: float

    @property
    def met(self) -> bool:
        """Return whether the goal is met."""
        return self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"name": self.name, "value": round(self.value, 4), "goal": self.goal, "met": self.met}


@dataclass(slots=True)
class Outcome:
    """The results of one benchmark: figures with goals, and details."""

    goals: list[Goal] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def judge(self, name: str, value: float, goal: float) -> None:
        """Add a figure with its upper limit ``goal``."""
        self.goals.append(Goal(name, value, goal))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"goals": [goal.as_dict() for goal in self.goals], "details": self.details}


@dataclass(slots=True)
class Spent:
    """CPU seconds of this thread."""

    seconds: float = 0.0


@contextmanager
def cpu_time() -> Iterator[Spent]:
    """Measure the CPU time of this thread inside the context; other threads and processes do not count."""
    spent = Spent()
    gc.collect()
    began = time.thread_time()
    try:
        yield spent
    finally:
        spent.seconds = time.thread_time() - began


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def resident_bytes() -> int:
    """Return the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class LoopWatch:
    """Records how long each step of the event loop takes, in wall-clock time, as another task experiences it."""

    def __init__(self) -> None:
        """Start to measure with ``start``."""
        self.longest = 0.0
        self.longest_cpu = 0.0
        """The same in CPU time, without the time used by other processes."""
        self.what = ""
        self.spent = 0.0
        """Seconds of CPU time of all steps except those of the task that measures."""
        self._own_task: asyncio.Task[Any] | None = None
        self.collections: dict[int, list[float]] = {}
        """Seconds of CPU time of each pass of Python's garbage collector, by generation."""
        self.longest_own = 0.0
        """The longest step in CPU time without garbage collection, which visits the objects of all integrations."""
        self._collecting = 0.0
        self._began_collecting = 0.0
        self._run: Callable[[asyncio.Handle], None] | None = None

    def __enter__(self) -> Self:
        """Measure every callback that the loop runs."""
        self._run = run = asyncio.Handle._run  # noqa: SLF001, the loop offers no other way to time its steps
        watch = self
        self._own_task = asyncio.current_task()

        def timed(handle: asyncio.Handle) -> None:
            watch._collecting = 0.0
            began, began_cpu = time.perf_counter(), time.thread_time()
            run(handle)
            watch.longest = max(watch.longest, time.perf_counter() - began)
            if (took := time.thread_time() - began_cpu) > watch.longest_cpu:
                watch.longest_cpu, watch.what = took, _name_of(handle)
            watch.longest_own = max(watch.longest_own, took - watch._collecting)
            if _owner_of(handle) is not watch._own_task:
                watch.spent += took

        gc.callbacks.append(self._on_collection)
        asyncio.Handle._run = timed  # type: ignore[method-assign]  # noqa: SLF001
        return self

    def __exit__(self, *_: object) -> None:
        """Stop measuring."""
        assert self._run is not None
        gc.callbacks.remove(self._on_collection)
        asyncio.Handle._run = self._run  # type: ignore[method-assign]  # noqa: SLF001

    def _on_collection(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began_collecting = time.thread_time()
            return
        took = time.thread_time() - self._began_collecting
        self._collecting += took
        self.collections.setdefault(info["generation"], []).append(took)


def _owner_of(handle: asyncio.Handle) -> object:
    return getattr(getattr(handle, "_callback", None), "__self__", None)


def _name_of(handle: asyncio.Handle) -> str:
    called = getattr(handle, "_callback", None)
    if isinstance(owner := _owner_of(handle), asyncio.Task):
        called = owner.get_coro()
    return str(getattr(called, "__qualname__", type(called).__name__))


def machine() -> dict[str, Any]:
    """Return properties of the machine that do not identify it."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
