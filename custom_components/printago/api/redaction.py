"""Removes secrets from text that other systems wrote."""

import base64
from collections import OrderedDict
from collections.abc import Mapping
import re
from typing import Final
from urllib.parse import quote, quote_plus

KEY_ID_LENGTH: Final = 24
"""An API key begins with its ID (Printago's documentation of realtime)."""
_STARS: Final = "***"
# The signature of a signed URL is in its query; a server may repeat path and query alone.
_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)
_SIGNATURE: Final = re.compile(r"[?&][\w.-]*(?:signature|token|credential|sig)=", re.IGNORECASE)
_WORD: Final = re.compile(r"\S+")
_METADATA: Final = ("dev_access_code", "access_code", "password", "api_key")
"""Fields of a printer's metadata that are secrets (the vendor's description)."""
_SHORTEST: Final = 4
_LONGEST: Final = 1_000
_MOST_LEARNED: Final = 5_000


class Redactor:
    """Removes the secrets of one store from text: its API key, the passwords of its printers, and signed URLs."""

    def __init__(self, api_key: str, *others: str) -> None:
        """Redact the API key, plain and encoded, and other texts."""
        # Longest first, so that a secret that contains another one is replaced as a whole.
        secrets = sorted({*_forms(api_key), *filter(None, others)}, key=len, reverse=True)
        self._fixed = re.compile("|".join(map(re.escape, secrets)), re.IGNORECASE) if secrets else None
        self._learned: OrderedDict[str, None] = OrderedDict()

    def add(self, record: Mapping[str, object]) -> None:
        """Add the secrets in a printer's record, except those of fewer than four characters."""
        if not isinstance(metadata := record.get("metadata"), Mapping):
            return
        for name in _METADATA:
            if isinstance(secret := metadata.get(name), str) and _SHORTEST <= len(secret) <= _LONGEST:
                self._learned[secret] = None
                self._learned.move_to_end(secret)
        while len(self._learned) > _MOST_LEARNED:
            self._learned.popitem(last=False)

    def redact(self, text: str) -> str:
        """Return the text without secrets and signed URLs."""
        if self._fixed is not None:
            text = self._fixed.sub(_STARS, text)
        for secret in self._learned:
            text = text.replace(secret, _STARS)
        return without_signed_urls(text)


def without_signed_urls(text: str) -> str:
    """Return the text without addresses that have a query or a signature."""
    # Word by word: one expression for all of it takes time that grows with a power of the length.
    return _WORD.sub(_without_signed_url, text)


def _without_signed_url(word: re.Match[str]) -> str:
    text = word[0]
    if (address := _ADDRESS.search(text)) is not None and "?" in text[address.start() :]:
        return text[: address.start()] + _STARS
    if (signature := _SIGNATURE.search(text)) is not None:
        return text[: text.find("/") if "/" in text[: signature.start()] else signature.start()] + _STARS
    return text


def _forms(api_key: str) -> set[str]:
    """Return the key and its public-looking beginning, as they are and encoded."""
    plain = [part for part in (api_key, api_key[:KEY_ID_LENGTH]) if part]
    forms = set(plain)
    for part in plain:
        forms |= {quote(part, safe=""), quote_plus(part, safe="")}
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(part.encode()).decode().rstrip("="))
    return forms
