"""What a submission asks before and after its build, one answer at a time."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.printago.api import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintJob,
)
from custom_components.printago.api.models.build import CreatedBuild, PartBuild, SkuBuild
from custom_components.printago.printing import submission
from custom_components.printago.printing.job_tracker import JobTracker
from custom_components.printago.printing.request import PrintRequest
from custom_components.printago.printing.submission import Submission, Submitter
from tests.support.farm_model import NOON, job, listed_jobs
from tests.support.issues import Clock

BUILD, OTHER = "x" * 24, "y" * 24
PART = PrintRequest(build={"parts": []}, part_id="part")
SKU = PrintRequest(build={"skus": []}, sku_id="sku", part_builds=2)


def jobs(*part_builds: str | None, **fields: Any) -> list[PrintJob]:
    """Return new jobs of these part builds."""
    rows = {
        f"job{index}": job(partBuildId=build, partId="part", quantityTotal=1, **fields)
        for index, build in enumerate(part_builds)
    }
    return [*listed_jobs(rows).rows.values()]


class Cloud:
    """A coordinator, and all that it asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stream_since: float | None = None
        self.lists: list[Iterable[PrintJob] | Exception] = []
        """The answers to requests for jobs; the last one stays."""
        self.built: object = CreatedBuild((PartBuild(BUILD, "part", "Benchy", 1),), ())
        self.filters: list[Any] = []
        self.builds: list[Any] = []
        self.reconciled = self.forgotten = 0
        self.jobs_readable = True
        open_jobs = SimpleNamespace(part_builds={}, note_part_build=self._note)
        self.farm = SimpleNamespace(jobs={}, printers={}, open_jobs=open_jobs)
        self.listeners = SimpleNamespace(async_add_changes=lambda _: lambda: None)
        self.client = SimpleNamespace(
            queue=SimpleNamespace(all=self._all),
            create_build=self._create,
            transport=SimpleNamespace(clock=SimpleNamespace(now=lambda: NOON)),
        )
        self.store_state = SimpleNamespace(builds=SimpleNamespace(locks={}, baselines={}))
        self.hass = SimpleNamespace(async_create_task=asyncio.ensure_future)
        self.submitter = Submitter(cast(Any, self), cast(Any, SimpleNamespace(forget=self._forget)))

    def _note(self, part_build: str) -> None:
        self.farm.open_jobs.part_builds.setdefault(part_build, self._clock())

    async def _all(self, wanted: Any, *_: Any) -> Any:
        self.filters.append(wanted)
        answer = self.lists[0] if self.lists else ()
        if len(self.lists) > 1:
            self.lists.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(rows={each.id: each for each in answer})

    async def _create(self, build: Any) -> Any:
        self.builds.append(build)
        self._clock.now += 1
        if isinstance(self.built, Exception):
            raise self.built
        return self.built

    def _forget(self) -> None:
        self.forgotten += 1

    def async_reconcile(self) -> None:
        self.reconciled += 1

    async def submit(self, request: PrintRequest = PART, *, find_jobs: bool = False) -> tuple[Submission, JobTracker]:
        """Submit a request."""
        tracker = JobTracker(cast(Any, self))
        return await self.submitter.async_submit(request, tracker, find_jobs=find_jobs), tracker

    async def failure(self, request: PrintRequest = PART) -> HomeAssistantError:
        """Return the error of a request."""
        with pytest.raises(HomeAssistantError) as failed:
            await self.submit(request)
        return failed.value


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    clock = Clock()
    monkeypatch.setattr(submission, "_ASK_AFTER", (0.0, 0.0, 0.0))
    monkeypatch.setattr(submission, "time", SimpleNamespace(monotonic=clock))
    return Cloud(clock)


