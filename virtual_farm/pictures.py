"""Small PNG images, generated and not stored."""

from functools import lru_cache
import math
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
    return _png(rows)


def _png(rows: bytes | bytearray, *, alpha: bool = False) -> bytes:
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 6 if alpha else 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


@lru_cache(maxsize=64)
def plate(numbers: tuple[int, ...], *, pick: bool) -> bytes:
    """Return a PNG of objects on a plate, seen from above.

    With ``pick`` the color of each object is its number, red first, and all else is transparent.
    """
    columns = math.isqrt(max(0, len(numbers) - 1)) + 1
    cell = _SIZE // columns
    rows = bytearray()
    for y in range(_SIZE):
        rows.append(0)
        for x in range(_SIZE):
            index = y // cell * columns + x // cell
            inside = all(cell // 8 <= at % cell < cell - cell // 8 for at in (x, y))
            number = numbers[index] if inside and x // cell < columns and index < len(numbers) else None
            if pick:
                rows += bytes(4) if number is None else bytes([*number.to_bytes(3, "little"), 255])
            else:
                rows += bytes(_BACKGROUND if number is None else _PALETTE[number % len(_PALETTE)])
    return _png(rows, alpha=pick)
