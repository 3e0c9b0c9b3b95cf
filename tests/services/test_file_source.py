"""How a model is read: which bytes are looked at, in which pieces, and that each file is closed."""

import os
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
import voluptuous as vol

from custom_components.printago.services import file_source
from custom_components.printago.services.file_source import ModelFile, async_open, check_content, media_id
from custom_components.printago.services.model_content import HEAD, TAIL
from tests.support.model_files import ascii_stl, zipped

CHUNK = 1 << 18


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[BinaryIO]:
    """Return the files that are opened."""
    files: list[BinaryIO] = []
    real = Path.open

    def remember(path: Path, mode: str) -> Any:
        file: Any = real(path, mode)  # type: ignore[arg-type]
        if mode == "rb":
            files.append(file)
        return file

    monkeypatch.setattr(Path, "open", remember)
    return files


async def test_file_is_read_in_pieces_to_its_end_and_closed(
    hass: HomeAssistant, tmp_path: Path, opened: list[BinaryIO]
) -> None:
    path = tmp_path / "large.3mf"
    data = zipped("3D/3dmodel.model", content=bytes(HEAD + 2 * CHUNK))
    path.write_bytes(data)
    file = await async_open(hass, str(path), check_allowed=False)
    assert (file.size, file.name, file.kind, file.title) == (len(data), "large.3mf", "3mf", "large")
    pieces = [piece async for piece in file]
    assert b"".join(pieces) == data
    assert [len(piece) for piece in pieces] == [HEAD, CHUNK, CHUNK, len(data) - HEAD - 2 * CHUNK]
    assert not opened[0].closed
    await file.async_close()
    assert opened[0].closed


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("empty.stl", b"", "file_empty"),
        ("cut.stl", ascii_stl()[:-40], "file_truncated"),
        ("cut at its end.3mf", zipped("3D/3dmodel.model", content=bytes(TAIL))[:-40], "file_truncated"),
        ("other.stl", b"x" * 100, "file_not_of_type"),
    ],
)
async def test_refused_file_is_closed(
    hass: HomeAssistant, tmp_path: Path, opened: list[BinaryIO], name: str, data: bytes, key: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ServiceValidationError) as refused:
        await async_open(hass, str(tmp_path / name), check_allowed=False)
    assert refused.value.translation_key == key
    assert (refused.value.translation_placeholders or {})["path"] == str(tmp_path / name)
    assert opened[0].closed


async def test_file_that_cannot_be_read_says_why_and_is_closed(
    hass: HomeAssistant, tmp_path: Path, opened: list[BinaryIO]
) -> None:
    path = tmp_path / "a.stl"
    path.write_bytes(ascii_stl())
    with (
        patch.object(os, "fstat", side_effect=OSError(5, "Input/output error")),
        pytest.raises(ServiceValidationError) as refused,
    ):
        await async_open(hass, str(path), check_allowed=False)
    assert refused.value.translation_key == "file_unreadable"
    assert refused.value.translation_placeholders == {"path": str(path), "error": "Input/output error"}
    assert opened[0].closed
    with (
        patch.object(Path, "open", side_effect=PermissionError(13, "Permission denied")),
        pytest.raises(ServiceValidationError) as refused,
    ):
        await async_open(hass, str(path), check_allowed=False)
    assert refused.value.translation_placeholders == {"path": str(path), "error": "Permission denied"}


