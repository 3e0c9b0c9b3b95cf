"""Materials are found by ID, name or type, in this order, colors in the material that is named, parameters by name."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.printing import catalog
from tests.support.actions import act
from tests.support.model_files import ascii_stl
from tests.support.submissions import last_build, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass, so that jobs appear."""
    return FarmConfig(speed=20, printers=1, scenario="idle", quota=False)


@pytest.fixture(autouse=True)
def quick(quick_to_ask: None) -> None:
    """Shorten the pause before a lost response is looked up."""


async def chosen(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, **data: Any) -> Any:
    """Return how the build of a print names its material."""
    entry.runtime_data.catalog.forget()
    await submit(hass, part="Benchy", **data)
    return last_build(farm)["parts"][0]["materials"]["0"][0]


async def refused(hass: HomeAssistant, entry: MockConfigEntry, **data: Any) -> ServiceValidationError:
    entry.runtime_data.catalog.forget()
    with pytest.raises(ServiceValidationError) as failed:
        await submit(hass, part="Benchy", **data)
    return failed.value


async def test_name_wins_over_type_and_id_over_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    materials = farm.world.materials
    first, second, third, *_ = materials
    materials.change(first, {"name": "Mine", "type": "PA6"})
    materials.change(second, {"name": "Other", "type": "Pa6"})
    assert await chosen(hass, farm, entry, material="PA6") == {"materialType": "PA6"}
    assert (await refused(hass, entry, material="pa6")).translation_placeholders == {
        "name": "pa6",
        "candidates": "PA6, Pa6",
    }
    materials.change(third, {"name": "pa6"})
    for written in ("pa6", "PA6", "Pa6"):
        assert await chosen(hass, farm, entry, material=written) == {"materialId": third}
    materials.change(third, {"name": first})
    assert await chosen(hass, farm, entry, material=first) == {"materialId": first}
    error = await refused(hass, entry, material="Othr")
    assert (error.translation_key, (error.translation_placeholders or {})["candidates"]) == (
        "material_not_found",
        "Other",
    )


async def test_color_is_looked_for_in_the_materials_that_are_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    variants, materials = farm.world.variants, farm.world.materials
    black = next(row for row in variants.values() if row["name"] == "Black")
    mine = materials[black["materialId"]]
    alike = next(row for row in variants.values() if row["materialId"] != mine["id"])
    elsewhere = materials[alike["materialId"]]
    materials.change(mine["id"], {"type": "PCTG"})
    materials.change(elsewhere["id"], {"type": "ABS"})
    variants.change(alike["id"], {"name": "Black"})
    for material in (mine["id"], mine["name"], "PCTG", "pctg"):
        assert await chosen(hass, farm, entry, material=material, variant="black") == {"variantId": black["id"]}
    for material in (elsewhere["id"], elsewhere["name"]):
        assert await chosen(hass, farm, entry, material=material, variant="black") == {"variantId": alike["id"]}
    assert await chosen(hass, farm, entry, variant=alike["id"]) == {"variantId": alike["id"]}
    error = await refused(hass, entry, variant="Black")
    assert error.translation_key == "variant_ambiguous"
    assert all(key in str(error.translation_placeholders) for key in (black["id"], alike["id"]))
    assert (await refused(hass, entry, material=mine["id"], variant="No color")).translation_key == "variant_unknown"


async def test_look_up_that_is_lost_after_an_upload_does_not_make_the_print_uncertain(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    # The upload takes longer than names are kept.
    monkeypatch.setattr(catalog, "_REMEMBER_SECONDS", -1)
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    (tmp_path / "a.stl").write_bytes(ascii_stl())
    farm.inject_fault(Fault(mode="html", status=200, path="/v1/materials", every=2, count=9))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "upload_part", path=str(tmp_path / "a.stl"), print=True, material="PLA")
    assert failed.value.translation_key == "uploaded_not_printed"
    assert "Nothing was changed" in str(failed.value)


async def test_two_names_for_one_parameter_are_refused_and_neither_is_dropped(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Name Tag", parameters={"TEXT": "Ada", "Height": 4})
    assert last_build(farm)["parts"][0]["parameters"] == {"text": "Ada", "height": 4}
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Name Tag", parameters={"TEXT": "Ada", "text": "Bob"})
    assert failed.value.translation_key == "refused"
    assert "TEXT" in str(failed.value)
