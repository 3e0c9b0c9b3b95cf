"""Mutants that nothing can notice, each with the reason why: `tests/equivalent_mutants.toml`."""

from collections.abc import Mapping
from pathlib import Path
import tomllib


def read(path: Path) -> Mapping[str, str]:
    """Return key of a mutant → why no test can tell it from the original. Raises ValueError where a reason is missing."""
    if not path.exists():
        return {}
    reasons: dict[str, str] = {}
    for mutant in tomllib.loads(path.read_text()).get("mutant", []):
        if not str(mutant.get("why", "")).strip():
            raise ValueError(f"{path.name}: {mutant.get('key')} lacks a reason")
        reasons[mutant["key"]] = mutant["why"]
    return reasons
