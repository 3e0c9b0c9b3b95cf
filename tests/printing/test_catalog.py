"""Parts, SKUs, materials, orders, tags and labels are found in any spelling; nothing is guessed."""

# ruff: noqa: RUF001

from pathlib import Path
from typing import Any
import unicodedata

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.actions import act, sent
from tests.support.common import paths, printer_named, until_farm
from tests.support.model_files import ascii_stl
from tests.support.submissions import BUILD, last_build, part_id, submit
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.catalog import add_sku, link_part, new_part

SPELLINGS = [
    ("Cable Clip", "CABLE clip"),
    ("Cable Clip", "cable\u00a0\u00a0clip"),
    ("Cable Clip", "\ufeffCable\tClip\u200b"),
    ("  Cable\u00a0Clip ", "cable clip"),
    ("Schrägstütze", unicodedata.normalize("NFD", "schrägstütze")),
    (unicodedata.normalize("NFD", "Schrägstütze"), "Schrägstütze"),
    ("Bob’s clip", "bob's clip"),
    ("2–3 mm shim", "2-3 mm SHIM"),
    ("Ｃｌｉｐ ３", "clip 3"),
    ("VİDA", "vida"),
    ("🔥", "🔥\ufe0f"),
    ("42", "４２"),
    ("#5", "#5"),
    ("é" * 255, "É" * 255),
]


@pytest.fixture
def farm_config() -> FarmConfig:
    """Have every printer ready and nothing queued."""
    return FarmConfig(speed=20, scenario="idle", printers=3)


@pytest.fixture(autouse=True)
def quick(quick_to_ask: None) -> None:
    """Shorten the pause before a lost response is looked up."""


@pytest.mark.parametrize(("name", "written"), SPELLINGS)
async def test_part_is_found_in_any_spelling(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str, written: str
) -> None:
    part = new_part(farm.world, name=name, type="stl", fileUris=[])["id"]
    if folded_away := [other for other in farm.world.parts.values() if other["name"] == "Cable Clip"]:
        for other in folded_away:
            if other["id"] != part:
                farm.world.parts.remove(other["id"])
    await submit(hass, part=written)
    assert last_build(farm)["parts"][0]["partId"] == part
    assert (await act(hass, "get_jobs", part=written))["complete"]
    assert part in {row["part_id"] for row in (await act(hass, "get_parts", search=written[:4]))["parts"]}


@pytest.mark.parametrize(("name", "written"), SPELLINGS)
async def test_sku_is_found_in_any_spelling(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str, written: str
) -> None:
    sku = add_sku(farm.world, name, "Title")
    link_part(farm.world, sku, next(iter(farm.world.parts.values())))
    await submit(hass, sku=written)
    assert last_build(farm)["skus"][0]["skuId"] == sku["id"]
    assert sku["id"] in {row["sku_id"] for row in (await act(hass, "get_skus", search=written[:4]))["skus"]}


@pytest.mark.parametrize("written", ["bambu\u00a0PLA  basic", "\u200bＢambu Pla Basic"])
async def test_material_and_color_are_found_in_any_spelling(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, written: str
) -> None:
    material = next(row for row in farm.world.materials.values() if row["name"] == "Bambu PLA Basic")
    await submit(hass, part="Benchy", material=written)
    assert last_build(farm)["parts"][0]["materials"] == {"0": [{"materialId": material["id"]}]}
    await submit(hass, part="Benchy", material=" pla\u00a0")
    assert last_build(farm)["parts"][0]["materials"] == {"0": [{"materialType": "PLA"}]}
    color = next(
        row for row in farm.world.variants.values() if row["materialId"] == material["id"] and row["name"] == "Black"
    )
    await act(
        hass,
        "assign_material",
        printers=["X1 Carbon 01"],
        slots=["AMS\u00a01  tray 1"],
        material=written,
        variant="BLACK\u200b",
    )
    (body,) = sent(farm, "/v1/materials/printer-slots/assign")
    assert body["variantId"] == color["id"]


async def test_exact_spelling_wins_among_similar_names(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    exact = part_id(farm, "Benchy")
    other = new_part(farm.world, name="BENCHY", type="stl", fileUris=[])["id"]
    for name, meant in (("Benchy", exact), ("BENCHY", other)):
        await submit(hass, part=name)
        assert last_build(farm)["parts"][0]["partId"] == meant
    builds = paths(farm).count(BUILD)
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="benchy")
    assert refused.value.translation_key == "part_ambiguous"
    candidates = (refused.value.translation_placeholders or {})["candidates"]
    assert exact in candidates
    assert other in candidates
    assert paths(farm).count(BUILD) == builds


