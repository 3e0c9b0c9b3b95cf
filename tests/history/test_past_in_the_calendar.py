"""The calendar of prints before the last thousand."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant

from tests.conftest import SetUp
from tests.platforms.test_calendar import events, prints
from tests.support.common import paths
from tests.support.past_oracle import ended_at, moment, past_jobs
from tests.support.past_reading import read_all
from virtual_farm import VirtualFarm


async def test_week_before_the_last_thousand_prints_is_shown_without_a_request(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(3000, months=2)
    entry = await setup_entry()
    await read_all(hass, entry)
    farm.clear_requests()
    start = datetime.now(UTC) - timedelta(days=50)
    end = start + timedelta(days=7)
    oldest = entry.runtime_data.history.past.recent.oldest
    assert oldest is not None
    assert oldest > end
    words = {"completed": "Finished", "failed": "Failed", "cancelled": "Canceled"}
    names = {printer.id: printer.name for printer in farm.world.printers.values()}
    expected = [
        job
        for job in past_jobs(farm)
        if moment(ended_at(job)) > start
        and moment(job.printing_started_at or ended_at(job)) < end
        and (job.status != "cancelled" or job.printing_started_at is not None)
    ]

    shown = await events(hass, farm, start, end, "prints")

    assert len(expected) > 200
    assert Counter(event["summary"] for event in shown) == Counter(
        f"{job.part_name} ({words[job.status]})" for job in expected
    )
    assert Counter(event["description"].splitlines()[0] for event in shown) == Counter(
        names.get(job.assigned_printer_id, job.assigned_printer_id) or job.part_name for job in expected
    )
    assert [event["start"] for event in shown] == sorted(event["start"] for event in shown)
    assert paths(farm) == []
    # Of two months these are too many: the latest of them are shown.
    earlier = [end for event in await prints(hass, farm) if (end := datetime.fromisoformat(event["end"])) < oldest]
    before = sorted(
        moment(ended_at(job))
        for job in past_jobs(farm)
        if moment(ended_at(job)) < oldest and (job.status != "cancelled" or job.printing_started_at is not None)
    )
    assert len(earlier) == 1000
    assert min(earlier) >= before[-1000].replace(microsecond=0)
    assert paths(farm) == []
