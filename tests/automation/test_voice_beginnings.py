"""Sentences with only the beginning of names: those of several printers are asked back, and nothing is done."""

# ruff: noqa: RUF001

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.voice.phrases import read_phrases
from tests.automation.test_voice_intents import handle, speech
from tests.support.common import device_of, entity_id, printer_named, value_of, writes
from tests.support.voice import answer_to, begin_to_listen
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")

X1C, P1S, A1 = "X1 Carbon 01", "P1S 01", "A1 01"
BOTH = "X1 Carbon 01, X1 Carbon 02"
QUESTIONS = {
    "en": ("when is the X1 done", "Several printers match “X1”"),
    "de": ("wann ist der X1 Carbon fertig", "Auf „X1 Carbon“ passen mehrere Drucker"),
    "fr": ("quand X1 aura terminé", "Plusieurs imprimantes correspondent à «\u00a0X1\u00a0»"),
    "es": ("cuándo termina la X1", "Varias impresoras coinciden con «X1»"),
    "it": ("quando finisce la X1 Carbon", "Più stampanti corrispondono a «X1 Carbon»"),
    "nl": ("wanneer is de X1 klaar", "Meerdere printers komen overeen met “X1”"),
    "pl": ("kiedy skończy X1 Carbon", "Do „X1 Carbon” pasuje kilka drukarek"),
    "pt-BR": ("quando a X1 termina", "Várias impressoras correspondem a “X1”"),
    "sv": ("när är X1 klar", "Flera skrivare matchar ”X1”"),
    "ja": ("X1はいつ終わる", "「X1」に当てはまるプリンターが複数あります"),
    "zh-Hans": ("X1什么时候完成", "有多台打印机符合“X1”"),
}
ORDERS = (
    ("en", "the bed of X1 is clear"),
    ("en", "pause the X1 Carbon"),
    ("en", "resume the print on X1"),
    ("en", "stop X1 Carbon"),
    ("de", "das Bett von X1 Carbon ist frei"),
    ("de", "stoppe X1"),
    ("fr", "le plateau de X1 est libre"),
    ("fr", "arrête l'impression sur X1 Carbon"),
    ("ja", "X1のベッドは空です"),
    ("zh-Hans", "停止X1"),
)


async def name(hass: HomeAssistant, entry: MockConfigEntry, farm: VirtualFarm, names: dict[str, str]) -> None:
    """Give the devices of printers names, as a user does."""
    for printer, called in names.items():
        device = device_of(hass, entry, printer_named(farm, printer))
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user=called)
    await hass.async_block_till_done()


@pytest.fixture
async def two_alike(hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry) -> MockConfigEntry:
    """Return the entry of a farm with an X1 Carbon 01, which prints, and an X1 Carbon 02, which waits to be cleared."""
    await name(hass, listening, farm, {P1S: "X1 Carbon 02"})
    return listening


async def test_question_with_what_several_names_begin_with_is_asked_back_in_the_language_of_the_speaker(
    hass: HomeAssistant, farm: VirtualFarm, two_alike: MockConfigEntry
) -> None:
    answers = {language: await answer_to(hass, question, language) for language, (question, _) in QUESTIONS.items()}
    wrong = {
        language: answer
        for language, answer in answers.items()
        if not answer.startswith(QUESTIONS[language][1]) or BOTH not in answer
    }
    assert wrong == {}
    assert {answer[-1] for answer in answers.values()} == {".", "。"}
    assert {language for language, answer in answers.items() if answer.endswith("。")} == {"ja", "zh-Hans"}
    assert QUESTIONS.keys() == read_phrases().keys()


@pytest.mark.parametrize(("language", "sentence"), ORDERS)
async def test_nothing_is_done_for_what_several_names_begin_with(
    hass: HomeAssistant, farm: VirtualFarm, two_alike: MockConfigEntry, language: str, sentence: str
) -> None:
    assert BOTH in await answer_to(hass, sentence, language)
    assert await answer_to(hass, "yes, stop it") == read_phrases()["en"].answers["nothing_asked"]
    assert not writes(farm)


