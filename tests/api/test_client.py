"""List calls with several pages, and calls for many IDs."""

import asyncio
from collections.abc import AsyncGenerator
import json
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import (
    InUseError,
    MalformedResponseError,
    NotAppliedError,
    OutcomeUnknownError,
    PrintagoClient,
    PrinterRow,
    RateLimitedError,
    RateLimiter,
    RequestPriority,
    ServerClock,
)
from custom_components.printago.api.rest.job_filter import JobFilter
from tests.api.server import Server
from virtual_farm import FarmConfig, Fault, VirtualFarm


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"row{number}"} for number in numbers]


def rows_called(*identifiers: str) -> list[dict[str, Any]]:
    return [{"id": identifier} for identifier in identifiers]


def page(data: Any, *, more: Any = False, total: Any = None) -> dict[str, Any]:
    return {"data": data, "meta": {"hasMore": more, "total": total}}


@pytest.mark.parametrize(
    ("answers", "seen", "complete"),
    [
        pytest.param([page(rows(1, 2), total=2)], 2, True, id="one"),
        pytest.param([page(rows(1, 2), more=True, total=3), page(rows(3), total=3)], 3, True, id="two"),
        pytest.param([page(rows(1, 2), more=True, total=3), page(rows(2), total=3)], 2, False, id="repeated-row"),
        # A row of the first page was removed meanwhile, so one moved there from the second page.
        pytest.param([page(rows(1, 2), more=True, total=4), page(rows(4), total=3)], 3, False, id="shifted"),
        pytest.param([page(rows(1, 2), more=True, total=3), page([], more=True, total=3)], 2, False, id="stalled"),
        pytest.param([page(rows(1, 2), more=True, total=3), page(rows(1, 2), more=True)], 2, False, id="repeated-page"),
        pytest.param([page(rows(1), total=5)], 1, False, id="short"),
        pytest.param([page([{"id": 7}, {"no": "id"}, "?", *rows(1)])], 1, False, id="damaged"),
        pytest.param([page([{"id": "../../stores"}, {"id": ""}])], 0, False, id="hostile-ids"),
        pytest.param([{"data": rows(1)}, {"data": []}], 1, False, id="no-meta"),
        pytest.param([{"data": rows(1), "meta": [1]}, {"data": []}], 1, False, id="odd-meta"),
        pytest.param([page(rows(1), more=None), page([])], 1, True, id="odd-has-more"),
        pytest.param([page(rows(1), total="many")], 1, True, id="odd-total"),
        pytest.param([page([], total=0)], 0, True, id="empty"),
        pytest.param([rows(1, 2)], 2, True, id="bare"),
        pytest.param([rows(*range(100)), []], 100, True, id="bare-and-full"),
        pytest.param([rows(*range(100)), rows(100)], 101, True, id="bare-in-pages"),
        pytest.param([rows(*range(100))], 100, False, id="bare-and-deaf"),
        pytest.param([[]], 0, True, id="bare-and-empty"),
    ],
)
async def test_list_is_complete_only_if_every_row_was_read(
    server: Server, client: PrintagoClient, answers: list[Any], seen: int, complete: bool
) -> None:
    server.answer_in_turn(*answers)
    listing = await client.printers()
    assert len(listing.rows) == seen
    assert listing.complete is complete
    assert len(server.requests) <= 2


async def test_each_page_starts_where_the_last_one_ended(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page(rows(1, 2), more=True, total=3), page(rows(3), total=3))
    await client.open_jobs()
    queries = [request.query for request in server.requests]
    assert [query.get("offset") for query in queries] == [None, "2"]
    assert all(query["limit"] == "1000" and query["meta"] == "true" for query in queries)
    assert all(query["hidden.eq"] == "false" and "completed" not in query["status.in"] for query in queries)


