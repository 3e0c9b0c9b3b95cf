"""The tools for language models: their responses, their actions, and when they are available."""

from datetime import timedelta
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import LLMTools, async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput, ToolResult
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, DOMAIN
from tests.conftest import SetUp
from tests.support.common import device_of, entity_id, pass_time, paths, printer_named, until, until_farm, value_of
from tests.support.issues import lose_connection
from virtual_farm import FarmConfig, Fault, VirtualFarm

X1C = "X1 Carbon 01"
CONFIRM = "confirm_bed"


def context() -> LLMContext:
    """Return the context of an assistant's request."""
    return LLMContext(platform="test", context=Context(), language="en", assistant="conversation", device_id=None)


@pytest.fixture
async def assistant(hass: HomeAssistant) -> None:
    """Set up the component that offers the tools."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "llm", {})


@pytest.fixture
async def exposed(hass: HomeAssistant, assistant: None, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Expose one entity of the store to the assistant after setup has finished."""
    async_expose_entity(hass, "conversation", entity_id(hass, farm.config.store_id, "jobs_queued"), True)
    await pass_time(hass, 31)


@pytest.fixture
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the jobs of a build without delay: a farm with stopped time creates none."""
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.05, 0.05))


async def tools_of(hass: HomeAssistant, api_id: str = LLM_API_ASSIST) -> LLMTools:
    """Return the tools that Home Assistant passes to a model."""
    offered = await async_get_tools(hass, context(), api_id)
    return LLMTools([tool for tool in offered.tools if tool.name.startswith(f"{DOMAIN}__")], offered.prompt)


async def use(hass: HomeAssistant, name: str, **arguments: Any) -> ToolResult:
    """Use a tool as a model does."""
    (tool,) = [tool for tool in (await tools_of(hass)).tools if tool.name == f"{DOMAIN}__{name}"]
    result = await tool.async_call(hass, ToolInput(tool.name, arguments), context())
    assert isinstance(result, ToolResult)
    return result


@pytest.mark.usefixtures("exposed")
async def test_tools_have_annotations_about_their_effects(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    offered = await tools_of(hass)
    harmless = {tool.name for tool in offered.tools if tool.annotations.read_only}
    assert harmless == {"printago__farm_status", "printago__list_parts", "printago__explain_job"}
    others = [tool for tool in offered.tools if tool.name not in harmless]
    easily_undone = {"printago__pause_print", "printago__resume_print"}
    risky = [tool for tool in others if tool.name not in easily_undone]
    assert {tool.name for tool in risky} == {
        "printago__print_part",
        "printago__confirm_bed",
        "printago__stop_print",
        "printago__confirm_stop",
    }
    assert all("ask" in (tool.description or "") for tool in risky)
    assert all(tool.title and tool.integration == DOMAIN for tool in offered.tools)
    assert "print farm" in (offered.prompt or "")
    assert "printago" not in caplog.text.partition("LLM tools that are not prefixed")[2]


@pytest.mark.usefixtures("assistant")
async def test_store_without_exposed_entities_is_not_available_to_the_model(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        async_expose_entity(hass, "conversation", entity.entity_id, False)
    assert (await tools_of(hass)).tools == []

    async_expose_entity(hass, "conversation", entity_id(hass, farm.config.store_id, "jobs_queued"), True)
    assert (await tools_of(hass)).tools != []
    assert (await tools_of(hass, "another_api")).tools == []

    await hass.config_entries.async_unload(entry.entry_id)
    assert (await tools_of(hass)).tools == []


@pytest.mark.usefixtures("exposed")
async def test_disabled_exposed_entity_does_not_expose_its_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    registry, exposed = er.async_get(hass), entity_id(hass, farm.config.store_id, "jobs_queued")
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.entity_id != exposed:
            async_expose_entity(hass, "conversation", entity.entity_id, False)
    assert (await tools_of(hass)).tools != []

    registry.async_update_entity(exposed, disabled_by=er.RegistryEntryDisabler.USER)

    assert (await tools_of(hass)).tools == []
    registry.async_update_entity(exposed, disabled_by=None)
    assert (await tools_of(hass)).tools != []


@pytest.mark.usefixtures("exposed")
async def test_farm_status_has_activity_and_needs_of_printers(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.finish_print(printer_named(farm, X1C))
    farm.raise_hms(printer_named(farm, X1C), "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: value_of(hass, printer_named(farm, X1C), "readiness") == "awaiting_clear")
    await until(hass, lambda: value_of(hass, printer_named(farm, X1C), "hms", "binary_sensor") == "on")
    farm.clear_requests()

    result = await use(hass, "farm_status")

    assert not result.error
    (store,) = result.data["stores"]
    assert len(store["printers"]) == len(farm.world.printers)
    printer = next(printer for printer in store["printers"] if printer["name"] == X1C)
    assert printer["readiness"] == "awaiting_clear"
    assert printer["bed_needs_clearing"] is True
    assert printer["problems"] == ["The heatbed is too hot"]
    assert str(store["jobs_queued"]) == value_of(hass, farm.config.store_id, "jobs_queued")
    assert farm.requests == []


@pytest.mark.usefixtures("exposed")
async def test_parts_are_listed_by_name_and_nameless_ones_by_id(hass: HomeAssistant, farm: VirtualFarm) -> None:
    everything = (await use(hass, "list_parts")).data
    assert "Benchy" in everything["parts"]
    assert everything["more"] == 0
    assert (await use(hass, "list_parts", contains="bench")).data["parts"] == ["Benchy"]
    nameless = next(iter(farm.world.parts.values()))
    nameless["name"] = None
    assert nameless["id"] in (await use(hass, "list_parts")).data["parts"]


@pytest.mark.usefixtures("exposed", "quick_to_ask")
async def test_part_is_printed(hass: HomeAssistant, farm: VirtualFarm) -> None:
    result = await use(hass, "print_part", part="benchy", quantity="2")
    assert not result.error
    build = next(request.body for request in farm.requests if request.path == "/v2/builds")
    assert build["parts"][0]["quantity"] == 2


@pytest.mark.usefixtures("exposed")
async def test_unknown_part_raises_an_error_with_candidates(hass: HomeAssistant, farm: VirtualFarm) -> None:
    result = await use(hass, "print_part", part="Bency")
    assert result.error
    assert "Benchy" in str(result.data["error"])
    assert (await use(hass, "print_part", part="Benchy", quantity=0)).error
    assert "POST /v2/builds" not in paths(farm)


@pytest.mark.usefixtures("exposed")
async def test_waiting_job_is_explained_in_text(hass: HomeAssistant, farm: VirtualFarm) -> None:
    waiting = next(job for job in farm.world.jobs.values() if job.status == "pending")
    farm.clear_requests()

    result = await use(hass, "explain_job", job=waiting.label or waiting.part_name)

    assert not result.error
    assert result.data["jobs"]
    assert all(job["job"] and job["explanation"] for job in result.data["jobs"])
    assert all(path.startswith(("GET", "POST")) for path in paths(farm))
    assert (await use(hass, "explain_job", job="Spaceship")).error


@pytest.mark.usefixtures("exposed")
async def test_bed_is_confirmed_once_and_never_under_a_print(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, X1C)
    refused = await use(hass, CONFIRM, printer=X1C)
    assert refused.error
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")

    assert (await use(hass, CONFIRM, printer="x1 carbon 01")).data == {"confirmed": X1C}

    assert farm.printer(printer).confirmed_ready
    assert (await use(hass, CONFIRM, printer=X1C)).error
    unknown = await use(hass, CONFIRM, printer="Printer 99")
    assert unknown.error
    assert X1C in str(unknown.data["error"])


@pytest.mark.usefixtures("exposed")
async def test_refusal_of_printago_is_passed_to_the_model(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/parts"))
    result = await use(hass, "list_parts")
    assert result.error
    assert result.data["error"]


@pytest.mark.usefixtures("exposed", "quick_to_ask")
async def test_store_must_be_named_if_there_are_several(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    async with VirtualFarm(FarmConfig(speed=0, store_id="d" * 24, seed=2)) as other:
        second = await setup_entry(
            store_id="d" * 24,
            api_key=other.config.api_key,
            server={CONF_API_URL: other.rest_url, CONF_REALTIME_URL: other.realtime_url},
        )
        hass.config_entries.async_update_entry(second, title="Second Farm")
        async_expose_entity(hass, "conversation", entity_id(hass, "d" * 24, "jobs_queued"), True)

        assert [store["store"] for store in (await use(hass, "farm_status")).data["stores"]] == [
            "Virtual Farm",
            "Second Farm",
        ]
        unclear = await use(hass, "print_part", part="Benchy")
        assert unclear.error
        assert "Second Farm" in str(unclear.data["error"])
        assert not (await use(hass, "print_part", part="Benchy", store="Second Farm")).error
        assert "POST /v2/builds" in paths(other)
        assert "POST /v2/builds" not in paths(farm)
        await hass.config_entries.async_unload(second.entry_id)


def rename(hass: HomeAssistant, entry: MockConfigEntry, identifier: str, name: str) -> None:
    """Rename the device of a printer or store, as a user does."""
    device = device_of(hass, entry, identifier)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)


@pytest.mark.usefixtures("exposed")
async def test_model_gets_and_uses_the_names_given_by_users(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    rename(hass, entry, printer, "Left one")
    rename(hass, entry, farm.config.store_id, "Basement")
    (store,) = (await use(hass, "farm_status")).data["stores"]
    names = [printer["name"] for printer in store["printers"]]
    assert store["store"] == "Basement"
    assert "Left one" in names
    assert X1C not in names

    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    assert (await use(hass, CONFIRM, printer="LEFT\u00a0one ")).data == {"confirmed": "Left one"}
    assert farm.printer(printer).confirmed_ready
    # Printago's name works as well: the response names the printer and says that it was confirmed.
    again = await use(hass, CONFIRM, printer=X1C)
    assert "Left one" in str(again.data["error"])


@pytest.mark.parametrize("other_name", ["X1 Carbon 01", "x1\u00a0CARBON 01", "X1 Carbon 01\u200b"])
@pytest.mark.parametrize("is_given", [True, False], ids=["given in Home Assistant", "given at Printago"])
@pytest.mark.usefixtures("exposed")
async def test_bed_of_one_of_two_printers_of_the_same_name_is_never_confirmed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, other_name: str, is_given: bool
) -> None:
    printer, other = printer_named(farm, X1C), printer_named(farm, "P1S 01")
    if is_given:
        rename(hass, entry, other, other_name)
    else:
        farm.rename_printer(other, other_name)
        await until_farm(entry, lambda: entry.runtime_data.coordinator.farm.printers[other].name == other_name)
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    farm.clear_requests()

    refused = await use(hass, CONFIRM, printer=X1C)
    assert refused.error
    assert "listed here" in str(refused.data["error"])
    assert farm.requests == []

    (store,) = (await use(hass, "farm_status")).data["stores"]
    names = [printer["name"] for printer in store["printers"]]
    assert len(set(names)) == len(names)
    assert f"{X1C} ({printer})" in names
    assert f"{X1C} ({printer})" in str(refused.data["error"])


@pytest.mark.usefixtures("exposed")
async def test_printer_that_shares_its_name_is_confirmed_by_its_full_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer, other = printer_named(farm, X1C), printer_named(farm, "P1S 01")
    rename(hass, entry, printer, "Left one")
    rename(hass, entry, other, "Left one")
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    assert (await use(hass, CONFIRM, printer="Left one")).error
    assert (await use(hass, CONFIRM, printer=f"Left one ({X1C})")).data == {"confirmed": "Left one"}
    assert farm.printer(printer).confirmed_ready


@pytest.mark.usefixtures("exposed")
async def test_parts_and_jobs_are_understood_however_they_are_spelled(hass: HomeAssistant, farm: VirtualFarm) -> None:
    assert (await use(hass, "list_parts", contains=" CABLE\u00a0cl")).data["parts"] == ["Cable Clip"]
    response = await use(hass, "explain_job", job="benchy\u00a0FOR  the shop")
    assert [job["job"] for job in response.data["jobs"]] == ["Benchy for the shop"]


@pytest.mark.usefixtures("exposed", "quick_to_ask")
async def test_two_stores_with_the_same_name_are_distinguished(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    async with VirtualFarm(FarmConfig(speed=0, store_id="d" * 24, seed=2)) as other:
        second = await setup_entry(
            store_id="d" * 24,
            api_key=other.config.api_key,
            server={CONF_API_URL: other.rest_url, CONF_REALTIME_URL: other.realtime_url},
        )
        async_expose_entity(hass, "conversation", entity_id(hass, "d" * 24, "jobs_queued"), True)
        stores = [store["store"] for store in (await use(hass, "farm_status")).data["stores"]]
        assert len(set(stores)) == 2
        assert (await use(hass, "print_part", part="Benchy", store="Virtual Farm")).error
        refused = await use(hass, CONFIRM, printer=X1C)
        assert refused.error
        assert all(store in str(refused.data["error"]) for store in stores)

        hass.config_entries.async_update_entry(second, title="Second Farm")
        assert not (await use(hass, "print_part", part="Benchy", store="second\u00a0farm")).error
        assert "POST /v2/builds" in paths(other)
        assert "POST /v2/builds" not in paths(farm)
        await hass.config_entries.async_unload(second.entry_id)


@pytest.mark.usefixtures("exposed")
async def test_farm_status_says_when_the_queue_ends_if_all_of_it_can_be_planned(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    forecaster = entry.runtime_data.history.forecaster
    # Until now, no printer can take some of them.
    for job in farm.world.jobs.values():
        if job.status == "pending":
            job.required_printer_tags, job.priority = {}, 0
            farm.world.jobs.touch(job.id)
    farm.settle()
    await until_farm(entry, lambda: forecaster.forecast().unplanned == 0)
    await pass_time(hass, 61)
    await until(hass, lambda: value_of(hass, store, "queue_end") not in (None, "unknown"))
    shown = dt_util.parse_datetime(value_of(hass, store, "queue_end") or "")
    ends_at = dt_util.parse_datetime((await use(hass, "farm_status")).data["stores"][0]["queue_ends_at"])
    assert shown is not None
    assert ends_at is not None
    assert abs(ends_at - shown) < timedelta(minutes=6)

    printer = printer_named(farm, "A1 01")
    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "offline")
    job = next(job for job in farm.world.jobs.values() if job.status == "pending")
    job.required_printer_tags = {"printer.id": printer}
    farm.world.jobs.touch(job.id)
    farm.settle()
    await until_farm(entry, lambda: forecaster.forecast().unplanned == 1)
    assert "queue_ends_at" not in (await use(hass, "farm_status")).data["stores"][0]


@pytest.mark.usefixtures("exposed")
async def test_model_is_given_no_old_state_as_the_current_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await lose_connection(hass, farm, entry)
    (store,) = (await use(hass, "farm_status")).data["stores"]
    assert store.keys() == {"store", "error"}
    for printer in ("P1S 01", "A1 01", "no such printer"):
        refused = await use(hass, CONFIRM, printer=printer)
        assert refused.error
        assert "no connection" in refused.data["error"]
    assert farm.requests == []


@pytest.mark.printers(130)
@pytest.mark.usefixtures("exposed")
async def test_model_gets_the_printers_of_a_large_farm_that_matter_and_the_number_of_the_others(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (store,) = (await use(hass, "farm_status")).data["stores"]
    printers = entry.runtime_data.coordinator.farm.printers.values()
    assert (len(store["printers"]), store["more_printers"]) == (100, 30)
    assert sum(store["by_readiness"].values()) == 130
    listed = {printer["name"] for printer in store["printers"]}
    assert {printer.name for printer in printers if printer.bed_needs_clearing or printer.has_problem} <= listed

    refused = (await use(hass, CONFIRM, printer="P1S 999")).data["error"]
    assert "Available: P1S " in refused
    assert refused.count(",") <= 20
