"""Public names of the images that cards show; they do not reveal where Printago stores them."""

from collections import OrderedDict
import hashlib

from ..api.models.picture import Picture
from ..api.rest.addresses import without_query
from .cover_cache import CoverImageCache

_MOST_NAMES = 2_000
_MOST_BYTES = 32_000_000


class PictureNames:
    """The images of one store that cards show; fetched once for all browsers."""

    def __init__(self, covers: CoverImageCache) -> None:
        """Fetch images through ``covers``."""
        self._covers = covers
        self._paths: OrderedDict[str, str] = OrderedDict()
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._bytes = 0

    def name(self, path: str | None) -> str | None:
        """Return the name of the image at a path of Printago's storage; None if there is none to show."""
        if path is None or not self._covers.allowed(path):
            return None
        # The signature of an address may differ each time.
        name = hashlib.sha256(without_query(path).encode()).hexdigest()[:32]
        self._paths[name] = path
        self._paths.move_to_end(name)
        if len(self._paths) > _MOST_NAMES:
            self._paths.popitem(last=False)
        return name

    async def async_get(self, name: str) -> Picture | None:
        """Return the image of a name; None if the name is unknown or the image cannot be fetched now."""
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
