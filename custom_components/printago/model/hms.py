"""A printer's health messages (HMS): which of them are problems, and the pages that explain them."""

from collections.abc import Collection, Iterable
import re
from typing import Any

from ..api.models.telemetry import NAMELESS, HealthMessage, Severity
from .spelling import folded

_WIKI = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/"
_CODE = re.compile(r"(?:HMS[-_ ]?)?([0-9A-F]{4}(?:[-_ ]?[0-9A-F]{4}){1,3})", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"[0-9A-F]{4}")

# Codes that Bambu printers list as errors while a person or a heat soak has paused them.
_USER_PAUSE_CODES = frozenset({"03008013", "03008001", "03008000"})
_USER_PAUSE = re.compile("paused by (?:the )?user", re.IGNORECASE)

_NO_TEXT = frozenset({"", "none", "unavailable", "unknown"})
"""Messages that look as if there was no problem."""


def is_bambu(provider: str | None) -> bool:
    """Return whether printers of this provider report HMS messages; those of others are just errors."""
    return (provider or "").casefold() == "bambu"


def text_of(problem: HealthMessage) -> str:
    """Return the message of a problem for display, its code if the message is empty."""
    return next(
        (words for words in (problem.message, problem.code) if words and folded(words) not in _NO_TEXT), NAMELESS
    )


def messages_of(provider: str | None, problems: Iterable[HealthMessage]) -> list[dict[str, Any]]:
    """Return problems in the form of attributes."""
    return [
        {
            "code": problem.code,
            "message": problem.message,
            "severity": problem.severity,
            "wiki": wiki_url(provider, problem.code),
        }
        for problem in problems
    ]


def wiki_url(provider: str | None, code: str | None) -> str | None:
    """Return the manufacturer's page of an HMS code; None if it is not a code, or for other manufacturers."""
    if not is_bambu(provider) or code is None or (match := _CODE.fullmatch(code)) is None:
        return None
    return _WIKI + "_".join(_DIGITS.findall(match[1].upper()))


def problems_of(errors: Collection[HealthMessage], warnings: Collection[HealthMessage]) -> tuple[HealthMessage, ...]:
    """Return the errors, then the warnings, each once, without user-pause codes."""
    if not errors and not warnings:
        return ()
    problems: dict[tuple[str, Severity], HealthMessage] = {}
    for message in (*errors, *warnings):
        key = message.key
        if key not in _USER_PAUSE_CODES and not _USER_PAUSE.search(message.message):
            problems.setdefault((key, message.severity), message)
    return tuple(problems.values())
