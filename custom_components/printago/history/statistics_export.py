"""Exports the history to Home Assistant's long-term statistics, if there is a recorder; hours are in UTC."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import batched
import logging
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfMass, UnitOfTime
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util, slugify
from homeassistant.util.unit_conversion import DurationConverter, MassConverter

from ..const import DOMAIN, LOGGER
from ..coordinator import PrintagoCoordinator
from .hourly import SCALES, HourRow, hourly_sums
from .keeper import History
from .ledger import FARM, HOUR

if TYPE_CHECKING:
    from homeassistant.components.recorder.core import Recorder
    from homeassistant.components.recorder.models import StatisticData, StatisticMetaData
    from homeassistant.components.recorder.tasks import RecorderTask

STATISTICS = ("jobs_completed", "jobs_failed", "print_time", "filament", "cost")
"""Names of the sums of ``Totals``."""
_ONLY_IF_KNOWN = frozenset({"filament", "cost"})
_UNITS = {
    "print_time": (UnitOfTime.HOURS, DurationConverter.UNIT_CLASS),
    "filament": (UnitOfMass.GRAMS, MassConverter.UNIT_CLASS),
}
DELAY = 60.0
"""Seconds for which changes are collected."""
_DELAY_WHILE_READING = 900.0
_LONGEST_PAUSE = 3600.0
"""Seconds until the recorder is asked again after errors."""
_MOST_DOUBLINGS = 6
_SOON = 1.0
_ROWS_AT_ONCE = 1000
_PATIENCE = 300
"""Seconds that the recorder may take for a thousand rows."""


def statistic_id(store_id: str, printer_id: str | None, name: str) -> str:
    """Return the ID of a statistic of a printer, or of the farm."""
    owner = f"{store_id}_{printer_id}" if printer_id is not None else store_id
    # It must be a slug, with single underscores.
    return f"{DOMAIN}:{slugify(f'{owner}_{name}')}"


class StatisticsExporter:
    """Exports changes while the entry is loaded."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: PrintagoCoordinator, history: History
    ) -> None:
        """Export the history of a store."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._history = history
        self._cancel: CALLBACK_TYPE | None = None
        self._exporting = False
        self._checked: set[int] = set()
        self._was_done = False
        self._stopped = False
        self._failures = 0

    @callback
    def async_start(self) -> None:
        """Export from now on."""
        self._history.async_add_listener(self._async_on_change)
        self._entry.async_on_unload(self._async_stop)
        self._async_export_soon()

    @callback
    def _async_stop(self) -> None:
        self._stopped = True
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_on_change(self) -> None:
        if self._owners():
            self._async_export_soon()

    @callback
    def _async_export_soon(self) -> None:
        if self._cancel is None and not self._exporting and not self._stopped:
            done = self._history.past.cursor.done
            if done and not self._was_done:
                # All sums change with each page of the first read; from now on they are final.
                self._was_done = True
                self._cancel = async_call_later(self._hass, _SOON, self._async_begin)
            else:
                delay = DELAY if done else _DELAY_WHILE_READING
                pause = min(delay * 2**self._failures, _LONGEST_PAUSE)
                self._cancel = async_call_later(self._hass, pause, self._async_begin)
        elif self._cancel is not None and self._history.past.cursor.done and not self._was_done:
            self._cancel()
            self._cancel = None
            self._async_export_soon()

    @callback
    def _async_begin(self, _: object) -> None:
        self._cancel = None
        if self._exporting or self._stopped or "recorder" not in self._hass.config.components:
            return
        self._exporting = True
        self._entry.async_create_background_task(self._hass, self._async_export(), f"{DOMAIN} statistics")

    def _owners(self) -> dict[int, str | None]:
        """Return the number and ID of printers whose sums have changed; those of removed printers stay unchanged."""
        names, printers = self._history.past.names["printers"], self._coordinator.farm.printers
        owners: dict[int, str | None] = {}
        for number in self._history.past.ledger.dirty_hours:
            printer_id = None if number == FARM else names.name(number)
            if number == FARM or printer_id in printers:
                owners[number] = printer_id
        return owners

    async def _async_export(self) -> None:
        past, progress = self._history.past, self._history.progress
        try:
            recorder = get_instance(self._hass)
            if past.obsolete:
                recorder.async_clear_statistics(sorted(past.exported))
                past.exported.clear()
                past.obsolete = False
            await self._async_check(recorder)
            for owner, printer_id in self._owners().items():
                # Save first: after a crash, the recorder must have nothing that is not known here.
                if past.ledger.dirty_segments:
                    await self._history.archive.async_save()
                await self._async_export_one(recorder, owner, printer_id)
        except TimeoutError:
            progress.last_export_error = "TimeoutError"
            LOGGER.debug("The recorder is busy: statistics follow later")
        except Exception as err:  # noqa: BLE001, a recorder raises whatever its database does; the first error is a warning
            level = logging.DEBUG if self._failures else logging.WARNING
            LOGGER.log(level, "The recorder failed, statistics of prints follow later: %s", type(err).__name__)
            progress.last_export_error = type(err).__name__
            self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        else:
            self._failures = 0
            progress.exported_at = dt_util.utcnow()
        finally:
            self._exporting = False
        self._history.archive.async_save_soon()
        if self._failures:
            self._async_export_soon()
        self._async_on_change()

    async def _async_check(self, recorder: Recorder) -> None:
        """Export everything again for printers whose sums in the recorder differ, once after each start."""
        from homeassistant.components.recorder.statistics import get_last_statistics

        ledger = self._history.past.ledger
        names = self._history.past.names["printers"]
        owners = {
            FARM: None,
            **{number: name for name in self._coordinator.farm.printers if (number := names.find(name)) is not None},
        }

        def last_sums(printer_id: str | None) -> list[float]:
            ids = [statistic_id(self._coordinator.store_id, printer_id, name) for name in STATISTICS]
            found = [get_last_statistics(self._hass, 1, one, False, {"sum"}).get(one) for one in ids]
            return [(rows[0].get("sum") or 0.0) if rows else 0.0 for rows in found]

        for owner, printer_id in owners.items():
            if owner in self._checked:
                continue
            if ledger.dirty_hours.get(owner) == 0:
                self._checked.add(owner)
                continue
            totals = ledger.farm if owner == FARM else ledger.of_printer.get(owner)
            expected = [value / scale for value, scale in zip(totals.values(), SCALES, strict=True)] if totals else []
            if expected and expected != await recorder.async_add_executor_job(last_sums, printer_id):
                ledger.mark_dirty(owner, 0)
            self._checked.add(owner)

    async def _async_export_one(self, recorder: Recorder, owner: int, printer_id: str | None) -> None:
        from homeassistant.components.recorder.statistics import async_add_external_statistics

        past = self._history.past
        first_hour = past.ledger.dirty_hours.pop(owner)
        try:
            sums = await self._hass.async_add_executor_job(hourly_sums, past.ledger, owner, first_hour)
            for index, name in enumerate(STATISTICS):
                metadata = self._metadata(printer_id, name)
                rows: Iterable[HourRow] = sums.rows(index)
                if (
                    name in _ONLY_IF_KNOWN
                    and metadata["statistic_id"] not in past.exported
                    and not any(row.sum for row in sums.rows(index))
                ):
                    # The sums are unknown, which is different from zero.
                    continue
                past.exported.add(metadata["statistic_id"])
                for some in batched(rows, _ROWS_AT_ONCE, strict=False):
                    async_add_external_statistics(self._hass, metadata, [_row(one) for one in some])
                    await self._async_until_written(recorder)
        except BaseException:
            past.ledger.mark_dirty(owner, first_hour)
            raise

    async def _async_until_written(self, recorder: Recorder) -> None:
        """Wait for the recorder's other work: its backlog is limited. Raises TimeoutError."""
        written = asyncio.Event()
        recorder.queue_task(_task(lambda: self._hass.loop.call_soon_threadsafe(written.set)))
        async with asyncio.timeout(_PATIENCE):
            await written.wait()

    def _metadata(self, printer_id: str | None, name: str) -> StatisticMetaData:
        from homeassistant.components.recorder.models import StatisticMeanType

        printer = self._coordinator.farm.printers.get(printer_id or "")
        owner = printer.name if printer is not None else self._entry.title
        unit, unit_class = _UNITS.get(name, (None, None))
        return {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": f"{owner} {name.replace('_', ' ')}",
            "source": DOMAIN,
            "statistic_id": statistic_id(self._coordinator.store_id, printer_id, name),
            "unit_class": unit_class,
            "unit_of_measurement": self._history.past.currency if name == "cost" else unit,
        }


def _task(done: Callable[[], object]) -> RecorderTask:
    from homeassistant.components.recorder.tasks import RecorderTask

    class Done(RecorderTask):
        """Reports that everything queued before is written."""

        commit_before = False

        @override
        def run(self, instance: Recorder) -> None:
            done()

    return Done()


def _row(row: HourRow) -> StatisticData:
    return {"start": datetime.fromtimestamp(row.hour * HOUR, UTC), "state": row.amount, "sum": row.sum}


@callback
def async_clear_statistics(hass: HomeAssistant, statistic_ids: Iterable[str]) -> None:
    """Remove the exported statistics, since the store is removed."""
    if "recorder" not in hass.config.components or not (ids := sorted(statistic_ids)):
        return

    get_instance(hass).async_clear_statistics(ids)
