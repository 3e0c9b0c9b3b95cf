"""Saved prints: added and changed in a form, printed by a press."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.conftest import SetUp, entry_data
from tests.support.common import device_of, entity_id, paths, press, printer_named, state_of, until, value_of
from tests.support.saved_prints import (
    BUILD,
    change_print,
    last_build,
    open_form,
    outcome,
    outcome_is,
    part_id,
    save_print,
    sku_id,
)
from tests.support.voice import begin_to_listen, say
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly: jobs appear a moment after their build, and progress."""
    return FarmConfig(speed=10, printers=3)


async def test_saved_print_is_a_device_with_a_button_of_its_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data.coordinator

    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)

    assert entry.subentries[saved].title == "Print Benchy"
    assert entry.runtime_data.coordinator is before
    button = state_of(hass, saved, "print", "button")
    assert button.entity_id == "button.print_benchy"
    assert button.name == "Print Benchy"
    assert state_of(hass, saved, "last_outcome").name == "Print Benchy Last outcome"
    assert outcome(hass, saved) == STATE_UNKNOWN
    device, store = device_of(hass, entry, saved), device_of(hass, entry, farm.config.store_id)
    assert device is not None
    assert store is not None
    assert device.config_subentry_id == saved
    assert device.via_device_id == store.id
    registered = er.async_get(hass).async_get(button.entity_id)
    assert registered is not None
    assert registered.config_subentry_id == saved


async def test_form_offers_the_items_of_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    form = await open_form(hass, entry)

    assert form["type"] is FlowResultType.FORM
    fields = {str(marker): selector for marker, selector in form["data_schema"].schema.items()}
    things = {option["value"]: option["label"] for option in fields["thing"].config["options"]}
    assert things[f"part:{part_id(farm)}"] == "Benchy"
    assert things[f"sku:{sku_id(farm, 'DESK-SET')}"].startswith("DESK-SET")
    printers = {option["value"]: option["label"] for option in fields["printer"].config["options"]}
    assert printers[printer_named(farm, "A1 01")] == "A1 01"
    assert "rack-1" in fields["tags"].config["options"]
    materials = [option["value"] for option in fields["material"].config["options"]]
    assert "PLA" in materials
    assert set(farm.world.materials.keys()) <= set(materials)


async def test_form_distinguishes_items_with_the_same_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    benchy, other = part_id(farm), part_id(farm, "Cable Clip")
    farm.world.parts.change(other, {"name": "benchy\u00a0"})
    printers = [printer_named(farm, "A1 01"), printer_named(farm, "P1S 01")]
    for printer in printers:
        device = device_of(hass, entry, printer)
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user="Left one")

    form = await open_form(hass, entry)

    fields = {str(marker): selector for marker, selector in form["data_schema"].schema.items()}
    things = {option["value"]: option["label"] for option in fields["thing"].config["options"]}
    assert things[f"part:{benchy}"] == f"Benchy ({benchy})"
    assert things[f"part:{other}"] == f"benchy ({other})"
    labels = {option["value"]: option["label"] for option in fields["printer"].config["options"]}
    assert [labels[printer] for printer in printers] == ["Left one (A1 01)", "Left one (P1S 01)"]
    assert labels[printer_named(farm, "X1 Carbon 01")] == "X1 Carbon 01"


