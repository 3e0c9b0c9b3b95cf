"""What the first and last bytes of a file say about it, at the edges."""

import io
import struct
import zipfile

import pytest

from custom_components.printago.services.model_content import (
    HEAD,
    TAIL,
    Misfit,
    misfit_at_end,
    misfit_at_start,
    type_name,
)
from tests.support.model_files import GCODE, MODELS, STEP, THREEMF, ascii_stl, binary_stl, with_zip64_record, zipped

TRUNCATED, OTHER = Misfit(error_key="file_truncated"), Misfit(error_key="file_not_of_type")


def found(error_key: str, name: str = "") -> Misfit:
    return Misfit(error_key=error_key, found=name)


@pytest.mark.parametrize(
    ("kind", "head", "misfit"),
    [
        ("gcode", b"7z\xbc\xaf\x27\x1c" + bytes(50), found("file_is_other_type", "7z")),
        ("gcode", b"Rar!\x1a\x07\x01" + bytes(50), found("file_is_other_type", "RAR")),
        ("gcode", b"\xff\xd8\xff\xe0" + bytes(50), found("file_is_other_type", "JPEG")),
        ("gcode", b"GIF89a" + bytes(50), found("file_is_other_type", "GIF")),
        ("gcode", b"ply\nformat ascii 1.0\n", found("file_is_other_type", "PLY")),
        ("gcode", b"ply\r\nformat ascii 1.0\r\n", found("file_is_other_type", "PLY")),
        ("gcode", zipped(), found("file_is_other_type", "ZIP")),
        ("gcode", THREEMF, found("file_is_other_type", "3MF")),
        ("gcode", STEP, found("file_is_other_type", "STEP")),
        ("gcode", b"\xef\xbb\xbf\n" + STEP, found("file_is_other_type", "STEP")),
        ("gcode", GCODE, None),
        ("gcode", b"GCDE\x01\0", None),
        ("gcode", b"G1X", None),
        ("gcode", b"{piece}\n", None),
        ("scad", b"[1, 2]; // a list\n", None),
        ("scad", b"// [\n", None),
        ("scad", b"\xff\xfe" + "cube(1);".encode("utf-16-le"), None),
        ("scad", b"\xff\xfe" + "  <html>".encode("utf-16-le"), found("file_is_web_page")),
        ("scad", b"\xfe\xff" + '{"error": 1}'.encode("utf-16-be"), found("file_is_error_answer", "JSON")),
        ("scad", b"<" + b" " * 5000 + b"<html>", found("file_is_error_answer", "XML")),
        ("scad", b" \r\n\t", found("file_empty")),
        ("scad", b"\0\nG28\n", None),
        ("scad", b"solid rock\n", None),
        ("scad", b"x\nG28\r\ny", found("file_is_other_type", "G-code")),
        ("scad", b"x\nG28 ; home\ny", found("file_is_other_type", "G-code")),
        ("step", b"/* CAD */ " + STEP, None),
        ("step", b"nothing", OTHER),
        ("step", GCODE, found("file_is_other_type", "G-code")),
        ("3mf", GCODE, found("file_is_other_type", "G-code")),
        ("3mf", zipped(), OTHER._replace(error_key="file_is_other_type", found="ZIP")),
        ("3mf", b"nothing", OTHER),
        ("gcode3mf", THREEMF, None),
    ],
)
def test_start_of_a_file_says_what_it_is(kind: str, head: bytes, misfit: Misfit | None) -> None:
    assert misfit_at_start(kind, len(head), head) == misfit


@pytest.mark.parametrize(
    ("size", "head", "misfit"),
    [
        (284, binary_stl(4), None),
        (290, binary_stl(4) + b"colors", None),
        (283, binary_stl(4)[:-1], TRUNCATED),
        (84, binary_stl(0), None),
        (84, b"x" * 80 + b"\0\0\0\0", None),
        (83, b"x" * 83, OTHER),
        (83, b"solid a".ljust(83), None),
        (84, b"solid a\0".ljust(80) + b"\0\0\0\x01", TRUNCATED),
        (2000, b"x" * 2000, OTHER),
        (2000, b"x" * 80 + b"\0\0\0\0" + b"x" * 1916, None),
        (400, (b"# comment\nfacet normal 0 0 1\n").ljust(400), None),
        (400, (b"mesh\xff\nfacet").ljust(400), OTHER),
        (20, b"solid", None),
        (20, b"solidarity", OTHER),
    ],
)
def test_size_of_an_stl_file_must_fit_its_triangles(size: int, head: bytes, misfit: Misfit | None) -> None:
    assert misfit_at_start("stl", size, head) == misfit