async def test_jobs_that_are_there_are_asked_for_once_as_long_as_the_stream_is_up(cloud: Cloud) -> None:
    asked: list[int] = []
    # Without the stream, they are asked for each time.
    for since in (None, None, 5.0, 5.0, 6.0, 6.0, None, 6.0):
        cloud.stream_since = since
        cloud.filters.clear()
        await cloud.submit()
        asked.append(len(cloud.filters))
    assert asked == [1, 1, 1, 0, 1, 0, 1, 0]
    cloud.stream_since = 6.0
    await cloud.submit(SKU)
    assert len(cloud.filters) == 1, "another item"
    assert len(cloud.builds) == 9


async def test_jobs_of_the_item_of_the_last_minute_are_asked_for(cloud: Cloud) -> None:
    cloud.built = OutcomeUnknownError("lost")
    for request, item in ((PART, ("part", None)), (SKU, (None, "sku"))):
        cloud.filters.clear()
        await cloud.failure(request)
        assert {(wanted.part_id, wanted.sku_id) for wanted in cloud.filters} == {item}
        minute, *seconds = [wanted.created_since for wanted in cloud.filters]
        assert minute == NOON - timedelta(minutes=1)
        assert seconds == [NOON - timedelta(seconds=2)] * 3


@pytest.mark.parametrize(
    ("answers", "key", "named"),
    [
        ([()], "submission_lost", "-"),
        ([(), CannotConnectError("down")], "submission_unchecked", "-"),
        ([(), CannotConnectError("down"), ()], "submission_lost", "-"),
        ([(), (), CannotConnectError("down")], "submission_unchecked", "-"),
        ([(), jobs(BUILD, OTHER)], "submission_unclear", "job0, job1"),
        ([(), jobs(None)], "submission_lost", "-"),
        ([(), jobs(BUILD, partName="x", orderId="order")], "submission_lost", "-"),
        # They were there before.
        ([jobs(BUILD)], "submission_lost", "-"),
    ],
)
async def test_lost_build_without_its_jobs_says_what_is_known(
    cloud: Cloud, answers: list[Any], key: str, named: str
) -> None:
    cloud.built = OutcomeUnknownError("lost")
    cloud.lists = answers
    error = await cloud.failure()
    assert (error.translation_key, error.translation_placeholders) == (key, {"jobs": named})
    assert len(cloud.filters) == 4
    assert len(cloud.builds) == 1
    assert (cloud.forgotten, cloud.reconciled) == (0, 0)


async def test_lost_build_is_found_by_jobs_that_are_new(cloud: Cloud) -> None:
    cloud.built = OutcomeUnknownError("lost")
    cloud.lists = [jobs(OTHER), [], jobs(OTHER, BUILD)]
    found, tracker = await cloud.submit()
    assert not found.confirmed
    assert found.part_builds == (PartBuild(BUILD, "part", "Benchy", 1),)
    assert [*tracker.jobs] == ["job1"]
    assert len(cloud.filters) == 3, "asked no more once they were found"
    assert cloud.farm.open_jobs.part_builds.keys() == {OTHER, BUILD}
    # The next lost one is another.
    cloud.lists = [[], jobs(BUILD)]
    assert (await cloud.failure()).translation_key == "submission_lost"


async def test_jobs_first_seen_when_the_build_was_sent_are_not_new_but_later_ones_are(cloud: Cloud) -> None:
    """The stream may report them before the look-up does."""
    cloud.built = OutcomeUnknownError("lost")
    cloud.lists = [[], jobs(BUILD)]
    for seen, confirmed in ((1000.0, None), (999.0, None)):
        cloud._clock.now = 1000.0
        cloud.farm.open_jobs.part_builds[BUILD] = seen
        assert (await cloud.failure()).translation_key == "submission_lost", (seen, confirmed)
    cloud._clock.now = 1000.0
    cloud.farm.open_jobs.part_builds[BUILD] = 1000.5
    found, _ = await cloud.submit()
    assert not found.confirmed


