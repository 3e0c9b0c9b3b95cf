"""Pages that explain a printer's health messages."""

import re

_WIKI = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/"
_CODE = re.compile(r"(?:HMS[-_ ]?)?([0-9A-F]{4}(?:[-_ ]?[0-9A-F]{4}){1,3})", re.ASCII | re.IGNORECASE)
_DIGITS = re.compile(r"[0-9A-F]{4}")


def wiki_url(provider: str | None, code: str | None) -> str | None:
    """Return the manufacturer's page of an HMS code; None for what does not look like one, and for other makers."""
    if (provider or "").casefold() != "bambu" or code is None or (match := _CODE.fullmatch(code)) is None:
        return None
    return _WIKI + "_".join(_DIGITS.findall(match[1].upper()))
