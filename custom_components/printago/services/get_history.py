"""The action that returns past prints, each with its result, filament and cost."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..api import PrintJob
from ..api.rest.job_filter import JobFilter
from ..errors import action_error
from ..history.job_entry import past_print_of
from ..history.past_print import PastPrint
from ..model.print_status import Result
from ..model.spelling import folded, folded_number
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


class _Wanted:
    """Which prints an action asks for."""

    def __init__(self, call: ServiceCall, runtime: PrintagoRuntime, order_id: str | None) -> None:
        data, coordinator = call.data, runtime.coordinator
        self.start: datetime | None = data.get(ATTR_START)
        self.end: datetime | None = data.get(ATTR_END)
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise action_error("end_before_start")
        printer = data.get(ATTR_PRINTER)
        self.printer_id = async_printer_id(call.hass, coordinator, printer) if printer is not None else None
        self.order_id = order_id
        self._part, self._sku = data.get(ATTR_PART), data.get(ATTR_SKU)
        self._results = frozenset(data.get(ATTR_RESULT, Result))

    def matches(self, past: PastPrint) -> bool:
        """Return whether a print is one of them."""
        if past.result not in self._results:
            return False
        if (self.start is not None and past.ended_at < self.start) or (
            self.end is not None and past.ended_at >= self.end
        ):
            return False
        if self.printer_id is not None and past.printer_id != self.printer_id:
            return False
        if self.order_id is not None and past.order_id != self.order_id:
            return False
        return _is(self._part, past.part_id, past.part) and _is(self._sku, past.sku_id, past.sku)


def _is(wanted: str | None, identifier: str | None, name: str | None) -> bool:
    return wanted is None or wanted == identifier or folded(wanted) == folded(name or "")


async def async_get_history(call: ServiceCall) -> ServiceResponse:
    """Return the prints that match all filters, the last one first.

    The last 1,000 are known; for older ones Printago is asked.
    """
    runtime = async_runtime(call)
    wanted = _Wanted(call, runtime, await _async_order_id(call, runtime))
    limit: int = call.data[ATTR_LIMIT]
    history = runtime.history
    found = {(past.job_id, past.attempt): past for past in history.past.recent if wanted.matches(past)}
    complete = True
    oldest = history.past.recent.oldest
    all_known = history.complete and (
        oldest is None or (wanted.start is not None and wanted.start > oldest) or len(found) >= limit
    )
    if not all_known:
        older, complete = await _async_older(runtime, wanted, limit)
        known = {(past.job_id, past.ended_at.replace(microsecond=0)) for past in found.values()}
        for past in older:
            if (past.job_id, past.ended_at.replace(microsecond=0)) not in known:
                found[past.job_id, past.attempt] = past
    prints = sorted(found.values(), key=lambda past: past.ended_at, reverse=True)
    rows: list[Any] = [_row(runtime, past) for past in prints[:limit]]
    return {"prints": rows, "complete": complete and len(prints) <= limit}


async def _async_older(runtime: PrintagoRuntime, wanted: _Wanted, limit: int) -> tuple[Iterable[PastPrint], bool]:
    """Ask Printago for prints that are no longer known in detail; raises HomeAssistantError."""
    coordinator = runtime.coordinator
    prints: dict[str, PastPrint] = {}

    def accept(job: PrintJob) -> bool:
        past = _past_print(runtime, job)
        if past is None or not past.printed or not wanted.matches(past):
            return False
        prints[job.id] = past
        return True

    filters = JobFilter(printer_id=wanted.printer_id, order_id=wanted.order_id, since=wanted.start)
    listing = await coordinator.async_call(coordinator.client.queue.newest_past(filters, accept, limit + 1), reads=True)
    return prints.values(), listing.complete


def _past_print(runtime: PrintagoRuntime, job: PrintJob) -> PastPrint | None:
    made = runtime.history.made_of(job)
    return None if made is None else past_print_of(job, *made)


async def _async_order_id(call: ServiceCall, runtime: PrintagoRuntime) -> str | None:
    """Return the ID of the order that is named by its ID or number; raises HomeAssistantError."""
    name = call.data.get(ATTR_ORDER)
    if name is None:
        return None
    coordinator = runtime.coordinator
    if any(past.order_id == name for past in runtime.history.past.recent):
        return str(name)
    listing = await coordinator.async_call(
        coordinator.client.products.newest_orders(
            lambda order: order.id == name or folded_number(order.number or "") == folded_number(name), 2
        ),
        reads=True,
    )
    if not listing.rows:
        raise action_error("order_not_found", name=name, candidates="-")
    if len(listing.rows) > 1:
        raise action_error("order_ambiguous", name=name, candidates=", ".join(listing.rows))
    return next(iter(listing.rows))


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
        "grams": None if past.grams is None else round(past.grams, 1),
        "cost": None if past.cost is None else round(past.cost, 2),
        "currency": past.currency if past.cost is not None else None,
        "energy": None if past.energy is None else round(past.energy, 3),
    }


def last_days(days: int) -> datetime:
    """Return when the last days began."""
    return dt_util.utcnow() - timedelta(days=days)
