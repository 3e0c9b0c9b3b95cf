"""Sentences to Home Assistant's own assistant about several stores, and about large farms."""

# ruff: noqa: RUF001

from collections.abc import AsyncGenerator, Iterable
import itertools

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL
from custom_components.printago.hub.persistence import async_get_store_state
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.printer_names import unambiguous_names
from tests.automation.test_voice_intents import handle, speech
from tests.conftest import SetUp
from tests.support.common import device_of, entity_id, pass_time, paths, printer_named, value_of, writes
from tests.support.issues import Clock, lose_connection
from tests.support.submissions import BUILD, count_builds
from tests.support.voice import answer_to, begin_to_listen
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.catalog import new_part

pytestmark = pytest.mark.usefixtures("quick_to_ask")

X1C, P1S = "X1 Carbon 01", "P1S 01"
OTHER = "d" * 24
MOST_CHARACTERS = 25_000
"""This many take about 30 ms to parse."""


@pytest.fixture
async def other(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, setup_entry: SetUp
) -> AsyncGenerator[VirtualFarm]:
    """Run a second farm with the same names, called "Cellar"; the first one is called "Attic"."""
    async with VirtualFarm(FarmConfig(speed=0, printers=3, store_id=OTHER, seed=2)) as running:
        second = await setup_entry(
            store_id=OTHER,
            api_key=running.config.api_key,
            server={CONF_API_URL: running.rest_url, CONF_REALTIME_URL: running.realtime_url},
        )
        hass.config_entries.async_update_entry(second, title="Cellar")
        device = dr.async_get(hass).async_get_device_by_identifier(("printago", farm.config.store_id), entry.entry_id)
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user="Attic")
        await begin_to_listen(hass, *(entity_id(hass, store, "jobs_queued") for store in (farm.config.store_id, OTHER)))
        await pass_time(hass, 31)
        for each in (farm, running):
            each.clear_requests()
        yield running
        await hass.config_entries.async_unload(second.entry_id)