async def test_endless_list_is_aborted(server: Server, client: PrintagoClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.pagination._MOST_PAGES", 5)
    server.answer_in_turn(*(page(rows(number), more=True, total=10_000) for number in range(6)))
    listing = await client.printers()
    assert not listing.complete
    assert len(server.requests) == 5


async def test_long_list_leaves_the_reserve_of_the_user(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(*(page(rows(number), more=True, total=10_000) for number in range(100)))
    with pytest.raises(RateLimitedError):
        await client.printers()
    assert len(server.requests) == 40
    assert client.transport.limiter.delay(RequestPriority.USER) == 0


@pytest.mark.parametrize("answer", [None, "text", 7, {"message": "?"}, {"data": {}}])
async def test_response_other_than_a_list_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.printers()
    with pytest.raises(MalformedResponseError):
        await client.stores()


@pytest.mark.parametrize("answer", [None, True, "7", [], {}])
async def test_count_other_than_a_number_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.completed_count()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"partBuilds": {}},
        {"skuBuilds": []},
        {"partBuilds": [None]},
        {"partBuilds": [{"id": "b"}, {}]},
        {"partBuilds": [{"id": 7}]},
    ],
)
async def test_unexpected_response_to_a_build_leaves_its_outcome_unknown(
    server: Server, client: PrintagoClient, answer: Any
) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(OutcomeUnknownError):
        await client.create_build({"parts": []})
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [None, {}, [None], [{}], [{"id": 7, "sku": "A"}], [{"id": "a", "sku": "A"}, {}]])
async def test_unexpected_response_to_new_skus_leaves_the_outcome_unknown(
    server: Server, client: PrintagoClient, answer: Any
) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(OutcomeUnknownError):
        await client.products.create_skus([("p", "A")])
    assert len(server.requests) == 1


async def test_bed_that_is_in_use_when_the_request_is_sent_is_left_out(server: Server, client: PrintagoClient) -> None:
    in_use = {"b"}
    client.in_use = in_use.__contains__
    # A response that names it all the same changes nothing.
    server.answer_in_turn(rows_called("a", "b"))
    confirmed, refused = await asyncio.gather(*map(client.confirm_ready, "ab"), return_exceptions=True)
    assert isinstance(confirmed, PrinterRow)
    assert confirmed.id == "a"
    assert isinstance(refused, InUseError)
    assert [request.json for request in server.requests] == [{"ready": True, "ids": ["a"]}]

    in_use.add("a")
    with pytest.raises(InUseError):
        await client.confirm_ready("a")
    assert len(server.requests) == 1
    withdrawn = await client.confirm_ready("b", ready=False)
    assert withdrawn is not None
    assert withdrawn.id == "b"


@pytest.mark.parametrize("answer", [None, {}, "a"])
async def test_response_without_ids_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.confirm_ready("a")
    with pytest.raises(MalformedResponseError):
        await client.send_command("a", "pause")
    with pytest.raises(MalformedResponseError):
        await client.pause_job("a")


async def test_hundred_buttons_pressed_together_are_one_request(server: Server, client: PrintagoClient) -> None:
    printers = [f"printer{number}" for number in range(100)]
    server.answer_in_turn([{"id": printer, "confirmedReady": True} for printer in printers[:99]])
    answers = await asyncio.gather(*map(client.confirm_ready, printers), return_exceptions=True)
    named = [answer for answer in answers if isinstance(answer, PrinterRow)]
    assert [(row.id, row.values) for row in named] == [
        (printer, {"confirmed_ready": True}) for printer in printers[:99]
    ]
    assert isinstance(answers[99], NotAppliedError)
    (request,) = server.requests
    assert (request.method, request.path) == ("PATCH", "/v1/printers/confirm-ready")
    assert request.json == {"ready": True, "ids": printers}