async def test_id_wins_over_names_of_other_parts(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    wanted = part_id(farm, "Benchy")
    farm.world.parts.change(part_id(farm, "Cable Clip"), {"name": wanted})
    sku = next(row["id"] for row in farm.world.skus.values() if row["sku"] == "BENCHY-1")
    named = add_sku(farm.world, sku, "Named as an ID")
    link_part(farm.world, named, next(iter(farm.world.parts.values())))
    farm.clear_requests()
    await submit(hass, part=wanted)
    assert last_build(farm)["parts"][0]["partId"] == wanted
    await submit(hass, sku=sku)
    assert last_build(farm)["skus"][0]["skuId"] == sku
    asked = [request.query for request in farm.requests if request.path == "/v1/parts" and len(request.query) > 1]
    assert sum("id.in" in query for query in asked) == 1, "an ID is asked for as what it is"


async def test_name_that_looks_like_an_id_is_found_as_a_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    part = new_part(farm.world, name="articulateddragonkeyring", type="stl", fileUris=[])["id"]
    await submit(hass, part="articulateddragonkeyring")
    assert last_build(farm)["parts"][0]["partId"] == part


async def test_part_uploaded_with_a_cached_name_is_found_at_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path
) -> None:
    await submit(hass, part="benchy")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "x.stl").write_bytes(ascii_stl(40))
    await act(hass, "upload_part", path=str(tmp_path / "x.stl"), name="BENCHY")
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="benchy")
    assert refused.value.translation_key == "part_ambiguous"


@pytest.mark.parametrize("nothing", ["\u200b", "\u00a0\ufeff", "\u3164", "\x00"])
async def test_invisible_name_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None, nothing: str
) -> None:
    for action, data in (
        ("submit_print_job", {"part": nothing}),
        ("submit_print_job", {"sku": nothing}),
        ("submit_print_job", {"part": "Benchy", "material": nothing}),
        ("submit_print_job", {"part": "Benchy", "tags": [nothing]}),
        ("print_orders", {"orders": [nothing]}),
        ("create_sku", {"parts": [nothing]}),
        ("create_sku", {"parts": ["Benchy"], "sku": nothing}),
        ("get_parts", {"search": nothing}),
        ("get_jobs", {"label": nothing}),
        ("upload_part", {"path": "/x.stl", "name": nothing}),
    ):
        with pytest.raises(ServiceValidationError):
            await act(hass, action, **data)
    assert farm.requests == []


async def test_long_unknown_name_lists_candidates(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    new_part(farm.world, name="Dragon " * 35, type="stl", fileUris=[])
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="dragon " * 34 + "dragoon")
    assert refused.value.translation_key == "part_not_found"
    assert "Dragon" in (refused.value.translation_placeholders or {})["candidates"]


# Orders


def order(farm: VirtualFarm, number: str) -> str:
    """Return the ID of a new open order of one boat."""
    sku = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == "BENCHY-1")
    return str(farm.orders.create({"orderNumber": number}, [{"skuId": sku, "quantity": 1}])["order"]["id"])


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("1001", "#1001"),
        ("#1001", "1001"),
        ("#1001", " # １００１ "),
        ("#A‑7", "a-7"),
        ("A-7", "#a–7"),
        ("1001", 1001),
        ("ÄB 7", unicodedata.normalize("NFD", "äb\u00a07")),
    ],
)
async def test_order_is_found_with_and_without_number_sign(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, number: str, written: Any
) -> None:
    wanted = order(farm, number)
    order(farm, "9999")
    assert (await act(hass, "print_orders", orders=[written]))["order_ids"] == [wanted]


async def test_ambiguous_order_number_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    alike = [order(farm, "#1001"), order(farm, "# 1001")]
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "print_orders", orders=["1001"])
    assert refused.value.translation_key == "order_ambiguous"
    assert all(identifier in (refused.value.translation_placeholders or {})["candidates"] for identifier in alike)
    assert (await act(hass, "print_orders", orders=["#1001"]))["order_ids"] == [alike[0]]
    assert (await act(hass, "print_orders", orders=[alike[1]]))["order_ids"] == [alike[1]]


@pytest.mark.parametrize("written", ["None", "#", "null", "100"])
async def test_empty_order_number_matches_nothing(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, written: str
) -> None:
    nameless = order(farm, "1001")
    farm.world.orders.change(nameless, {"orderNumber": None})
    order(farm, "")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "print_orders", orders=[written])
    assert refused.value.translation_key == "order_unknown"


# Tags and labels


