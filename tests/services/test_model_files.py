"""Which files may be uploaded, and what is said of those that may not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration, mock_platform
import voluptuous as vol

from custom_components.printago.services.file_source import (
    MOST_BYTES,
    ModelFile,
    check_size,
    ending_of,
    media_id,
    reason_of,
)
from tests.support.actions import act
from tests.support.model_files import ascii_stl
from virtual_farm import FarmConfig, VirtualFarm


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm with stopped time."""
    return FarmConfig(printers=1, speed=0, scenario="idle")


@pytest.mark.parametrize(
    ("size", "key", "placeholders"),
    [
        (0, "file_empty", {"path": "a.stl"}),
        (MOST_BYTES + 1_600_000, "file_too_large", {"path": "a.stl", "size": "502", "limit": "500"}),
        (1, None, None),
        (MOST_BYTES, None, None),
    ],
)
def test_size_is_limited_and_named_in_megabytes(size: int, key: str | None, placeholders: Any) -> None:
    if key is None:
        check_size("a.stl", size)
        return
    with pytest.raises(ServiceValidationError) as refused:
        check_size("a.stl", size)
    assert (refused.value.translation_key, refused.value.translation_placeholders) == (key, placeholders)


@pytest.mark.parametrize("name", ["a.txt", "stl", ".stl", "\u200b .stl", "a.stl.zip", ""])
def test_other_files_are_refused_with_the_types_that_there_are(name: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        ending_of(name)
    assert refused.value.translation_placeholders == {
        "path": name,
        "types": "gcode.3mf, 3mf, gcode, scad, step, stp, stl",
    }


def test_reason_of_a_failed_read_is_never_empty() -> None:
    assert reason_of(FileNotFoundError(2, "No such file")) == "No such file"
    assert reason_of(OSError("the file became shorter")) == "the file became shorter"
    assert reason_of(PermissionError()) == "PermissionError"


@pytest.mark.parametrize("value", [None, 5, ["a"], {}, {"media_content_id": 5}, "https://example.org/a.stl", "a.stl"])
def test_what_is_no_media_item_is_refused(value: Any) -> None:
    with pytest.raises(vol.Invalid):
        media_id(value)


async def read(data: bytes, *, size: int, pieces: int = 100_000) -> tuple[ModelFile, bytes, bool]:
    """Read a model whose source has some bytes and says that it has `size`; return also whether it failed."""
    rest = data[200:]

    async def more(most: int) -> bytes:
        nonlocal rest
        piece, rest = rest[: min(most, pieces)], rest[min(most, pieces) :]
        return piece

    async def close() -> None:
        return None

    file, got = ModelFile("Bracket .STL", size, data[:200], read=more, close=close), b""
    try:
        async for piece in file:
            got += piece
    except OSError:
        return file, got, True
    return file, got, False


@pytest.mark.parametrize("pieces", [1, 7, 100_000])
async def test_model_is_read_unchanged_in_pieces_of_any_size(pieces: int) -> None:
    data = ascii_stl(3)
    file, got, failed = await read(data, size=len(data), pieces=pieces)
    assert (file.title, file.name, file.kind, file.size) == ("Bracket", "Bracket.STL", "stl", len(data))
    assert (got, failed, file.failure) == (data, False, None)


async def test_model_that_is_shorter_or_damaged_is_never_read_to_its_end() -> None:
    data = ascii_stl(3)
    file, got, failed = await read(data, size=len(data) + 1)
    assert failed
    assert file.failure is not None
    assert file.failure.translation_key == "file_became_shorter"
    assert len(got) < file.size
    file, got, failed = await read(data[:-30], size=len(data) - 30)
    assert failed
    assert file.failure is not None
    assert file.failure.translation_key == "file_truncated"
    assert len(got) < file.size


async def test_media_of_other_sources_are_not_looked_for_among_local_ones(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path
) -> None:
    """A media folder need not be among the folders that actions may read."""

    class Lens(media_source.MediaSource):
        async def async_resolve_media(self, item: media_source.MediaSourceItem) -> media_source.PlayMedia:
            return media_source.PlayMedia("/stream", "model/stl")

    async def get_source(_: HomeAssistant) -> media_source.MediaSource:
        return Lens("lens")

    mock_integration(hass, MockModule("lens"))
    mock_platform(hass, "lens.media_source", cast(Any, SimpleNamespace(async_get_media_source=get_source)))
    assert await async_setup_component(hass, "lens", {})
    hass.config.media_dirs = {"local": str(tmp_path)}
    (tmp_path / "a.stl").write_bytes(ascii_stl())
    for item, key in (("media_source/local/a.stl", "media_not_found"), ("lens/local/a.stl", "media_not_found")):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "upload_part", media=f"media-source://{item}")
        assert refused.value.translation_key == key, "media sources are not set up"
    assert await async_setup_component(hass, "media_source", {})
    for item, key in (
        ("lens/local/a.stl", "media_not_local"),
        ("media_source", "media_not_found"),
        ("media_source/local", "media_not_found"),
        (f"media_source/local/{tmp_path}/a.stl", "media_not_found"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "upload_part", media=f"media-source://{item}")
        assert refused.value.translation_key == key, item
    assert (await act(hass, "upload_part", media="media-source://media_source/local/a.stl"))["type"] == "stl"


async def test_relative_path_is_refused_even_from_within_an_allowed_folder(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.stl").write_bytes(ascii_stl())
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "upload_part", path="a.stl")
    assert refused.value.translation_key == "file_not_allowed"
    assert (await act(hass, "upload_part", path=str(tmp_path / "a.stl")))["part"] == "a"
