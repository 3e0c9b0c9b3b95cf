"""Mutants that no test can detect, each with the reason: `tests/equivalent_mutants.toml`."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
import tomllib

from .mutants import Mutant

type Place = tuple[str, str]
"""Path of a module, relative to the integration, and the key of a mutant in it."""


def read(path: Path) -> Mapping[Place, str]:
    """Return the reason for each equivalent mutant. Raises ValueError for an incomplete entry."""
    if not path.exists():
        return {}
    reasons: dict[Place, str] = {}
    for mutant in tomllib.loads(path.read_text()).get("mutant", []):
        for part, name in (("module", "module"), ("key", "key"), ("why", "reason")):
            if not str(mutant.get(part, "")).strip():
                raise ValueError(f"{path.name}: {mutant.get('key') or mutant} lacks a {name}")
        reasons[mutant["module"], mutant["key"]] = mutant["why"]
    return reasons


def outdated(reasons: Iterable[Place], package: Path, mutants: Mapping[str, Iterable[Mutant]]) -> Iterator[str]:
    """Yield problems of entries: their module is gone, or the code that they are about.

    `mutants` has those of some modules, by the path relative to the integration; only these are checked in detail.
    """
    keys = {module: {mutant.key for mutant in of_module} for module, of_module in mutants.items()}
    for module, key in reasons:
        if not (package / module).exists():
            yield f"{key}: there is no {module}; name the module that the code is in now"
        elif module in keys and key not in keys[module]:
            yield f"{key}: {module} has no such mutant; its code has changed, judge it anew"
