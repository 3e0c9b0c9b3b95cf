"""Calls about jobs: what is sent, and what is taken from unexpected responses."""

from typing import Any

import pytest

from custom_components.printago.api import MalformedResponseError, PrintagoClient, PrintJob, RequestPriority
from custom_components.printago.api.models.tags import PIN
from tests.api.server import Server

JOB = "j" * 24
PRINTER = "p" * 24


def a_job(**fields: Any) -> dict[str, Any]:
    """Return a job's record."""
    return {"id": JOB, "status": "pending", **fields}


async def test_change_of_another_field_leaves_a_job_pinned(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(a_job())
    job = PrintJob.from_json(JOB, a_job(requiredPrinterTags={PIN: PRINTER}))
    await client.queue.update_job(job, {"label": "Jig"})
    assert server.requests[-1].json == {"label": "Jig"}
    await client.queue.update_job(job, {}, unpin=True)
    assert PIN not in server.requests[-1].json["requiredPrinterTags"]


async def test_pin_keeps_the_other_tags_of_a_job(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(a_job())
    job = PrintJob.from_json(JOB, a_job(requiredPrinterTags={PIN: PRINTER, "model": "X1"}))
    await client.queue.update_job(job, {}, unpin=True)
    await client.queue.update_job(job, {}, pin="q" * 24)
    assert [request.json["requiredPrinterTags"] for request in server.requests] == [
        {"model": "X1"},
        {PIN: "q" * 24, "model": "X1"},
    ]


async def test_completed_jobs_of_other_orders_are_left_out(server: Server, client: PrintagoClient) -> None:
    rows = [
        a_job(id="a" * 24, status="completed", orderId="one"),
        a_job(id="b" * 24, status="completed", orderId="two"),
        a_job(id="c" * 24, status="completed"),
        a_job(id="d" * 24, status="failed", orderId="one"),
        a_job(id="e" * 24, orderId="one"),
    ]
    server.answer_in_turn({"data": rows, "meta": {"hasMore": False, "total": 4}})
    jobs = await client.queue.completed_of(["one"], RequestPriority.USER)
    assert [job.id for job in jobs] == ["a" * 24]


@pytest.mark.parametrize("answer", [[], "?", None, 7, {}, {"partBuilds": {}}, {"partBuilds": None}])
async def test_response_that_is_no_preview_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.products.preview_build({})


@pytest.mark.parametrize(
    ("fields", "cover"),
    [
        ({"coloredThumbnailUri": "c", "buildThumbnailUri": "b", "thumbnailUri": "t"}, "c"),
        ({"coloredThumbnailUri": "c"}, "c"),
        ({"buildThumbnailUri": "b", "thumbnailUri": "t"}, "b"),
        ({"thumbnailUri": "t"}, "t"),
        ({"coloredThumbnailUri": "", "thumbnailUri": "t"}, "t"),
        ({}, None),
    ],
)
def test_best_picture_of_a_job_is_its_cover(fields: dict[str, str], cover: str | None) -> None:
    assert PrintJob.from_json(JOB, a_job(**fields)).cover == cover


@pytest.mark.parametrize(
    ("started", "completed", "ended"),
    [("12:00", "12:30", "12:30"), ("12:00", "11:00", "13:00"), (None, "12:30", "12:30"), ("12:00", None, "13:00")],
    ids=["this attempt", "previous attempt", "no start", "no end"],
)
def test_end_of_a_previous_attempt_is_not_that_of_this_one(
    started: str | None, completed: str | None, ended: str
) -> None:
    times = {"printingStartedAt": started, "printingCompletedAt": completed, "updatedAt": "13:00"}
    fields = {key: f"2026-11-24T{time}:00Z" if time else None for key, time in times.items()}
    job = PrintJob.from_json(JOB, a_job(status="completed", **fields))
    assert job.ended_at is not None
    assert f"{job.ended_at:%H:%M}" == ended
    assert PrintJob.from_json(JOB, a_job(status="printing", **fields)).ended_at is None
