"""Finds problems in Home Assistant's log."""

from collections.abc import Iterator
from pathlib import Path
import re

_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ (?P<level>[A-Z]+) ")
# Home Assistant logs this for every custom integration.
_NOTICE = "which has not been tested by Home Assistant"
_COMPLAINT = re.compile(r"deprecated|blocking call|Detected|never retrieved|never awaited|Unclosed", re.IGNORECASE)


def _records(log: Path) -> Iterator[str]:
    """Yield the records of a log, each with its continuation lines."""
    record = ""
    for line in log.read_text(errors="replace").splitlines():
        if _RECORD.match(line) and record:
            yield record
            record = line
        else:
            record = f"{record}\n{line}" if record else line
    if record:
        yield record


def complaints(log: Path) -> list[str]:
    """Return the warnings and errors of the integration, and all about deprecated or blocking calls."""
    found = []
    for record in _records(log):
        match = _RECORD.match(record)
        loud = match is None or match["level"] in {"WARNING", "ERROR", "CRITICAL"}
        if loud and _NOTICE not in record and ("printago" in record or _COMPLAINT.search(record)):
            found.append(record)
    return found
