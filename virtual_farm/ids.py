"""Identifiers in the cloud's own form."""

import hashlib
import random
import string
import uuid

_FIRST = string.ascii_lowercase
_REST = string.digits + string.ascii_lowercase
_LENGTH = 24


def derived_id(text: str) -> str:
    """Return a stable identifier for a text: for records that exist only in the cloud."""
    return "d" + hashlib.sha256(text.encode()).hexdigest()[: _LENGTH - 1]


class IdFactory:
    """Make cuid2-like identifiers (`^[a-z0-9]{24}$`), the same sequence for the same seed."""

    def __init__(self, seed: int) -> None:
        """Start the sequence of a `seed`."""
        self._random = random.Random(f"ids:{seed}")

    def __call__(self) -> str:
        """Return the next identifier."""
        return self._random.choice(_FIRST) + "".join(self._random.choices(_REST, k=_LENGTH - 1))

    def serial(self, prefix: str) -> str:
        """Return a serial number of 15 characters that starts with `prefix`, as printers carry it."""
        digits = string.digits + "ABCDEF"
        return prefix + "".join(self._random.choices(digits, k=15 - len(prefix)))

    def digits(self, count: int) -> str:
        """Return `count` decimal digits (access codes, task numbers); never starts with 0."""
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def tag(self) -> str:
        """Return the text of an RFID tag of a spool."""
        return uuid.UUID(int=self._random.getrandbits(128)).hex.upper()[:16]
