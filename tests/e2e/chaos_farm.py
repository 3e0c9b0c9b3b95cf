"""A working farm during the chaos test."""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from tests.e2e.chaos_plan import Work
from tests.e2e.oracle import Oracle
from tests.support.common import press, value_of
from virtual_farm import VirtualFarm
from virtual_farm.clock import to_iso
from virtual_farm.entities import PrintJob
from virtual_farm.printer import Printer, Severity

PARTS = ("Benchy", "Calibration Cube", "Cable Clip", "Name Tag")
_FINAL = ("completed", "failed", "cancelled")
_HMS: tuple[tuple[Severity, str], ...] = (
    ("error", "0300-0100-0001-0001"),
    ("warning", "0700-2000-0002-0002"),
    ("info", "0500-0300-0001-0007"),
    ("error", "0300-8013"),
)


class Foreman:
    """Acts in the farm like users, printers and customers; does nothing if there is nothing to do."""

    def __init__(self, hass: HomeAssistant, farm: VirtualFarm, oracle: Oracle) -> None:
        """Work in one farm; report to the oracle what leaves no record."""
        self._hass = hass
        self._farm = farm
        self._oracle = oracle
        self._orders = 0
        self.presses: set[asyncio.Task[None]] = set()
        """Buttons of Home Assistant that still wait for Printago."""

    async def do(self, work: Work, choice: float) -> None:
        """Do one thing; ``choice`` (0 to 1) selects the object."""
        farm = self._farm
        match work:
            case Work.TIME:
                await farm.advance(20 + 900 * choice)
            case Work.BUILD:
                self._build(choice)
            case Work.ORDER:
                self._order(choice)
            case Work.ORDER_CLOSED | Work.ORDER_CANCELED:
                orders = [order for order in farm.world.orders.values() if order["status"] == "open"]
                if order := _chosen(orders, choice):
                    end = farm.orders.close if work is Work.ORDER_CLOSED else farm.orders.cancel
                    end(order["id"])
            case Work.PAUSE | Work.RESUME | Work.CANCEL | Work.RETRY | Work.CLEAR:
                self._change_job(work, choice)
            case _:
                self._change_printer(work, choice)
        farm.settle()

    def printers(self, fits: Callable[[Printer], bool] = lambda printer: True) -> list[Printer]:
        """Return the printers that match, in the order of creation."""
        return [printer for printer in self._farm.world.printers.values() if fits(printer)]

    def _build(self, choice: float) -> None:
        part = next(part for part in self._farm.world.parts.values() if part["name"] == _chosen(PARTS, choice))
        spec: dict[str, Any] = {"partId": part["id"], "quantity": 1 + int(choice * 3)}
        self._farm.builder.build({"parts": [spec | ({"label": f"Label {choice:.3f}"} if choice > 0.5 else {})]})

    def _order(self, choice: float) -> None:
        farm = self._farm
        self._orders += 1
        # By a whole day, so that none becomes overdue while the test compares.
        deadline = farm.config.clock() + timedelta(days=1 if choice > 0.5 else -1)
        order = farm.orders.create(
            {"orderNumber": f"C-{self._orders}", "deadline": to_iso(deadline) if choice > 0.2 else None},
            [{"sku": "BENCHY-1", "quantity": 1}],
        )
        if choice > 0.6:
            farm.orders.print(
                {"skuIds": [item["skuId"] for item in order["items"]], "orderIds": [order["order"]["id"]]}
            )

    def _change_job(self, work: Work, choice: float) -> None:
        queue = self._farm.queue
        change, fits = {
            Work.PAUSE: (queue.pause, lambda job: job.status == "printing"),
            Work.RESUME: (queue.resume, lambda job: job.status == "paused"),
            Work.CANCEL: (queue.cancel, lambda job: job.status not in _FINAL),
            Work.RETRY: (queue.retry, lambda job: job.status == "failed"),
            Work.CLEAR: (queue.clear, lambda job: job.status in _FINAL and not job.hidden),
        }[work]
        jobs: list[PrintJob] = [job for job in self._farm.world.jobs.values() if fits(job)]
        if job := _chosen(jobs, choice):
            change(job)

    def _change_printer(self, work: Work, choice: float) -> None:
        farm = self._farm
        busy = work in (Work.FINISH, Work.FAIL)
        fits: dict[Work, Callable[[Printer], bool]] = {
            Work.CONFIRM: lambda printer: not printer.confirmed_ready,
            Work.PRESS: lambda printer: not printer.confirmed_ready,
            Work.OUTSIDE: lambda printer: printer.connected and not printer.machine.phase.busy,
            Work.RECONNECT: lambda printer: not printer.connected,
            # A changed AMS of an offline printer would stay unknown.
            Work.AMS: lambda printer: printer.connected and printer.model.ams_units > 0,
        }
        wanted = fits.get(work, lambda printer: not busy or printer.machine.phase.busy)
        if (printer := _chosen(self.printers(wanted), choice)) is None:
            return
        match work:
            case Work.FINISH:
                farm.finish_print(printer.id)
            case Work.FAIL:
                farm.fail_print(printer.id, "Spaghetti")
            case Work.CONFIRM:
                farm.fleet.confirm_ready(printer, ready=True)
            case Work.PRESS:
                self._press(printer.id)
            case Work.OUTSIDE:
                self._oracle.note_outside_print(printer.id)
                farm.print_from_outside(printer.id, "From a stick", 1800)
            case Work.HMS:
                severity, code = _HMS[int(choice * 1000) % len(_HMS)]
                farm.raise_hms(printer.id, code, f"Message {code}", severity=severity)
            case Work.HMS_GONE:
                farm.clear_hms(printer.id)
            case Work.RECONNECT:
                farm.reconnect_printer(printer.id)
            case Work.AMS:
                farm.set_ams(printer.id, int(choice * 1000) % 3)
            case Work.FLAGS:
                self._switch(printer, int(choice * 1000) % 3)

    def _switch(self, printer: Printer, which: int) -> None:
        fleet = self._farm.fleet
        if which == 0:
            fleet.set_enabled(printer, enabled=not printer.enabled)
        elif which == 1:
            fleet.set_maintenance(printer, enabled=not printer.is_in_maintenance)
        else:
            fleet.set_fabmatic(printer, enabled=not printer.continuous_print, job_limit=2)

    def _press(self, printer_id: str) -> None:
        if value_of(self._hass, printer_id, "confirm_bed_cleared", "button") in (None, STATE_UNAVAILABLE):
            return

        async def pressing() -> None:
            # Errors shown to users are tested elsewhere.
            with contextlib.suppress(HomeAssistantError):
                await press(self._hass, printer_id, "confirm_bed_cleared")

        task = asyncio.create_task(pressing(), name="a person presses a button")
        self.presses.add(task)
        task.add_done_callback(self.presses.discard)


def _chosen[T](candidates: Sequence[T], choice: float) -> T | None:
    return candidates[int(choice * len(candidates))] if candidates else None
