"""The intents about the farm, as users, other assistants and language models use them."""

# ruff: noqa: RUF001

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput, ToolResult
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.voice.intents import KINDS
from custom_components.printago.voice.phrases import read_phrases
from tests.support.common import entity_id, pass_time, printer_named, until, value_of, writes
from tests.support.submissions import last_build
from tests.support.voice import answer_to
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")

X1C, P1S = "X1 Carbon 01", "P1S 01"
PAGE = (Path(__file__).parents[2] / "docs" / "voice.md").read_text(encoding="utf-8")
CUSTOM, *_ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CALLS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
"""What a model calls, by the examples in the docs."""


async def handle(hass: HomeAssistant, intent_type: str, language: str = "en", **slots: Any) -> intent.IntentResponse:
    """Handle an intent as another assistant does."""
    values = {name: {"value": value} for name, value in slots.items()}
    return await intent.async_handle(
        hass, "other_assistant", intent_type, values, language=language, assistant="conversation"
    )


def speech(response: intent.IntentResponse) -> str:
    """Return what is said."""
    return str(response.speech["plain"]["speech"])


async def test_question_of_another_assistant_is_answered_in_the_language_of_the_speaker(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    response = await handle(hass, "PrintagoBedsToClear", "de-CH")
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER
    assert speech(response) == "Zu räumende Druckbetten: P1S 01."
    assert speech(await handle(hass, "PrintagoPrintEnd", printer="x1 carbon one")).startswith("X1 Carbon 01 will be")
    for question in ("PrintagoWhatIsPrinting", "PrintagoNextFreePrinter", "PrintagoQueue"):
        assert (await handle(hass, question)).response_type is intent.IntentResponseType.QUERY_ANSWER
    assert not writes(farm)


async def test_bed_is_confirmed_and_print_paused_and_resumed_by_intents(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    response = await handle(hass, "PrintagoConfirmBed", printer="P1S-1")
    assert response.response_type is intent.IntentResponseType.ACTION_DONE
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready

    printer = printer_named(farm, X1C)
    await handle(hass, "PrintagoPausePrint", printer=X1C)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    await handle(hass, "PrintagoResumePrint", printer=X1C)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")


@pytest.mark.parametrize(
    ("intent_type", "slots", "says"),
    [
        ("PrintagoConfirmBed", {"printer": X1C}, X1C),
        ("PrintagoPausePrint", {"printer": "P1S 77"}, "P1S 77"),
        ("PrintagoResumePrint", {"printer": X1C}, X1C),
        ("PrintagoStopPrint", {"printer": P1S}, P1S),
        ("PrintagoConfirmStop", {}, "nothing to confirm"),
        ("PrintagoPrint", {"item": "flying carpet"}, "flying carpet"),
        ("PrintagoPrint", {"item": "Benchy", "copies": 11}, "10"),
        ("PrintagoPrint", {"item": "Benchy", "copies": 0}, "10"),
    ],
)
async def test_what_is_not_done_is_an_error_in_words(
    hass: HomeAssistant,
    farm: VirtualFarm,
    listening: MockConfigEntry,
    intent_type: str,
    slots: dict[str, Any],
    says: str,
) -> None:
    response = await handle(hass, intent_type, **slots)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert says in speech(response)
    assert not writes(farm)


@pytest.mark.parametrize(
    ("intent_type", "slots"),
    [
        ("PrintagoConfirmBed", {}),
        ("PrintagoConfirmBed", {"printer": " "}),
        ("PrintagoPrint", {"item": "Benchy", "copies": "many"}),
        ("PrintagoPrint", {"item": "Benchy", "copies": -1}),
        ("PrintagoPrint", {"copies": 2}),
    ],
)
async def test_malformed_slots_are_refused(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, intent_type: str, slots: dict[str, Any]
) -> None:
    with pytest.raises(intent.InvalidSlotInfo):
        await handle(hass, intent_type, **slots)
    assert not writes(farm)


async def test_refusal_is_in_the_language_of_the_speaker_also_in_a_regional_form(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    assert "druckt" in speech(await handle(hass, "PrintagoConfirmBed", "de-CH", printer=X1C))


async def test_store_is_answered_for_only_where_it_is_exposed(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.voice.answers.async_should_expose", lambda *_: False)
    response = await handle(hass, "PrintagoConfirmBed", printer=P1S)
    assert response.response_type is intent.IntentResponseType.ERROR
    assert not writes(farm)
    trusted = await intent.async_handle(hass, "script", "PrintagoBedsToClear", language="en")
    assert speech(trusted) == "Beds to clear: P1S 01."


# Sentences of users


class TestCustomSentences:
    """Sentences in the folder of the configuration."""

    @pytest.fixture
    def hass_config_dir(self, hass_tmp_config_dir: str) -> str:
        """Return a configuration folder with sentences."""
        folder = Path(hass_tmp_config_dir) / "custom_sentences" / "en"
        folder.mkdir(parents=True)
        (folder / "farm.yaml").write_text(CUSTOM, encoding="utf-8")
        return hass_tmp_config_dir

    async def test_sentences_of_a_user_use_the_intents(
        self, hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
    ) -> None:
        assert await answer_to(hass, "check the beds") == "Beds to clear: P1S 01."
        assert await answer_to(hass, "make 3 of the benchy") == "Sent to the queue: 3 × Benchy."
        (part,) = last_build(farm)["parts"]
        assert part["quantity"] == 3


async def test_own_sentences_are_answered_by_the_intents(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    class Own(intent.IntentHandler):
        """Replaces an intent, as an intent script of a user does."""

        intent_type = "PrintagoBedsToClear"

        async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
            response = intent_obj.create_response()
            response.async_set_speech("mine")
            return response

    intent.async_register(hass, Own())
    assert await answer_to(hass, "which beds need clearing") == "mine"
    await hass.config_entries.async_unload(listening.entry_id)
    assert [handler for handler in intent.async_get(hass) if handler.intent_type.startswith("Printago")] != []


async def test_intents_end_with_the_last_store(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry
) -> None:
    def registered() -> set[str]:
        return {handler.intent_type for handler in intent.async_get(hass) if "Printago" in handler.intent_type}

    assert registered() == {kind.intent_type for kind in KINDS.values()}
    await hass.config_entries.async_unload(listening.entry_id)
    assert registered() == set()
    await hass.config_entries.async_setup(listening.entry_id)
    assert len(registered()) == len(KINDS)


def test_each_kind_of_sentence_has_an_intent() -> None:
    assert KINDS.keys() == read_phrases()["en"].sentences.keys()
    assert len({kind.intent_type for kind in KINDS.values()}) == len(KINDS)


# Language models


class Model:
    """Uses tools as a language model does; all calls before a person speaks again have one context."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.next_turn()

    def next_turn(self) -> None:
        self.context = LLMContext(
            platform="test", context=Context(), language="en", assistant="conversation", device_id=None
        )

    async def tools(self) -> dict[str, Any]:
        offered = await async_get_tools(self.hass, self.context, LLM_API_ASSIST)
        assert len({tool.name for tool in offered.tools}) == len(offered.tools)
        return {tool.name: tool for tool in offered.tools}

    async def use(self, name: str, **arguments: Any) -> str:
        tool = (await self.tools())[f"printago__{name}"]
        result = await tool.async_call(self.hass, ToolInput(tool.name, arguments), self.context)
        assert isinstance(result, ToolResult)
        said: Any = result.data
        return str(said["speech"]["plain"]["speech"])


@pytest.fixture
async def model(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> Model:
    """Return a language model that may use the farm."""
    for component in ("homeassistant", "llm", "intent"):
        assert await async_setup_component(hass, component, {})
    async_expose_entity(hass, "conversation", entity_id(hass, farm.config.store_id, "jobs_queued"), True)
    await pass_time(hass, 31)
    farm.clear_requests()
    return Model(hass)


async def test_no_intent_is_offered_to_a_model_twice(hass: HomeAssistant, model: Model) -> None:
    by_intent = {tool.intent_type: name for name, tool in (await model.tools()).items() if hasattr(tool, "intent_type")}
    assert {name for kind, name in by_intent.items() if kind.startswith("Printago")} == {
        "printago__pause_print",
        "printago__resume_print",
        "printago__stop_print",
        "printago__confirm_stop",
    }


async def test_model_pauses_and_resumes_a_print(hass: HomeAssistant, farm: VirtualFarm, model: Model) -> None:
    printer = printer_named(farm, X1C)
    assert await model.use("pause_print", printer="x1 carbon 1") == "X1 Carbon 01 is being paused."
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    assert await model.use("resume_print", printer=X1C) == "X1 Carbon 01 is being resumed."
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")


async def test_model_stops_a_print_only_after_the_next_words_of_a_person(
    hass: HomeAssistant, farm: VirtualFarm, model: Model
) -> None:
    assert "Stop the print on X1 Carbon 01?" in await model.use("stop_print", printer=X1C)
    assert "nothing to confirm" in await model.use("confirm_stop")
    model.next_turn()
    assert "nothing to confirm" in await model.use("confirm_stop")
    assert not writes(farm)

    await model.use("stop_print", printer=X1C)
    model.next_turn()
    assert await model.use("confirm_stop") == "The print on X1 Carbon 01 is being stopped."
    assert len(writes(farm)) == 1


async def test_examples_in_the_docs_name_all_tools_and_intents(hass: HomeAssistant, model: Model) -> None:
    tools = {name for name in await model.tools() if name.startswith("printago__")}
    assert {f"printago__{name}" for name in re.findall(r"`printago__(\w+)`", PAGE)} == tools
    assert set(re.findall(r"`(Printago\w+)`", PAGE)) == {kind.intent_type for kind in KINDS.values()}


async def test_model_makes_the_calls_of_the_docs(hass: HomeAssistant, farm: VirtualFarm, model: Model) -> None:
    assert CALLS
    for turns in CALLS:
        for call in turns:
            tool = (await model.tools())[call["tool"]]
            result = await tool.async_call(hass, ToolInput(tool.name, call["arguments"]), model.context)
            assert isinstance(result, ToolResult)
            assert not result.error
            assert result.data.get("response_type") != "error"
            model.next_turn()
    assert len(writes(farm)) == 1
