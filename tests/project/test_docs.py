"""A walk through README and docs: links lead somewhere, and every automation and card does what it says."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, async_mock_service
import yaml

from tests.support.common import pass_time, paths, printer_named, state_of, until, until_asked, value_of
from tests.support.event_recorder import busy_job
from tests.support.examples import FENCE, ROOT
from tests.support.saved_prints import runs
from virtual_farm import FarmConfig, VirtualFarm

PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("[A-Z]*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
ENTITY = re.compile(r"\b(?:sensor|binary_sensor|button|switch|light|image|event)\.(?:x1_carbon|p1s|virtual_farm)\w+")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-").strip("-") for heading in HEADING.findall(text)}


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Return each YAML example outside docs/actions.md, which has a test of its own, with its page."""
    found = []
    for page in PAGES:
        if page.name == "actions.md":
            continue
        for _, language, text in FENCE.findall(page.read_text()):
            if language == "yaml" and isinstance(parsed := yaml.safe_load(text), dict):
                found.append((page.name, parsed))
    return found


AUTOMATIONS = {example["alias"]: example for _, example in examples() if "triggers" in example}
CARDS = [example for _, example in examples() if "type" in example]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_has_no_dead_link(page: Path) -> None:
    dead = []
    for groups in LINK.findall(FENCE.sub("", page.read_text())):
        target = next(filter(None, groups))
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert not dead


def test_every_page_is_reached_from_the_readme() -> None:
    reached, wanted = set(), [ROOT / "README.md"]
    while wanted:
        page = wanted.pop()
        if page in reached:
            continue
        reached.add(page)
        for groups in LINK.findall(page.read_text()):
            target = next(filter(None, groups)).partition("#")[0]
            if target.endswith(".md") and not target.startswith("http"):
                wanted.append((page.parent / target).resolve())
    assert set(ROOT.glob("docs/*.md")) <= reached


type Calls = list[ServiceCall]
type Cause = Callable[[HomeAssistant, VirtualFarm, Calls, Calls], Coroutine[Any, Any, None]]

STORE_JOBS = "sensor.virtual_farm_jobs_queued"
X1C = "X1 Carbon 01"
RETRY = "PATCH /v1/print-jobs/retry"


def next_time(hour: int) -> datetime:
    """Return when the clock strikes an hour next."""
    today = dt_util.start_of_local_day() + timedelta(hours=hour, seconds=1)
    return today if today > dt_util.now() + timedelta(seconds=1) else today + timedelta(days=1)


async def strike(hass: HomeAssistant, moment: datetime) -> None:
    """Let the clock strike."""
    async_fire_time_changed(hass, moment)
    await hass.async_block_till_done(wait_background_tasks=True)


async def until_called(hass: HomeAssistant, calls: Calls) -> ServiceCall:
    """Await a call of a mocked action."""
    await until(hass, lambda: bool(calls))
    await hass.async_block_till_done()
    (call,) = calls
    return call


async def set_up(hass: HomeAssistant, example: dict[str, Any]) -> None:
    """Set up an automation; fails when Home Assistant refuses it."""
    assert await async_setup_component(hass, "automation", {"automation": [{"id": "example", **example}]})
    (state,) = hass.states.async_all("automation")
    assert state.state == "on", "Home Assistant refused the automation"


def rename_device(hass: HomeAssistant, entity: str, name: str) -> None:
    """Give the device of an entity a name, as a person does."""
    registered = er.async_get(hass).async_get(entity)
    assert registered is not None
    assert registered.device_id is not None
    dr.async_get(hass).async_update_device(registered.device_id, name_by_user=name)


