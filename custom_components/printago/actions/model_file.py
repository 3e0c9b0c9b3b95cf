"""Model files of Home Assistant: which may be uploaded, and reading them bit by bit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import mimetypes
import os
from pathlib import Path
import stat
from typing import Any, BinaryIO

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN

MOST_BYTES = 500_000_000
_CHUNK = 1 << 18

_KINDS: Mapping[str, str] = {
    ".gcode.3mf": "gcode3mf",
    ".3mf": "3mf",
    ".gcode": "gcode",
    ".scad": "scad",
    ".step": "step",
    ".stl": "stl",
}
"""Ending of a file name → the vendor's type of part."""

# Local media of a type that nobody knows cannot be resolved.
for _ending, _type in {
    ".3mf": "model/3mf",
    ".gcode": "text/x-gcode",
    ".scad": "text/x-scad",
    ".step": "model/step",
}.items():
    mimetypes.add_type(_type, _ending)


def refusal(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error that refuses a file."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


class ModelFile:
    """A model that may be uploaded; iterating over it reads it once, from the start."""

    def __init__(
        self,
        name: str,
        size: int,
        *,
        read: Callable[[int], Awaitable[bytes]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        """Read ``size`` bytes with ``read``, which takes how many there may be at most, and raises OSError."""
        ending = ending_of(name)
        self._read = read
        self.async_close = close
        self.name = name
        self.title = name[: -len(ending)]
        self.kind = _KINDS[ending]
        self.size = size
        self.error: str | None = None
        """Why it could not be read to its end, None where it could."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the file in pieces; raises OSError when it is shorter than it was when it was opened."""
        left = self.size
        while left:
            try:
                piece = await self._read(min(_CHUNK, left))
            except OSError as err:
                self.error = err.strerror or str(err) or type(err).__name__
                raise
            if not piece:
                self.error = "it became shorter meanwhile"
                raise OSError(self.error)
            left -= len(piece)
            yield piece


def ending_of(name: str) -> str:
    """Return the ending of a file name that tells what it is; raises ServiceValidationError for any other."""
    for ending in _KINDS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return ending
    raise refusal("file_type_unsupported", path=name, types=", ".join(ending[1:] for ending in _KINDS))


def check_size(name: str, size: int) -> None:
    """Raise ServiceValidationError for a file that is empty or too large."""
    if size == 0:
        raise refusal("file_empty", path=name)
    if size > MOST_BYTES:
        raise refusal("file_too_large", path=name, size=f"{size / 1e6:.0f}", limit=f"{MOST_BYTES / 1e6:.0f}")


async def async_media_path(hass: HomeAssistant, media: str) -> str:
    """Return the path of a media-source item; raises ServiceValidationError when it is none, or no local file."""
    try:
        item = await media_source.async_resolve_media(hass, media, None)
    except (HomeAssistantError, AssertionError) as err:
        # A file of a type that the local media source does not know is an assertion of it that fails.
        raise refusal("media_not_found", media=media, error=str(err) or "-") from err
    if item.path is None:
        raise refusal("media_not_local", media=media)
    return str(item.path)


async def async_open(hass: HomeAssistant, path: str, *, check_allowed: bool) -> ModelFile:
    """Open a file; raises ServiceValidationError when it may not be read, or cannot be uploaded.

    Only what a media source has vouched for needs no look at ``allowlist_external_dirs``.
    """
    name = Path(path).name
    ending_of(name)
    file, size = await hass.async_add_executor_job(_open, hass, path, check_allowed)

    async def read(most: int) -> bytes:
        return await hass.async_add_executor_job(file.read, most)

    async def close() -> None:
        await hass.async_add_executor_job(file.close)

    return ModelFile(name, size, read=read, close=close)


def _open(hass: HomeAssistant, path: str, check_allowed: bool) -> tuple[BinaryIO, int]:
    try:
        if check_allowed and not (Path(path).is_absolute() and hass.config.is_allowed_path(path)):
            raise refusal("file_not_allowed", path=path)
        # A link that is changed after it was judged leads nowhere: what was judged is opened.
        real = Path(path).resolve()
        if check_allowed and not hass.config.is_allowed_path(str(real)):
            raise refusal("file_not_allowed", path=path)
        if not stat.S_ISREG(real.stat().st_mode):
            raise refusal("file_missing", path=path)
        file = real.open("rb")
    except FileNotFoundError, NotADirectoryError, ValueError:
        raise refusal("file_missing", path=path) from None
    except OSError as err:
        raise refusal("file_unreadable", path=path, error=err.strerror or type(err).__name__) from err
    size = os.fstat(file.fileno()).st_size
    try:
        check_size(path, size)
    except ServiceValidationError:
        file.close()
        raise
    return file, size


def media_id(value: Any) -> str:
    """Read what a media selector returns, or the media-source ID alone; raises ValueError."""
    identifier = value.get("media_content_id") if isinstance(value, Mapping) else value
    if not isinstance(identifier, str) or not media_source.is_media_source_id(identifier):
        raise ValueError("not an item of a media source")
    return identifier
