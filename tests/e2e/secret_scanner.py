"""Searches texts, values, errors and logs for secrets."""

import base64
from collections import Counter
from collections.abc import Iterator
import contextlib
import json
import logging
import re
from typing import Any, override
from urllib.parse import quote

from virtual_farm import VirtualFarm

_FARMS_OWN = ("virtual_farm", "amqtt", "websockets", "transitions", "aiohttp.access", "aiohttp.server", "aiohttp.web")
"""Loggers of the other side: what a cloud knows about itself is no leak."""
_KEY_ID_LENGTH = 24


class SecretScanner:
    """Searches for a set of secrets, and records where they were found."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self.places: Counter[str] = Counter()
        """How many texts of each kind were searched."""
        self.bytes: Counter[str] = Counter()
        """How many characters or bytes of them."""
        self.found: list[str] = []

    def add(self, secret: str, what: str) -> None:
        """Look for a secret as well, in the case of letters that others may have given it."""
        self._secrets[secret.lower()] = what

    def add_key(self, key: str) -> None:
        """Look for an API key, its beginning, and both as they are encoded on the way."""
        for part, what in ((key, "the API key"), (key[:_KEY_ID_LENGTH], "the first 24 characters of the API key")):
            self.add(part, what)
            self.add(quote(part, safe=""), f"{what}, URL-encoded")
            self.add(base64.b64encode(part.encode()).decode().rstrip("="), f"{what}, in base64")

    def add_farm(self, farm: VirtualFarm) -> None:
        """Search for all secrets of a farm."""
        self.add_key(farm.config.api_key)
        self.add_key(farm.config.read_only_key)
        self.add("apiclient_", "an MQTT client ID")
        self.add("X-Signature=", "a signed URL")
        for printer in farm.world.printers.values():
            for name, value in (printer.metadata or {}).items():
                if isinstance(value, str) and value and any(word in name for word in ("code", "password", "api_key")):
                    self.add(value, f"{name} of a printer")

    def look(self, place: str, text: str | bytes, where: str = "") -> None:
        """Search a text; the test fails at its end if a secret was found."""
        self.places[place] += 1
        self.bytes[place] += len(text)
        lower = text.decode("latin-1").lower() if isinstance(text, bytes) else text.lower()
        # Other threads log while secrets are added.
        for secret, what in tuple(self._secrets.items()):
            if (index := lower.find(secret)) >= 0 and (not secret.isdigit() or _is_number_in(lower, secret)):
                around = lower[max(0, index - 150) : index + len(secret) + 50]
                self.found.append(f"{what} in {place} {where}: …{around}…")

    def look_at(self, place: str, value: Any, where: str = "") -> None:
        """Search anything that can be written as JSON."""
        self.look(place, json.dumps(value, default=str), where)

    def look_at_error(self, err: BaseException, where: str = "") -> None:
        """Search an exception and all that led to it, also what a traceback would leave out."""
        waiting: list[BaseException | None] = [err]
        seen: set[int] = set()
        while waiting:
            one = waiting.pop()
            if one is None or id(one) in seen:
                continue
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__]
            if isinstance(one, BaseExceptionGroup):
                waiting += one.exceptions
            with contextlib.suppress(Exception):  # some of Home Assistant's errors need translations
                self.look("exceptions", str(one), where)
            with contextlib.suppress(Exception):
                self.look("exceptions", repr(one), where)
            self.look("exceptions", repr(one.args), where)
            self.look("exceptions", repr(vars(one)), where)

    @contextlib.contextmanager
    def in_logs(self) -> Iterator[None]:
        """Set all loggers to debug, and search every record."""
        handler = _Handler(self)
        root = logging.getLogger()
        levels = {root: root.level}
        for logger in logging.root.manager.loggerDict.values():
            if isinstance(logger, logging.Logger) and logger.level > logging.DEBUG and not _is_left(logger.name):
                levels[logger] = logger.level
        # Whoever else listens hears no more than before: all that a long test logs would fill the memory.
        others = {other: other.level for other in root.handlers}
        for other, level in others.items():
            other.setLevel(max(level, root.level))
        for logger in levels:
            logger.setLevel(logging.DEBUG)
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)
            for other, level in others.items():
                other.setLevel(level)
            for logger, level in levels.items():
                logger.setLevel(level)


def _is_number_in(text: str, digits: str) -> bool:
    """Return whether digits stand alone: in a longer number they are chance."""
    return re.search(rf"(?<![\d.]){digits}(?!\d)", text) is not None


def _is_farms(name: str) -> bool:
    return any(name == own or name.startswith(f"{own}.") for own in _FARMS_OWN)


def _is_left(name: str) -> bool:
    """Return whether a logger keeps its level; SQLAlchemy's tells only what the database holds."""
    return _is_farms(name) or name.startswith("sqlalchemy")


class _Handler(logging.Handler):
    """Searches each record, with its traceback."""

    def __init__(self, scanner: SecretScanner) -> None:
        super().__init__(logging.NOTSET)
        self._scanner = scanner
        self.setFormatter(logging.Formatter())

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if _is_farms(record.name):
            return
        self._scanner.look("logs", self.format(record), record.name)
        if record.exc_info and (err := record.exc_info[1]) is not None:
            self._scanner.look_at_error(err, record.name)