async def bed_waits(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    rename_device(hass, "binary_sensor.x1_carbon_01_bed_needs_clearing", "Left one")
    farm.finish_print(printer_named(farm, X1C))
    await until(hass, lambda: hass.states.is_state("binary_sensor.x1_carbon_01_bed_needs_clearing", "on"))
    assert not notified
    await pass_time(hass, 15 * 60 + 1)
    assert (await until_called(hass, notified)).data["message"] == "Left one has waited for 15 minutes."


async def button_prints_two(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    hass.states.async_set("input_button.more_benchies", dt_util.utcnow().isoformat())
    assert (await until_called(hass, notified)).data["message"] == "2 jobs are in the queue."


async def print_fails(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    rename_device(hass, "event.x1_carbon_01_print", "Left one")
    farm.fail_print(printer_named(farm, X1C), "Spaghetti")
    call = await until_called(hass, notified)
    assert (call.data["title"], call.data["message"]) == ("Left one has failed", "Spaghetti")


async def nobody_prints(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    await strike(hass, next_time(4))
    assert not switched, "two printers print"
    for name in (X1C, "P1S 02"):
        farm.finish_print(printer_named(farm, name))
    for printer in ("x1_carbon_01", "p1s_02"):
        await until(hass, lambda name=printer: hass.states.is_state(f"binary_sensor.{name}_printing", "off"))
    await strike(hass, next_time(4) + timedelta(hours=1))
    assert (await until_called(hass, switched)).data["entity_id"] == ["switch.extractor"]


async def print_is_retried_once(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    printer = printer_named(farm, X1C)
    job = busy_job(farm, printer)
    farm.fail_print(printer, "Spaghetti")
    await until_asked(lambda: RETRY in paths(farm))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert job.status == "pending"

    farm.fleet.confirm_ready(farm.printer(printer), ready=True)
    farm.queue.move_to_front([job])
    await runs(hass, farm, printer)
    assert busy_job(farm, printer) is job
    farm.fail_print(printer, "Spaghetti again")
    await until(hass, lambda: state_of(hass, printer, "print", "event").attributes.get("reason") == "Spaghetti again")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm).count(RETRY) == 1


async def queue_runs_dry(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    hass.states.async_set(STORE_JOBS, "0")
    await hass.async_block_till_done()
    await pass_time(hass, 5 * 60 + 1)
    (build,) = (request.body for request in farm.requests if request.path == "/v2/builds")
    assert (build["parts"][0]["quantity"], build["parts"][0]["label"]) == (5, "Stock")
    assert build["parts"][0]["priority"] == 1000


async def night_falls(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    for moment, service in sorted([(next_time(22), "turn_on"), (next_time(6), "turn_off")]):
        await strike(hass, moment)
        assert switched[-1].service == service
        assert switched[-1].data["entity_id"] == ["switch.virtual_farm_process_low_priority_jobs"]
    assert len(switched) == 2


async def farm_rests(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    for name in (X1C, "P1S 02"):
        farm.finish_print(printer_named(farm, name))
    await until(hass, lambda: hass.states.is_state("sensor.virtual_farm_printers_printing", "0"))
    await pass_time(hass, 10 * 60 + 1)
    assert (await until_called(hass, switched)).data["entity_id"] == ["switch.extractor"]


async def bed_is_lit(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    farm.finish_print(printer_named(farm, X1C))
    await until(hass, lambda: any("led-control" in str(request.body) for request in farm.requests))


async def spool_runs_low(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    tray = hass.states.get("sensor.x1_carbon_01_ams_1_tray_1")
    assert tray is not None
    assert tray.attributes["remaining"] >= 10
    hass.states.async_set(tray.entity_id, tray.state, {**tray.attributes, "remaining": 9})
    message = (await until_called(hass, notified)).data["message"]
    assert message == f"{tray.name} ({tray.state}) is down to 9 %."


async def job_waits(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    hass.states.async_set(STORE_JOBS, "0")
    await hass.async_block_till_done()
    hass.states.async_set(STORE_JOBS, "3")
    await hass.async_block_till_done()
    await pass_time(hass, 3601)
    assert "It is waiting for one of these printers" in (await until_called(hass, notified)).data["message"]


async def evening_comes(hass: HomeAssistant, farm: VirtualFarm, notified: Calls, switched: Calls) -> None:
    await strike(hass, next_time(20))
    message = (await until_called(hass, notified)).data["message"]
    assert re.search(r"\d+ prints are done, 1 have failed, \d+ wait. 1 orders are overdue.", message)


CAUSES: dict[str, Cause] = {
    "A bed waits to be cleared": bed_waits,
    "Two more Benchies": button_prints_two,
    "Tell me about failed prints": print_fails,
    "Nobody prints, so the extractor can rest": nobody_prints,
    "Try a failed print once more": print_is_retried_once,
    "Something to print whenever the queue is empty": queue_runs_dry,
    "Low priority by night": night_falls,
    "Extractor off when nothing has printed for ten minutes": farm_rests,
    "Light the chamber of a printer that waits for someone": bed_is_lit,
    "A spool runs low": spool_runs_low,
    "Explain what has waited for long": job_waits,
    "The farm's day": evening_comes,
}


@pytest.fixture
def farm_config(request: pytest.FixtureRequest) -> FarmConfig:
    """Let time stand still, unless jobs are to appear."""
    return FarmConfig(speed=10 if "Two more Benchies" in request.node.name else 0)


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let everything calm down after set-up, and run all slow polls."""
    await pass_time(hass, 31)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "orders_overdue") == "1")


def test_each_yaml_example_is_an_automation_a_card_a_dashboard_or_custom_sentences() -> None:
    assert all({"triggers", "type", "strategy", "intents"} & example.keys() for _, example in examples())
    assert AUTOMATIONS.keys() == CAUSES.keys()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card["type"])
@pytest.mark.usefixtures("calm")
async def test_card_only_shows_existing_entities(hass: HomeAssistant, card: dict[str, Any]) -> None:
    named = set(ENTITY.findall(yaml.safe_dump(card, width=1000)))
    assert named
    assert not [entity for entity in named if hass.states.get(entity) is None]
    if card["type"] == "markdown":
        assert Template(card["content"], hass).async_render() == "Clear the beds of: P1S 01"


@pytest.mark.parametrize("alias", AUTOMATIONS)
@pytest.mark.usefixtures("calm")
async def test_automation_does_what_it_says(hass: HomeAssistant, farm: VirtualFarm, alias: str) -> None:
    notified = async_mock_service(hass, "notify", "persistent_notification")
    switched: Calls = []
    for service in ("turn_on", "turn_off"):
        hass.services.async_register("switch", service, switched.append)
    hass.states.async_set("input_button.more_benchies", "unknown")
    await set_up(hass, AUTOMATIONS[alias])

    try:
        await CAUSES[alias](hass, farm, notified, switched)
    finally:
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
