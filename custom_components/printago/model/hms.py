"""A printer's health messages (HMS): which of them are problems, and the pages that explain them."""

from collections.abc import Collection
import re

from ..api.models.telemetry import HealthMessage, Severity

_WIKI = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/"
_CODE = re.compile(r"(?:HMS[-_ ]?)?([0-9A-F]{4}(?:[-_ ]?[0-9A-F]{4}){1,3})", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"[0-9A-F]{4}")

# Codes that Bambu printers list as errors while a person or a heat soak has paused them.
_USER_PAUSE_CODES = frozenset({"03008013", "03008001", "03008000"})
_USER_PAUSE = re.compile("paused by (?:the )?user", re.IGNORECASE)


def wiki_url(provider: str | None, code: str | None) -> str | None:
    """Return the manufacturer's page of an HMS code; None if it is not a code, or for other manufacturers."""
    if (provider or "").casefold() != "bambu" or code is None or (match := _CODE.fullmatch(code)) is None:
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
