"""What a printing printer adds to the database of Home Assistant's recorder in a day, with the default entities.

One printer prints ten-hour prints with a layer every 45 seconds, one after the other, and sends a message per second. The
recorder is the real one, with SQLite.
"""

import asyncio
from pathlib import Path
import sqlite3
from typing import NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE, async_initialize_recorder
from homeassistant.setup import async_setup_component

from .cloud import STORE_ID, cloud
from .home import SimulatedTime, add_printago, home, message, printago_receiver
from .measure import Outcome
from .trace import LongPrints, stamp

ROWS = 3_000
MEGABYTES = 0.6
_DAY = 86_400
_MEGA = 1_000_000
_MOST_NAMED = 12


class _Size(NamedTuple):
    rows: dict[str, int]
    """Rows of states by entity."""
    bytes: int


async def run(*, quick: bool = False) -> Outcome:
    """Play the trace of one printer for a day."""
    seconds = 600 if quick else _DAY
    outcome = Outcome()
    async with cloud(1) as running, home() as hass:
        path = Path(hass.config.path("recorder.db"))
        async_initialize_recorder(hass)
        if not await async_setup_component(hass, "recorder", {"recorder": {"db_url": f"sqlite:///{path}"}}):
            raise RuntimeError("the recorder could not be set up")
        entry = await add_printago(hass, running)
        coordinator = entry.runtime_data.coordinator
        receive = printago_receiver(coordinator)
        (printer_id,) = coordinator.farm.printers
        trace = LongPrints(STORE_ID, printer_id)
        with SimulatedTime(coordinator) as simulated:
            receive(message(trace.topic, stamp(trace.document(0), simulated.now)))
            before = await _size(hass, path)
            for second in range(1, seconds):
                receive(message(trace.topic, stamp(trace.document(second), simulated.now)))
                simulated.advance(1)
                simulated.run_due()
                if not second % 600:
                    # The recorder's own thread takes over what was written.
                    await asyncio.sleep(0)
            after = await _size(hass, path)
        keys = _keys(hass, printer_id)
    added = {keys[name]: after.rows[name] - before.rows.get(name, 0) for name in after.rows if name in keys}
    share = _DAY / seconds
    outcome.judge("rows of states that a printing printer adds in a day", sum(added.values()) * share, ROWS)
    outcome.judge("MB that they take", (after.bytes - before.bytes) * share / _MEGA, MEGABYTES)
    most = sorted(added.items(), key=lambda item: -item[1])[:_MOST_NAMED]
    outcome.details = {"hours": round(seconds / 3600, 3), "rows": {key: rows for key, rows in most if rows}}
    return outcome


def _keys(hass: HomeAssistant, printer_id: str) -> dict[str, str]:
    """Return the entities of a printer with their keys."""
    entities = er.async_get(hass).entities.values()
    return {
        entity.entity_id: entity.unique_id.removeprefix(f"{printer_id}_")
        for entity in entities
        if entity.unique_id.startswith(printer_id)
    }


async def _size(hass: HomeAssistant, path: Path) -> _Size:
    await hass.async_block_till_done()
    # Waits for the commit as well.
    await hass.data[DATA_INSTANCE].async_block_till_done()
    return await hass.async_add_executor_job(_read, path)


def _read(path: Path) -> _Size:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = database.execute(
            "SELECT states_meta.entity_id, COUNT(*) FROM states JOIN states_meta USING (metadata_id) GROUP BY 1"
        ).fetchall()
        (pages,), (size,), (free,) = (
            database.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size", "freelist_count")
        )
    return _Size(dict(rows), (pages - free) * size)
