"""Time from the publication of a message, in another process, to the state change; and lost messages."""

import asyncio
from datetime import UTC, datetime
import gc
import os
import time

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, callback

from custom_components.printago.history.keeper import History

from .cloud import cloud
from .home import add_printago, entities_of, home
from .measure import LoopWatch, Outcome, percentile

P99_MS = 250.0
BLOCK_MS = 50.0
SHOWN_EVERY_TEN_SECONDS = frozenset({"nozzle_temp", "bed_temp", "chamber_temp"})
"""While a printer heats up or cools down, these are held back on purpose; their delay is among the details."""


async def run(*, quick: bool = False) -> Outcome:
    """Run a farm for a minute, with a message per printer and second."""
    printers, seconds = (4, 2) if quick else (500, 60)
    outcome = Outcome()
    async with cloud(printers, chatty=True) as running, home() as hass:
        if len(cores := sorted(os.sched_getaffinity(0))) > 1:
            running.pin({cores[-1]})
            os.sched_setaffinity(0, set(cores[:-1]))
        entry = await add_printago(hass, running)
        coordinator = entry.runtime_data.coordinator
        farm = coordinator.farm
        shown_by = {
            entity_id: entity.unique_id.partition("_")[::2] for entity_id, entity in entities_of(hass, entry).items()
        }
        delays: list[float] = []
        held_back: list[float] = []

        @callback
        def on_change(event: Event[EventStateChangedData]) -> None:
            printer_id, key = shown_by.get(event.data["entity_id"], ("", ""))
            state = farm.printers.get(printer_id)
            if state is not None and state.received_at is not None:
                delay = (datetime.now(UTC) - state.received_at).total_seconds() * 1000
                (held_back if key in SHOWN_EVERY_TEN_SECONDS else delays).append(delay)

        realtime = coordinator.realtime
        # Collect garbage of the setup now: else it would happen during the measurement, with all of Home Assistant's
        # objects.
        began = time.thread_time()
        gc.collect()
        collection = time.thread_time() - began
        await asyncio.sleep(0.2 if quick else 5)
        sent = (await running.counts())["messages"]
        received = realtime.messages_received
        began_at = time.monotonic()
        with LoopWatch() as watch:
            # The results of past prints come from the history, not from a message.
            await _past_is_read(entry.runtime_data.history)
            remove = hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
            await asyncio.sleep(seconds)
        took = time.monotonic() - began_at
        remove()
        # The messages in transit at the start and at the end are equally few.
        await running.quiet()
        sent = (await running.counts())["messages"] - sent
        async with asyncio.timeout(10):
            while realtime.messages_received - received < sent and realtime.connects == 1:
                await asyncio.sleep(0.05)
        lost = sent - (realtime.messages_received - received)
    if not delays:
        if not quick:
            raise RuntimeError("no message changed a state")
        delays.append(0.0)
    outcome.judge("from the broker to the state, p99 (ms)", percentile(delays, 0.99), P99_MS)
    outcome.judge("longest block of the event loop (ms)", watch.longest * 1000, BLOCK_MS)
    outcome.judge("messages lost", max(0, lost), 0)
    outcome.details = {
        "printers": printers,
        "messages_per_second": round(sent / took, 1),
        "longest_block_cpu_ms": round(watch.longest_cpu * 1000, 1),
        "longest_block_in": watch.what,
        "longest_block_without_garbage_collection_cpu_ms": round(watch.longest_own * 1000, 1),
        "garbage_collection_after_setup_ms": round(collection * 1000, 1),
        "garbage_collections": {
            f"generation {generation}": {"passes": len(took), "longest_ms": round(max(took) * 1000, 1)}
            for generation, took in sorted(watch.collections.items())
        },
        "states_written": len(delays),
        "p50_ms": round(percentile(delays, 0.5), 2),
        "p99_ms": round(percentile(delays, 0.99), 2),
        "temperatures_written": len(held_back),
        "temperatures_p99_ms": round(percentile(held_back, 0.99), 2) if held_back else None,
    }
    return outcome


async def _past_is_read(history: History) -> None:
    changed = asyncio.Event()
    history.async_add_listener(changed.set)
    async with asyncio.timeout(300):
        while not history.complete:
            changed.clear()
            await changed.wait()
