"""Uses up the quota, and shows what then waits."""

import logging

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

POLL = ["GET /v1/printers", "GET /v1/print-jobs"]


def logged_messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log messages above debug; advanced time makes the broker miss pings, which does not count."""
    logged = [record for record in caplog.records if "printago" in record.name and record.levelno > logging.DEBUG]
    return [text for record in logged if "ealtime connection" not in (text := record.getMessage())]


def unavailable(hass: HomeAssistant) -> set[str]:
    """Return the entities that are unavailable."""
    return set(hass.states.async_entity_ids()) & {
        state.entity_id for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE
    }


def due_in(entry: MockConfigEntry) -> float:
    """Return in how many seconds the next poll is due."""
    interval = entry.runtime_data.coordinator.update_interval
    assert interval is not None
    return float(interval.total_seconds())


def send(entry: MockConfigEntry, requests: int) -> None:
    """Count requests of a user as sent."""
    for _ in range(requests):
        entry.runtime_data.coordinator.store_state.limiter.count()
