"""Jobs that wait alike are explained together, and no others."""

import json
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.services import explain_job
from tests.support.actions import act
from tests.support.common import printer_named, until_farm
from tests.support.farm_model import job, listed_jobs
from virtual_farm import VirtualFarm


async def test_only_copies_of_one_print_that_wait_alike_are_explained_together(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def matching(_: Any, job_id: str) -> list[Any]:
        return []

    monkeypatch.setattr("custom_components.printago.api.rest.job_endpoints.JobEndpoints.matching", matching)
    build, another = "x" * 24, "y" * 24
    jobs: dict[str, dict[str, Any]] = {
        "a": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "one|two"}},
        "b": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "two|one"}},
        "c": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "one"}},
        "d": {"partBuildId": another, "requiredPrinterTags": {"user.tags": "one"}},
        "e": {"partBuildId": None},
        "f": {"partBuildId": None},
        "g": {"partBuildId": another, "priority": 1000},
        "h": {"partBuildId": another, "status": "assigned", "assignedPrinterId": printer_named(farm, "A1 01")},
        "i": {"partBuildId": another, "status": "assigned", "assignedPrinterId": printer_named(farm, "P1S 01")},
    }
    entities = {letter * 24: {"status": "pending", "priority": 100, **fields} for letter, fields in jobs.items()}
    topic = f"stores/{farm.config.store_id}/entities/printJobs"
    farm.publish(topic, json.dumps({"entityType": "printJobs", "action": "INSERT", "entities": entities}).encode())
    await until_farm(entry, lambda: entities.keys() <= entry.runtime_data.coordinator.farm.jobs.keys())
    explained = (await act(hass, "explain_job", job_id=[*entities]))["jobs"]
    assert [[job_id[0] for job_id in each["job_ids"]] for each in explained] == [["a", "b"], *map(list, "cdefghi")]


@pytest.mark.parametrize(
    ("answers", "most", "explained", "left", "key"),
    [
        (["ok", "ok", "ok"], 3, "abc", 0, None),
        (["ok", "ok", "ok"], 2, "ab", 2, None),
        # The third has the same build as the fourth.
        (["ok", "rate_limited", "ok"], 3, "a", 3, None),
        (["rate_limited", "ok", "ok"], 3, "", 0, "rate_limited"),
        (["ok", "cannot_connect", "ok"], 3, "", 0, "cannot_connect"),
        (["cannot_connect", "ok", "ok"], 3, "", 0, "cannot_connect"),
    ],
)
@pytest.mark.usefixtures("enable_custom_integrations")
async def test_used_up_quota_ends_the_questions_and_other_errors_are_raised(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[str],
    most: int,
    explained: str,
    left: int,
    key: str | None,
) -> None:
    asked = iter(answers)

    async def verdicts(*_: Any) -> list[Any]:
        if (answer := next(asked)) != "ok":
            raise HomeAssistantError(translation_domain="printago", translation_key=answer)
        return []

    monkeypatch.setattr(explain_job, "_async_verdicts", verdicts)
    builds = {"a": "a", "b": "b", "c": "c", "d": "c", "p": "p"}
    rows = {
        key: job(partBuildId=build, status="printing" if key == "p" else "pending") for key, build in builds.items()
    }
    farm = SimpleNamespace(printers={}, process_low_priority_jobs=True)
    asking = explain_job.async_explain(
        cast(Any, SimpleNamespace(hass=hass, farm=farm)), listed_jobs(rows).rows.values(), most
    )
    if key is not None:
        with pytest.raises(HomeAssistantError) as failed:
            await asking
        assert failed.value.translation_key == key
        return
    found, not_explained = await asking
    # One that does not wait costs no question.
    assert "".join(one["job_id"] for one in found) == f"{explained}p"
    assert not_explained == left
    assert [one["job_ids"] for one in found if one["job_id"] == "c"] == ([["c", "d"]] if "c" in explained else [])


async def test_jobs_are_named_in_the_order_that_is_given_and_asked_for_if_they_are_not_known() -> None:
    known, unknown = listed_jobs({"k1": job(), "k2": job()}).rows, listed_jobs({"u1": job(), "u2": job()}).rows
    wanted: list[Any] = []

    async def newest(filters: Any, most: int) -> Any:
        wanted.append((list(filters.ids), most))
        return SimpleNamespace(rows=unknown)

    async def call(calling: Any, *, reads: bool) -> Any:
        assert reads
        return await calling

    client = SimpleNamespace(queue=SimpleNamespace(newest=newest))
    store: Any = SimpleNamespace(farm=SimpleNamespace(jobs=known), client=client, async_call=call)
    jobs = await explain_job._async_named(store, ["k2", "u1", "k1", "u1", "k2"])
    assert [each.id for each in jobs] == ["k2", "u1", "k1"]
    assert wanted == [(["u1"], 1)]
    await explain_job._async_named(store, ["k2"])
    assert len(wanted) == 1, "all are known"
    with pytest.raises(ServiceValidationError) as refused:
        await explain_job._async_named(store, ["x1", "u1", "x2", "x3", "x4"])
    assert refused.value.translation_placeholders == {"jobs": "x1, x2, x3"}
