"""A bed in use is never confirmed, by any way of asking: tested with the virtual farm, and no request is sent."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.actions import act, sent
from tests.support.common import device_of, entity_id, press, printer_named, until, value_of
from tests.support.issues import lose_connection
from tests.support.publish import publish_stat
from tests.support.todo import list_entity
from tests.support.voice import ask, begin_to_listen
from virtual_farm import VirtualFarm

CONFIRM = "/v1/printers/confirm-ready"
LISTS = ("beds_to_clear", "attention")
WORDS = ("Printing from SD", "Starting", "Offline after error", "INIT", "shutdown", "Printing (slow)", "FINISH", None)


@pytest.fixture
async def waiting(hass: HomeAssistant, farm: VirtualFarm, every_entity_enabled: None, setup_entry: SetUp) -> str:
    """Return a printer whose bed waits, while all others are clear, after setup has finished."""
    await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    printer = printer_named(farm, "P1S 01")
    assert bed(hass, printer) == "on"
    farm.clear_requests()
    return printer


@pytest.fixture
def entry(hass: HomeAssistant, waiting: str) -> MockConfigEntry:
    """Return the entry of the farm."""
    (entry,) = hass.config_entries.async_entries("printago")
    assert isinstance(entry, MockConfigEntry)
    return entry


def bed(hass: HomeAssistant, printer: str) -> str | None:
    """Return whether the bed of a printer needs clearing."""
    return value_of(hass, printer, "bed_needs_clearing", "binary_sensor")


async def occupy(hass: HomeAssistant, farm: VirtualFarm, printer: str, **stat: Any) -> None:
    """Let telemetry report that the bed is in use, and wait until it shows."""
    publish_stat(farm, printer, **stat)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "busy")
    assert bed(hass, printer) == "off"


@pytest.mark.parametrize(
    "stat",
    [
        *({"state": word} for word in WORDS),
        {"state": "RUNNING", "isAvailable": True},
        {"state": "PAUSE", "isAvailable": None},
    ],
    ids=str,
)
async def test_bed_in_use_is_not_confirmed_by_button_action_or_assistant(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, entry: MockConfigEntry, stat: dict[str, Any]
) -> None:
    await occupy(hass, farm, waiting, **stat)

    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, waiting, "confirm_bed_cleared")
    assert refused.value.translation_key == "still_printing"
    assert refused.value.translation_placeholders == {"printer": "P1S 01"}
    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, farm.config.store_id, "confirm_all_beds_cleared")
    assert refused.value.translation_key == "no_bed_to_clear"
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", all_printers=True)
    assert refused.value.translation_key == "no_bed_to_clear"
    device = device_of(hass, entry, waiting)
    assert device is not None
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", printers=[device.id])
    assert refused.value.translation_key == "still_printing"
    assert sent(farm, CONFIRM) == []
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_awaiting_clear") == "0")


async def test_assistant_cannot_confirm_a_bed_in_use(hass: HomeAssistant, farm: VirtualFarm, waiting: str) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "llm", {})
    async_expose_entity(hass, "conversation", entity_id(hass, farm.config.store_id, "jobs_queued"), True)
    context = LLMContext(platform="test", context=Context(), language="en", assistant="conversation", device_id=None)
    tools = (await async_get_tools(hass, context, LLM_API_ASSIST)).tools
    tool = next(tool for tool in tools if tool.name == "printago__confirm_bed")
    await occupy(hass, farm, waiting, state="Printing (slow)")

    result = await tool.async_call(hass, ToolInput(tool.name, {"printer": "P1S 01"}), context)

    assert result.error
    assert sent(farm, CONFIRM) == []


@pytest.mark.parametrize("word", ["ATTENTION", "STOPPED", "Offline after error", "Operational", "reticulating", None])
async def test_bed_waits_and_can_be_confirmed_once_the_printer_is_free_again(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, word: str | None
) -> None:
    await occupy(hass, farm, waiting, state="PRINTING")
    assert value_of(hass, waiting, "print_status") == "running"

    publish_stat(farm, waiting, state=word, isAvailable=True)
    await until(hass, lambda: bed(hass, waiting) == "on")
    assert value_of(hass, waiting, "readiness") == "awaiting_clear"
    assert value_of(hass, waiting, "print_status") == "idle"

    await press(hass, waiting, "confirm_bed_cleared")

    assert sent(farm, CONFIRM) == [{"ready": True, "ids": [waiting]}]
    assert value_of(hass, waiting, "readiness") == "ready"


@pytest.mark.parametrize("way", ["button", "action"])
async def test_bed_that_comes_into_use_before_the_request_is_sent_is_not_confirmed(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, entry: MockConfigEntry, way: str
) -> None:
    # The quota delays the request for a moment, in which a print starts.
    entry.runtime_data.coordinator.client.transport.limiter.refused(1)
    call = (
        press(hass, waiting, "confirm_bed_cleared") if way == "button" else act(hass, "confirm_beds", all_printers=True)
    )
    asked = hass.async_create_task(call)
    await occupy(hass, farm, waiting)

    with pytest.raises(ServiceValidationError) as refused:
        await asked

    assert refused.value.translation_key == "still_printing"
    assert sent(farm, CONFIRM) == []


async def test_other_beds_are_confirmed_if_one_comes_into_use_before_the_request(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, entry: MockConfigEntry
) -> None:
    other = printer_named(farm, "A1 01")
    farm.fleet.confirm_ready(farm.printer(other), ready=False)
    farm.settle()
    await until(hass, lambda: bed(hass, other) == "on")
    entry.runtime_data.coordinator.client.transport.limiter.refused(1)
    asked = hass.async_create_task(press(hass, farm.config.store_id, "confirm_all_beds_cleared"))
    await occupy(hass, farm, waiting)

    with pytest.raises(HomeAssistantError) as refused:
        await asked

    assert refused.value.translation_placeholders == {"printer": "P1S 01"}
    assert sent(farm, CONFIRM) == [{"ready": True, "ids": [other]}]
    assert value_of(hass, other, "readiness") == "ready"


@pytest.mark.parametrize("way", ["action", "beds_to_clear", "attention", "sentence"])
async def test_bed_is_not_confirmed_by_what_was_known_before_the_connection_was_lost(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, entry: MockConfigEntry, way: str
) -> None:
    lists = {key: list_entity(hass, farm, key) for key in LISTS}
    beds = lists["beds_to_clear"]
    await begin_to_listen(hass, beds.entity_id)
    await lose_connection(hass, farm, entry)
    farm.clear_faults()
    # Meanwhile somebody cleared the bed, and another print began.
    farm.fleet.confirm_ready(farm.printer(waiting), ready=True)
    farm.print_from_outside(waiting)
    farm.clear_requests()

    if way == "sentence":
        # Home Assistant has words of its own for the error.
        response = await ask(hass, "complete P1S 01 on beds to clear")
        assert response["response_type"] == "error"
    else:
        item = waiting if way == "beds_to_clear" else f"bed_{waiting}"
        asked = act(hass, "confirm_beds", all_printers=True) if way == "action" else lists[way].async_complete(item)
        with pytest.raises(ServiceValidationError) as refused:
            await asked
        assert refused.value.translation_key == "bed_not_known"
    assert farm.requests == []


async def test_withdrawing_a_confirmation_is_never_refused(
    hass: HomeAssistant, farm: VirtualFarm, waiting: str, entry: MockConfigEntry
) -> None:
    await occupy(hass, farm, waiting)
    device = device_of(hass, entry, waiting)
    assert device is not None
    await act(hass, "confirm_beds", cleared=False, printers=[device.id])
    assert sent(farm, CONFIRM) == [{"ready": False, "ids": [waiting]}]
