"""Answers that are readable but doubtful: odd times, lists that are cut, rows that were not asked for."""

from typing import Any

import pytest

from custom_components.printago.api import MalformedResponseError, PrintagoClient, PrintagoError, PrintJob
from custom_components.printago.api.exceptions import InvalidRequestError, NotFoundError
from custom_components.printago.api.models import fields
from custom_components.printago.api.realtime.endpoints import InvalidRealtimeUrl, parse_endpoint
from custom_components.printago.api.rest.bodies import storage_error
from custom_components.printago.api.rest.rate_limit import RequestPriority
from tests.api.server import Server

CREATED = "2026-05-01T10:00:00+00:00"
STARTED = "2026-05-01T11:00:00+00:00"
ENDED = "2026-05-01T12:00:00+00:00"
UPDATED = "2026-05-01T12:30:00+00:00"


def job(**values: Any) -> PrintJob:
    return PrintJob.from_json("j1", {"id": "j1", "status": "completed", **values})


def test_end_before_the_start_belongs_to_an_earlier_attempt() -> None:
    times = {"createdAt": CREATED, "updatedAt": UPDATED}
    assert job(**times, printingStartedAt=STARTED, printingCompletedAt=ENDED).ended_at == fields.moment(ENDED)
    assert job(**times, printingStartedAt=ENDED, printingCompletedAt=STARTED).ended_at == fields.moment(UPDATED)
    assert job(**times, printingStartedAt=STARTED).ended_at == fields.moment(UPDATED)
    assert job(**times, printingCompletedAt=ENDED).ended_at == fields.moment(ENDED)
    assert job(**times, status="printing", printingCompletedAt=ENDED).ended_at is None


def test_best_picture_of_a_print_is_the_one_with_its_colors() -> None:
    pictures = {"coloredThumbnailUri": "c.png", "buildThumbnailUri": "b.png", "thumbnailUri": "t.png"}
    assert job(**pictures).cover == "c.png"
    assert job(**pictures | {"coloredThumbnailUri": None}).cover == "b.png"
    for name, path in pictures.items():
        assert job(**{name: path}).cover == path


def test_values_are_the_same_only_if_their_type_is() -> None:
    assert fields.same({"a": 1}, {"a": 1})
    assert not fields.same({"a": 1}, {"a": 2})
    assert not fields.same({"a": 1}, {"a": 1.0})
    assert not fields.same({"a": 1}, {"a": True})


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, InvalidRequestError), (404, NotFoundError), (499, InvalidRequestError)],
)
def test_storage_that_refuses_a_file_is_no_failure_of_the_storage(status: int, error: type[PrintagoError]) -> None:
    assert type(storage_error(status)) is error
    assert not isinstance(storage_error(399), InvalidRequestError)
    assert not isinstance(storage_error(500), InvalidRequestError)


@pytest.mark.parametrize(
    "address",
    [
        "wss://name@example.org/mqtt",
        "wss://:secret@example.org/mqtt",
        "wss://name:secret@example.org/mqtt",
        "wss://example.org/mqtt?key=secret",
        "wss://example.org/mqtt#secret",
    ],
)
def test_realtime_address_has_no_secrets(address: str) -> None:
    assert parse_endpoint("wss://example.org/mqtt")
    with pytest.raises(InvalidRealtimeUrl):
        parse_endpoint(address)


async def test_jobs_of_other_orders_are_left_out(server: Server, client: PrintagoClient) -> None:
    rows = [
        {"id": "j1", "status": "completed", "orderId": "o1"},
        {"id": "j2", "status": "completed", "orderId": "o2"},
        {"id": "j3", "status": "pending", "orderId": "o1"},
        {"id": "j4", "status": "completed"},
    ]
    server.answer_in_turn({"data": rows, "meta": {"hasMore": False}})
    jobs = await client.queue.completed_of(["o1"], RequestPriority.BACKGROUND)
    assert [job.id for job in jobs] == ["j1"]


async def test_change_of_a_job_leaves_its_tags_unless_they_are_meant(server: Server, client: PrintagoClient) -> None:
    pinned = job(status="pending", requiredPrinterTags={"printer.id": "p1", "model": "X1"})
    server.answer_in_turn({"id": "j1", "status": "pending"})
    await client.queue.update_job(pinned, {"priority": 1})
    await client.queue.update_job(pinned, {}, unpin=True)
    await client.queue.update_job(pinned, {}, pin="p2")
    assert [request.json for request in server.requests] == [
        {"priority": 1},
        {"requiredPrinterTags": {"model": "X1"}},
        {"requiredPrinterTags": {"printer.id": "p2", "model": "X1"}},
    ]


@pytest.mark.parametrize("answer", [[], "?", None, 1, {}, {"partBuilds": {}}])
async def test_preview_that_is_none_is_an_error(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.products.preview_build({})


@pytest.mark.parametrize("cut", ["/v1/sku-costs", "/v1/cost-components"])
async def test_costs_from_a_list_that_is_cut_are_an_error(server: Server, client: PrintagoClient, cut: str) -> None:
    rows = [{"id": f"r{number}"} for number in range(3)]
    whole, some = {"data": rows, "meta": {"hasMore": False}}, {"data": [*rows, "?"], "meta": {"hasMore": False}}
    server.answer_in_turn(*([some, whole] if cut == "/v1/sku-costs" else [whole, some]))
    with pytest.raises(MalformedResponseError):
        await client.history.extra_costs()
