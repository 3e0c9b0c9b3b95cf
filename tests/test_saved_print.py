"""Saved prints: made in a dialogue, printed by a press, followed to their end, and repaired when their part is gone."""

import asyncio
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigSubentryData
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printago.const import DOMAIN
from tests.common import device_of, entity_id, pass_time, paths, press, printer_named, state_of, until, value_of
from tests.conftest import SetUp, entry_data
from virtual_farm import FarmConfig, Fault, VirtualFarm

BUILD = "POST /v2/builds"
KIND = "saved_print"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass quickly: jobs appear a moment after their build, and go on from there."""
    return FarmConfig(speed=10)


@pytest.fixture(autouse=True)
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for jobs sooner than for a cloud that is far away."""
    monkeypatch.setattr("custom_components.printago.actions.submission._ASK_AFTER", (0.4, 0.4, 0.4))


def part_id(farm: VirtualFarm, name: str = "Benchy") -> str:
    """Return the ID of a part."""
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


def sku_id(farm: VirtualFarm, code: str) -> str:
    """Return the ID of an SKU."""
    return next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == code)


def last_build(farm: VirtualFarm) -> Any:
    """Return the body of the last build that was sent."""
    return next(request.body for request in reversed(farm.requests) if request.path == "/v2/builds")


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Open the dialogue that makes a saved print."""
    return await hass.config_entries.subentries.async_init((entry.entry_id, KIND), context={"source": SOURCE_USER})


async def save_print(hass: HomeAssistant, entry: MockConfigEntry, thing: str, **fields: Any) -> str:
    """Make a saved print as a person does, and return the ID of its subentry."""
    known = set(entry.subentries)
    form = await open_form(hass, entry)
    await hass.config_entries.subentries.async_configure(form["flow_id"], {"thing": thing, **fields})
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (subentry_id,) = set(entry.subentries) - known
    return subentry_id


async def change_print(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, fields: dict[str, Any]) -> Any:
    """Change a saved print as a person does."""
    form = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()
    return result


def issue_of(hass: HomeAssistant, subentry_id: str) -> ir.IssueEntry | None:
    """Return the repair issue of a saved print."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"saved_print_gone_{subentry_id}")


def outcome(hass: HomeAssistant, subentry_id: str) -> str | None:
    """Return what became of the last press."""
    return value_of(hass, subentry_id, "last_outcome")


async def runs(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    """Let the time pass that slicing, downloading and heating take, and await that it is noticed."""
    while farm.printer(printer).machine.word != "RUNNING":
        await farm.advance(10)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")


async def outcome_is(hass: HomeAssistant, subentry_id: str, wanted: str) -> None:
    """Await an outcome."""
    await until(hass, lambda: outcome(hass, subentry_id) == wanted, seconds=30)


# Making and changing


async def test_saved_print_is_a_device_with_a_button_that_bears_its_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data

    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)

    assert entry.subentries[saved].title == "Print Benchy"
    assert entry.runtime_data is before
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


async def test_dialogue_offers_what_the_store_has(
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


async def test_everything_that_was_chosen_reaches_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
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
    for package in ("hassil", "home_assistant_intents", "gazetteer_matcher"):
        pytest.importorskip(package, reason="Home Assistant's own assistant needs this package")
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    async_expose_entity(hass, "conversation", entity_id(hass, saved, "print", "button"), should_expose=True)

    await hass.services.async_call(
        "conversation", "process", {"text": "press the Print Benchy button"}, blocking=True, return_response=True
    )

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
    before = entry.runtime_data
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
    device = device_of(hass, entry, saved)
    assert device is not None
    assert device.name == "Desk set"
    assert entry.runtime_data is before
    await press(hass, saved, "print")
    assert last_build(farm)["skus"] == [{"skuId": sku, "quantity": 1, "priority": 100, "position": "back"}]


async def test_tag_that_printago_could_not_read_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    form = await open_form(hass, entry)
    fields = {"thing": f"part:{part_id(farm)}", "quantity": 1, "tags": ["a|b"]}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    assert result["errors"] == {"tags": "invalid_tag"}

    result = await hass.config_entries.subentries.async_configure(form["flow_id"], {**fields, "tags": ["a", "b"]})
    assert result["step_id"] == "preview"


async def test_preview_shows_the_picture_until_the_dialogue_is_closed(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "http", {})
    entry = await setup_entry()
    client = await hass_client_no_auth()
    form = await open_form(hass, entry)
    fields = {"thing": f"part:{part_id(farm)}", "quantity": 3}

    preview = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)

    assert preview["step_id"] == "preview"
    told = preview["description_placeholders"]
    assert (told["name"], told["quantity"], told["thing"]) == ("Print Benchy", "3", "Benchy")
    path = told["picture"].removeprefix("![](").removesuffix(")")
    assert path.startswith("/api/printago/part_picture/")
    answer = await client.get(path)
    assert answer.content_type == "image/png"
    assert (await answer.read()).startswith(b"\x89PNG")
    assert (await client.get(path.partition("?")[0])).status == 401
    await hass.config_entries.subentries.async_configure(form["flow_id"], {})
    assert (await client.get(path)).status == 404


