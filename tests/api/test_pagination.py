"""Searches that read pages, newest first, until enough rows are found."""

from typing import Any

import pytest

from custom_components.printago.api import MalformedResponseError, PrintagoClient
from custom_components.printago.api.models.product import Part
from custom_components.printago.api.rest.job_filter import JobFilter
from custom_components.printago.api.rest.pagination import Page, identified
from tests.api.server import Server


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"row{number}", "status": "failed"} for number in numbers]


def page(data: list[Any], *, more: bool = False) -> dict[str, Any]:
    return {"data": data, "meta": {"hasMore": more}}


@pytest.mark.parametrize(
    ("answers", "found", "complete", "requests"),
    [
        pytest.param([page(rows(1, 2))], 2, True, 1, id="exactly as many"),
        pytest.param([page(rows(1, 2, 3))], 2, False, 1, id="one more"),
        pytest.param([page(rows(1, 2), more=True), page(rows(3))], 2, False, 2, id="one more on the next page"),
        pytest.param([page(rows(1, 2), more=True), page(rows(2, 1))], 2, True, 2, id="the same on the next page"),
        pytest.param([page(rows(1), more=True), page(rows(2))], 2, True, 2, id="two pages"),
        pytest.param([page(rows(1), more=True), page([], more=True)], 1, False, 2, id="stalled"),
        pytest.param([page([{"id": 7}, "?", *rows(1)])], 1, True, 1, id="unreadable rows"),
        pytest.param([page([])], 0, True, 1, id="none"),
    ],
)
async def test_search_is_complete_only_if_no_other_row_matches(
    server: Server, client: PrintagoClient, answers: list[Any], found: int, complete: bool, requests: int
) -> None:
    server.answer_in_turn(*answers)
    listing = await client.queue.newest(JobFilter(), 2)
    assert (len(listing.rows), listing.complete, len(server.requests)) == (found, complete, requests)


async def test_search_requests_one_row_more_than_wanted_and_then_whole_pages(
    server: Server, client: PrintagoClient
) -> None:
    server.answer_in_turn(page(rows(1), more=True), page(rows(2), more=True), page(rows(3)))
    await client.queue.newest(JobFilter(part_id="a1"), 5)
    assert [(query["limit"], query.get("offset")) for query in (each.query for each in server.requests)] == [
        ("6", None),
        ("1000", "1"),
        ("1000", "2"),
    ]
    assert {query["sort"] for query in (each.query for each in server.requests)} == {"createdAt:desc"}


@pytest.mark.parametrize(
    ("wanted", "most", "limit"), [(JobFilter(), 3_000, "1000"), (JobFilter(ids=["row1"]), 1, "1000")]
)
async def test_page_of_a_search_has_at_most_a_thousand_rows(
    server: Server, client: PrintagoClient, wanted: JobFilter, most: int, limit: str
) -> None:
    server.answer_in_turn(page(rows(1)))
    await client.queue.newest(wanted, most)
    assert server.requests[0].query["limit"] == limit


async def test_search_ends_after_five_pages(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(*(page(rows(number), more=True) for number in range(10)))
    listing = await client.queue.newest(JobFilter(labels=["Jig"]), 5)
    assert (listing.rows, listing.complete, len(server.requests)) == ({}, False, 5)


async def test_only_ended_jobs_that_are_accepted_are_past_ones(server: Server, client: PrintagoClient) -> None:
    running = {"id": "row9", "status": "printing"}
    server.answer_in_turn(page([*rows(1, 2), running, {"id": "row3", "status": "completed"}]))
    listing = await client.queue.newest_past(JobFilter(), lambda job: job.id != "row2", 5)
    assert list(listing.rows) == ["row1", "row3"]
    assert listing.complete
    assert server.requests[0].query["status.in"] == "cancelled,completed,failed"


async def test_rows_of_a_catalog_are_searched_by_what_is_accepted(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page([{"id": "a", "name": "Benchy"}, {"id": "b", "name": "Vase"}, {"id": "c"}]))

    def accept(part: Part) -> bool:
        return part.name is not None

    listing = await client.products.newest_parts(accept, 1)
    assert (list(listing.rows), listing.complete) == (["a"], False)
    assert server.requests[0].query["limit"] == "1000"


@pytest.mark.parametrize(
    ("answer", "length", "more", "total"),
    [
        ({"data": [{}, 7]}, 2, True, None),
        ({"data": [], "meta": {"hasMore": False, "total": 0}}, 0, False, 0),
        ({"data": [], "meta": {"hasMore": True, "total": "7"}}, 0, True, None),
        ([{}] * 99, 99, False, None),
        ([{}] * 100, 100, True, None),
        ([{}] * 101, 101, False, None),
        ([{}] * 1000, 1000, True, None),
    ],
)
def test_page_without_figures_may_not_be_the_last_one(answer: Any, length: int, more: bool, total: int | None) -> None:
    found = Page.of(answer)
    assert (found.length, found.has_more, found.total) == (length, more, total)


def test_list_with_anything_that_has_no_id_is_refused() -> None:
    assert identified(rows(1, 2)) == rows(1, 2)
    assert identified([]) == []
    for odd in ([*rows(1), 7], [{}], [{"id": "a b"}], {"id": "a"}, None):
        with pytest.raises(MalformedResponseError):
            identified(odd)