async def test_questions_are_answered_for_all_stores(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    assert await answer_to(hass, "which beds need clearing") == "Beds to clear: P1S 01 (Attic), P1S 01 (Cellar)."
    printing = await answer_to(hass, "what is printing")
    assert "X1 Carbon 01 (Attic): " in printing
    assert "X1 Carbon 01 (Cellar): " in printing
    waiting = sum(int(value_of(hass, store, "jobs_queued")) for store in (farm.config.store_id, OTHER))
    assert str(waiting) in await answer_to(hass, "how long is the queue")


async def test_name_of_printers_in_two_stores_is_refused_until_the_store_is_said(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    answer = await answer_to(hass, "the bed of P1S one is clear")
    assert "P1S 01 (Attic), P1S 01 (Cellar)" in answer
    assert not writes(farm)
    assert not writes(other)

    assert "P1S 01 (Cellar)" in await answer_to(hass, "the bed of P1S one Cellar is clear")
    assert other.printer(printer_named(other, P1S)).confirmed_ready
    assert not writes(farm)
    assert "P1S 01 (Attic)" in await answer_to(hass, "das Bett von P1S eins Attic ist frei", "de")
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready


async def test_beginning_of_names_in_two_stores_is_asked_back_with_the_stores(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    for sentence in ("the bed of P1S is clear", "pause P1S", "stop P1S Cellar", "das Bett von P1S Attic ist frei"):
        assert "P1S 01 (Attic), P1S 01 (Cellar)" in await answer_to(hass, sentence)
    await answer_to(hass, "yes, stop it")
    assert not writes(farm)
    assert not writes(other)


async def test_printer_is_called_by_its_own_name_where_only_one_store_has_it(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm, entry: MockConfigEntry
) -> None:
    device = device_of(hass, entry, printer_named(farm, X1C))
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="Bertha")
    await hass.async_block_till_done()
    assert (await answer_to(hass, "pause Bertha")).endswith("is being paused.")
    assert len(writes(farm)) == 1
    assert not writes(other)
    # The other store's printer still shares the name at Printago.
    assert "Cellar" in await answer_to(hass, "pause X1 Carbon one")
    assert not writes(other)


async def test_print_is_stopped_in_the_store_that_was_asked_about(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    assert "X1 Carbon 01 (Cellar)" in await answer_to(hass, "stop X1 Carbon one Cellar")
    assert "X1 Carbon 01 (Cellar)" in await answer_to(hass, "yes, stop it")
    assert len(writes(other)) == 1
    assert not writes(farm)


async def test_part_of_two_stores_is_printed_only_where_it_is_said(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    new_part(other.world, name="Cellar hook", type="stl", fileUris=[])
    answer = await answer_to(hass, "print two benchies")
    assert "Benchy (Attic), Benchy (Cellar)" in answer
    assert BUILD not in [*paths(farm), *paths(other)]

    before = count_builds(other)
    assert await answer_to(hass, "print two benchy Cellar") == "Sent to the queue: 2 × Benchy."
    assert await answer_to(hass, "print cellar hook") == "Sent to the queue: 1 × Cellar hook."
    assert count_builds(other) == before + 2
    assert BUILD not in paths(farm)


async def test_store_that_is_not_exposed_makes_no_name_ambiguous(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "custom_components.printago.voice.answers._is_exposed",
        lambda _hass, entry, _assistant: entry.unique_id == OTHER,
    )
    assert await answer_to(hass, "which beds need clearing") == "Beds to clear: P1S 01."
    await answer_to(hass, "the bed of P1S one is clear")
    assert other.printer(printer_named(other, P1S)).confirmed_ready
    assert not writes(farm)


async def test_parts_of_one_store_are_printed_while_another_does_not_answer(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm
) -> None:
    new_part(farm.world, name="Attic hook", type="stl", fileUris=[])
    await other.stop()
    assert await answer_to(hass, "print attic hook") == "Sent to the queue: 1 × Attic hook."
    # It may be a part of the other store.
    assert "no part" not in (await answer_to(hass, "print flying carpet")).casefold()


def registered_characters(hass: HomeAssistant) -> int:
    """Return how much the assistant parses on the event loop before it answers the first sentence."""
    from homeassistant.components.conversation.agent_manager import get_agent_manager

    return sum(map(len, get_agent_manager(hass).trigger_sentences))


# Large farms


@pytest.mark.printers(500)
async def test_few_characters_are_parsed_for_the_first_sentence_about_500_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    assert 0 < registered_characters(hass) <= MOST_CHARACTERS
    name = farm.printer(list(farm.world.printers)[-1]).name
    assert name in await answer_to(hass, f"wann ist {name} fertig", "de")
    assert name in await answer_to(hass, f"quand {name} aura terminé", "fr")
    printing = await answer_to(hass, "what is printing")
    assert printing.count(";") == 10
    assert printing.endswith("…."), printing
    assert "“X1 Carbon 998”" in await answer_to(hass, "pause X1 Carbon 998")
    assert not writes(farm)


@pytest.mark.printers(40)
async def test_names_are_compared_once_for_an_answer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    compared: list[None] = []

    def compare(printers: Iterable[PrinterState]) -> dict[str, str]:
        compared.append(None)
        return unambiguous_names(printers)

    monkeypatch.setattr("custom_components.printago.voice.spoken_printers.unambiguous_names", compare)
    assert "X1 Carbon 01" in await answer_to(hass, "what is printing")
    assert len(compared) == 1


@pytest.mark.parametrize("pattern", ["P1S #{}", "Bob's {}", "Große Kiste {}", "Farm (left) {}"])
async def test_many_names_with_signs_are_understood_by_their_words_in_all_languages(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    names = [pattern.format(number) for number in range(1, 500)]
    monkeypatch.setattr(
        "custom_components.printago.voice.sentences._Sentences._names_of_printers", lambda self: (names, [], [])
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    assert 0 < registered_characters(hass) <= MOST_CHARACTERS
    said = " ".join(pattern.format(77).translate({ord(sign): " " for sign in "#'()"}).split())
    # There is no such printer, which only the integration says like that.
    assert f"„{said}“" in await answer_to(hass, f"wann ist {said} fertig", "de")
    assert f"“{said}”" in await answer_to(hass, f"pause {said}")


async def test_many_unlike_names_are_not_all_understood_but_never_take_long_to_parse(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlike = ["".join(letters) for letters in itertools.islice(itertools.permutations("abcdefgh"), 2000)]
    monkeypatch.setattr(
        "custom_components.printago.voice.sentences._Sentences._names_of_printers",
        lambda self: ([X1C, *unlike], [], []),
    )
    await hass.config_entries.async_reload(entry.entry_id)
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    assert 0 < registered_characters(hass) <= MOST_CHARACTERS
    assert X1C in await answer_to(hass, "when is X1 Carbon one done")
    assert "P1S 01" in await answer_to(hass, "which beds need clearing")


# Stores without a connection


AWAY = "There is no connection to Printago, so nothing is known about Virtual Farm right now."


@pytest.mark.parametrize(
    "sentence",
    [
        "which beds need clearing",
        "what is printing",
        "when is X1 Carbon one done",
        "when is the next printer free",
        "how long is the queue",
        "the bed of P1S one is clear",
        "the bed of A1 one is clear",
        "pause X1 Carbon one",
        "stop X1 Carbon one",
    ],
)
async def test_nothing_is_claimed_or_sent_without_a_connection(
    hass: HomeAssistant, farm: VirtualFarm, listening: MockConfigEntry, sentence: str
) -> None:
    await lose_connection(hass, farm, listening)
    assert await answer_to(hass, sentence) == AWAY
    assert farm.requests == []


async def test_no_bed_is_called_clear_before_the_farm_was_read(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp
) -> None:
    store_state = await async_get_store_state(hass, farm.config.store_id)
    for _ in range(60):
        store_state.limiter.count()
    await setup_entry()
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    assert await answer_to(hass, "which beds need clearing") == AWAY
    assert speech(await handle(hass, "PrintagoConfirmBed", printer=P1S)) == AWAY
    assert farm.requests == []


async def test_store_without_a_connection_is_named_beside_the_answer_for_the_others(
    hass: HomeAssistant, farm: VirtualFarm, other: VirtualFarm, entry: MockConfigEntry
) -> None:
    away = "There is no connection to Printago, so nothing is known about Attic right now."
    await lose_connection(hass, farm, entry)
    assert await answer_to(hass, "which beds need clearing") == f"Beds to clear: P1S 01 (Cellar). {away}"
    assert (await answer_to(hass, "how long is the queue")).endswith(away)
    # The other store's printer of this name may be the one that is meant.
    assert await answer_to(hass, "the bed of P1S one is clear") == away
    assert not writes(other)
    assert "P1S 01 (Cellar)" in await answer_to(hass, "the bed of P1S one Cellar is clear")
    assert other.printer(printer_named(other, P1S)).confirmed_ready
