"""The to-do lists, spoken to in sentences of Home Assistant's own assistant."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, printer_named, until
from tests.support.todo import shown, until_shown
from tests.support.voice import answer_to, begin_to_listen, converse
from virtual_farm import FarmConfig, VirtualFarm

P1S = "P1S 01"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm in which one printer waits to be cleared."""
    return FarmConfig(speed=0, printers=2)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "complete P1S 01 on beds to clear"),
        ("en", "check p1s 01 off my beds to clear list"),
        ("de", "hake P1S 01 von der Liste zu räumende Druckbetten ab"),
        ("fr", "coche P1S 01 sur les plateaux à libérer"),
    ],
)
async def test_bed_is_confirmed_by_completing_it_in_a_sentence(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, language: str, sentence: str
) -> None:
    hass.config.language = language
    entry: MockConfigEntry = await setup_entry()
    await pass_time(hass, 31)
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "beds_to_clear", "todo"))
    assert shown(hass, farm, "beds_to_clear") == [P1S]

    result = await converse(hass, sentence, language)

    assert result.response.response_type.value == "action_done", result.response.speech
    await until_shown(hass, farm, "beds_to_clear")
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready
    assert entry.state.recoverable


@pytest.mark.parametrize(
    ("language", "sentence", "answer"),
    [
        ("en", "add milk to my beds to clear list", "Sorry, no device supports the required features"),
        ("de", "füge Milch zu Zu räumende Druckbetten hinzu", "Kein Gerät unterstützt die benötigte Funktion"),
        ("en", "remove P1S 01 from my beds to clear list", "Sorry, no device supports the required features"),
    ],
)
async def test_what_a_list_has_no_use_for_is_refused_in_words_and_changes_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, language: str, sentence: str, answer: str
) -> None:
    hass.config.language = language
    await setup_entry()
    await pass_time(hass, 31)
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "beds_to_clear", "todo"))
    farm.clear_requests()

    assert await answer_to(hass, sentence, language) == answer
    assert shown(hass, farm, "beds_to_clear") == [P1S]
    assert paths(farm) == []


async def test_item_that_cannot_be_completed_stays_and_nothing_is_sent_for_it(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    await setup_entry()
    await pass_time(hass, 31)
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "attention", "todo"))
    jig = next(job for job in farm.world.jobs.values() if job.label == "Jig")
    jig.status = "waiting-for-approval"
    farm.world.jobs.touch(jig.id)
    farm.settle()
    await until(hass, lambda: "Approve Jig" in shown(hass, farm, "attention"))
    farm.clear_requests()

    # Home Assistant has no other words for an error of a list.
    assert await answer_to(hass, "complete approve jig on needs you") == "An unexpected error occurred"
    assert "Approve Jig" in shown(hass, farm, "attention")
    assert paths(farm) == []