async def test_name_of_a_printer_with_which_others_begin_means_that_printer(
    hass: HomeAssistant, farm: VirtualFarm, two_alike: MockConfigEntry
) -> None:
    await name(hass, two_alike, farm, {A1: "X1"})
    assert (await answer_to(hass, "when is X1 done")).startswith("X1 ")
    assert "X1" in await answer_to(hass, "the bed of X1 is clear")
    assert not writes(farm)
    answer = await answer_to(hass, "the bed of X1 Carbon is clear")
    assert BOTH in answer
    assert "X1," not in answer
    assert BOTH in speech(await handle(hass, "PrintagoStopPrint", printer="the X1 Carbon"))
    assert not writes(farm)


@pytest.mark.parametrize("said", ["P1S 77", "P1S eight", "the 77 P1S"])
async def test_name_beside_a_number_is_that_of_another_printer(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, said: str
) -> None:
    await name(hass, listening, farm, {P1S: "P1S"})
    assert value_of(hass, printer_named(farm, P1S), "bed_needs_clearing", "binary_sensor") == "on"
    response = await handle(hass, "PrintagoConfirmBed", printer=said)
    assert f"“{said}”" in speech(response)
    assert not writes(farm)


async def test_number_of_a_printer_is_understood_in_another_language_than_the_speakers_where_names_begin_alike(
    hass: HomeAssistant, farm: VirtualFarm, two_alike: MockConfigEntry
) -> None:
    assert (await answer_to(hass, "wann ist X1 Carbon zwei fertig", "en")).startswith("X1 Carbon 02 is not printing")


async def test_rooms_in_the_names_of_printers_are_left_to_home_assistant_in_sentences_about_any_device(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    await name(hass, listening, farm, {X1C: "Kitchen left", P1S: "Kitchen right"})
    for sentence in ("stop the kitchen", "pause kitchen", "continue kitchen"):
        assert "Kitchen left" not in await answer_to(hass, sentence)
    assert "Kitchen left, Kitchen right" in await answer_to(hass, "when is kitchen done")
    assert "Kitchen left, Kitchen right" in await answer_to(hass, "the bed of the kitchen is clear")
    assert not writes(farm)


@pytest.mark.parametrize(
    ("names", "language", "sentence"),
    [
        (("打印机一号", "打印机二号"), "zh-Hans", "打印机什么时候完成"),
        (("打印机1号", "打印机2号"), "zh-Hans", "打印机的热床空了"),
        (("工房プリンター左", "工房プリンター右"), "ja", "工房プリンターのベッドは空です"),
        (("左の棚A", "左の棚B"), "ja", "左の棚はいつ終わる"),
        (("🔥 Left 1", "🔥 Left 2"), "en", "when is left done"),
        (("O’Brien 1", "O’Brien 2"), "en", "when is O'Brien done"),
        (("מדפסת 1", "מדפסת 2"), "en", "when is מדפסת done"),
        (("Große Kiste 1", "Große Kiste 2"), "de", "wann ist Große Kiste fertig"),
        (("P1S 3 links", "P1S 3 rechts"), "de", "wann ist P1S drei fertig"),
    ],
)
async def test_beginnings_of_names_in_any_script_are_asked_back(
    hass: HomeAssistant,
    farm: VirtualFarm,
    listening: MockConfigEntry,
    names: tuple[str, str],
    language: str,
    sentence: str,
) -> None:
    await name(hass, listening, farm, {X1C: names[0], A1: names[1]})
    answer = await answer_to(hass, sentence, language)
    assert ", ".join(sorted(names)) in answer
    assert not writes(farm)


async def test_printers_with_very_long_names_that_begin_alike_are_still_understood(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    long = "Printer " + "in the very last corner " * 9
    await name(hass, listening, farm, {X1C: f"{long}A", A1: f"{long}B"})
    assert (await answer_to(hass, f"when is {long}B done")).startswith(f"{long}B is not printing")


@pytest.mark.printers(500)
async def test_model_of_hundreds_of_printers_is_asked_back(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    answer = await answer_to(hass, "wann ist X1 Carbon fertig", "de")
    assert answer.startswith("Auf „X1 Carbon“ passen mehrere Drucker: X1 Carbon")
    assert "…" in answer
    assert "P1S" not in answer
