"""Model files of Home Assistant: checks whether they may be uploaded, and reads them in pieces."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import os
from pathlib import Path
import stat
from typing import Any, BinaryIO

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import raise_if_invalid_path
import voluptuous as vol

from ..errors import action_error, async_message
from ..model.spelling import tidied
from .model_content import HEAD, TAIL, Misfit, misfit_at_end, misfit_at_start, type_name

MOST_BYTES = 500_000_000
_CHUNK = 1 << 18

_KINDS: Mapping[str, str] = {
    ".gcode.3mf": "gcode3mf",
    ".3mf": "3mf",
    ".gcode": "gcode",
    ".scad": "scad",
    ".step": "step",
    ".stp": "step",
    ".stl": "stl",
}
"""File extension → the vendor's type of part."""


class ModelFile:
    """A model to upload; iterating over it reads it once, from the start."""

    def __init__(
        self,
        name: str,
        size: int,
        head: bytes,
        *,
        read: Callable[[int], Awaitable[bytes]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        """Read the rest after ``head`` with ``read``, which takes the maximum number of bytes and raises OSError.

        ``size`` is that of the whole file.
        """
        name, ending = tidied(name), ending_of(name)
        self._head = head
        self._read = read
        self.async_close = close
        self.title = tidied(name[: -len(ending)])
        self.name = self.title + name[-len(ending) :]
        self.kind = _KINDS[ending]
        self.size = size
        self.failure: ServiceValidationError | None = None
        """Why it could not be read to the end, None if it could."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read the file in pieces; raises OSError if it became shorter since it was opened, or is damaged."""
        piece = tail = self._head
        left = self.size - len(piece)
        while left:
            yield piece
            try:
                piece = await self._read(min(_CHUNK, left))
            except OSError as err:
                self.failure = action_error("file_unreadable", path=self.name, error=reason_of(err))
                raise
            if not piece:
                self.failure = action_error("file_became_shorter", path=self.name)
                raise OSError("the file became shorter")
            left -= len(piece)
            tail = (tail + piece)[-TAIL:]
        # A damaged file is never sent completely, so that nothing is made of it.
        if (misfit := misfit_at_end(self.kind, self._head, tail)) is not None:
            self.failure = _misfit_error(misfit, self.name, self.kind)
            raise OSError("the file is damaged")
        yield piece


def ending_of(name: str) -> str:
    """Return the extension of a model file; raises ServiceValidationError for other files."""
    tidy = tidied(name)
    for ending in _KINDS:
        if tidy.lower().endswith(ending) and tidied(tidy[: -len(ending)]):
            return ending
    raise action_error("file_type_unsupported", path=name, types=", ".join(ending[1:] for ending in _KINDS))


def check_size(name: str, size: int) -> None:
    """Raise ServiceValidationError for a file that is empty or too large."""
    if size == 0:
        raise action_error("file_empty", path=name)
    if size > MOST_BYTES:
        raise action_error("file_too_large", path=name, size=f"{size / 1e6:.0f}", limit=f"{MOST_BYTES / 1e6:.0f}")


def check_content(name: str, path: str, size: int, head: bytes, tail: bytes | None = None) -> None:
    """Raise ServiceValidationError if the content of a file does not match its name, by its first and last bytes.

    ``path`` is its display name. ``tail`` is None while the end of the file is unknown.
    """
    kind = _KINDS[ending_of(name)]
    misfit = misfit_at_start(kind, size, head)
    if misfit is None and tail is not None:
        misfit = misfit_at_end(kind, head, tail)
    if misfit is not None:
        raise _misfit_error(misfit, path, kind)


def _misfit_error(misfit: Misfit, path: str, kind: str) -> ServiceValidationError:
    return action_error(misfit.error_key, path=path, type=type_name(kind), found=misfit.found)


def reason_of(err: OSError) -> str:
    """Return briefly why a file can't be read."""
    return err.strerror or str(err) or type(err).__name__


async def async_media_path(hass: HomeAssistant, media: str) -> str:
    """Return the path of a media-source item; raises ServiceValidationError if it is not a local file."""
    if (path := _local_model(hass, media)) is not None:
        return path
    try:
        item = await media_source.async_resolve_media(hass, media, None)
    except HomeAssistantError as err:
        raise action_error("media_not_found", media=media, error=await async_message(hass, err) or "-") from err
    except (AssertionError, AttributeError) as err:
        # The local media source fails with an assertion for file types that it does not know, and without a path.
        raise action_error("media_not_found", media=media, error="-") from err
    if item.path is None:
        raise action_error("media_not_local", media=media)
    return str(item.path)


def _local_model(hass: HomeAssistant, media: str) -> str | None:
    """Return the path of a model in a media folder.

    Home Assistant only resolves local media of types that it can play or that Python knows, so not all of ours.
    """
    item = media_source.MediaSourceItem.from_uri(hass, media, None)
    folder, _, location = (item.identifier or "").partition("/")
    if item.domain != media_source.DOMAIN or media_source.DOMAIN not in hass.config.components:
        return None
    if folder not in hass.config.media_dirs or not location.lower().endswith(tuple(_KINDS)):
        return None
    try:
        raise_if_invalid_path(location)
    except ValueError:
        return None
    return None if Path(location).is_absolute() else str(Path(hass.config.media_dirs[folder], location))


async def async_open(hass: HomeAssistant, path: str, *, check_allowed: bool) -> ModelFile:
    """Open a file; raises ServiceValidationError if it may not be read or can't be uploaded.

    Only files from a media source skip the check of ``allowlist_external_dirs``.
    """
    name = Path(path).name
    ending_of(name)
    file, size, head = await hass.async_add_executor_job(_open, hass, path, check_allowed)

    async def read(most: int) -> bytes:
        return await hass.async_add_executor_job(file.read, most)

    async def close() -> None:
        await hass.async_add_executor_job(file.close)

    return ModelFile(name, size, head, read=read, close=close)


def _open(hass: HomeAssistant, path: str, check_allowed: bool) -> tuple[BinaryIO, int, bytes]:
    """Return an open file, its size, and its first bytes."""
    try:
        # Open the path that was checked: a link that changes afterwards has no effect.
        real = Path(path).resolve()
        if check_allowed and not (Path(path).is_absolute() and hass.config.is_allowed_path(str(real))):
            raise action_error("file_not_allowed", path=path)
        if not stat.S_ISREG(real.stat().st_mode):
            raise action_error("file_missing", path=path)
        file = real.open("rb")
    except FileNotFoundError, NotADirectoryError, ValueError:
        raise action_error("file_missing", path=path) from None
    except OSError as err:
        raise action_error("file_unreadable", path=path, error=reason_of(err)) from err
    try:
        size = os.fstat(file.fileno()).st_size
        check_size(path, size)
        file.seek(max(0, size - TAIL))
        tail = file.read(TAIL)
        file.seek(0)
        head = file.read(min(HEAD, size))
        check_content(Path(path).name, path, size, head, tail)
    except OSError as err:
        file.close()
        raise action_error("file_unreadable", path=path, error=reason_of(err)) from err
    except ServiceValidationError:
        file.close()
        raise
    return file, size, head


def media_id(value: Any) -> str:
    """Read the value of a media selector, or a plain media-source ID; raises vol.Invalid."""
    identifier = value.get("media_content_id") if isinstance(value, Mapping) else value
    if not isinstance(identifier, str) or not media_source.is_media_source_id(identifier):
        raise vol.Invalid("expected an item of a media source", translation_key="media_item")
    return identifier