def end_of(archive: bytes, cut: int) -> bytes:
    """Return the end of an archive that begins `cut` bytes before its directory's end record."""
    at = archive.rfind(b"PK\x05\x06")
    return archive[at - cut :]


def with_extras(*names: str) -> bytes:
    """Return an archive whose directory has more of each file than its name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            member = zipfile.ZipInfo(name)
            member.extra, member.comment = struct.pack("<2H6s", 0xCAFE, 6, b"extra!"), b"a comment"
            archive.writestr(member, b"")
    return target.getvalue()


MODEL = zipped("3D/part.MODEL")
MANY = zipped(*(f"files/{number:04}.bin" for number in range(9)), "3D\\a.model")


@pytest.mark.parametrize(
    ("kind", "head", "tail", "misfit"),
    [
        ("3mf", b"", MODEL, None),
        ("3mf", b"", MANY, None),
        ("3mf", b"", MODEL + b"a comment", None),
        ("3mf", b"", with_zip64_record(MODEL), None),
        (
            "3mf",
            b"",
            with_zip64_record(zipped("3D/a.model", *(f"files/{number:04}.bin" for number in range(60)))),
            None,
        ),
        ("3mf", b"", with_extras("a.bin", "b.bin", "3D/a.model"), None),
        # A file of the archive contains what begins its directory.
        ("3mf", b"", zipped("3D/a.model", "z.bin", content=b"PK\x01\x02" + b"\xff" * 60), None),
        ("3mf", b"", zipped("plate_1.gcode"), None),
        ("3mf", b"", zipped("[Content_Types].xml"), None),
        ("3mf", b"", zipped("[Content_Types].xml", "xl/book.xml"), found("file_is_other_type", "ZIP")),
        ("3mf", b"", zipped("a.model.txt"), found("file_is_other_type", "ZIP")),
        ("3mf", b"", zipped("a.txt", "b.txt"), found("file_is_other_type", "ZIP")),
        ("3mf", b"", zipped(), found("file_is_other_type", "ZIP")),
        # Only a part of the directory was read: nothing is known.
        ("3mf", b"", end_of(zipped(*"abcdefgh"), 100), None),
        # A directory that is damaged: not all of its names can be read.
        ("3mf", b"", zipped("a.txt", "b.txt").replace(b"PK\x01\x02", b"PK\x01\x03"), OTHER),
        ("3mf", b"", end_of(zipped("a.txt"), len(b"PK\x01\x02") + 47).replace(b"PK\x01\x02", b"PK\x01\x03"), OTHER),
        ("gcode3mf", b"", MODEL[:-1], TRUNCATED),
        ("gcode3mf", b"", b"", TRUNCATED),
        ("step", STEP, STEP, None),
        ("step", STEP, STEP[:-3], TRUNCATED),
        ("step", STEP.replace(b"DATA;", b""), b"", None),
        ("gcode", STEP, b"; DATA;", None),
        ("scad", ascii_stl(), b"", None),
        ("stl", ascii_stl(), ascii_stl(), None),
        ("stl", ascii_stl(), ascii_stl().replace(b"endsolid", b"END Solid"), None),
        ("stl", ascii_stl(), b"endfacet", TRUNCATED),
        ("stl", b"solid nothing", b"solid nothing", None),
        ("stl", binary_stl(header=b"solid facet normal"), b"", None),
    ],
)
def test_end_of_a_file_says_whether_it_is_whole(kind: str, head: bytes, tail: bytes, misfit: Misfit | None) -> None:
    assert misfit_at_end(kind, head, tail) == misfit


def test_directory_that_ends_in_the_middle_of_a_name_is_read_as_far_as_it_goes() -> None:
    archive = zipped("a.txt", "3D/b.model")
    at = archive.rfind(b"PK\x05\x06")
    for missing in range(1, 60):
        # The end record counts bytes that are not there.
        misfit = misfit_at_end("3mf", b"", archive[: at - missing] + archive[at:])
        assert misfit in (OTHER, found("file_is_other_type", "ZIP")), missing


@pytest.mark.parametrize("name", MODELS)
def test_models_are_accepted_by_their_first_and_last_bytes(name: str) -> None:
    data = MODELS[name]
    kind = {"gcode.3mf": "gcode3mf", "stp": "step"}.get(name.lower().partition(".")[2], name.lower().rpartition(".")[2])
    assert misfit_at_start(kind, len(data), data[:HEAD]) is None
    assert misfit_at_end(kind, data[:HEAD], data[-TAIL:]) is None
    assert type_name(kind)
