"""The action that returns past prints, each with its result, filament and cost."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..errors import action_error
from ..history.past_print import PastPrint
from ..history.search import PrintFilter, PrintSums, async_find_prints, async_name_order
from ..model.print_status import Result
from ..printing.action_fields import NAME, whole_number
from ..printing.request import ATTR_PART, ATTR_SKU
from ..runtime import PrintagoRuntime
from .helpers import ATTR_PRINTER, async_printer_id, async_runtime
from .job_selection import moment_text, printer_name

ATTR_END = "end"
ATTR_LIMIT = "limit"
ATTR_ORDER = "order"
ATTR_RESULT = "result"
ATTR_START = "start"


def _moment(value: object) -> datetime:
    """Read a time, by default in Home Assistant's time zone."""
    moment: datetime = cv.datetime(value)
    return dt_util.as_utc(moment)


PERIOD: dict[vol.Marker, Any] = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_START): _moment,
    vol.Optional(ATTR_END): _moment,
}
GET_HISTORY_SCHEMA = vol.Schema(
    {
        **PERIOD,
        vol.Optional(ATTR_PRINTER): cv.string,
        vol.Optional(ATTR_PART): NAME,
        vol.Optional(ATTR_SKU): NAME,
        vol.Optional(ATTR_ORDER): NAME,
        vol.Optional(ATTR_RESULT): vol.All(cv.ensure_list, vol.Length(min=1), [vol.Coerce(Result)]),
        vol.Optional(ATTR_LIMIT, default=100): vol.All(whole_number, vol.Range(min=1, max=1000)),
    }
)


async def async_get_history(call: ServiceCall) -> ServiceResponse:
    """Return the prints that match all filters, the last one first, and what they took together."""
    runtime, data = async_runtime(call), call.data
    coordinator, history = runtime.coordinator, runtime.history
    wanted = PrintFilter(
        start=data.get(ATTR_START),
        end=data.get(ATTR_END),
        part=data.get(ATTR_PART),
        sku=data.get(ATTR_SKU),
        results=frozenset(data.get(ATTR_RESULT, Result)),
    )
    if wanted.start is not None and wanted.end is not None and wanted.end <= wanted.start:
        raise action_error("end_before_start")
    if (printer := data.get(ATTR_PRINTER)) is not None:
        wanted.printer_id = async_printer_id(call.hass, coordinator, printer)
    if (order := data.get(ATTR_ORDER)) is not None:
        await async_name_order(coordinator, history, wanted, order)
    found = await async_find_prints(coordinator, history, wanted, data[ATTR_LIMIT])
    rows: list[Any] = [_row(runtime, past) for past in found.prints]
    return {"prints": rows, "total": _total(PrintSums.of(found.prints)), "complete": found.complete}


def rounded(value: float | None, digits: int) -> float | None:
    """Return an amount with this many digits, None if it is unknown."""
    return None if value is None else round(value, digits)


def _row(runtime: PrintagoRuntime, past: PastPrint) -> dict[str, Any]:
    return {
        "job_id": past.job_id,
        "attempt": past.attempt,
        "label": past.label,
        "part": past.part,
        "part_id": past.part_id,
        "sku": past.sku,
        "order_id": past.order_id,
        "printer": printer_name(runtime.coordinator, past.printer_id),
        "result": past.result.value,
        "reason": past.reason,
        "started_at": moment_text(past.started_at),
        "ended_at": moment_text(past.ended_at),
        "duration": past.seconds,
        "material": past.material,
        "grams": rounded(past.grams, 1),
        "cost": rounded(past.cost, 2),
        "currency": past.currency if past.cost is not None else None,
        "energy": rounded(past.energy, 3),
    }


def _total(sums: PrintSums) -> dict[str, Any]:
    return {
        **{result.value: count for result, count in sums.results.items()},
        "duration": sums.seconds,
        "grams": rounded(sums.grams, 1),
        "cost": rounded(sums.cost, 2),
        "currency": sums.currency,
        "without_cost": sums.without_cost,
        "energy": rounded(sums.energy, 3),
    }


def last_days(days: int) -> datetime:
    """Return when the last days began."""
    return dt_util.utcnow() - timedelta(days=days)
