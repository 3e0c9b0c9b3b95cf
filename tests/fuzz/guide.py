"""Records which lines and branches of the code under test were reached, by ``sys.monitoring`` (PEP 669).

Each line and branch is reported once and costs nothing afterwards: speed matters more than the number of executions.
"""

from collections.abc import Iterator
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

_PACKAGE = "custom_components.printago"
WATCHED = ("api", "model")
"""Modules and packages whose code guides the search."""
_TOOL = 4  # one of those that have no name: coverage may be measured at the same time
_EVENTS = sys.monitoring.events


class Guide:
    """Watches the code from its creation to ``close``; only one can at a time."""

    def __init__(self) -> None:
        """Start to watch all modules imported so far."""
        self.lines = 0
        self.branches = 0
        sys.monitoring.use_tool_id(_TOOL, "fuzz")
        sys.monitoring.register_callback(_TOOL, _EVENTS.LINE, self._on_line)
        for branch in (_EVENTS.BRANCH_LEFT, _EVENTS.BRANCH_RIGHT):
            sys.monitoring.register_callback(_TOOL, branch, self._on_branch)
        for code in _watched_code():
            sys.monitoring.set_local_events(_TOOL, code, _EVENTS.LINE | _EVENTS.BRANCH_LEFT | _EVENTS.BRANCH_RIGHT)
        # Locations reported to an earlier watcher would stay disabled in this process, even for another tool.
        sys.monitoring.restart_events()

    @property
    def reached(self) -> int:
        """Return how much was reached so far, in any unit that grows."""
        return self.lines + self.branches

    def close(self) -> None:
        """Stop watching."""
        sys.monitoring.free_tool_id(_TOOL)

    def _on_line(self, code: CodeType, line: int) -> Any:
        self.lines += 1
        return sys.monitoring.DISABLE

    def _on_branch(self, code: CodeType, source: int, destination: int) -> Any:
        self.branches += 1
        return sys.monitoring.DISABLE


def _watched_code() -> Iterator[CodeType]:
    prefixes = tuple(f"{_PACKAGE}.{name}." for name in WATCHED)
    seen: set[CodeType] = set()
    for name, module in tuple(sys.modules.items()):
        if name.startswith(prefixes):
            for code in _code_of(module):
                if code not in seen:
                    seen.add(code)
                    yield code


def _code_of(module: ModuleType) -> Iterator[CodeType]:
    for value in vars(module).values():
        members = vars(value).values() if isinstance(value, type) else (value,)
        for member in members:
            function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
            function = getattr(function, "__wrapped__", function)
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield from _nested(function.__code__)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
