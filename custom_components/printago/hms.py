"""Pages that explain a printer's health messages."""

from urllib.parse import quote

_WIKI = "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/"


def wiki_url(provider: str | None, code: str) -> str | None:
    """Return the manufacturer's page of an HMS code, None for makers that have no such pages."""
    if (provider or "").casefold() != "bambu":
        return None
    return f"{_WIKI}{quote(code.replace('-', '_').upper(), safe='')}"
