"""Only models are uploaded: other files with the name of a model are refused, from every source."""

from collections.abc import AsyncGenerator
from pathlib import Path
import subprocess
import sys
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.services import model_content
from tests.support.actions import act
from tests.support.common import paths
from tests.support.model_files import (
    GCODE,
    GIT_LFS,
    MODELS,
    PRETENDERS,
    SCAD,
    SLICED,
    STEP,
    THREEMF,
    WEB_PAGE,
    ascii_stl,
    binary_stl,
    with_zip64_record,
    zipped,
)
from virtual_farm import FarmConfig, VirtualFarm

SIGN = "POST /v1/storage/signed-upload-urls"
MAKE = "POST /v1/parts"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm with stopped time."""
    return FarmConfig(printers=1, speed=0, scenario="idle")


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may read, and that is a media folder."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    hass.config.media_dirs = {"local": str(tmp_path)}
    return tmp_path


@pytest.fixture
async def website(hass: HomeAssistant, folder: Path, socket_enabled: None) -> AsyncGenerator[TestServer]:
    """Serve the folder at allowed URLs."""
    app = web.Application()
    app.router.add_static("/", folder)
    async with TestServer(app, host="127.0.0.1") as server:
        hass.config.allowlist_external_urls = {str(server.make_url("/"))}
        yield server


@pytest.fixture(params=["path", "media", "url"])
async def source(request: pytest.FixtureRequest, hass: HomeAssistant, folder: Path, website: TestServer) -> Any:
    """Return a function that uploads a file of the folder from each source."""
    assert await async_setup_component(hass, "media_source", {})
    ways: dict[str, Any] = {
        "path": lambda name: str(folder / name),
        "media": lambda name: f"media-source://media_source/local/{name}",
        "url": lambda name: str(website.make_url(f"/{name}")),
    }
    return lambda name: {request.param: ways[request.param](name)}


@pytest.mark.parametrize("name", MODELS)
async def test_model_is_uploaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path, source: Any, name: str
) -> None:
    (folder / name).write_bytes(MODELS[name])
    response = await act(hass, "upload_part", **source(name))
    part = farm.world.parts.get(response["part_id"])
    assert part is not None
    blob = farm.storage.blob(part["fileUris"][0])
    assert blob is not None
    assert blob.file.read_bytes() == MODELS[name]


async def test_other_content_is_refused_and_named_before_anything_is_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path
) -> None:
    for ending in ("stl", "3mf", "gcode.3mf", "gcode", "scad", "step", "stp"):
        for number, (data, key) in enumerate(PRETENDERS.values()):
            file = folder / f"{number}.{ending}"
            file.write_bytes(data)
            await refused(hass, farm, key, path=str(file))


WRONG = (
    ("page.stl", WEB_PAGE, "file_is_web_page"),
    ("pointer.3mf", GIT_LFS, "file_is_pointer"),
    ("zip.3mf", zipped("notes.txt"), "file_is_other_type"),
    ("zip64.3mf", with_zip64_record(zipped("notes.txt")), "file_is_other_type"),
    ("document.3mf", zipped("[Content_Types].xml", "word/document.xml"), "file_is_other_type"),
    ("empty.3mf", zipped(), "file_is_other_type"),
    ("cut.3mf", THREEMF[:-30], "file_truncated"),
    ("cut.gcode.3mf", SLICED[: len(SLICED) // 2], "file_truncated"),
    ("content.3mf", b"content", "file_not_of_type"),
    ("mesh.3mf", binary_stl(), "file_not_of_type"),
    ("project.stl", THREEMF, "file_is_other_type"),
    ("job.stl", GCODE, "file_is_other_type"),
    ("part.stl", STEP, "file_is_other_type"),
    ("box.stl", SCAD, "file_not_of_type"),
    ("tiny.stl", b"x", "file_not_of_type"),
    ("text.stl", b"404 page not found " * 100, "file_not_of_type"),
    ("cut.stl", binary_stl(50)[:-100], "file_truncated"),
    ("cut solid.stl", binary_stl(50, b"solid by CAD")[:-100], "file_truncated"),
    ("cut ascii.stl", ascii_stl()[:-60], "file_truncated"),
    ("part.step", b"Not found", "file_not_of_type"),
    ("mesh.step", ascii_stl(), "file_is_other_type"),
    ("cut.stp", STEP[:-20], "file_truncated"),
    ("project.gcode", SLICED, "file_is_other_type"),
    ("mesh.scad", ascii_stl(), "file_is_other_type"),
    ("job.scad", GCODE, "file_is_other_type"),
    ("blank.scad", b"\n \n", "file_empty"),
)
"""Files that are not what their name says, and why they are refused."""


async def test_wrong_content_is_refused_from_every_source(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    folder: Path,
    source: Any,
    subtests: pytest.Subtests,
) -> None:
    for name, data, key in WRONG:
        with subtests.test(name):
            (folder / name).write_bytes(data)
            await refused(hass, farm, key, **source(name))


async def test_truncated_file_from_the_web_creates_no_part(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path, website: TestServer
) -> None:
    large = zipped("3D/3dmodel.model", content=bytes(3 * model_content.HEAD))
    (folder / "cut.3mf").write_bytes(large[:-80])
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "upload_part", url=str(website.make_url("/cut.3mf")))
    assert failed.value.translation_key == "upload_failed"
    assert "incomplete" in str(failed.value)
    assert MAKE not in paths(farm)
    assert not farm.storage._blobs


@pytest.mark.parametrize("way", ["path", "url"])
async def test_large_archive_is_checked_by_its_directory(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path, website: TestServer, way: str
) -> None:
    (folder / "large.3mf").write_bytes(zipped("Metadata/a.bin", "3D/b.model", content=bytes(3 * model_content.HEAD)))
    (folder / "backup.3mf").write_bytes(zipped("a.bin", "b.bin", content=bytes(3 * model_content.HEAD)))
    ways = {"path": str, "url": lambda path: str(website.make_url(f"/{path.name}"))}
    assert (await act(hass, "upload_part", **{way: ways[way](folder / "large.3mf")}))["type"] == "3mf"
    farm.clear_requests()
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "upload_part", **{way: ways[way](folder / "backup.3mf")})
    assert "ZIP" in str(failed.value)
    assert MAKE not in paths(farm)


async def test_refusal_names_the_content_in_the_language_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path
) -> None:
    (folder / "a.stl").write_bytes(THREEMF)
    with pytest.raises(ServiceValidationError) as failed:
        await act(hass, "upload_part", path=str(folder / "a.stl"))
    assert failed.value.translation_placeholders == {"path": str(folder / "a.stl"), "type": "STL", "found": "3MF"}


def test_media_types_are_those_that_home_assistant_knows() -> None:
    code = (
        "import mimetypes; mimetypes.init(); known = dict(mimetypes.types_map)\n"
        "import custom_components.printago.services.file_source\n"
        "assert known == mimetypes.types_map"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])  # noqa: S603


async def refused(hass: HomeAssistant, farm: VirtualFarm, key: str, **data: Any) -> None:
    """Upload a file that must be refused with this reason, before anything is sent."""
    farm.clear_requests()
    with pytest.raises(ServiceValidationError) as failed:
        await act(hass, "upload_part", **data)
    assert failed.value.translation_key == key
    assert next(iter(data.values())).rpartition("/")[2].replace(" ", "%20") in str(failed.value).replace(" ", "%20")
    assert SIGN not in paths(farm)
