"""The action that adds past prints up: by printer, part, material, day or month."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..errors import action_error
from ..history.breakdown import Group, GroupBy, break_down
from ..runtime import PrintagoRuntime
from .get_history import ATTR_END, ATTR_START, PERIOD, last_days, rounded
from .helpers import async_runtime
from .job_selection import printer_name

ATTR_BY = "by"
_DEFAULT_DAYS = 30

GET_STATISTICS_SCHEMA = vol.Schema({**PERIOD, vol.Optional(ATTR_BY, default=GroupBy.PRINTER): vol.Coerce(GroupBy)})


async def async_get_statistics(call: ServiceCall) -> ServiceResponse:
    """Return sums of past prints, which costs no request; by default of the last 30 days."""
    runtime = async_runtime(call)
    start: datetime = call.data.get(ATTR_START) or last_days(_DEFAULT_DAYS)
    end: datetime | None = call.data.get(ATTR_END)
    if end is not None and end <= start:
        raise action_error("end_before_start")
    history = runtime.history
    by: GroupBy = call.data[ATTR_BY]
    groups, total = await call.hass.async_add_executor_job(
        break_down,
        history.past,
        by,
        start.timestamp(),
        end.timestamp() if end is not None else None,
        dt_util.get_default_time_zone(),
    )
    rows: list[Any] = [_row(runtime, by, group) for group in groups]
    return {
        "groups": rows,
        "total": _sums(total),
        "currency": history.past.currency,
        "complete": history.complete,
    }


def _row(runtime: PrintagoRuntime, by: StrEnum, group: Group) -> dict[str, Any]:
    name = printer_name(runtime.coordinator, group.name) if by == GroupBy.PRINTER else group.name
    return {"name": name, **({"id": group.id} if group.id is not None else {}), **_sums(group)}


def _sums(group: Group) -> dict[str, Any]:
    rate = group.outcomes.success_rate
    return {
        "finished": group.outcomes.finished,
        "failed": group.outcomes.failed,
        "canceled": group.outcomes.canceled,
        "success_rate": rounded(rate, 1),
        "reasons": [{"reason": reason, "count": count} for reason, count in group.outcomes.reasons.most_common()],
        "print_time": round(group.hours, 2),
        "grams": rounded(group.grams, 1),
        "cost": rounded(group.cost, 2),
        "energy": rounded(group.energy, 3),
    }