async def test_all_options_are_sent_to_printago(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(
        hass,
        entry,
        f"part:{part_id(farm)}",
        name=" Three boats ",
        quantity=3,
        printer=printer,
        tags=["rack-1", " demo "],
        material="PLA",
    )
    assert entry.subentries[saved].title == "Three boats"

    await press(hass, saved, "print")

    (part,) = last_build(farm)["parts"]
    assert part == {
        "partId": part_id(farm),
        "quantity": 3,
        "priority": 100,
        "position": "back",
        "tags": {"user.tags": "rack-1|demo", "printer.id": printer},
        "materials": {"0": [{"materialType": "PLA"}]},
    }


async def test_button_is_pressed_by_its_spoken_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    await begin_to_listen(hass, entity_id(hass, saved, "print", "button"))

    await say(hass, "press the Print Benchy button")

    await outcome_is(hass, saved, "queued")
    assert last_build(farm)["parts"][0]["partId"] == part_id(farm)


async def test_sku_is_called_by_its_title_and_can_print(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    sku = next(sku for sku in farm.world.skus.values() if sku["sku"] == "DESK-SET")
    saved = await save_print(hass, entry, f"sku:{sku['id']}", quantity=1)
    assert entry.subentries[saved].title == f"Print {sku['title']}"
    await press(hass, saved, "print")
    await until(hass, lambda: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 6)


async def test_change_renames_the_device_and_prints_something_else_without_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data.coordinator
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2, tags=["demo"])
    form = await entry.start_subentry_reconfigure_flow(hass, saved)
    suggested = {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description is not None
    }
    assert suggested == {"thing": f"part:{part_id(farm)}", "name": "Print Benchy", "quantity": 2, "tags": ["demo"]}

    sku = sku_id(farm, "DESK-SET")
    result = await change_print(hass, entry, saved, {"thing": f"sku:{sku}", "name": "Desk set", "quantity": 1})

    assert result["reason"] == "reconfigure_successful"
    assert result["translation_domain"] == "homeassistant", "which has the words for it"
    device = device_of(hass, entry, saved)
    assert device is not None
    assert device.name == "Desk set"
    assert entry.runtime_data.coordinator is before
    await press(hass, saved, "print")
    assert last_build(farm)["skus"] == [{"skuId": sku, "quantity": 1, "priority": 100, "position": "back"}]


async def test_tag_with_a_separator_is_refused(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    form = await open_form(hass, entry)
    fields = {"thing": f"part:{part_id(farm)}", "quantity": 1, "tags": ["a|b"]}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    assert result["errors"] == {"tags": "invalid_tag"}

    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {**fields, "tags": ["a", "b"]})
    assert result["step_id"] == "preview"


@pytest.mark.parametrize(
    "farm_config", [FarmConfig(speed=0), FarmConfig(speed=0, absolute_pictures=True)], ids=["path", "address"]
)
async def test_preview_shows_the_picture_until_the_form_is_closed(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "http", {})
    entry = await setup_entry()
    client = await hass_client_no_auth()
    form = await open_form(hass, entry)
    fields = {"thing": f"part:{part_id(farm)}", "quantity": 3}

    preview = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)

    assert preview["step_id"] == "preview"
    placeholders = preview["description_placeholders"]
    assert (placeholders["name"], placeholders["quantity"], placeholders["thing"]) == ("Print Benchy", "3", "Benchy")
    path = placeholders["picture"].removeprefix("![](").removesuffix(")")
    assert path.startswith("/api/printago/part_picture/")
    answer = await client.get(path)
    assert answer.content_type == "image/png"
    assert (await answer.read()).startswith(b"\x89PNG")
    assert (await client.get(path.partition("?")[0])).status == 401
    await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    assert (await client.get(path)).status == 404


async def test_preview_works_without_the_picture_if_it_cannot_be_fetched(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/storage/signed-urls"))
    form = await open_form(hass, entry)
    fields = {"thing": f"part:{part_id(farm)}", "quantity": 3}
    preview = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    assert preview["description_placeholders"]["picture"] == ""


@pytest.mark.parametrize(
    ("status", "reason"), [(503, "cannot_connect"), (403, "forbidden")], ids=["unreachable", "forbidden"]
)
async def test_form_without_a_connection_gives_the_reason(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, status: int, reason: str
) -> None:
    farm.inject_fault(Fault(mode="status", status=status, path="/v1/parts", count=2))
    result = await open_form(hass, entry)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_form_of_an_unloaded_store_says_so(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await open_form(hass, entry))["reason"] == "not_loaded"


async def test_store_without_parts_has_nothing_to_save(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for document in (farm.world.parts, farm.world.skus):
        for identifier in list(document.keys()):
            document.remove(identifier)
    assert (await open_form(hass, entry))["reason"] == "nothing_to_print"


async def test_key_that_may_not_see_skus_and_materials_can_save_parts(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    key = "key_that_prints_parts_and_nothing_else"
    farm.add_api_key(key, ["printer.view", "queue.view", "part.view", "build.create"])
    entry = await setup_entry(**{CONF_API_KEY: key})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    await press(hass, saved, "print")
    assert BUILD in paths(farm)


async def test_removed_saved_print_removes_only_its_device(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data.coordinator
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    other = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2, name="Two")

    hass.config_entries.async_remove_subentry(entry, saved)
    await hass.async_block_till_done()

    assert device_of(hass, entry, saved) is None
    assert value_of(hass, saved, "print", "button") is None
    assert device_of(hass, entry, other) is not None
    assert device_of(hass, entry, printer_named(farm, "A1 01")) is not None
    assert entry.runtime_data.coordinator is before
    await press(hass, other, "print")
    assert last_build(farm)["parts"][0]["quantity"] == 2


async def test_snapshot_and_reload_leave_saved_prints_alone(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    device = device_of(hass, entry, saved)
    await entry.runtime_data.coordinator.async_refresh()
    assert device_of(hass, entry, saved) == device

    assert await hass.config_entries.async_reload(entry.entry_id)

    assert device_of(hass, entry, saved) == device
    await press(hass, saved, "print")
    await outcome_is(hass, saved, "queued")


async def test_new_key_reloads_and_a_new_title_does_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data.coordinator
    hass.config_entries.async_update_entry(entry, title="My farm")
    await hass.async_block_till_done()
    assert entry.runtime_data.coordinator is before

    farm.add_api_key("another_key_for_the_same_store")
    hass.config_entries.async_update_entry(entry, data=entry_data(farm, api_key="another_key_for_the_same_store"))
    await hass.async_block_till_done()
    assert entry.runtime_data.coordinator is not before
    assert entry.state is ConfigEntryState.LOADED
