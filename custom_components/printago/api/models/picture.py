"""Pictures from the store's storage."""

from dataclasses import dataclass, field

from ..exceptions import MalformedResponseError

MAX_PICTURE = 2_000_000
"""Longest picture in bytes that is fetched; a thumbnail has about 10,000."""

_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Picture:
    """A picture and its media type."""

    content_type: str
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, content: bytes) -> Picture:
        """Detect the type by the first bytes, since storage rarely names it; raises MalformedResponseError.

        Only formats that browsers show without running code: no SVG.
        """
        for beginning, content_type in _BEGINNINGS:
            if content.startswith(beginning):
                return cls(content_type, content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return cls("image/webp", content)
        raise MalformedResponseError("the file is not a picture")
