"""Stops printers at once: one request per step for all of them, regardless of our own limiter and of failures."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..exceptions import MalformedResponseError, PrintagoError
from ..models.row import PrinterRow, printer_rows
from .pagination import with_ids
from .transport import Transport

STEP_PATIENCE = 3.0
"""Seconds to wait for the response before the next step; a later response still counts."""


class Step(StrEnum):
    """The steps in order: prevent new prints, end running ones, cool down."""

    FABMATIC_OFF = "fabmatic_off"
    DISABLE = "disable"
    STOP = "stop"
    NOZZLE_OFF = "nozzle_off"
    BED_OFF = "bed_off"


_COMMANDS: Mapping[Step, Mapping[str, Any]] = {
    Step.STOP: {"command": "stop"},
    Step.NOZZLE_OFF: {"command": "set-temperature", "type": "nozzle", "temperature": 0},
    Step.BED_OFF: {"command": "set-temperature", "type": "bed", "temperature": 0},
}


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The printers that a step has reached, with their records if sent, and the error if the whole step failed."""

    reached: Mapping[str, PrinterRow | None] = field(default_factory=dict)
    error: PrintagoError | None = None


async def stop_printers(transport: Transport, printer_ids: Sequence[str]) -> dict[Step, StepOutcome]:
    """Take all steps for all printers, one request each, and return the result of each step.

    Raises no PrintagoError: a step that fails, or whose response is late, does not prevent the next ones.
    """
    sent: dict[Step, asyncio.Task[StepOutcome]] = {}
    for step in Step:
        sent[step] = asyncio.create_task(_take(transport, step, list(printer_ids)))
        await asyncio.wait({sent[step]}, timeout=STEP_PATIENCE)
    return {step: await task for step, task in sent.items()}


async def _take(transport: Transport, step: Step, printer_ids: list[str]) -> StepOutcome:
    method, path, body = _request(step, printer_ids)
    try:
        answer = await transport.request(method, path, priority=None, json=body)
        return StepOutcome(_named(answer))
    except PrintagoError as err:
        return StepOutcome(error=err)


def _request(step: Step, printer_ids: list[str]) -> tuple[str, str, dict[str, Any]]:
    if step is Step.FABMATIC_OFF:
        return "PATCH", "/v1/printers/continous-print", {"enabled": False, "jobLimit": None, "ids": printer_ids}
    if step is Step.DISABLE:
        return "PATCH", "/v1/printers/enabled", {"enabled": False, "ids": printer_ids}
    return "POST", "/v1/printer-commands/send", {"ids": printer_ids, "command": _COMMANDS[step]}


def _named(answer: object) -> dict[str, PrinterRow | None]:
    if not isinstance(answer, list):
        raise MalformedResponseError("the answer is not a list")
    named: dict[str, PrinterRow | None] = {}
    for row in answer:
        if isinstance(row, str):
            named[row] = None
        elif isinstance(row, Mapping):
            named |= printer_rows(with_ids([row]))
    return named
