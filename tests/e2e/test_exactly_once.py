"""Many submissions with lost responses: each is sent once, and none is reported twice."""

import asyncio
from collections import Counter
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RateLimiter
from custom_components.printago.const import DOMAIN
from tests.support.common import paths
from tests.support.figures import Figures
from virtual_farm import FarmConfig, Fault, VirtualFarm

BUILD = "POST /v2/builds"
PARTS = ("Benchy", "Cable Clip", "Calibration Cube", "Name Tag")
ALIKE = 3
"""How many of the same part follow each other; two of three such rows are identical."""


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let jobs appear a moment after their build."""
    return FarmConfig(speed=20, scenario="idle", printers=2)


@pytest.fixture(autouse=True)
def quick_and_without_quota(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the quota on both sides, and shorten the pause before jobs are looked up."""
    farm.set_quota(enabled=False)
    monkeypatch.setattr(RateLimiter, "acquire", AsyncMock())
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.4, 0.6, 1.0))


def wanted(number: int) -> dict[str, Any]:
    """Return a submission: every third starts three identical ones, the next three are of another part."""
    row = number // ALIKE
    data: dict[str, Any] = {"part": PARTS[row % len(PARTS)], "quantity": 1 + row % 2}
    return data | {"label": f"Order {number}"} if row % 3 == 2 else data


async def submit(hass: HomeAssistant, number: int) -> dict[str, Any] | str:
    """Submit, and return the response, or the translation key of the error."""
    try:
        response = await hass.services.async_call(
            DOMAIN, "submit_print_job", wanted(number), blocking=True, return_response=True
        )
    except HomeAssistantError as err:
        return str(err.translation_key)
    assert response is not None
    return dict(response)


async def test_each_submission_is_made_once_and_each_lost_response_reported_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, chaos: bool, figures: Figures
) -> None:
    submissions = 300 if chaos else 60
    lost = submissions // 3
    farm.inject_fault(Fault(mode="drop", path="/v2/builds", method="POST", every=3, count=lost))

    outcomes = await asyncio.gather(*(submit(hass, number) for number in range(submissions)))

    assert paths(farm).count(BUILD) == submissions
    assert len(farm.world.part_builds) == submissions
    found_outcomes = [(number, outcome) for number, outcome in enumerate(outcomes) if isinstance(outcome, dict)]
    unclear = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
    assert set(unclear) <= {"submission_unclear"}
    confirmed = [outcome for _, outcome in found_outcomes if outcome["confirmed"]]
    found = [outcome for _, outcome in found_outcomes if not outcome["confirmed"]]
    assert len(confirmed) == submissions - lost
    assert len(found) + unclear.total() == lost

    figures["lost answers found again"] = (
        f"{len(found)} of {lost}, {unclear.total()} unclear, {submissions} submissions"
    )

    jobs = [job_id for _, outcome in found_outcomes for job_id in outcome["job_ids"]]
    assert len(jobs) == len(set(jobs)), "two submissions returned the same job"
    for number, outcome in found_outcomes:
        asked = wanted(number)
        (build,) = outcome["builds"]
        assert len(outcome["job_ids"]) == asked["quantity"]
        for job_id in outcome["job_ids"]:
            job = farm.job(job_id)
            assert job.part_build_id == build["part_build_id"]
            assert job.part_name == asked["part"]
            assert "label" not in asked or job.label == asked["label"]
