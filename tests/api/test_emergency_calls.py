"""All steps that stop printers are taken, whatever becomes of one of them."""

import asyncio
from typing import Any

from aiohttp import web
import pytest

from custom_components.printago.api import MalformedResponseError, OutcomeUnknownError, Transport
from custom_components.printago.api.rest.emergency_calls import STEP_PATIENCE, Step, StepOutcome, stop_printers
from tests.api.server import Server

IDS = ["p1", "p2"]
OFF, COMMANDS = "/v1/printers/continous-print", "/v1/printer-commands/send"


def cool(heater: str) -> dict[str, Any]:
    return {"ids": IDS, "command": {"command": "set-temperature", "type": heater, "temperature": 0}}


async def test_steps_are_sent_in_order_for_all_printers_at_once(server: Server, transport: Transport) -> None:
    server.answer_in_turn([{"id": "p1", "name": "X1"}, {"id": "a b"}, 7, "p2"])
    for _ in range(60):
        transport.limiter.count()
    outcomes = await stop_printers(transport, tuple(IDS))
    assert list(outcomes) == list(Step)
    assert [(request.method, request.path, request.json) for request in server.requests] == [
        ("PATCH", OFF, {"enabled": False, "jobLimit": None, "ids": IDS}),
        ("PATCH", "/v1/printers/enabled", {"enabled": False, "ids": IDS}),
        ("POST", COMMANDS, {"ids": IDS, "command": {"command": "stop"}}),
        ("POST", COMMANDS, cool("nozzle")),
        ("POST", COMMANDS, cool("bed")),
    ]
    for outcome in outcomes.values():
        assert outcome.error is None
        assert outcome.reached.keys() == {"p1", "p2"}
        row = outcome.reached["p1"]
        assert row is not None
        assert row.values == {"name": "X1"}
        assert outcome.reached["p2"] is None
    assert transport.limiter.requests_last_hour == 65


async def test_failed_step_does_not_prevent_the_next_ones(server: Server, transport: Transport) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == OFF:
            return web.Response(status=500)
        return web.json_response({"id": "p1"} if request.path.endswith("enabled") else IDS)

    server.handler = handler
    outcomes = await stop_printers(transport, IDS)
    assert isinstance(outcomes[Step.FABMATIC_OFF].error, OutcomeUnknownError)
    assert isinstance(outcomes[Step.DISABLE].error, MalformedResponseError)
    assert outcomes[Step.DISABLE].reached == {}
    assert outcomes[Step.STOP] == StepOutcome(dict.fromkeys(IDS))
    assert len(server.requests) == 5


async def test_late_response_delays_the_next_steps_only_for_a_moment_and_still_counts(
    server: Server, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STEP_PATIENCE <= 3, "all steps are sent within some seconds"
    monkeypatch.setattr("custom_components.printago.api.rest.emergency_calls.STEP_PATIENCE", 0.05)
    cooled = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == OFF:
            await cooled.wait()
        elif "bed" in await request.text():
            cooled.set()
        return web.json_response(IDS)

    server.handler = handler
    async with asyncio.timeout(5):
        outcomes = await stop_printers(transport, IDS)
    assert {outcome.error for outcome in outcomes.values()} == {None}
    assert outcomes[Step.FABMATIC_OFF].reached.keys() == set(IDS)
