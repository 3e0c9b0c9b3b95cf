"""What diagnostics say about the history, and what they must not contain."""

import json
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.conftest import SetUp
from tests.entry.test_diagnostics import of_device, of_entry
from tests.support.common import pass_time
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import PAGE, history_of, read_all
from virtual_farm import Fault, VirtualFarm


async def describe(hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the downloaded part about the history."""
    described: dict[str, Any] = (await of_entry(hass, client, entry))["history"]
    return described


@pytest.fixture
async def half_read(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry that has read one of three pages, and then the cloud failed."""
    farm.fill_history(2500, months=3)
    entry = await setup_entry()
    while not history_of(entry).progress.pages_read:
        await pass_time(hass, 41)
    farm.inject_fault(Fault(mode="status", count=50, status=400, message=f"down for {farm.config.api_key}", path=PAGE))
    await pass_time(hass, 41)
    return entry


async def test_unfinished_reading_says_how_far_it_is_and_what_failed(
    hass: HomeAssistant, farm: VirtualFarm, half_read: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    oldest = sorted((job.created_at for job in past_jobs(farm)), reverse=True)[999]

    described = await describe(hass, hass_client, half_read)

    assert described["read_completely"] is False
    assert dt_util.parse_datetime(described["read_back_to"]) == dt_util.parse_datetime(oldest)
    assert described["known_until"] is not None
    assert (described["pages_read"], described["pages_left"]) == (1, 2)
    assert described["prints"] == len(history_of(half_read).past.ledger) >= 1000
    assert described["read_failures"] >= 1
    assert described["last_read_error"].endswith("down for ***")
    assert (described["exported_at"], described["statistics"]) == (None, 0)


async def test_finished_history_says_what_is_kept(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_client: ClientSessionGenerator,
) -> None:
    farm.fill_history(60, months=3)
    entry = await setup_entry()
    await read_all(hass, entry)
    await pass_time(hass, 70)
    await async_wait_recording_done(hass)

    described = await describe(hass, hass_client, entry)

    jobs = list(past_jobs(farm))
    assert (described["read_completely"], described["pages_left"], described["jobs_to_read_again"]) == (True, 0, 0)
    assert (described["prints"], described["prints_in_detail"]) == (len(jobs), len(history_of(entry).past.recent))
    assert described["prints_completed"] == sum(job.status == "completed" for job in jobs)
    assert described["prints_failed"] == sum(job.status == "failed" for job in jobs)
    assert described["statistics"] == len(history_of(entry).past.exported) > 0
    assert dt_util.parse_datetime(described["exported_at"]) is not None
    assert (described["read_failures"], described["last_read_error"], described["last_export_error"]) == (0, None, None)


async def test_failed_export_says_only_the_type_of_the_error(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(f"INSERT {farm.config.store_id}")

    monkeypatch.setattr("homeassistant.components.recorder.statistics.async_add_external_statistics", fail)
    farm.fill_history(20, months=1)
    entry = await setup_entry()
    await read_all(hass, entry)
    await pass_time(hass, 70)

    described = await describe(hass, hass_client, entry)

    assert (described["last_export_error"], described["exported_at"]) == ("LookupError", None)
    assert described["owners_to_export"] > 0


async def test_history_in_diagnostics_has_no_names_and_no_secrets(
    hass: HomeAssistant, farm: VirtualFarm, half_read: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    described = [
        await describe(hass, hass_client, half_read),
        (await of_device(hass, hass_client, half_read, farm.config.store_id))["history"],
    ]

    assert described[0] == described[1]
    text = json.dumps(described)
    assert "down for ***" in text
    named = [job for job in past_jobs(farm) if job.part_name is not None]
    private = {job.part_name for job in named} | {job.id for job in named} | {job.label for job in named}
    private |= {farm.config.api_key, farm.config.api_key[:24], farm.config.store_id, *farm.world.printers}
    private |= {printer.name for printer in farm.world.printers.values()}
    assert not [word for word in private - {None} if word in text]
