"""Sentences to Home Assistant's own assistant about the farm, without an automation."""

import itertools
import json
from pathlib import Path
from string import Formatter

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.voice.phrases import count_and_names, language_of, read_phrases, spoken
from custom_components.printago.voice.spoken_names import Names, templates
from tests.conftest import SetUp
from tests.support.common import device_of, printer_named, until, value_of, writes
from tests.support.saved_prints import save_print
from tests.support.submissions import count_builds, last_build
from tests.support.voice import answer_to, begin_to_listen
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")

X1C, P1S = "X1 Carbon 01", "P1S 01"
LANGUAGES = sorted(read_phrases())
TRANSLATIONS = Path(__file__).parents[2] / "custom_components" / "printago" / "translations"


QUESTIONS = (
    ("en", "Which beds need clearing?", "Beds to clear: P1S 01."),
    ("de", "Welche Betten müssen geräumt werden?", "Zu räumende Druckbetten: P1S 01."),
    ("fr", "Quels plateaux sont à libérer ?", "Plateaux à libérer : P1S 01."),
    ("en", "what print beds do I have to clear?", "Beds to clear: P1S 01."),
    ("fr", "Quels plateaux dois-je libérer ?", "Plateaux à libérer : P1S 01."),
    ("it", "Cosa stanno stampando?", "In stampa"),
    ("nl", "wat is er aan het printen", "Nu"),
    ("ja", "どのベッドを片付ければいいですか", "片付けが必要なベッド: P1S 01。"),
    ("fr", "quels plateaux faut-il libérer", "Plateaux à libérer : P1S 01."),
    ("en", "what is printing", "Printing now: X1 Carbon 01: "),
    ("de", "was druckt gerade", "Gerade drucken: X1 Carbon 01: "),
    ("fr", "qu'est-ce qui est en cours d'impression", "En cours d'impression : X1 Carbon 01: "),
    ("en", "when will X1 Carbon one be done", "X1 Carbon 01 will be done at "),
    ("de", "Wann ist der Drucker X1 Carbon eins fertig?", "X1 Carbon 01 ist fertig: "),
    ("fr", "quand x1 carbon 1 aura terminé", "X1 Carbon 01 aura terminé : "),
    ("en", "when is P1S 01 done", "P1S 01 is not printing."),
    ("en", "when is the next printer free", "Free now: "),
    ("de", "wann ist der nächste Drucker frei", "Jetzt frei: "),
    ("fr", "quelle imprimante est libre en premier", "Libres maintenant : "),
    ("en", "how long is the queue", "Jobs in the queue: "),
    ("de", "wie lang ist die Warteschlange", "Aufträge in der Warteschlange: "),
    ("fr", "combien de travaux sont dans la file", "Travaux dans la file d'attente : "),
)


async def test_question_is_answered_in_the_language_of_the_speaker(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for language, sentence, answer in QUESTIONS:
        with subtests.test(sentence, language=language):
            assert (await answer_to(hass, sentence, language)).startswith(answer)
            assert not writes(farm)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "the bed of P1S one is clear"),
        ("de", "Das Bett von P1S eins ist frei."),
        ("fr", "le plateau de P1S 1 est libre"),
    ],
)
async def test_bed_is_confirmed_by_a_sentence(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, language: str, sentence: str
) -> None:
    assert P1S in await answer_to(hass, sentence, language)
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready


async def test_bed_in_use_is_not_confirmed(hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry) -> None:
    assert "druckt" in await answer_to(hass, "das Bett von X1 Carbon 01 ist frei", "de")
    assert not writes(farm)


@pytest.mark.parametrize(
    ("language", "pause", "resume"),
    [
        ("en", "pause X1 Carbon one", "resume the printer X1 Carbon 01"),
        ("de", "pausiere X1 Carbon 1", "setze X1 Carbon eins fort"),
        ("fr", "mets x1 carbon 01 en pause", "reprends l'impression sur X1 Carbon un"),
    ],
)
async def test_print_is_paused_and_resumed_by_sentences(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, language: str, pause: str, resume: str
) -> None:
    printer = printer_named(farm, X1C)
    assert X1C in await answer_to(hass, pause, language)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    assert X1C in await answer_to(hass, resume, language)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")


@pytest.mark.parametrize(
    ("language", "stop", "yes"),
    [
        ("en", "stop X1 Carbon one", "yes, stop it"),
        ("de", "stoppe X1 Carbon 1", "Ja, stoppe ihn."),
        ("fr", "arrête x1 carbon 01", "oui, arrête l'impression"),
    ],
)
async def test_print_is_stopped_only_after_a_second_sentence_at_the_same_device(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, language: str, stop: str, yes: str
) -> None:
    device = device_of(hass, listening, printer_named(farm, P1S))
    assert device is not None
    await answer_to(hass, yes, language)
    assert X1C in await answer_to(hass, stop, language, device.id)
    await answer_to(hass, yes, language)
    assert not writes(farm)

    assert X1C in await answer_to(hass, yes, language, device.id)
    assert len(writes(farm)) == 1
    await answer_to(hass, yes, language, device.id)
    assert len(writes(farm)) == 1