async def test_different_commands_are_separate_requests(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(["a", "b"])
    await asyncio.gather(
        client.send_command("a", "pause"),
        client.send_command("b", "pause"),
        client.send_command("a", "set-fan", type="aux", speed=50),
        client.send_command("b", "set-fan", speed=50, type="aux"),
        client.send_command("a", "set-fan", type="aux", speed=60),
    )
    bodies = [request.json for request in server.requests]
    assert sorted(bodies, key=str) == sorted(
        [
            {"ids": ["a", "b"], "command": {"command": "pause"}},
            {"ids": ["a", "b"], "command": {"command": "set-fan", "type": "aux", "speed": 50}},
            {"ids": ["a"], "command": {"command": "set-fan", "type": "aux", "speed": 60}},
        ],
        key=str,
    )


async def test_build_returns_its_part_builds(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"partBuilds": [{"id": "b"}], "skuBuilds": []})
    build = await client.create_build({"parts": [{"partId": "p"}]})
    assert [each.id for each in build.part_builds] == ["b"]
    assert not build.sku_builds
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v2/builds")
    assert request.json == {"parts": [{"partId": "p"}]}


async def test_jobs_are_found_by_their_build(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page(rows(1), total=1))
    assert (await client.queue.all(JobFilter(part_builds=("a", "b")))).rows.keys() == {"row1"}
    (request,) = server.requests
    assert (request.path, request.query["partBuildId.in"]) == ("/v1/print-jobs", "a,b")


@pytest.mark.parametrize("change", ["pause", "resume", "cancel"])
async def test_jobs_are_changed_by_one_call(server: Server, client: PrintagoClient, change: str) -> None:
    act = {"pause": client.pause_job, "resume": client.resume_job, "cancel": client.cancel_job}[change]
    server.answer_in_turn(["a", "b", 7])
    await asyncio.gather(act("a"), act("b"))
    (request,) = server.requests
    assert (request.method, request.path) == ("PATCH", f"/v1/print-jobs/{change}")
    assert request.json == {"printJobIds": ["a", "b"]}


class TestAgainstTheFarm:
    """The same calls against the virtual farm."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        return FarmConfig(printers=120, speed=0, quota=False)

    @pytest.fixture
    async def client(self, farm: VirtualFarm) -> AsyncGenerator[PrintagoClient]:
        async with aiohttp.ClientSession() as session:
            client = PrintagoClient.create(
                session,
                api_url=farm.rest_url,
                store_id=farm.config.store_id,
                api_key=farm.config.api_key,
                limiter=RateLimiter(),
                clock=ServerClock(),
            )
            yield client
            await client.close()

    async def test_more_than_a_hundred_printers_are_one_request(
        self, farm: VirtualFarm, client: PrintagoClient
    ) -> None:
        listing = await client.printers(RequestPriority.USER)
        assert listing.complete
        assert listing.rows.keys() == set(farm.world.printers)
        assert len(farm.requests) == 1

    async def test_open_jobs_are_waiting_running_and_failed_ones(
        self, farm: VirtualFarm, client: PrintagoClient
    ) -> None:
        listing = await client.open_jobs()
        expected = {
            job.id
            for job in farm.world.jobs.values()
            if job.status not in ("completed", "cancelled") and not job.hidden
        }
        assert listing.complete
        assert listing.rows.keys() == expected

    async def test_catalog_can_be_read(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        assert (await client.parts(name="Benchy")).rows.keys() == {
            part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy"
        }
        skus = (await client.skus()).rows.values()
        assert all(sku.part_ids for sku in skus)
        assert (await client.materials()).rows
        assert farm.config.store_id in await client.stores()
        assert await client.completed_count() == farm.world.completed_jobs

    async def test_command_with_options_reaches_the_printer(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        printer = next(iter(farm.world.printers))
        await client.send_command(printer, "led-control", light="chamber_light", state="off")
        body = farm.requests[-1].body
        assert (json.loads(body) if isinstance(body, str) else body) == {
            "ids": [printer],
            "command": {"command": "led-control", "light": "chamber_light", "state": "off"},
        }

    async def test_missing_job_raises_not_applied(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        with pytest.raises(NotAppliedError):
            await client.cancel_job("z" * 24)

    async def test_truncated_list_leaves_the_outcome_unknown(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        farm.inject_fault(Fault(mode="truncated"))
        with pytest.raises(OutcomeUnknownError):
            await client.has_printers()
