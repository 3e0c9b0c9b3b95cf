"""What was asked of the farm."""

from dataclasses import dataclass
from typing import Any

from .entities import Document


@dataclass(slots=True)
class RequestRecord:
    """One REST request; `time` is POSIX seconds, `status` None while it runs and when it got no answer."""

    method: str
    path: str
    query: dict[str, str]
    time: float
    status: int | None = None
    body: Any = None

    def wire(self) -> Document:
        """Return it as the control API answers it."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "time": self.time,
            "status": self.status,
            "body": self.body,
        }