async def test_preview_goes_without_a_picture_that_cannot_be_had(
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
async def test_dialogue_that_cannot_ask_printago_says_why(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, status: int, reason: str
) -> None:
    farm.inject_fault(Fault(mode="status", status=status, path="/v1/parts", count=2))
    result = await open_form(hass, entry)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_dialogue_of_a_store_that_is_not_loaded_says_so(
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


async def test_removed_saved_print_takes_its_device_along_and_nothing_else(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    other = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2, name="Two")

    hass.config_entries.async_remove_subentry(entry, saved)
    await hass.async_block_till_done()

    assert device_of(hass, entry, saved) is None
    assert value_of(hass, saved, "print", "button") is None
    assert device_of(hass, entry, other) is not None
    assert device_of(hass, entry, printer_named(farm, "A1 01")) is not None
    assert entry.runtime_data is before
    await press(hass, other, "print")
    assert last_build(farm)["parts"][0]["quantity"] == 2


async def test_snapshot_and_reload_leave_saved_prints_alone(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    device = device_of(hass, entry, saved)
    await entry.runtime_data.async_refresh()
    assert device_of(hass, entry, saved) == device

    assert await hass.config_entries.async_reload(entry.entry_id)

    assert device_of(hass, entry, saved) == device
    await press(hass, saved, "print")
    await outcome_is(hass, saved, "queued")


async def test_new_key_reloads_and_a_new_title_does_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = entry.runtime_data
    hass.config_entries.async_update_entry(entry, title="My farm")
    await hass.async_block_till_done()
    assert entry.runtime_data is before

    farm.add_api_key("another_key_for_the_same_store")
    hass.config_entries.async_update_entry(entry, data=entry_data(farm, api_key="another_key_for_the_same_store"))
    await hass.async_block_till_done()
    assert entry.runtime_data is not before
    assert entry.state is ConfigEntryState.LOADED


# What became of a press


async def test_print_is_followed_from_the_queue_to_its_end(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=1, printer=printer)

    await press(hass, saved, "print")
    assert outcome(hass, saved) in ("queued", "printing")
    await until(hass, lambda: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1)
    (job_id,) = state_of(hass, saved, "last_outcome").attributes["jobs"]
    await runs(hass, farm, printer)
    assert outcome(hass, saved) == "printing"
    farm.finish_print(printer)
    await outcome_is(hass, saved, "finished")
    assert farm.job(job_id).status == "completed"


async def test_failed_print_tells_why(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=2, printer=printer)
    await press(hass, saved, "print")
    await runs(hass, farm, printer)
    farm.fail_print(printer, "Spaghetti")
    await outcome_is(hass, saved, "failed")
    assert state_of(hass, saved, "last_outcome").attributes["error"] == "Spaghetti"


async def test_canceled_print_is_told(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1, tags=["nobody-has-this"])
    await press(hass, saved, "print")
    await until(hass, lambda: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1)
    await entry.runtime_data.client.cancel_job(state_of(hass, saved, "last_outcome").attributes["jobs"][0])
    await outcome_is(hass, saved, "canceled")


async def test_refused_build_is_told_at_the_press_and_by_the_outcome(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no file", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, saved, "print")
    assert failed.value.translation_key == "refused"
    assert outcome(hass, saved) == "refused"
    assert "Part has no file" in state_of(hass, saved, "last_outcome").attributes["error"]


async def test_lost_request_is_told_as_unclear(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    with pytest.raises(HomeAssistantError):
        await press(hass, saved, "print")
    assert outcome(hass, saved) == "unclear"
    assert paths(farm).count(BUILD) == 1


async def test_lost_answer_is_found_and_followed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2, tags=["nobody-has-this"])
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    await press(hass, saved, "print")
    assert outcome(hass, saved) == "queued"
    assert len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 2
    assert paths(farm).count(BUILD) == 1


async def test_outcome_is_told_even_when_whoever_pressed_gives_up(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="slow", seconds=0.3, path="/v2/builds"))
    farm.clear_requests()
    pressing = asyncio.create_task(press(hass, saved, "print"))
    while BUILD not in paths(farm):  # noqa: ASYNC110, the farm has no event for it
        await asyncio.sleep(0)
    pressing.cancel()
    await outcome_is(hass, saved, "queued")


async def test_outcome_is_remembered_and_caught_up_with_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=1, printer=printer)
    await press(hass, saved, "print")
    await runs(hass, farm, printer)
    await hass.config_entries.async_unload(entry.entry_id)
    farm.finish_print(printer)
    farm.settle()

    await hass.config_entries.async_setup(entry.entry_id)

    await outcome_is(hass, saved, "finished")
    assert len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1


async def test_button_needs_a_key_that_may_print(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    key = "key_that_looks_and_does_not_print"
    farm.add_api_key(key, ["printer.view", "queue.view", "part.view"])
    entry = await setup_entry(**{CONF_API_KEY: key})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, saved, "print")
    assert failed.value.translation_key == "forbidden"
    assert value_of(hass, saved, "print", "button") == STATE_UNAVAILABLE
    assert outcome(hass, saved) == "refused"


# What is gone


def remove_part(farm: VirtualFarm, name: str = "Benchy") -> None:
    """Delete a part in Printago; whoever listens is told of it."""
    farm.world.parts.remove(part_id(farm, name))


async def test_deleted_part_raises_an_issue_and_its_repair_lets_choose_another(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    await pass_time(hass, 31)
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2)
    remove_part(farm)

    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, saved, "print")

    assert refused.value.translation_key == "part_not_found"
    assert BUILD not in paths(farm)
    assert outcome(hass, saved) == "refused"
    issue = issue_of(hass, saved)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Print Benchy"}
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    flow = await answer.json()
    assert flow["step_id"] == "choose"
    other = part_id(farm, "Calibration Cube")
    await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={"thing": f"part:{other}"})
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is None
    await press(hass, saved, "print")
    (part,) = last_build(farm)["parts"]
    assert (part["partId"], part["quantity"]) == (other, 2)


