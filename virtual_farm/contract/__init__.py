"""The parts of the vendor's API description that are used, without its prose; created by script/vendor-contract."""

from functools import cache
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
REST = FOLDER / "rest.json"
STATS = FOLDER / "stats.json"


@cache
def description(file: Path = REST) -> dict[str, Any]:
    """Return a description as OpenAPI 3.1. Calls that the farm does not implement have no schemas."""
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return result
