"""Records the events of event entities, and takes the stream down and up."""

from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import pass_time, until, until_asked, value_of
from virtual_farm import VirtualFarm


class EventRecorder:
    """The events that event entities fired, oldest first."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._note)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        state, old = event.data["new_state"], event.data["old_state"]
        if state is None or state.domain != "event" or (old is not None and old.state == state.state):
            return
        if "event_type" in state.attributes and state.state not in ("unavailable", "unknown"):
            if old is not None and old.state == "unavailable":
                return
            self.events.append((state.entity_id, state.attributes["event_type"], dict(state.attributes)))

    def of(self, entity: str) -> list[str]:
        """Return the types that one entity fired."""
        return [kind for name, kind, _ in self.events if name == entity]

    def data(self, kind: str) -> dict[str, Any]:
        """Return the data of the last event of a type."""
        return next(data for _, fired, data in reversed(self.events) if fired == kind)


async def drop_stream(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Take the stream down and keep it down."""
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")


async def confirm_refusal(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait for the refused login, which would come at a random time, and for the poll that then confirms the key.

    The next poll comes 15 seconds later, or when a test advances the time.
    """
    stream = entry.runtime_data.coordinator.realtime
    stream.reconnect_now()
    await until_asked(lambda: stream.refused)
    await hass.async_block_till_done(wait_background_tasks=True)


async def restore_stream(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Restore the stream, and wait for the snapshot that follows."""
    farm.publisher.refuse = False
    entry.runtime_data.coordinator.realtime.reconnect_now()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 20)


def busy_job(farm: VirtualFarm, printer: str) -> Any:
    """Return the job that a printer has."""
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None
    return farm.job(job_id)