async def test_deletion_is_noticed_before_anybody_presses(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    kept = await save_print(hass, entry, f"sku:{sku_id(farm, 'DESK-SET')}", quantity=1)
    remove_part(farm)

    await pass_time(hass, 31)

    assert issue_of(hass, saved) is not None
    assert issue_of(hass, kept) is None
    hass.config_entries.async_remove_subentry(entry, saved)
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is None


async def test_sku_that_lost_its_parts_is_noticed_when_an_event_tells_of_parts(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.seldom._PAUSE", 0.0)
    saved = await save_print(hass, entry, f"sku:{sku_id(farm, 'BENCHY-1')}", quantity=1)
    await pass_time(hass, 31)
    assert issue_of(hass, saved) is None
    links = {link["id"]: link for link in farm.world.linked_parts.values() if link["partId"] == part_id(farm)}
    for identifier in links:
        farm.world.linked_parts.remove(identifier)
    farm.clear_requests()

    topic = f"stores/{farm.config.store_id}/entities/parts"
    told = asyncio.Event()
    stop = entry.runtime_data.listeners.async_add_changes(lambda new: told.set() if "part" in new.kinds else None)
    farm.publish(topic, b'{"action": "DELETE", "entityType": "parts", "entities": {"%s": {}}}' % part_id(farm).encode())
    await asyncio.wait_for(told.wait(), 10)
    stop()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issue_of(hass, saved) is not None


async def test_without_saved_prints_the_catalogue_is_not_asked_for(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    assert "GET /v1/parts" not in paths(farm)
    assert "GET /v1/skus" not in paths(farm)


async def test_repair_of_a_saved_print_that_was_removed_meanwhile_says_so(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    remove_part(farm)
    with pytest.raises(ServiceValidationError):
        await press(hass, saved, "print")
    issue = issue_of(hass, saved)
    assert issue is not None
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    flow_id = (await answer.json())["flow_id"]
    hass.config_entries.async_remove_subentry(entry, saved)
    answer = await client.post(
        f"/api/repairs/issues/fix/{flow_id}", json={"thing": f"part:{part_id(farm, 'Calibration Cube')}"}
    )
    assert (await answer.json())["reason"] == "removed"


async def test_entry_brings_its_saved_prints_along_at_start(
    hass: HomeAssistant, farm: VirtualFarm, enable_custom_integrations: None
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Virtual Farm",
        unique_id=farm.config.store_id,
        data=entry_data(farm),
        subentries_data=[
            ConfigSubentryData(
                subentry_type=KIND, title="Boat", unique_id=None, data={"part": part_id(farm), "quantity": 1}
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    (saved,) = entry.subentries
    assert entity_id(hass, saved, "print", "button") == "button.boat"
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert [device.name for device in devices if device.config_subentry_id == saved] == ["Boat"]
    await press(hass, saved, "print")
    await hass.config_entries.async_unload(entry.entry_id)
