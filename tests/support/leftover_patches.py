"""Detects replaced attributes of the product that a test has not restored."""

from collections.abc import Iterator
import sys
from types import FunctionType, ModuleType
from typing import Any

import pytest

_OURS = ("custom_components.printago", "virtual_farm")
_OTHERS = (
    "homeassistant.helpers.storage",
    "homeassistant.helpers.update_coordinator",
    "homeassistant.util.dt",
)
"""Modules of Home Assistant that tests replace to control storage, polls, and time."""


_seen: dict[str, Any] = {}
"""The product as it was after the tests of the file before, which is as it is before those of the next one."""


@pytest.fixture(scope="module", autouse=True)
def no_leftover_patches() -> Iterator[None]:
    """Compare the product before and after the tests of a file: leftover replacements make other tests fail at random."""
    before = _seen or dict(_everything())
    yield
    after = dict(_everything())
    replaced = [name for name, value in before.items() if name in after and after[name] is not value]
    _seen.clear()
    _seen.update(after)
    assert not replaced, f"replaced and not put back: {replaced}"


def _everything() -> Iterator[tuple[str, Any]]:
    """Return the value of each name in the product: in modules, classes and defaults of functions."""
    for name, module in tuple(sys.modules.items()):
        if isinstance(module, ModuleType) and (name.startswith(_OURS) or name in _OTHERS):
            yield from _attributes(name, module)


def _attributes(path: str, owner: ModuleType | type) -> Iterator[tuple[str, Any]]:
    for name, value in tuple(vars(owner).items()):
        if name.startswith("__") and name != "__init__":
            continue
        yield f"{path}.{name}", value
        if isinstance(value, type) and value.__module__ == path:
            yield from _attributes(f"{path}.{name}", value)
        elif isinstance(value, FunctionType):
            for default, given in (value.__kwdefaults__ or {}).items():
                yield f"{path}.{name}({default})", given
