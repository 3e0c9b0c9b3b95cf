"""Small PNG images, generated and not stored."""

from functools import lru_cache
import struct
import zlib

_SIZE = 128
_PALETTE = ((0, 174, 66), (242, 117, 78), (0, 86, 184), (247, 230, 0), (94, 67, 183), (232, 72, 134), (0, 160, 158))
_BACKGROUND = (238, 240, 242)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache(maxsize=256)
def thumbnail(seed: str) -> bytes:
    """Return a PNG of 128 by 128 pixels: a figure whose shape and color follow from `seed`."""
    number = zlib.crc32(seed.encode())
    color = _PALETTE[number % len(_PALETTE)]
    shadow = (color[0] * 7 // 10, color[1] * 7 // 10, color[2] * 7 // 10)
    width, height, slant = 28 + number // 7 % 20, 24 + number // 140 % 24, number // 3360 % 20 - 10
    rows = bytearray()
    for y in range(_SIZE):
        rows.append(0)
        for x in range(_SIZE):
            across, down = x - _SIZE // 2, y - _SIZE // 2
            if abs(across - slant * down // 40) <= width and abs(down) <= height:
                rows += bytes(color if across < width // 2 else shadow)
            else:
                rows += bytes(_BACKGROUND)
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )
