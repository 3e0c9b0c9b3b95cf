"""Monitors during the chaos test: the log, the events, and the resources of the process."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
import contextlib
from dataclasses import dataclass
from enum import StrEnum
import logging
from pathlib import Path
import re
import socket
import sys
import threading
from typing import Any, Self, override

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback

from custom_components.printago.const import DOMAIN

_OURS = f"custom_components.{DOMAIN}"
_REPEATABLE = frozenset({"print_paused", "print_resumed", "job_paused"})


class Channel(StrEnum):
    """The two connections to Printago, each with its own outages."""

    REST = "REST"
    STREAM = "stream"


_BEGINNINGS = {
    Channel.REST: re.compile(r"(Error|Authentication failed while) fetching .* data: "),
    Channel.STREAM: re.compile(
        r"(Lost the realtime connection|Cannot connect to the realtime service|The realtime service refused)"
    ),
}
_ENDINGS = {
    Channel.REST: re.compile(r"Fetching .* data recovered"),
    Channel.STREAM: re.compile(r"Realtime connection restored"),
}
# Home Assistant's log message if an entry cannot be set up.
_SETUP_FAILED = re.compile(r"Config entry '.*' for printago integration (not ready yet|could not authenticate)")
# Warnings about custom integrations, and about the speed of compression.
_ANYWAY = frozenset({"homeassistant.loader", "aiohttp_fast_zlib"})
# aiohttp shields its look-up of a name, and from Python 3.14 on asyncio reports it when that fails after whoever asked was
# canceled, say by a reload: https://github.com/aio-libs/aiohttp, `TCPConnector._resolve_host`.
_ABANDONED_LOOKUP = re.compile(r"Error doing job: \w+ exception in shielded future")
# Home Assistant's log message for a press of a button that has just become unavailable.
_PRESSED_TOO_LATE = re.compile(r"Referenced entities button\.\w+ are missing or not currently available")
_SLOW = re.compile(r"Executing .* took ([\d.]+) seconds", re.DOTALL)
_SLOWEST = 2.0
"""Seconds of the event loop that one step of ours may take, on a machine that others use as well."""


class LogWatch(logging.Handler):
    """Reads the whole log: counts outages, and keeps all unexpected lines."""

    def __init__(self) -> None:
        """Begin with all well."""
        super().__init__(logging.DEBUG)
        self.problems: list[str] = []
        self.down: set[Channel] = set()
        self.begun: Counter[Channel] = Counter()
        self.ended: Counter[Channel] = Counter()
        self.setups_failed = 0
        self.abandoned_lookups = 0
        """How often aiohttp has reported a failed name resolution that nothing awaited any more."""
        self.slow_steps = 0
        """How often anything, including farm and tests, has blocked the event loop."""

    def __enter__(self) -> Self:
        """Start to read."""
        logging.getLogger().addHandler(self)
        logging.getLogger(_OURS).setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading."""
        logging.getLogger().removeHandler(self)
        logging.getLogger(_OURS).setLevel(logging.NOTSET)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.name == _OURS:
            for channel in Channel:
                if _BEGINNINGS[channel].match(text):
                    return self._begin(channel, text)
                if _ENDINGS[channel].match(text):
                    return self._end(channel, text)
        if _SETUP_FAILED.match(text):
            self.setups_failed += 1
            # It reports a new outage; else it reports the result of a reload.
            self.down.add(Channel.REST)
            return None
        if record.name == "asyncio" and (slow := _SLOW.match(text)):
            self.slow_steps += 1
            if _OURS.replace(".", "/") not in text or float(slow[1]) < _SLOWEST:
                return None
        if record.name in _ANYWAY or _PRESSED_TOO_LATE.match(text):
            return None
        if record.exc_info and isinstance(record.exc_info[1], socket.gaierror) and _ABANDONED_LOOKUP.match(text):
            self.abandoned_lookups += 1
            return None
        if record.levelno >= logging.WARNING or record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.problems.append(f"{record.levelname} {record.name}: {text} {trace}")
        return None

    def _begin(self, channel: Channel, text: str) -> None:
        self.begun[channel] += 1
        if channel in self.down:
            self.problems.append(f"an outage of {channel} logged twice: {text}")
        self.down.add(channel)

    def _end(self, channel: Channel, text: str) -> None:
        self.ended[channel] += 1
        if channel not in self.down:
            self.problems.append(f"an end of an outage of {channel} that was not logged: {text}")
        self.down.discard(channel)


