"""Printers with names that are hard to tell from the rest of a sentence, or to write in one."""

# ruff: noqa: RUF001

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.voice.phrases import read_phrases
from custom_components.printago.voice.spoken_names import Names, templates
from tests.automation.test_voice_intents import handle, speech
from tests.support.common import device_of, printer_named, until, value_of, writes
from tests.support.publish import publish_stat
from tests.support.voice import answer_to
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")

X1C, P1S = "X1 Carbon 01", "P1S 01"
AS_WRITTEN = (
    *("Müller", "Große Kiste", "Łódź", "Île-de-France", "l'Atelier", "O’Brien", 'Bob’s "Big" one', "P1S: links, oben!"),
    *("Drucker (links)", "A/B [3]", "Prusa {MK4}", "a|b <c>", "C++", "50% off", "X1&X2", "mail@home", "R2.D2", "№5"),
    *("İstanbul", "ﬁne", "Bob 😀", "принтер 3"),
)


async def rename(hass: HomeAssistant, entry: MockConfigEntry, printer: str, name: str) -> None:
    """Give the device of a printer a name, as a user does."""
    device = device_of(hass, entry, printer)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)
    await hass.async_block_till_done()


async def test_name_is_understood_as_it_is_written(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    answers = {}
    for name in AS_WRITTEN:
        await rename(hass, listening, printer_named(farm, P1S), name)
        answers[name] = await answer_to(hass, f"when is {name} done")
    assert answers == {name: f"{name} is not printing." for name in AS_WRITTEN}


@pytest.mark.parametrize("language", sorted(read_phrases()))
def test_no_name_breaks_the_sentences_about_others(language: str) -> None:
    """The assistant parses all sentences at once: one that it can't parse would silence those of all automations."""
    hassil = pytest.importorskip("hassil")
    signs = [chr(code) for code in range(0x20, 0x7F)]
    names = [
        *AS_WRITTEN,
        *signs,
        *(f"a{one}b" for one in signs),
        *(f"{one}a" for one in signs),
        *(f"a{one}" for one in signs),
    ]
    sentences = dict(templates(read_phrases()[language], Names.of(names)))
    lists = {"request": {"wildcard": True}}
    understood = {"language": "en", "intents": {"all": {"data": [{"sentences": list(sentences)}]}}, "lists": lists}
    intents = hassil.Intents.from_dict(understood)
    sentence = next(text for text, kind in templates(read_phrases()[language], Names.of(["Bertha"])) if kind == "pause")
    said = hassil.sample.sample_expression(hassil.parse_sentence(sentence.replace("(bertha)", "a'b")).expression)
    found = hassil.recognize_all(next(iter(said)), intents)
    assert {sentences[one.intent_sentence.text] for one in found} == {"pause"}


@pytest.mark.parametrize(
    ("other", "language", "sentence"),
    [
        ("Clear", "en", "the bed of P1 is clear"),
        ("The bed", "en", "the bed of the printer P1 is empty now"),
        ("Printer", "en", "the bed on the printer P1 is free"),
        ("Bett", "de", "das Bett von P1 ist frei"),
        ("Das Druckbett", "de", "das Druckbett von Drucker P1 ist jetzt leer"),
        ("Plateau", "fr", "le plateau de P1 est libre"),
    ],
)
async def test_printer_named_like_a_word_of_the_sentence_is_not_meant(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, other: str, language: str, sentence: str
) -> None:
    wrong, right = printer_named(farm, X1C), printer_named(farm, P1S)
    farm.finish_print(wrong)
    await until(hass, lambda: value_of(hass, wrong, "bed_needs_clearing", "binary_sensor") == "on")
    await rename(hass, listening, wrong, other)
    await rename(hass, listening, right, "P1")

    assert "P1" in await answer_to(hass, sentence, language)

    assert farm.printer(right).confirmed_ready
    assert not farm.printer(wrong).confirmed_ready


async def test_text_with_the_names_of_two_printers_means_neither(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    await rename(hass, listening, printer_named(farm, X1C), "Clear")
    answer = speech(await handle(hass, "PrintagoConfirmBed", printer="P1S one is clear"))
    assert "Clear, P1S 01" in answer
    assert not writes(farm)


async def test_printer_is_found_without_the_parser_of_the_assistant(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rename(hass, listening, printer_named(farm, X1C), "Bed")
    assert await answer_to(hass, "when is P1S one done") == "P1S 01 is not printing."
    monkeypatch.delattr("hassil.recognize_all")
    assert await answer_to(hass, "when is P1S one done") == "P1S 01 is not printing."
    # Both may be meant.
    assert "Bed, P1S 01" in await answer_to(hass, "the bed of P1S one is clear")
    assert not writes(farm)


async def test_printer_that_shares_its_name_is_called_by_both_of_its_names(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    for name in (X1C, P1S):
        await rename(hass, listening, printer_named(farm, name), "Left one")
    answer = await answer_to(hass, "the bed of Left one is clear")
    assert f"Left one ({P1S}), Left one ({X1C})" in answer
    assert not writes(farm)

    assert await answer_to(hass, "when is Left one P1S one done") == f"Left one ({P1S}) is not printing."
    assert (await answer_to(hass, "wann ist Left one X1 Carbon eins fertig", "de")).startswith(
        f"Left one ({X1C}) ist fertig"
    )
    assert f"Left one ({P1S})" in await answer_to(hass, f"the bed of Left one ({P1S}) is clear")
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready


async def test_longer_of_two_names_counts_if_it_contains_the_other(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    await rename(hass, listening, printer_named(farm, X1C), "P1S")
    assert (await answer_to(hass, "when is P1S one done")) == "P1S 01 is not printing."
    assert (await answer_to(hass, "when is P1S done")).startswith("P1S will be done at ")


@pytest.mark.parametrize("yes", ["yes, stop P1S one", "yes stop the print on the printer P1S 01"])
async def test_yes_for_another_printer_stops_none(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, yes: str
) -> None:
    assert X1C in await answer_to(hass, "stop X1 Carbon one")
    await answer_to(hass, yes)
    await answer_to(hass, "yes, stop it")
    assert not writes(farm)


@pytest.mark.parametrize(
    ("language", "stop", "yes"),
    [
        ("en", "stop X1 Carbon one", "yes, stop X1 Carbon one"),
        ("en", "stop X1 Carbon one", "yes, stop the print"),
        ("de", "stoppe X1 Carbon eins", "ja, stoppe X1 Carbon eins"),
        ("fr", "arrête x1 carbon un", "oui, arrête x1 carbon 1"),
    ],
)
async def test_yes_may_repeat_the_printer(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, language: str, stop: str, yes: str
) -> None:
    await answer_to(hass, stop, language)
    assert X1C in await answer_to(hass, yes, language)
    assert len(writes(farm)) == 1


async def test_farm_without_printers_has_an_answer_to_everything(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    for printer in list(farm.world.printers):
        farm.remove_printer(printer)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_total") == "0")
    assert await answer_to(hass, "which beds need clearing") == "No bed needs clearing."
    assert await answer_to(hass, "what is printing") == "Nothing is printing."
    assert await answer_to(hass, "when is the next printer free") == "It is not known when a printer will be free."
    assert speech(await handle(hass, "PrintagoPausePrint", printer=X1C)).endswith("Available: -.")


async def test_printer_of_which_nothing_is_known_is_not_said_to_be_idle(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    printer = farm.printer(printer_named(farm, P1S))
    state = listening.runtime_data.coordinator.farm.printers[printer.id]
    farm.fleet.set_maintenance(printer, enabled=True)
    farm.settle()
    await until(hass, lambda: value_of(hass, printer.id, "readiness") == "maintenance")
    publish_stat(farm, printer.id, state="FILAMENT_DANCING", isAvailable=False)
    await until(hass, lambda: value_of(hass, printer.id, "print_status") == "unknown")
    assert not state.in_use
    assert await answer_to(hass, "when is P1S one done") == "It is not known when P1S 01 will be done."
