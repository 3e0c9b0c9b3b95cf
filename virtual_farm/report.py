"""The farm's state for the control API."""

from typing import TYPE_CHECKING

from .entities import Document

if TYPE_CHECKING:
    from .farm import VirtualFarm


def farm_state(farm: VirtualFarm) -> Document:
    """Return the state of a farm, its printers and its jobs."""
    return {
        "storeId": farm.config.store_id,
        "time": farm.world.time,
        "speed": farm.config.speed,
        "clockOffset": farm.world.clock.offset,
        "quota": farm.quota.enabled,
        "quotaRefusals": farm.quota.refused,
        "messages": farm.feed.messages,
        "realtimeClients": farm.publisher.clients,
        "completedJobs": farm.world.completed_jobs,
        "partBuilds": len(farm.world.part_builds),
        "printers": [
            {
                **printer.wire(),
                "metadata": None,
                "model": printer.model.key,
                "phase": printer.machine.phase.value,
                "state": printer.word,
                "connected": printer.connected,
                "stat": farm.feed.stat(printer)["data"],
            }
            for printer in farm.world.printers.values()
        ],
        "jobs": farm.world.jobs.wires(),
    }
