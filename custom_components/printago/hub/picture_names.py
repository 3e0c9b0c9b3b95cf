"""Names for pictures that cards show: they say nothing of where Printago stores them, and are no secret."""

from collections import OrderedDict
import hashlib

from ..api.models.picture import Picture
from ..api.rest.addresses import without_query
from .cover_cache import CoverImageCache

_MOST_NAMES = 2_000
_MOST_BYTES = 32_000_000


class PictureNames:
    """The pictures of one store that cards show; every browser gets the same bytes, which were fetched once."""

    def __init__(self, covers: CoverImageCache) -> None:
        """Fetch through ``covers``."""
        self._covers = covers
        self._paths: OrderedDict[str, str] = OrderedDict()
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._bytes = 0

    def name(self, path: str | None) -> str | None:
        """Return the name of the picture at a path of Printago's storage, None where there is none to show."""
        if path is None or not self._covers.allowed(path):
            return None
        # An address may be signed anew whenever it is told.
        name = hashlib.sha256(without_query(path).encode()).hexdigest()[:32]
        self._paths[name] = path
        self._paths.move_to_end(name)
        if len(self._paths) > _MOST_NAMES:
            self._paths.popitem(last=False)
        return name

    async def async_get(self, name: str) -> Picture | None:
        """Return the picture of a name; None for a name that was never given, and for what cannot be fetched now."""
        if (picture := self._kept.get(name)) is not None:
            self._kept.move_to_end(name)
            return picture
        if (path := self._paths.get(name)) is None or (picture := await self._covers.async_get(path)) is None:
            return None
        if name not in self._kept:
            self._kept[name] = picture
            self._bytes += len(picture.content)
            while self._bytes > _MOST_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1].content)
        return picture
