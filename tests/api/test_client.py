"""Lists that come in pages, and calls for many."""

from collections.abc import AsyncGenerator
import json
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import (
    Lane,
    MalformedResponseError,
    NotAppliedError,
    OutcomeUnknownError,
    PrintagoClient,
    RateLimiter,
    ServerClock,
    Transport,
)
from virtual_farm import FarmConfig, Fault, VirtualFarm


class FakeTransport(Transport):
    """A transport that answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []

    async def request(self, method: str, path: str, *, params: Any = None, **_: Any) -> Any:
        self.asked.append(dict(params or {}))
        return self.answers.pop(0)


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"row{number}"} for number in numbers]


def page(data: Any, *, more: Any = False, total: Any = None) -> dict[str, Any]:
    return {"data": data, "meta": {"hasMore": more, "total": total}}


@pytest.mark.parametrize(
    ("answers", "seen", "complete"),
    [
        ([page(rows(1, 2), total=2)], 2, True),
        ([page(rows(1, 2), more=True, total=3), page(rows(3), total=3)], 3, True),
        ([page(rows(1, 2), more=True, total=3), page(rows(2), total=3)], 2, False),
        ([page(rows(1, 2), more=True, total=3), page([], more=True, total=3)], 2, False),
        ([page(rows(1), total=5)], 1, False),
        ([page([{"id": 7}, {"no": "id"}, "?", *rows(1)])], 1, False),
        ([{"data": rows(1)}, {"data": []}], 1, False),
        ([rows(1, 2)], 2, True),
        ([page([], total=0)], 0, True),
        ([page(rows(1), total="many")], 1, True),
    ],
    ids=["one", "two", "shifted", "stalled", "short", "damaged", "no-meta", "bare", "empty", "odd-total"],
)
async def test_list_is_complete_only_when_every_row_was_seen(answers: list[Any], seen: int, complete: bool) -> None:
    listing = await PrintagoClient(FakeTransport(*answers)).printers()
    assert len(listing.rows) == seen
    assert listing.complete is complete


async def test_pages_go_on_where_the_last_one_ended() -> None:
    transport = FakeTransport(page(rows(1, 2), more=True, total=3), page(rows(3), total=3))
    await PrintagoClient(transport).open_jobs()
    assert [asked.get("offset") for asked in transport.asked] == [None, "2"]
    assert all(asked["limit"] == "1000" and asked["meta"] == "true" for asked in transport.asked)
    assert all(asked["hidden.eq"] == "false" and "completed" not in asked["status.in"] for asked in transport.asked)


async def test_list_that_never_ends_is_given_up() -> None:
    answers = [page(rows(number), more=True, total=10_000) for number in range(200)]
    transport = FakeTransport(*answers)
    listing = await PrintagoClient(transport).printers()
    assert not listing.complete
    assert len(transport.asked) == 100


@pytest.mark.parametrize("answer", [None, "text", 7, {"message": "?"}, {"data": {}}])
async def test_what_is_no_list_is_malformed(answer: Any) -> None:
    with pytest.raises(MalformedResponseError):
        await PrintagoClient(FakeTransport(answer)).printers()


@pytest.mark.parametrize("answer", [None, True, "7", [], {}])
async def test_count_that_is_no_number_is_malformed(answer: Any) -> None:
    with pytest.raises(MalformedResponseError):
        await PrintagoClient(FakeTransport(answer)).completed_count()


@pytest.mark.parametrize("answer", [None, [], {}, {"partBuilds": {}}, {"skuBuilds": []}])
async def test_answer_that_is_no_build_is_malformed(answer: Any) -> None:
    with pytest.raises(MalformedResponseError):
        await PrintagoClient(FakeTransport(answer)).create_build({"parts": []})


@pytest.mark.parametrize("answer", [None, {}, "a"])
async def test_answer_that_names_nobody_is_malformed(answer: Any) -> None:
    client = PrintagoClient(FakeTransport(answer, answer, answer))
    with pytest.raises(MalformedResponseError):
        await client.confirm_ready("a")
    with pytest.raises(MalformedResponseError):
        await client.send_command("a", "pause")
    with pytest.raises(MalformedResponseError):
        await client.pause_job("a")


class TestAgainstTheFarm:
    """The calls as the virtual farm answers them."""

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
        listing = await client.printers(Lane.USER)
        assert listing.complete
        assert listing.rows.keys() == set(farm.world.printers)
        assert len(farm.requests) == 1

    async def test_open_jobs_are_those_that_wait_run_or_failed(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        listing = await client.open_jobs()
        expected = {
            job.id
            for job in farm.world.jobs.values()
            if job.status not in ("completed", "cancelled") and not job.hidden
        }
        assert listing.complete
        assert listing.rows.keys() == expected

    async def test_catalogue_can_be_read(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        assert (await client.parts({"name.eq": "Benchy"})).rows.keys() == {
            part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy"
        }
        skus = (await client.skus()).rows.values()
        assert all(sku["linkedParts"] for sku in skus)
        assert (await client.materials()).rows
        assert (await client.stores())[0]["id"] == farm.config.store_id
        assert await client.completed_count() == farm.world.completed_jobs

    async def test_command_with_options_reaches_the_printer(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        printer = next(iter(farm.world.printers))
        await client.send_command(printer, "led-control", light="chamber_light", state="off")
        body = farm.requests[-1].body
        assert (json.loads(body) if isinstance(body, str) else body) == {
            "ids": [printer],
            "command": {"command": "led-control", "light": "chamber_light", "state": "off"},
        }

    async def test_job_that_is_not_there_is_told(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        with pytest.raises(NotAppliedError):
            await client.cancel_job("z" * 24)

    async def test_refused_list_is_told(self, farm: VirtualFarm, client: PrintagoClient) -> None:
        farm.inject_fault(Fault(mode="truncated"))
        with pytest.raises(OutcomeUnknownError):
            await client.check_printers()