@pytest.mark.parametrize("written", ["ENCLOSED", " Enclosed\u00a0", "enclosed\u200b", "ｅｎｃｌｏｓｅｄ"])
async def test_tags_are_sent_as_the_store_spells_them(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, written: str
) -> None:
    printer = printer_named(farm, "A1 01")
    farm.world.printers[printer].tags = ["Enclosed"]
    farm.world.printers.touch(printer)
    farm.settle()
    await until_farm(entry, lambda: "Enclosed" in entry.runtime_data.coordinator.farm.printers[printer].record.tags)
    await submit(hass, part="Benchy", tags=[written, "demo"])
    assert last_build(farm)["parts"][0]["tags"] == {"user.tags": "Enclosed|demo"}
    await submit(hass, part="Benchy", tags=["New Tag "])
    assert last_build(farm)["parts"][0]["tags"] == {"user.tags": "New Tag"}


async def test_ambiguous_tag_is_refused(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    for name, tag in (("A1 01", "PETG"), ("P1S 01", "petg")):
        printer = printer_named(farm, name)
        farm.world.printers[printer].tags = [tag]
        farm.world.printers.touch(printer)
    farm.settle()
    printers = entry.runtime_data.coordinator.farm.printers.values()
    await until_farm(entry, lambda: {"PETG", "petg"} <= {tag for state in printers for tag in state.record.tags})
    await submit(hass, part="Benchy", tags=["petg"])
    assert last_build(farm)["parts"][0]["tags"] == {"user.tags": "petg"}
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="Benchy", tags=["Petg"])
    assert refused.value.translation_key == "tag_ambiguous"
    assert (refused.value.translation_placeholders or {})["candidates"] == "PETG, petg"


async def test_parameters_are_sent_as_the_part_spells_them(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="name\u00a0tag", parameters={"TEXT": "Ada ", "height\u200b": 4.5})
    assert last_build(farm)["parts"][0]["parameters"] == {"text": "Ada ", "height": 4.5}


async def test_jobs_are_selected_by_a_label_in_any_spelling(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first = (await submit(hass, part="Benchy", label="Order\u00a0 1042 "))["job_ids"]
    await submit(hass, part="Benchy", label="Order 10")
    found = (await act(hass, "get_jobs", label="order 1042"))["jobs"]
    assert [job["job_id"] for job in found] == first
    changed = await act(
        hass, "update_jobs", label="ORDER  1042", new_label="Ord\u00e9r ", status=[job["status"] for job in found]
    )
    assert [job["job_id"] for job in changed["jobs"]] == first
    assert farm.job(first[0]).label == "Ordér"


# New items


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (unicodedata.normalize("NFD", "Schrägstütze.stl"), "Schrägstütze"),
        ("\u00a0Clip \u200b.stl", "Clip"),
        ("Clip.stl\u200e", "Clip"),
        ("Clip .STL", "Clip"),
        ("Cable  Clip.stl", "Cable  Clip"),
    ],
)
async def test_file_is_uploaded_with_a_normalized_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path, name: str, title: str
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / name).write_bytes(ascii_stl(40))
    made = await act(hass, "upload_part", path=str(tmp_path / name))
    assert made["part"] == title
    (body,) = sent(farm, "/v1/storage/signed-upload-urls")
    (filename,) = body["filenames"]
    assert filename in (f"{title}.stl", f"{title}.STL")

    made = await act(
        hass, "upload_part", path=str(tmp_path / name), name=f"\t{unicodedata.normalize('NFD', 'Ü')} x\u00a0"
    )
    assert made["part"] == "Ü x"


async def test_file_without_a_visible_name_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path, at_rest: None
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "\u200b \u00a0.stl").write_bytes(ascii_stl(40))
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "upload_part", path=str(tmp_path / "\u200b \u00a0.stl"))
    assert refused.value.translation_key == "file_type_unsupported"
    assert farm.requests == []


async def test_sku_is_created_with_a_normalized_code(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (made,) = (await act(hass, "create_sku", parts=["benchy "], sku=f" {unicodedata.normalize('NFD', 'BÖ')}\u200b"))[
        "skus"
    ]
    assert made == {"sku_id": made["sku_id"], "sku": "BÖ", "part_id": part_id(farm, "Benchy")}
    name = unicodedata.normalize("NFD", " Schräg ")
    part = new_part(farm.world, name=name, type="stl", fileUris=[])["id"]
    (made,) = (await act(hass, "create_sku", parts=["schräg"]))["skus"]
    assert (made["sku"], made["part_id"]) == ("Schräg", part)
