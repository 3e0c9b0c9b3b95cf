"""Messages of the stream are applied in the order in which they arrive, however large one of them is."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import EntityEvent, StatMessage
from custom_components.printago.model.changes import Changes
from tests.support.common import device_of, until_farm
from tests.support.publish import publish_stat
from virtual_farm import VirtualFarm

PRINTER = "p" * 24
OTHERS = [f"{number:024d}" for number in range(1, 26)]


@pytest.fixture
def taken(entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the printers of messages, in the order in which the farm applies them."""
    farm, seen = entry.runtime_data.coordinator.farm, []
    apply = farm.apply

    def noted(message: StatMessage | EntityEvent) -> Changes:
        seen.extend(message.entities if isinstance(message, EntityEvent) else [f"telemetry of {message.printer_id}"])
        return apply(message)

    monkeypatch.setattr(farm, "apply", noted)
    return seen


def publish_printers(farm: VirtualFarm, identifiers: list[str]) -> None:
    """Publish that printers were added."""
    now = farm.config.clock().isoformat()
    entities = {
        identifier: {"id": identifier, "name": f"New {identifier[-2:]}", "isOnline": True, "updatedAt": now}
        for identifier in identifiers
    }
    event: dict[str, Any] = {"entityType": "printers", "action": "INSERT", "entities": entities, "changes": {}}
    farm.publish(f"stores/{farm.config.store_id}/entities/printers", json.dumps(event).encode())


async def test_telemetry_waits_for_earlier_events_of_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, taken: list[str]
) -> None:
    publish_printers(farm, [*OTHERS, PRINTER])
    publish_stat(farm, PRINTER, data={"print": {"percent": 42}})
    await until_farm(entry, lambda: f"telemetry of {PRINTER}" in taken)
    assert [name for name in taken if name in {*OTHERS, PRINTER, f"telemetry of {PRINTER}"}] == [
        *OTHERS,
        PRINTER,
        f"telemetry of {PRINTER}",
    ]
    assert entry.runtime_data.coordinator.farm.printers[PRINTER].telemetry.percent == 42
    await hass.async_block_till_done()
    assert device_of(hass, entry, PRINTER) is not None


async def test_unload_drops_queued_messages(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, taken: list[str]
) -> None:
    publish_printers(farm, [*OTHERS, PRINTER])
    await until_farm(entry, lambda: OTHERS[0] in taken)
    taken_before = len(taken)
    assert OTHERS[-1] not in taken
    await entry.runtime_data.coordinator.async_shutdown()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(taken) == taken_before
    # Jobs that ended in them are asked for after the next start.
    assert entry.runtime_data.coordinator.store_state.ended_jobs_wanted
