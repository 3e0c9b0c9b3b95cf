"""Pictures out of the store's storage."""

from dataclasses import dataclass, field

from ..exceptions import MalformedResponseError

MAX_PICTURE = 2_000_000
"""Longest picture in bytes that is fetched; a thumbnail has some 10,000."""

_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Picture:
    """A picture and its media type."""

    content_type: str
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, content: bytes) -> Picture:
        """Judge a picture by its first bytes, since storage rarely knows better; raises MalformedResponseError.

        Only what a browser shows without running any of it is one: no SVG.
        """
        for beginning, content_type in _BEGINNINGS:
            if content.startswith(beginning):
                return cls(content_type, content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return cls("image/webp", content)
        raise MalformedResponseError("the file is not a picture")