@pytest.mark.parametrize(
    ("language", "sentence", "quantity"),
    [
        ("en", "print two benchies", 2),
        ("de", "drucke drei Benchy", 3),
        ("fr", "imprime un benchy", 1),
        ("en", "print benchy", 1),
        ("ja", "二個のBenchyを印刷して", 2),
    ],
)
async def test_part_is_printed_exactly_once(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, language: str, sentence: str, quantity: int
) -> None:
    before = count_builds(farm)
    assert "Benchy" in await answer_to(hass, sentence, language)
    assert count_builds(farm) == before + 1
    assert f'"quantity": {quantity}' in json.dumps(last_build(farm))


async def test_saved_print_is_printed_by_its_name(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    await save_print(hass, listening, "part:" + next(iter(farm.world.parts)), name="Morning batch")
    before = count_builds(farm)
    assert "Morning batch" in await answer_to(hass, "print morning batch")
    assert count_builds(farm) == before + 1


async def test_too_many_copies_and_unknown_parts_are_not_printed(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    assert "10" in await answer_to(hass, "print 200 benchy")
    assert "flying carpet" in await answer_to(hass, "print a flying carpet")
    assert not writes(farm)


async def test_new_name_of_a_printer_is_understood_at_once_and_other_names_are_left_to_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    device = device_of(hass, listening, printer_named(farm, X1C))
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="Big (left) Bertha-3")
    await hass.async_block_till_done()

    assert (await answer_to(hass, "when is big left bertha three done")).startswith("Big (left) Bertha-3 will be done")
    assert "Virtual" not in await answer_to(hass, "pause the living room TV")
    assert not writes(farm)


async def test_automation_with_the_same_sentence_acts_alone(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    trigger = {"trigger": "conversation", "command": ["print {anything}", "[please] print {anything}"]}
    actions = [{"set_conversation_response": "mine"}]
    automation = {"automation": [{"alias": "Own", "triggers": [trigger], "actions": actions}]}
    assert await async_setup_component(hass, "automation", automation)
    await hass.async_block_till_done()

    assert await answer_to(hass, "print two benchies") == "mine"
    assert not writes(farm)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.own"}, blocking=True)
    assert "Benchy" in await answer_to(hass, "print two benchies")


async def test_sentences_end_with_the_last_store(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    from homeassistant.components.conversation.agent_manager import get_agent_manager

    assert get_agent_manager(hass).trigger_sentences
    await hass.config_entries.async_unload(listening.entry_id)
    assert not get_agent_manager(hass).trigger_sentences
    await hass.config_entries.async_setup(listening.entry_id)
    assert await answer_to(hass, "which beds need clearing") == "Beds to clear: P1S 01."


async def test_setup_works_where_the_assistant_takes_no_sentences(
    hass: HomeAssistant, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin_to_listen(hass)
    monkeypatch.delattr("homeassistant.components.conversation.agent_manager.AgentManager.register_trigger")
    entry = await setup_entry()
    await hass.async_block_till_done()
    assert entry.state.recoverable


async def test_store_that_is_not_exposed_is_not_used(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.voice.answers.async_should_expose", lambda *_: False)
    assert "may not use" in await answer_to(hass, "the bed of P1S one is clear")
    assert not writes(farm)


# The phrases of all languages


def test_every_language_of_the_integration_has_phrases() -> None:
    assert sorted(path.stem for path in TRANSLATIONS.glob("*.json")) == LANGUAGES
    assert language_of("de-AT", LANGUAGES) == "de"
    assert language_of("pt", LANGUAGES) == "pt-BR"
    assert language_of("zh-CN", LANGUAGES) == "zh-Hans"
    assert language_of("tlh", LANGUAGES) == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_have_the_placeholders_of_the_english_ones(language: str) -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english, own = read_phrases()["en"], read_phrases()[language]
    assert own.sentences.keys() == english.sentences.keys()
    assert {key: fields(text) for key, text in own.answers.items()} == {
        key: fields(text) for key, text in english.answers.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_sentence_has_one_meaning_in_all_languages(language: str) -> None:
    hassil = pytest.importorskip("hassil")
    sample = pytest.importorskip("hassil.sample")
    kinds = {
        template: kind for phrases in read_phrases().values() for template, kind in templates(phrases, Names.of([P1S]))
    }
    lists = {"request": {"wildcard": True}}
    understood = {"language": "en", "intents": {"all": {"data": [{"sentences": list(kinds)}]}}, "lists": lists}
    intents = hassil.Intents.from_dict(understood)
    for template, kind in templates(read_phrases()[language], Names.of([P1S])):
        concrete = template.replace("{request}", "benchy")
        sampled = sample.sample_expression(hassil.parse_sentence(concrete).expression)
        for sentence in itertools.islice(sampled, 40):
            found = {kinds[one.intent_sentence.text] for one in hassil.recognize_all(sentence, intents)}
            assert found == {kind}, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_understood_as_words(language: str) -> None:
    phrases = read_phrases()[language]
    word = next(word for word, number in phrases.numbers.items() if number == 3)
    assert spoken(f"P1S {word}", phrases) == spoken("P1S-03", phrases) == "p1s 3"
    assert (3, "benchy") in [(count, names[0]) for count, names in count_and_names(f"{word} Benchy", phrases)]
