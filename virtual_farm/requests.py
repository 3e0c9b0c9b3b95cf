"""Requests that the farm received."""

from dataclasses import dataclass
from typing import Any

from .entities import Document


@dataclass(slots=True)
class RequestRecord:
    """One REST request; `time` is POSIX seconds, `status` None while it is running and if it got no response."""

    method: str
    path: str
    query: dict[str, str]
    time: float
    status: int | None = None
    body: Any = None

    def wire(self) -> Document:
        """Return the form that the control API uses."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "time": self.time,
            "status": self.status,
            "body": self.body,
        }
