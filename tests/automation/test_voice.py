"""The voice blueprint with sentences for Home Assistant's own assistant, and names as people say them."""

# ruff: noqa: RUF001

from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import device_of, entity_id, pass_time, paths, printer_named, until, value_of
from tests.support.issues import lose_connection
from tests.support.submissions import BUILD, last_build
from tests.support.voice import answer_to, begin_to_listen
from virtual_farm import VirtualFarm
from virtual_farm.catalog import new_part

BLUEPRINTS = Path(__file__).parents[2] / "blueprints" / "automation" / "printago"
X1C, P1S = "X1 Carbon 01", "P1S 01"
CONFIRM = "PATCH /v1/printers/confirm-ready"

type Speak = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a configuration folder with the blueprint."""
    shutil.copytree(BLUEPRINTS, Path(hass_tmp_config_dir) / "blueprints" / "automation" / "printago")
    return hass_tmp_config_dir


@pytest.fixture
async def speak(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> AsyncGenerator[Speak]:
    """Return a function that sends a sentence to Home Assistant's own assistant and returns its response."""
    await begin_to_listen(hass)
    await pass_time(hass, 31)

    blueprint = {"path": "printago/voice.yaml", "input": {"jobs_queued": [queued(hass, farm)]}}
    assert await async_setup_component(
        hass, "automation", {"automation": [{"alias": "Test", "use_blueprint": blueprint}]}
    )
    await hass.async_block_till_done()

    async def say(sentence: str, device: str | None = None) -> str:
        return (await answer_to(hass, sentence, device=device)).strip()

    yield say
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.test"}, blocking=True)


def queued(hass: HomeAssistant, farm: VirtualFarm) -> str:
    """Return the sensor of the number of waiting jobs."""
    return entity_id(hass, farm.config.store_id, "jobs_queued")


def rename(hass: HomeAssistant, entry: MockConfigEntry, printer: str, name: str) -> None:
    """Rename the device of a printer, as a user does."""
    device = device_of(hass, entry, printer)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)


async def end_print(hass: HomeAssistant, farm: VirtualFarm, name: str) -> str:
    """Finish a print, wait until its bed needs clearing, and return the printer's ID."""
    printer = printer_named(farm, name)
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "awaiting_clear")
    return printer


# Beds


async def test_bed_is_confirmed_by_voice_only_after_a_yes_at_the_same_device(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, speak: Speak
) -> None:
    printer = await end_print(hass, farm, X1C)
    rename(hass, entry, printer, "Printer 03")

    answer = await speak("the bed on printer seventeen is clear")
    assert answer.startswith("No bed of printer seventeen needs clearing. These do: ")
    assert "Printer 03" in answer
    assert "Printer 03 really empty" in await speak("the bed on printer three is clear", "here")
    await speak("yes", "elsewhere")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not farm.printer(printer).confirmed_ready
    assert CONFIRM not in paths(farm)

    await speak("The bed on printer three is clear.", "here")
    await speak("Yes.", "here")
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off")
    assert farm.printer(printer).confirmed_ready


SPOKEN = (
    ("P1S-03", "printer three"),
    ("P1S #3", "printer three"),
    ("P1S_03", "printer three"),
    ("P1S–03", "printer 3"),
    ("P1S\u00a003", "printer number three"),
    ("P1S03", "printer three"),
    ("Printer3", "the printer three"),
    ("#3", "number three"),
    ("3", "the printer number three"),
    ("No. 3 (left)", "printer three"),
    ("03 - left", "printer three"),
    ("P1S-03", "P1S-03"),
    ("P1S-03", "p1s three"),
    ("P1S #3", "P1S 03"),
    ("P1S_03", "the P1S number three"),
    ("Printer 21", "printer twenty-one"),
    ("P1S 21", "printer twenty one"),
    ("P1S-90", "printer ninety"),
    ("P1S-99", "P1S ninety nine"),
    ("P1S 14", "printer fourteen"),
    ("P1S 120", "printer 120"),
    ("Schrägdrucker", "schrägdrucker"),
    ("Bob’s printer", "bob's printer"),
    ("Ｌｅｆｔ　３", "left three"),
    ("🔥 Left", "left"),
    ("The Printer", "the printer"),
    ("İki", "iki"),
    ("Left\u200b one\u200f", "left one"),
    ("A" * 255, "a" * 255),
    ("Left", "X1 Carbon zero one"),
    ("Left", "x1 carbon one"),
)
"""Names of printers, and how they are spoken."""


@pytest.mark.parametrize("end", ["", "."])
async def test_printer_is_understood_by_name_and_by_number(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, speak: Speak, end: str
) -> None:
    printer = await end_print(hass, farm, X1C)
    wrong = {}
    for name, said in SPOKEN:
        rename(hass, entry, printer, name)
        answer = await speak(f"the bed on {said} is clear{end}", "here")
        if f"the bed of {name} really empty" not in answer:
            wrong[name, said] = answer
        # The question is over, and nothing is confirmed.
        await speak("yes", "elsewhere")
    assert wrong == {}
    assert CONFIRM not in paths(farm)


async def test_similar_names_and_numbers_do_not_match(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, speak: Speak
) -> None:
    rename(hass, entry, await end_print(hass, farm, X1C), "P1S-03")
    for said in ("printer thirteen", "P1S thirty", "printer a", "one one", "printer", "🔥", "left"):
        assert (await speak(f"the bed on {said} is clear")).startswith(f"No bed of {said} needs clearing."), said


