"""Problems of printers: each is shown, counted and fired once, with any missing fields and any spelling."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api.models.telemetry import NAMELESS
from custom_components.printago.model.events import EventDetector
from custom_components.printago.model.farm import Farm
from tests.support.common import entity_id, printer_named, state_of, until, value_of
from tests.support.event_recorder import EventRecorder
from tests.support.farm_model import NOON, A, record, snapshot, stat
from tests.support.publish import publish_stat
from virtual_farm import VirtualFarm

CODE = "0700-2000-0002-0001"
OTHER = "0300-0D00-0001-000B"
WORDS = {"message": "Nozzle clogged"}


class Watched:
    """A farm of one Bambu printer that reports no problem."""

    def __init__(self) -> None:
        self.seconds = 0
        self.farm = Farm(lambda: NOON)
        self.event_detector = EventDetector(self.farm)
        self.event_detector.detect(snapshot(self.farm, {A: record(provider="Bambu")}))
        assert self.send_health({"errors": [], "warnings": []}) == []

    def send_health(self, health: Any) -> list[str]:
        """Apply a message; return the events."""
        self.seconds += 1
        self.last = self.event_detector.detect(stat(self.farm, A, self.seconds, data={"health": health}))
        return [event.kind for event in self.last]


@pytest.fixture
def watched() -> Watched:
    """Return a farm whose events are detected."""
    return Watched()


@pytest.mark.parametrize(
    "entry", [WORDS, {**WORDS, "code": None}, {**WORDS, "code": ""}, {**WORDS, "code": " "}, {**WORDS, "code": 7}]
)
@pytest.mark.parametrize(("name", "kind"), [("errors", "hms_error"), ("warnings", "hms_warning")])
def test_problem_without_a_code_fires_with_its_message(watched: Watched, entry: Any, name: str, kind: str) -> None:
    for _ in range(2):
        assert watched.send_health({name: [entry]}) == [kind]
        assert watched.last[0].data["message"] == "Nozzle clogged"
        assert watched.send_health({name: [entry]}) == []
        assert watched.farm.printers[A].has_problem
        assert watched.send_health({name: []}) == ["hms_cleared"]
        assert watched.last[0].data["message"] == "Nozzle clogged"


@pytest.mark.parametrize("entry", [{}, {"code": "", "message": ""}, 7, True, []])
def test_problem_without_code_and_message_fires_as_well(watched: Watched, entry: Any) -> None:
    assert watched.send_health({"errors": [entry, entry]}) == ["hms_error"]
    assert watched.last[0].data["message"] == NAMELESS
    assert watched.send_health({"errors": [entry]}) == []


def test_warning_that_becomes_an_error_fires_as_an_error(watched: Watched) -> None:
    problem = {"code": CODE, "message": "Empty"}
    assert watched.send_health({"errors": [], "warnings": [problem]}) == ["hms_warning"]
    assert watched.send_health({"errors": [problem], "warnings": []}) == ["hms_error"]
    assert watched.last[0].data["severity"] == "error"
    assert watched.send_health({"errors": [problem], "warnings": [problem]}) == []
    # It is still the same problem, less severe than before.
    assert watched.send_health({"errors": [], "warnings": [problem]}) == []
    assert watched.send_health({"errors": [], "warnings": []}) == ["hms_cleared"]


def test_problem_in_both_lists_fires_as_an_error(watched: Watched) -> None:
    assert watched.send_health({"errors": [WORDS], "warnings": [WORDS]}) == ["hms_error"]


def test_same_code_in_another_form_or_order_fires_nothing(watched: Watched) -> None:
    first = [{"code": CODE, "message": "Empty"}, {"code": OTHER, "message": "Stuck"}]
    assert watched.send_health({"errors": first}) == ["hms_error", "hms_error"]
    again = [{"code": OTHER.lower().replace("-", "_"), "message": "Stuck"}, {"code": CODE.replace("-", "")}]
    assert watched.send_health({"errors": again}) == []
    assert watched.send_health({"errors": [{"code": f"HMS_{CODE}"}, {"code": CODE.lower()}]}) == ["hms_cleared"]
    assert len(watched.farm.printers[A].problems) == 1


@pytest.mark.parametrize("gone", [None, {"errors": None}, {"errors": None, "warnings": None}, {"errors": []}])
def test_null_clears_problems(watched: Watched, gone: Any) -> None:
    assert watched.send_health({"errors": [WORDS]}) == ["hms_error"]
    assert watched.send_health(gone) == ["hms_cleared"]
    assert not watched.farm.printers[A].has_problem


@pytest.mark.parametrize("junk", [7, True, "?", {"code": "?"}, [7]])
def test_invalid_list_clears_no_problem(watched: Watched, junk: Any) -> None:
    watched.send_health({"errors": [WORDS]})
    watched.send_health({"errors": junk})
    assert watched.farm.printers[A].has_problem
    watched.send_health({"errors": [WORDS]})
    assert watched.send_health([junk]) == []
    assert watched.farm.printers[A].has_problem


@pytest.mark.parametrize(
    "entry",
    [
        {"code": "0300-8013", "message": "Paused"},
        {"code": "HMS_0300_8000", "message": ""},
        {"code": "0500-4001", "message": "Printing was paused by the user."},
        {"message": "Paused By User"},
        "Print paused by the user",
    ],
)
def test_pause_by_a_user_is_no_problem_with_or_without_its_code(watched: Watched, entry: Any) -> None:
    assert watched.send_health({"errors": [entry]}) == []
    assert not watched.farm.printers[A].has_problem
    assert watched.send_health({"errors": [entry, "Nozzle clogged"]}) == ["hms_error"]


async def test_problem_sensor_shows_the_most_severe_message(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    assert value_of(hass, printer, "problem") == "none"
    farm.raise_hms(printer, CODE, "The filament has run out", severity="warning")
    await until(hass, lambda: value_of(hass, printer, "problem") == "The filament has run out")
    farm.raise_hms(printer, OTHER, "The Z axis motor seems stuck")
    await until(hass, lambda: value_of(hass, printer, "problem") == "The Z axis motor seems stuck")
    attributes = state_of(hass, printer, "problem").attributes
    assert (attributes["code"], attributes["severity"]) == (OTHER, "error")
    assert attributes["wiki"].endswith(OTHER.replace("-", "_"))
    assert [each["code"] for each in attributes["messages"]] == [OTHER, CODE]
    farm.clear_hms(printer)
    await until(hass, lambda: value_of(hass, printer, "problem") == "none")
    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "problem") == "unavailable")


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        ({"code": CODE, "message": "None"}, CODE),
        ({"code": CODE, "message": " unknown "}, CODE),
        ({"code": "unavailable", "message": ""}, NAMELESS),
        ({}, NAMELESS),
    ],
)
async def test_empty_problem_is_still_shown_as_a_problem(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, problem: dict[str, str], shown: str
) -> None:
    printer = printer_named(farm, "A1 01")
    publish_stat(farm, printer, data={"health": {"errors": [problem]}})
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "on")
    assert value_of(hass, printer, "problem") == shown


@pytest.mark.printers(8)
@pytest.mark.parametrize(("name", "called"), [("A1 01", "HMS errors"), ("Klipper 01", "Errors")])
async def test_only_bambu_printers_have_hms_errors(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str, called: str
) -> None:
    problems = entity_id(hass, printer_named(farm, name), "hms", "binary_sensor")
    registered = er.async_get(hass).async_get(problems)
    assert registered is not None
    assert registered.original_name == called


async def test_problems_without_codes_are_shown_counted_and_fired(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    counted = int(value_of(hass, farm.config.store_id, "printers_with_problem") or 0)
    publish_stat(farm, printer, data={"health": {"errors": [WORDS, {"code": "\uff10" * 200}], "warnings": [{}]}})
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "on")
    attributes = state_of(hass, printer, "hms", "binary_sensor").attributes
    assert attributes["messages"] == [
        {"code": None, "message": "Nozzle clogged", "severity": "error", "wiki": None},
        {"code": "\uff10" * 200, "message": "", "severity": "error", "wiki": None},
        {"code": None, "message": NAMELESS, "severity": "warning", "wiki": None},
    ]
    assert attributes["highest_severity"] == "error"
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_with_problem") == str(counted + 1))
    alert = entity_id(hass, printer, "alert", "event")
    await until(hass, lambda: len(recorder.of(alert)) == 3)
    assert recorder.of(alert) == ["hms_error", "hms_warning", "hms_error"]
    assert "code" not in recorder.data("hms_warning")
    publish_stat(farm, printer, data={"health": None})
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "off")
    await until(hass, lambda: recorder.of(alert).count("hms_cleared") == 3)
