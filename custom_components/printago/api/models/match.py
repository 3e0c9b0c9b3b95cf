"""Whether a job can go to a printer (the vendor's ``PrinterMatchingStatus`` schema)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """An obstacle; ``explanation`` is Printago's own text."""

    code: object
    explanation: str


@dataclass(frozen=True, slots=True)
class PrinterMatch:
    """Whether a printer can take a job now (``matched``) or later (``compatible``), and the obstacles."""

    printer_id: str
    matched: bool
    compatible: bool
    failed: tuple[FailedCheck, ...]

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Read one; ``printerId`` is required."""
        checks = source.get("checks")
        return cls(
            printer_id=source["printerId"],
            matched=source.get("matched") is True,
            compatible=source.get("compatible") is True,
            failed=tuple(
                FailedCheck(
                    check.get("code"),
                    next(
                        (text for key in ("explanation", "label", "code") if isinstance(text := check.get(key), str)),
                        "",
                    ),
                )
                for check in (checks if isinstance(checks, list) else [])
                if isinstance(check, Mapping) and check.get("passed") is False
            ),
        )