async def test_what_is_no_file_is_missing_and_what_is_not_allowed_is_not_read(
    hass: HomeAssistant, tmp_path: Path, opened: list[BinaryIO]
) -> None:
    (tmp_path / "folder.stl").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    hass.config.allowlist_external_dirs = {str(allowed)}
    (tmp_path / "secret.stl").write_bytes(ascii_stl())
    (allowed / "link.stl").symlink_to(tmp_path / "secret.stl")
    os.mkfifo(tmp_path / "pipe.stl")
    for path, check, key in (
        (tmp_path / "folder.stl", False, "file_missing"),
        (tmp_path / "pipe.stl", False, "file_missing"),
        (tmp_path / "none.stl", False, "file_missing"),
        (tmp_path / "file" / "a.stl", False, "file_missing"),
        (f"{tmp_path}/a\0b.stl", False, "file_missing"),
        (tmp_path / "secret.stl", True, "file_not_allowed"),
        (allowed / "link.stl", True, "file_not_allowed"),
        (allowed / "none.stl", True, "file_missing"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await async_open(hass, str(path), check_allowed=check)
        assert (refused.value.translation_key, refused.value.translation_placeholders) == (key, {"path": str(path)})
    (tmp_path / "notes.txt").write_bytes(b"x")
    for name in ("notes.txt", "none.txt"):
        with pytest.raises(ServiceValidationError) as refused:
            await async_open(hass, str(tmp_path / name), check_allowed=False)
        assert refused.value.translation_key == "file_type_unsupported"
    assert opened == []


async def test_model_of_another_source_is_read_no_further_than_its_size() -> None:
    asked: list[int] = []

    async def read(most: int) -> bytes:
        asked.append(most)
        return b"x" * most

    async def close() -> None:
        return None

    for size, wanted in ((4, []), (5, [1]), (4 + CHUNK, [CHUNK]), (5 + CHUNK, [CHUNK, 1])):
        asked.clear()
        file = ModelFile("a.scad", size, b"cube", read=read, close=close)
        assert sum([len(piece) async for piece in file]) == size
        assert asked == wanted


async def test_damage_is_found_by_the_last_bytes_of_all_pieces() -> None:
    data = ascii_stl(900)
    for end, damaged in ((len(data), False), (len(data) - 12, True)):
        left = data[:end]

        async def read(most: int) -> bytes:
            nonlocal left
            piece, left = left[:7000], left[7000:]
            return piece

        async def close() -> None:
            return None

        head, left = left[:5000], left[5000:]
        file = ModelFile("a.stl", end, head, read=read, close=close)
        try:
            assert b"".join([piece async for piece in file]) == data
        except OSError:
            assert file.failure is not None
            assert file.failure.translation_key == "file_truncated"
            assert file.failure.translation_placeholders == {"path": "a.stl", "type": "STL", "found": ""}
        assert (file.failure is not None) is damaged


async def test_failed_read_is_kept_as_the_reason() -> None:
    async def read(most: int) -> bytes:
        raise OSError(5, "Input/output error")

    async def close() -> None:
        return None

    file = ModelFile("a.scad", 9, b"cube", read=read, close=close)
    with pytest.raises(OSError, match="Input/output"):
        assert [piece async for piece in file]
    assert file.failure is not None
    assert file.failure.translation_key == "file_unreadable"
    assert file.failure.translation_placeholders == {"path": "a.scad", "error": "Input/output error"}


def test_end_is_checked_only_if_it_is_known() -> None:
    cut = ascii_stl()[:-40]
    check_content("a.stl", "shown", len(cut), cut)
    for name, head, tail, key, found in (
        ("a.stl", cut, cut, "file_truncated", ""),
        ("a.stl", zipped("a"), zipped("a"), "file_is_other_type", "ZIP"),
        ("a.scad", b" ", b" ", "file_empty", ""),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            check_content(name, "shown", len(head), head, tail)
        assert refused.value.translation_key == key
        kind = {"a.stl": "STL", "a.scad": "OpenSCAD"}[name]
        assert refused.value.translation_placeholders == {"path": "shown", "type": kind, "found": found}


@pytest.mark.parametrize("value", ["media-source://a/b", {"media_content_id": "media-source://a/b", "other": 1}])
def test_media_item_is_a_text_or_what_a_selector_returns(value: Any) -> None:
    assert media_id(value) == "media-source://a/b"
    with pytest.raises(vol.Invalid) as refused:
        media_id("https://a")
    assert refused.value.translation_key == "media_item"


def test_limit_of_a_file_is_that_of_the_vendor() -> None:
    assert file_source.MOST_BYTES == 500_000_000
