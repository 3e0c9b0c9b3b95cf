"""What a list call returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a list call by ID, and whether they are all that there are."""

    rows: dict[str, Mapping[str, Any]]
    complete: bool
