"""Saved prints: the jobs of a press are followed to their end."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago import sensor
from custom_components.printago.api.models.build import CreatedBuild
from tests.conftest import SetUp
from tests.support.common import paths, press, printer_named, state_of, until, until_asked, until_farm, value_of
from tests.support.saved_prints import BUILD, outcome, outcome_is, part_id, runs, save_print
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly: jobs appear a moment after their build, and progress."""
    return FarmConfig(speed=10, printers=3)


async def test_print_is_followed_from_the_queue_to_its_end(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=1, printer=printer)

    await press(hass, saved, "print")
    assert outcome(hass, saved) in ("queued", "printing")
    await until(hass, lambda: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1)
    (job_id,) = state_of(hass, saved, "last_outcome").attributes["jobs"]
    await runs(hass, farm, printer)
    assert outcome(hass, saved) == "printing"
    farm.finish_print(printer)
    await outcome_is(hass, saved, "finished")
    assert farm.job(job_id).status == "completed"


async def test_failed_print_shows_the_reason(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=2, printer=printer)
    await press(hass, saved, "print")
    await runs(hass, farm, printer)
    farm.fail_print(printer, "Spaghetti")
    await outcome_is(hass, saved, "failed")
    assert state_of(hass, saved, "last_outcome").attributes["error"] == "Spaghetti"


async def test_canceled_print_is_shown(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1, tags=["nobody-has-this"])
    await press(hass, saved, "print")
    await until(hass, lambda: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1)
    await entry.runtime_data.coordinator.client.cancel_job(state_of(hass, saved, "last_outcome").attributes["jobs"][0])
    await outcome_is(hass, saved, "canceled")


async def test_refused_build_raises_an_error_and_shows_in_the_result(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no file", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, saved, "print")
    assert failed.value.translation_key == "refused"
    assert outcome(hass, saved) == "refused"
    assert "Part has no file" in state_of(hass, saved, "last_outcome").attributes["error"]


async def test_refusal_shows_in_the_result_in_the_language_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    hass.config.language = "fr"
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no file", path="/v2/builds"))
    with pytest.raises(HomeAssistantError):
        await press(hass, saved, "print")
    error = state_of(hass, saved, "last_outcome").attributes["error"]
    assert "Part has no file" in error
    assert "refused" not in error


async def test_lost_request_is_shown_as_unknown(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    with pytest.raises(HomeAssistantError):
        await press(hass, saved, "print")
    assert outcome(hass, saved) == "unclear"
    assert paths(farm).count(BUILD) == 1


async def test_lost_response_is_found_by_its_jobs_and_followed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2, tags=["nobody-has-this"])
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    await press(hass, saved, "print")
    assert outcome(hass, saved) == "queued"
    assert len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 2
    assert paths(farm).count(BUILD) == 1


async def test_result_is_shown_even_if_the_press_is_canceled(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer, path="/v2/builds"))
    farm.clear_requests()
    pressing = asyncio.create_task(press(hass, saved, "print"))
    await until_asked(lambda: BUILD in paths(farm))
    pressing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pressing
    answer.set()
    await outcome_is(hass, saved, "queued")


async def test_result_is_kept_and_updated_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    saved = await save_print(hass, entry, f"part:{part_id(farm, 'Calibration Cube')}", quantity=1, printer=printer)
    await press(hass, saved, "print")
    await runs(hass, farm, printer)
    await hass.config_entries.async_unload(entry.entry_id)
    farm.finish_print(printer)
    farm.settle()

    await hass.config_entries.async_setup(entry.entry_id)

    await outcome_is(hass, saved, "finished")
    assert len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == 1


async def test_job_that_ends_before_the_response_to_its_build_arrives_is_not_missed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1, tags=["nobody-has-this"])
    coordinator = entry.runtime_data.coordinator
    create_build = coordinator.client.create_build

    ended: list[str] = []

    async def respond_late(build: Mapping[str, Any]) -> CreatedBuild:
        answer: CreatedBuild = await create_build(build)
        (part_build,) = answer.part_builds

        def jobs() -> list[str]:
            return [job.id for job in coordinator.farm.jobs.values() if job.part_build_id == part_build.id]

        await until_farm(entry, lambda: bool(jobs()))
        ended.extend(jobs())
        farm.queue.cancel(farm.job(ended[0]))
        await until_farm(entry, lambda: not jobs())
        return answer

    monkeypatch.setattr(coordinator.client, "create_build", respond_late)
    await press(hass, saved, "print")

    assert outcome(hass, saved) == "canceled"
    assert state_of(hass, saved, "last_outcome").attributes["jobs"] == ended


async def test_result_from_before_a_restart_does_not_replace_a_newer_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1, tags=["nobody-has-this"])
    await press(hass, saved, "print")
    assert outcome(hass, saved) == "queued"
    await hass.config_entries.async_unload(entry.entry_id)
    may_add, add_sensors = asyncio.Event(), sensor.async_setup_entry

    async def late(*args: Any) -> None:
        await may_add.wait()
        await add_sensors(*args)

    monkeypatch.setattr(sensor, "async_setup_entry", late)
    setting_up = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    await until(hass, lambda: value_of(hass, saved, "print", "button") not in (None, STATE_UNAVAILABLE))
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no file", path="/v2/builds"))
    with pytest.raises(HomeAssistantError):
        await press(hass, saved, "print")
    may_add.set()
    await setting_up
    await hass.async_block_till_done(wait_background_tasks=True)

    assert outcome(hass, saved) == "refused"
    assert state_of(hass, saved, "last_outcome").attributes["jobs"] == []


async def test_button_needs_a_key_that_may_print(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    key = "key_that_looks_and_does_not_print"
    farm.add_api_key(key, ["printer.view", "queue.view", "part.view"])
    entry = await setup_entry(**{CONF_API_KEY: key})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, saved, "print")
    assert failed.value.translation_key == "forbidden"
    assert value_of(hass, saved, "print", "button") == STATE_UNAVAILABLE
    assert outcome(hass, saved) == "refused"
