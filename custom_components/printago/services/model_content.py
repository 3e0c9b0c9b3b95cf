"""Detects the content of a model file by its first and last bytes.

Web pages, error messages of servers and pointers are often saved with the names of models. Printago accepts them, and
fails much later. Content that certainly differs from the file name is refused; unusual content is left to Printago.
"""

from collections.abc import Iterator
import re
from struct import Struct
from typing import NamedTuple

HEAD = 1 << 18
"""How many bytes at the start of a file are checked."""
TAIL = 1 << 17
"""How many bytes at the end of a file are checked: the directory of a ZIP file and its longest comment."""

_NAMES = {"3mf": "3MF", "gcode": "G-code", "gcode3mf": "gcode.3mf", "scad": "OpenSCAD", "step": "STEP", "stl": "STL"}
_ZIPPED = frozenset({"3mf", "gcode3mf"})

# A binary STL file: 80 bytes of any kind, the number of triangles, and 50 bytes for each of them.
_STL_HEADER = 84
_STL_TRIANGLE = 50

_MARKUP_WITHIN = 4096
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_POINTERS = {
    "Git LFS": re.compile(rb"version https?://[\w.-]*(?:git-lfs|hawser)[\w.-]*/spec"),
    "git-annex": re.compile(rb"(?:\.\./)*(?:\.git)?/annex/objects/"),
}
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|title|meta)\b", re.IGNORECASE)
_JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\[{\"\]]")
_ASCII_STL = re.compile(rb"solid(?:\s|$)", re.IGNORECASE)
_END_OF_STL = re.compile(rb"end\s*solid", re.IGNORECASE)
_FACET = re.compile(rb"\bfacet\s+normal\b", re.IGNORECASE)
_GCODE = re.compile(rb"^[GM]\d{1,4}(?:[ \t]+[A-Z][-.\d]|[ \t]*(?:;|\r?$))", re.MULTILINE)
_SIGNATURES = {
    b"PK\x03\x04": "ZIP",
    b"PK\x05\x06": "ZIP",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"%PDF-": "PDF",
    b"\x89PNG\r\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    # macOS adds such a file next to each one, with the same name after "._".
    b"\x00\x05\x16\x07": "AppleDouble",
    b"GCDE": "G-code",
    b"ply\n": "PLY",
    b"ply\r": "PLY",
    b"ISO-10303-21": "STEP",
}
_STEP, _STEP_DATA, _STEP_END = b"ISO-10303-21", b"DATA;", b"END-ISO-10303-21"

_ZIP_ENTRY, _ZIP_LISTED, _ZIP_END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END_RECORD = Struct("<4s4H2LH")
_LISTED = Struct("<4s6H3L5H2L")
# Office documents have a list of content types as well.
_OF_A_3MF = re.compile(r"\.model$|\.gcode$", re.IGNORECASE)
_CONTENT_TYPES = "[content_types].xml"
_MOST_BETWEEN = 1 << 12
_OFFICE = ("word/", "xl/", "ppt/", "visio/")


class Misfit(NamedTuple):
    """Why the content does not match the name: the key of the error, and the name of the detected type if known."""

    error_key: str
    found: str = ""


def type_name(kind: str) -> str:
    """Return the display name of a type of part."""
    return _NAMES[kind]


def misfit_at_start(kind: str, size: int, head: bytes) -> Misfit | None:
    """Return why a file of ``size`` bytes that begins with ``head`` is not a model of this type, None if it may be."""
    if kind == "stl":
        return _stl_misfit(size, head)
    if kind in _ZIPPED:
        if head.startswith(_ZIP_ENTRY):
            return None
        return _recognized(head) or Misfit(error_key="file_not_of_type")
    found = _recognized(head)
    if kind == "step":
        return None if _STEP in head else found or Misfit(error_key="file_not_of_type")
    if not _text(head):
        return Misfit(error_key="file_empty")
    return None if found is not None and found.found == _NAMES[kind] else found


def misfit_at_end(kind: str, head: bytes, tail: bytes) -> Misfit | None:
    """Return the error of a file that begins with ``head`` and ends with ``tail``, None if there is none."""
    if kind in _ZIPPED:
        return _zip_misfit(tail)
    if kind == "step" and _STEP_DATA in head and _STEP_END not in tail:
        return Misfit(error_key="file_truncated")
    if kind == "stl" and _is_ascii_stl(head) and _FACET.search(head) and not _END_OF_STL.search(tail):
        return Misfit(error_key="file_truncated")
    return None


def _stl_misfit(size: int, head: bytes) -> Misfit | None:
    expected = _STL_HEADER + _STL_TRIANGLE * int.from_bytes(head[80:84], "little") if size >= _STL_HEADER else 0
    # The size proves a binary file, which may begin with any text, also with "solid".
    if expected == size or _is_ascii_stl(head):
        return None
    if (found := _recognized(head)) is not None:
        return found
    if 0 < expected < size or _FACET.search(_text(head)):
        # Some programs write a comment, or another word, before the first facet.
        return None
    return Misfit(error_key="file_truncated" if expected and b"\0" in head[:_STL_HEADER] else "file_not_of_type")


def _is_ascii_stl(head: bytes) -> bool:
    return b"\0" not in head and _ASCII_STL.match(_text(head)) is not None


def _text(head: bytes) -> bytes:
    """Return the start of a text without what may precede it, in an encoding that is based on ASCII."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="replace").lstrip().encode()
    return head.lstrip()


def _recognized(head: bytes) -> Misfit | None:
    """Return the detected content of a file, None if unknown."""
    for signature, found in _SIGNATURES.items():
        if head.startswith(signature):
            return Misfit(error_key="file_is_other_type", found="3MF" if b"3D/3dmodel.model" in head else found)
    text = _text(head)
    for found, pointer in _POINTERS.items():
        if pointer.match(text):
            return Misfit(error_key="file_is_pointer", found=found)
    if text.startswith(b"<"):
        is_html = _HTML.search(text[:_MARKUP_WITHIN]) is not None
        return (
            Misfit(error_key="file_is_web_page") if is_html else Misfit(error_key="file_is_error_answer", found="XML")
        )
    if _JSON.match(text):
        return Misfit(error_key="file_is_error_answer", found="JSON")
    if text.startswith(_STEP):
        return Misfit(error_key="file_is_other_type", found="STEP")
    if _is_ascii_stl(head) and _FACET.search(head):
        return Misfit(error_key="file_is_other_type", found="STL")
    if b"\0" not in head and _GCODE.search(text):
        return Misfit(error_key="file_is_other_type", found="G-code")
    return None


def _zip_misfit(tail: bytes) -> Misfit | None:
    at = tail.rfind(_ZIP_END)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        return Misfit(error_key="file_truncated")
    *_, count, length, _, _ = _END_RECORD.unpack_from(tail, at)
    if length > at:
        # The directory is longer than what was read, or only a ZIP64 record has its length: nothing is known.
        return None
    directory = tail[at - length : at]
    if count and not directory.startswith(_ZIP_LISTED):
        # A ZIP64 record may come between directory and end; some programs write one for small files, too.
        directory = tail[tail.find(_ZIP_LISTED, max(at - length - _MOST_BETWEEN, 0)) : at]
    names = list(_listed_names(directory))
    if any(map(_OF_A_3MF.search, names)):
        return None
    if _CONTENT_TYPES in names and not any(name.startswith(_OFFICE) for name in names):
        return None
    if len(names) != count:
        return Misfit(error_key="file_not_of_type")
    return Misfit(error_key="file_is_other_type", found="ZIP")


def _listed_names(directory: bytes) -> Iterator[str]:
    """Return the lower-case names in the directory of a ZIP file that can be read."""
    at = 0
    while len(directory) - at >= _LISTED.size and directory.startswith(_ZIP_LISTED, at):
        name, extra, comment = _LISTED.unpack_from(directory, at)[10:13]
        start = at + _LISTED.size
        yield directory[start : start + name].decode("utf-8", errors="replace").replace("\\", "/").lower()
        at = start + name + extra + comment