async def test_all_jobs_of_all_parts_of_an_sku_have_to_be_found(cloud: Cloud) -> None:
    cloud.built = OutcomeUnknownError("lost")
    cloud.lists = [[], jobs(BUILD, skuId="sku")]
    assert (await cloud.failure(SKU)).translation_key == "submission_unclear"
    one = jobs(BUILD, OTHER, skuId="sku")
    cloud.lists = [[], one, one]
    found, tracker = await cloud.submit(SKU)
    assert [build.id for build in found.part_builds] == [BUILD, OTHER]
    assert len(tracker.jobs) == 2


async def test_jobs_have_some_time_to_appear_before_each_look(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await real(0)

    monkeypatch.setattr(submission, "_ASK_AFTER", (3.0, 4.0, 8.0))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    cloud.built = OutcomeUnknownError("lost")
    cloud.lists = [[], [], jobs(BUILD)]
    await cloud.submit()
    assert slept == [3.0, 4.0]


@pytest.mark.parametrize(
    ("error", "key", "forgotten", "reconciled"),
    [
        (AuthenticationError("no"), "invalid_auth", 1, 1),
        (InvalidRequestError("no plate 9"), "refused", 1, 0),
        (CannotConnectError("down"), "cannot_connect", 1, 0),
    ],
)
async def test_refused_build_is_an_error_and_the_catalog_is_read_again(
    cloud: Cloud, error: Exception, key: str, forgotten: int, reconciled: int
) -> None:
    cloud.built = error
    assert (await cloud.failure()).translation_key == key
    assert (cloud.forgotten, cloud.reconciled) == (forgotten, reconciled)
    assert len(cloud.filters) == 1, "nothing is looked for"


async def test_nothing_is_sent_unless_the_jobs_that_are_there_are_known_or_never_can_be(cloud: Cloud) -> None:
    cloud.stream_since = 5.0
    cloud.lists = [OutcomeUnknownError("slow")]
    assert (await cloud.failure()).translation_key == "cannot_connect"
    assert cloud.builds == []
    cloud.lists = [PermissionDeniedError("no")]
    for times in (1, 2):
        await cloud.submit()
        assert len(cloud.builds) == times
        assert cloud.store_state.builds.baselines == {}


async def test_part_builds_of_the_answer_are_known_and_tracked(cloud: Cloud) -> None:
    builds = (PartBuild(BUILD, "part", "Benchy", 1), PartBuild(OTHER, None, None, None))
    cloud.built = CreatedBuild(builds, (SkuBuild("build", "sku"),))
    cloud.farm.jobs = {each.id: each for each in jobs(BUILD)}
    submitted, tracker = await cloud.submit()
    assert cloud.farm.open_jobs.part_builds.keys() == {BUILD, OTHER}
    assert tracker.part_builds == {BUILD, OTHER}
    assert submitted.as_response(tracker) == {
        "builds": [
            {"part_build_id": BUILD, "part_id": "part", "part": "Benchy", "quantity": 1, "job_ids": ["job0"]},
            {"part_build_id": OTHER, "part_id": None, "part": None, "quantity": None, "job_ids": []},
        ],
        "sku_builds": [{"sku_build_id": "build", "sku_id": "sku"}],
        "job_ids": ["job0"],
        "confirmed": True,
    }


@pytest.mark.parametrize(
    ("find_jobs", "readable", "lost", "asked"),
    [(False, True, False, 1), (True, True, False, 4), (True, False, False, 1), (True, True, True, 2)],
)
async def test_jobs_are_waited_for_only_if_they_are_wanted_readable_and_not_found_already(
    cloud: Cloud, find_jobs: bool, readable: bool, lost: bool, asked: int
) -> None:
    cloud.jobs_readable = readable
    if lost:
        cloud.built = OutcomeUnknownError("lost")
        cloud.lists = [[], jobs(BUILD)]
    await cloud.submit(find_jobs=find_jobs)
    assert len(cloud.filters) == asked