@pytest.mark.parametrize(
    ("name", "other", "names"),
    [
        ("Left one", "Left one", "Left one (X1 Carbon 01), Left one (P1S 01)"),
        ("Left one", "left\u00a0ONE\u200b", "Left one (X1 Carbon 01), left\u00a0ONE\u200b (P1S 01)"),
        ("P1S-03", "P1S #3", "P1S-03 (X1 Carbon 01), P1S #3 (P1S 01)"),
        (P1S, "X1 Carbon 09", "P1S 01 (X1 Carbon 01), X1 Carbon 09 (P1S 01)"),
        (P1S, X1C, "P1S 01 (X1 Carbon 01), X1 Carbon 01 (P1S 01)"),
    ],
    ids=["same name", "alike", "sound the same", "name of another at Printago", "swapped"],
)
async def test_name_of_two_printers_is_refused(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    speak: Speak,
    name: str,
    other: str,
    names: str,
) -> None:
    printer = await end_print(hass, farm, X1C)
    rename(hass, entry, printer, name)
    rename(hass, entry, printer_named(farm, P1S), other)
    farm.clear_requests()

    answer = await speak(f"the bed on {name} is clear", "here")
    assert names in answer or ", ".join(reversed(names.split(", "))) in answer
    await speak("yes", "here")
    await hass.async_block_till_done()
    assert not farm.printer(printer).confirmed_ready
    assert farm.requests == []


async def test_number_shared_by_several_waiting_printers_asks_which_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, speak: Speak
) -> None:
    rename(hass, entry, await end_print(hass, farm, X1C), "X1-07")
    rename(hass, entry, printer_named(farm, P1S), "P1S #7")
    assert await speak("the bed on printer seven is clear") == "Which one: P1S #7, X1-07?"
    assert "P1S #7 really empty" in await speak("the bed on P1S seven is clear")


# Parts


async def test_voice_commands_print_and_report_the_status(hass: HomeAssistant, farm: VirtualFarm, speak: Speak) -> None:
    assert await speak("print two benchies") == "Printing 2 of Benchy."
    (part,) = last_build(farm)["parts"]
    assert part["quantity"] == 2
    assert farm.world.parts[part["partId"]]["name"] == "Benchy"
    assert await speak("print a cable clip") == "Printing 1 of Cable Clip."
    assert await speak("Print 3 calibration cubes.") == "Printing 3 of Calibration Cube."
    assert await speak("print the benchy!") == "Printing 1 of Benchy."
    builds = paths(farm).count(BUILD)
    assert await speak("print spaceship") == "There is no part named spaceship."
    assert await speak("print 500 benchies") == "500 copies are too many: the maximum is 10."
    assert await speak("print twenty-one benchies") == "21 copies are too many: the maximum is 10."
    assert await speak("print ninety nine benchies.") == "99 copies are too many: the maximum is 10."
    assert await speak("print zero benchies") == "0 copies are too many: the maximum is 10."
    assert paths(farm).count(BUILD) == builds

    answer = await speak("Is the farm done?")
    assert answer.startswith("No, ")
    state = hass.states.get(queued(hass, farm))
    assert state is not None
    assert f"{state.state} jobs wait" in answer


async def test_voice_commands_claim_nothing_without_a_connection(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, speak: Speak
) -> None:
    await lose_connection(hass, farm, entry)
    assert await speak("Is the farm done?") == "The state of the farm is not known right now."
    assert await speak("the bed on P1S one is clear") == "The state of the farm is not known right now."
    assert farm.requests == []


@pytest.mark.parametrize(
    ("name", "said", "quantity"),
    [
        ("Cable-Hook_v2", "two cable hook v2", 2),
        ("CableHook", "3 cable hooks", 3),
        ("T‑Slot nut", "t-slot nuts", 1),
        ("Bob’s box", "two bob's boxes", 2),
        ("Schrägstütze", "three schrägstütze", 3),
        ("Gear 20", "two gear twenty", 2),
        ("Gear Twenty", "gear 20", 1),
        ("Two Towers", "two towers", 1),
        ("One Piece hat", "one piece hat", 1),
        ("A-Frame", "a frame", 1),
        ("42", "forty two", 1),
        ("42", "two 42", 2),
        ("Ｈｏｏｋ ３", "hook three", 1),
        ("#5 washer", "two number five washer", 2),
    ],
)
async def test_part_is_understood_as_it_is_spoken(
    hass: HomeAssistant, farm: VirtualFarm, speak: Speak, name: str, said: str, quantity: int
) -> None:
    part = new_part(farm.world, name=name, type="stl", fileUris=[])["id"]
    assert await speak(f"print {said}.") == f"Printing {quantity} of {name}."
    (built,) = last_build(farm)["parts"]
    assert (built["partId"], built["quantity"]) == (part, quantity)


@pytest.mark.parametrize(
    ("names", "said", "answer"),
    [
        (["Hook", "HOOK"], "print two hooks", "Several parts match: "),
        (["Hook", "Hook"], "print hook", "Several parts are named Hook."),
        (["Two Towers", "Tower"], "print two towers", "Several parts match: "),
        (["Cable-Hook", "Cablehook"], "print cable hook", "Several parts match: "),
    ],
)
async def test_nothing_is_printed_if_several_parts_match(
    hass: HomeAssistant, farm: VirtualFarm, speak: Speak, names: list[str], said: str, answer: str
) -> None:
    for name in names:
        new_part(farm.world, name=name, type="stl", fileUris=[])
    assert (await speak(said)).startswith(answer)
    assert BUILD not in paths(farm)


async def test_nothing_is_printed_if_not_all_parts_could_be_read(
    hass: HomeAssistant, farm: VirtualFarm, speak: Speak
) -> None:
    for number in range(1001):
        new_part(farm.world, name=f"Hook {number}", type="stl", fileUris=[])
    assert (
        await speak("print two hook one") == "More than 1000 parts have hook in their names, too many to look through."
    )
    assert BUILD not in paths(farm)