class EventWatch:
    """Follows the event entities: no event may fire twice."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen to all state changes."""
        self.problems: list[str] = []
        self.counts: Counter[str] = Counter()
        self._seen: set[tuple[Any, ...]] = set()
        self._shown: dict[str, tuple[str, Any]] = {}
        self._alerts: defaultdict[str, dict[str, str]] = defaultdict(dict)
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._on_change)

    @callback
    def _on_change(self, event: Event[Any]) -> None:
        state = event.data["new_state"]
        if state is None:
            # Its printer was removed. Another one with the same name may be added.
            self._alerts.pop(event.data["entity_id"], None)
            return
        if state.domain != "event" or state.state in ("unavailable", "unknown"):
            return
        kind = state.attributes["event_type"]
        shown = (state.state, {name: value for name, value in state.attributes.items() if name != "friendly_name"})
        if self._shown.get(state.entity_id) == shown:
            return
        self._shown[state.entity_id] = shown
        self.counts[kind] += 1
        if problem := self._judge(state.entity_id, kind, state.attributes):
            self.problems.append(f"{state.entity_id} tells {problem} at {state.state}: {dict(state.attributes)}")

    def _judge(self, entity_id: str, kind: str, data: Any) -> str | None:
        if kind in ("printer_online", "printer_offline") or kind.startswith("hms_"):
            what = data.get("code", "connection")
            before = self._alerts[entity_id].get(what)
            self._alerts[entity_id][what] = kind
            return f"{kind} again" if before == kind else None
        if kind in _REPEATABLE:
            return None
        identity: tuple[Any, ...]
        if order_id := kind.startswith("order_") and data.get("order_id"):
            identity = (kind, order_id)
        elif job_id := data.get("job_id"):
            identity = (entity_id, kind, job_id, data.get("attempt"))
        else:
            # External prints and FabMatic alerts have no name.
            return None
        if identity in self._seen:
            return f"{kind} a second time"
        self._seen.add(identity)
        return None


@dataclass(frozen=True, slots=True)
class Holdings:
    """Resources of the process: tasks by name, sockets, other files, and busy threads."""

    tasks: Counter[str]
    sockets: int
    files: int
    threads: frozenset[str]

    @classmethod
    def now(cls) -> Self:
        """Count."""
        kinds = Counter(_kind_of(path) for path in Path("/proc/self/fd").iterdir())
        return cls(
            tasks=Counter(_name_of(task) for task in asyncio.all_tasks()),
            sockets=kinds["socket"],
            files=kinds["file"],
            threads=frozenset(_busy_threads()),
        )

    def beyond(self, before: Holdings) -> list[str]:
        """Describe the resources that were added since before."""
        more = [f"task {name}" for name in (self.tasks - before.tasks).elements()]
        more += [f"{self.sockets - before.sockets} sockets"] if self.sockets > before.sockets else []
        more += [f"{self.files - before.files} files"] if self.files > before.files else []
        return more + [f"thread {name}" for name in self.threads - before.threads]


def _name_of(task: asyncio.Task[Any]) -> str:
    # Named tasks are more specific than "Task-12".
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", repr(coroutine))
    return name if re.fullmatch(r"Task-\d+", task.get_name()) else f"{task.get_name()} ({name})"


def _kind_of(path: Path) -> str:
    with contextlib.suppress(OSError):
        return "socket" if str(path.readlink()).startswith("socket:") else "file"
    return "gone"


def _busy_threads() -> Iterator[str]:
    """Return the threads that are not idle in a pool."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        idle = frame is not None and frame.f_code.co_filename.endswith("concurrent/futures/thread.py")
        if not idle:
            yield thread.name
