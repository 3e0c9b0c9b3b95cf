"""The action that uploads models: from files and media."""

import asyncio
import hashlib
from pathlib import Path
import tracemalloc
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from custom_components.printago.services import file_source as model_file
from tests.support.common import device_of, paths, printer_named, until_asked
from tests.support.model_files import MODELS, binary_stl
from tests.support.uploads import BRACKET, MAKE, SIGN, upload
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.printers(3)

BUILD = "POST /v2/builds"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly, with every printer ready."""
    return FarmConfig(speed=20, scenario="idle", printers=3)


@pytest.fixture(autouse=True)
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pause before a lost response is looked up."""
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.4, 0.4, 0.4))
    monkeypatch.setattr("custom_components.printago.services.upload_part._LOOK_AFTER", (0.01, 0.1))


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder that Home Assistant may read, and that is a media folder."""
    allowed = tmp_path / "models"
    allowed.mkdir()
    hass.config.allowlist_external_dirs = {str(allowed)}
    hass.config.media_dirs = {"local": str(allowed)}
    return allowed


@pytest.fixture
def model(folder: Path) -> Path:
    """Return a model of several pieces that may be uploaded."""
    file = folder / "Bracket.stl"
    file.write_bytes(BRACKET)
    return file


def writes(farm: VirtualFarm) -> list[str]:
    """Return the sent requests that could change anything."""
    return [path for path in paths(farm) if path in (SIGN, MAKE, BUILD)]


async def test_file_becomes_a_part_unchanged(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    response = await upload(hass, path=model)

    part = farm.world.parts.get(response["part_id"])
    assert part is not None
    assert response == {"part_id": part["id"], "part": "Bracket", "type": "stl", "size": len(BRACKET)}
    (uri,) = part["fileUris"]
    blob = farm.storage.blob(uri)
    assert blob is not None
    assert blob.sha256 == hashlib.sha256(BRACKET).hexdigest()
    assert uri.endswith("/Bracket.stl")


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("a.3mf", "3mf", "a"),
        ("a.gcode.3mf", "gcode3mf", "a"),
        ("A.GCODE", "gcode", "A"),
        ("a b.step", "step", "a b"),
        ("a.stp", "step", "a"),
        ("A.STP", "step", "A"),
        ("a.scad", "scad", "a"),
    ],
)
async def test_type_is_detected_by_the_file_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path, name: str, kind: str, title: str
) -> None:
    (folder / name).write_bytes(MODELS[name])
    response = await upload(hass, path=folder / name)
    assert (response["type"], response["part"]) == (kind, title)


@pytest.mark.parametrize("name", ["ascii.stl", "sub/A.GCODE", "a.scad", "a.3mf", "a.gcode.3mf", "a.stp"])
@pytest.mark.parametrize("by_selector", [True, False])
async def test_media_item_is_uploaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path, name: str, by_selector: bool
) -> None:
    assert await async_setup_component(hass, "media_source", {})
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(MODELS[Path(name).name])
    media: Any = f"media-source://media_source/local/{name}"
    if by_selector:
        media = {"media_content_id": media, "media_content_type": "model/stl"}
    response = await upload(hass, media=media, name="Mine")
    assert farm.world.parts.get(response["part_id"])["name"] == "Mine"  # type: ignore[index]


async def test_upload_and_print_in_one_action(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    device = device_of(hass, entry, printer_named(farm, "A1 01"))
    assert device is not None
    response = await upload(
        hass, path=model, print=True, quantity=2, printer=device.id, label="Rush", material="PLA", wait_until="queued"
    )

    printed = response["print"]
    assert printed["confirmed"] is True
    assert printed["reached"] is True
    assert len(printed["job_ids"]) == 2
    for job_id in printed["job_ids"]:
        job = farm.job(job_id)
        assert job.part_id == response["part_id"]
        assert job.required_printer_tags == {"printer.id": printer_named(farm, "A1 01")}
    assert not [
        request
        for request in farm.requests
        if request.path == "/v1/parts" and not {"id.in", "name.eq"}.isdisjoint(request.query)
    ]


async def test_uploaded_part_is_found_by_its_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    part = await upload(hass, path=model)
    response = await hass.services.async_call(
        DOMAIN, "submit_print_job", {"part": "Bracket"}, blocking=True, return_response=True
    )
    assert response is not None
    assert response["builds"][0]["part_id"] == part["part_id"]  # type: ignore[index,call-overload]


async def test_invalid_file_is_refused_before_anything_is_sent(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_file, "MOST_BYTES", 10)
    outside = tmp_path / "secret.stl"
    outside.write_bytes(b"outside")
    (folder / "empty.stl").touch()
    (folder / "large.stl").write_bytes(b"12345678901")
    (folder / "notes.txt").write_bytes(b"no model")
    (folder / ".stl").write_bytes(b"no name")
    (folder / "link.stl").symlink_to(outside)
    (folder / "folder.stl").mkdir()
    farm.clear_requests()
    for path, key in (
        (folder / "none.stl", "file_missing"),
        (folder / "folder.stl", "file_missing"),
        (folder / "empty.stl", "file_empty"),
        (folder / "large.stl", "file_too_large"),
        (folder / "notes.txt", "file_type_unsupported"),
        (folder / ".stl", "file_type_unsupported"),
        (folder / "link.stl", "file_not_allowed"),
        (folder / ".." / "secret.stl", "file_not_allowed"),
        (outside, "file_not_allowed"),
        (tmp_path / "gone" / "none.stl", "file_not_allowed"),
        ("models/relative.stl", "file_not_allowed"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await upload(hass, path=path)
        assert refused.value.translation_key == key, path
        assert Path(str(path)).name in str(refused.value)
    assert writes(farm) == []


async def test_media_item_other_than_a_local_file_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path
) -> None:
    assert await async_setup_component(hass, "media_source", {})
    for item in (
        "media_source/elsewhere/a.stl",
        "nobody/a.stl",
        "media_source/local/../a.stl",
        "media_source/local//a.stl",
        "media_source/local/a.xy",
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await upload(hass, media=f"media-source://{item}")
        assert refused.value.translation_key == "media_not_found"
    assert writes(farm) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"path": "/a.stl", "media": "media-source://media_source/local/a.stl"},
        {"media": "https://example.org/a.stl"},
        {"path": "/a.stl", "quantity": 2},
        {"path": "/a.stl", "print": True, "quantity": 0},
    ],
)
async def test_invalid_data_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await upload(hass, **data)
    assert writes(farm) == []


async def test_unknown_printer_or_material_is_refused_before_the_upload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    for data, key in (({"printer": "nobody"}, None), ({"material": "Unobtainium"}, "material_unknown")):
        with pytest.raises(ServiceValidationError) as refused:
            await upload(hass, path=model, print=True, **data)
        assert key is None or refused.value.translation_key == key
    assert writes(farm) == []


@pytest.mark.parametrize("size", [200, 400_000])
async def test_refused_upload_is_reported_without_its_url(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    size: int,
) -> None:
    (folder / "a.stl").write_bytes(binary_stl(size // 50))
    monkeypatch.setattr(farm.storage, "allows", lambda *_: False)
    before = len(farm.world.parts)
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=folder / "a.stl")
    assert failed.value.translation_key == "upload_failed"
    assert "HTTP 403" in str(failed.value)
    for text in (str(failed.value), caplog.text):
        assert "X-Signature" not in text
    assert MAKE not in paths(farm)
    assert len(farm.world.parts) == before


async def test_file_that_shrinks_during_the_upload_creates_no_part(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer, path="/v1/storage/signed-upload-urls"))
    task = hass.async_create_task(upload(hass, path=model))
    await until_asked(lambda: SIGN in paths(farm))
    await hass.async_add_executor_job(model.write_bytes, b"short")
    answer.set()
    with pytest.raises(HomeAssistantError) as failed:
        await task
    assert failed.value.translation_key == "upload_failed"
    assert "shorter" in str(failed.value)
    assert MAKE not in paths(farm)


async def test_refused_part_has_the_message_of_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="No room for parts", path="/v1/parts", method="POST"))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model)
    assert failed.value.translation_key == "part_not_made"
    assert "No room for parts" in str(failed.value)
    assert "was uploaded" in str(failed.value)


async def test_key_that_is_refused_after_the_upload_asks_for_a_new_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    farm.inject_fault(Fault(mode="status", status=401, path="/v1/parts", method="POST"))
    farm.inject_fault(Fault(mode="status", status=401, path="/v1/printers", count=5))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model)
    assert failed.value.translation_key == "part_not_made"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


@pytest.mark.parametrize("mode", ["drop", "truncated"])
async def test_part_is_found_after_a_lost_response_and_not_created_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path, mode: Any
) -> None:
    farm.inject_fault(Fault(mode=mode, path="/v1/parts", method="POST"))
    response = await upload(hass, path=model)
    assert paths(farm).count(MAKE) == 1
    assert [part["id"] for part in farm.world.parts.values() if part["name"] == "Bracket"] == [response["part_id"]]


async def test_lost_part_is_reported_as_lost(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    farm.inject_fault(Fault(mode="reset", path="/v1/parts", method="POST"))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model)
    assert failed.value.translation_key == "part_lost"
    farm.inject_fault(Fault(mode="drop", path="/v1/parts", method="POST"))
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/parts", method="GET", count=9))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model)
    assert failed.value.translation_key == "part_unchecked"


async def test_refused_print_still_returns_the_part(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="The queue is closed", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model, print=True)
    assert failed.value.translation_key == "uploaded_not_printed"
    (part,) = [part for part in farm.world.parts.values() if part["name"] == "Bracket"]
    assert part["id"] in str(failed.value)
    assert "The queue is closed" in str(failed.value)


async def test_missing_permission_is_reported_before_the_upload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, model: Path
) -> None:
    farm.inject_fault(Fault(mode="status", status=403, message="part.create", path="/v1/storage/signed-upload-urls"))
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, path=model)
    assert failed.value.translation_key == "forbidden"
    assert MAKE not in paths(farm)


async def test_large_file_is_never_completely_in_memory(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, folder: Path
) -> None:
    file = folder / "large.stl"
    with file.open("wb") as sparse:
        sparse.truncate(40_000_000)
    tracemalloc.start()
    try:
        await upload(hass, path=file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15_000_000
