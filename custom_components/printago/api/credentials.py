"""Cleans up pasted credentials and addresses: removes quotes, invisible characters and surrounding text."""

import re
from typing import Final
import unicodedata

# Straight and typographic quotes, also those of languages that quote with brackets.
_QUOTES: Final = "\"'`\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f"
_FILLERS: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""Invisible characters that Python counts as printable."""
_LABEL: Final = re.compile(r"^.*\b(?:authorization|api[ _-]?key|bearer)\b[\"']?(?: *[:=]| )", re.IGNORECASE)
_STORE_ID: Final = re.compile(r"(?<![\w-])[a-z0-9]{24}(?![\w-])", re.IGNORECASE)
_OF_STORE: Final = re.compile(rf"(?<=/stores/){_STORE_ID.pattern}", re.IGNORECASE)
_SHORTEST_KEY: Final = 24
"""Length of the ID at the beginning of a key (Printago's documentation of realtime)."""


def clean_key(pasted: str) -> str:
    """Return an API key without pasted extras; text that is no key is returned as well, and fails ``is_key``."""
    key = _unquoted(_LABEL.sub("", _unquoted(_visible(pasted))))
    # Some programs break long lines; a shorter text is not a key.
    whole = "".join(key.split())
    return whole if len(whole) >= _SHORTEST_KEY else key


def is_key(key: str) -> bool:
    """Return whether a text can be sent as an API key."""
    return bool(key) and key.isascii() and key.isprintable() and " " not in key


def clean_store_id(pasted: str) -> str:
    """Return a store ID, also out of an address that contains it; other text is returned and fails ``is_store_id``."""
    text = _unquoted(_visible(pasted))
    found = _OF_STORE.search(text) or _STORE_ID.search(text)
    return found[0].lower() if found is not None else text


def is_store_id(text: str) -> bool:
    """Return whether a text is a store ID: 24 lower-case letters and digits (the vendor's description)."""
    return re.fullmatch(r"[a-z0-9]{24}", text) is not None


def clean_address(pasted: str) -> str:
    """Return the address of a server without pasted extras and without a slash at its end."""
    return _unquoted(_visible(pasted)).rstrip("/")


def _visible(text: str) -> str:
    """Return the text with plain spaces for all kinds of blanks, and without invisible characters."""
    text = _FILLERS.sub("", unicodedata.normalize("NFKC", text))
    spaced = (" " if character.isspace() else character for character in text)
    return "".join(character for character in spaced if character.isprintable()).strip()


def _unquoted(text: str) -> str:
    return text.strip(f" ,;{_QUOTES}")
