"""Filters of jobs: what is requested, and what is accepted of the response."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from custom_components.printago.api import JobStatus
from custom_components.printago.api.rest.job_filter import JobFilter

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WRITTEN = "2026-11-24T12:00:00.000Z"
AFTER, BEFORE = "2026-11-24T12:00:00.001Z", "2026-11-24T11:59:59.999Z"
JOB = {
    "id": "j1",
    "status": "completed",
    "assignedPrinterId": "p1",
    "partId": "a1",
    "orderId": "o1",
    "label": "Jig",
    "hidden": False,
}


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        (JobFilter(), {}),
        (JobFilter(ids=["j2", "j1"]), {"id.in": "j2,j1"}),
        (JobFilter(ids=[]), {"id.in": ""}),
        (JobFilter(statuses=[JobStatus.PRINTING, JobStatus.FAILED]), {"status.in": "failed,printing"}),
        (JobFilter(printer_id="p1"), {"assignedPrinterId.eq": "p1"}),
        (JobFilter(part_id="a1"), {"partId.eq": "a1"}),
        (JobFilter(sku_id="s1"), {"skuId.eq": "s1"}),
        (JobFilter(order_id="o1"), {"orderId.eq": "o1"}),
        (JobFilter(order_ids=["o1", "o2"]), {"orderId.in": "o1,o2"}),
        (JobFilter(part_builds=["b1", "b2"]), {"partBuildId.in": "b1,b2"}),
        (JobFilter(hidden=False), {"hidden.eq": "false"}),
        (JobFilter(hidden=True), {"hidden.eq": "true"}),
        (JobFilter(since=NOON), {"updatedAt.gte": WRITTEN}),
        (JobFilter(since=NOON.astimezone(timezone(timedelta(hours=5)))), {"updatedAt.gte": WRITTEN}),
        (JobFilter(created_since=NOON), {"createdAt.gte": WRITTEN}),
        (JobFilter(labels=["Jig"]), {"label.eq": "Jig"}),
        (JobFilter(labels=["l" * 254]), {"label.eq": "l" * 254}),
        # Of a long label, or of several spellings, each response row is checked instead.
        (JobFilter(labels=["l" * 255]), {}),
        (JobFilter(labels=["Jig", "JIG"]), {}),
        (JobFilter(labels=[]), {}),
    ],
)
def test_only_the_wanted_properties_are_requested(wanted: JobFilter, query: dict[str, str]) -> None:
    assert wanted.query == query


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (JobFilter(), True),
        (JobFilter(printer_id="p1", part_id="a1", order_id="o1", hidden=False), True),
        (JobFilter(printer_id="p2"), False),
        (JobFilter(part_id="a2"), False),
        (JobFilter(order_id="o2"), False),
        (JobFilter(hidden=True), False),
        (JobFilter(ids=["j1", "j2"]), True),
        (JobFilter(ids=["j2"]), False),
        (JobFilter(ids=[]), False),
        (JobFilter(labels=["Jig", "JIG"]), True),
        (JobFilter(labels=["JIG"]), False),
        (JobFilter(labels=[]), False),
        (JobFilter(statuses=[JobStatus.COMPLETED]), True),
        (JobFilter(statuses=[JobStatus.FAILED]), False),
        (JobFilter(statuses=[]), False),
    ],
)
def test_job_that_a_server_returns_all_the_same_is_checked(wanted: JobFilter, matches: bool) -> None:
    assert wanted.matches(JOB) is matches


@pytest.mark.parametrize(
    ("times", "matches"),
    [
        ({"printingCompletedAt": WRITTEN, "updatedAt": BEFORE}, True),
        ({"printingCompletedAt": AFTER, "updatedAt": BEFORE}, True),
        ({"printingCompletedAt": BEFORE, "updatedAt": AFTER}, False),
        ({"status": "printing", "updatedAt": WRITTEN}, True),
        ({"status": "printing", "updatedAt": BEFORE}, False),
        ({"status": "printing", "updatedAt": AFTER, "printingCompletedAt": BEFORE}, True),
        ({"updatedAt": WRITTEN}, True),
        ({}, False),
    ],
)
def test_jobs_since_a_time_are_those_that_ended_then_or_changed_if_they_have_not(
    times: dict[str, Any], matches: bool
) -> None:
    assert JobFilter(since=NOON).matches({**JOB, **times}) is matches
