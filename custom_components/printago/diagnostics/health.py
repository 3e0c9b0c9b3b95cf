"""Connection health for diagnostics and system health, without secrets."""

import time
from typing import Any

from ..api import RequestPriority
from ..coordinator import PrintagoCoordinator
from ..history.keeper import History


def last_error(coordinator: PrintagoCoordinator) -> str | None:
    """Return the current error of REST, else the last one of the stream."""
    if not coordinator.last_update_success and (described := describe_error(coordinator.last_exception)) is not None:
        return f"REST: {described['message'] or described['type']}"
    if coordinator.realtime is not None and coordinator.realtime.last_error is not None:
        return f"Realtime: {coordinator.realtime.last_error}"
    return None


def describe_error(err: BaseException | None) -> dict[str, str] | None:
    """Return type and message of the client's error behind ``err``, which has more detail than the translated one."""
    if err is None:
        return None
    cause = err.__cause__ or err
    return {"type": type(cause).__name__, "message": str(cause)}


def describe_rest(coordinator: PrintagoCoordinator) -> dict[str, Any]:
    """Return the state of polling."""
    interval = coordinator.update_interval
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": describe_error(coordinator.last_exception),
        "poll_seconds": interval.total_seconds() if interval is not None else None,
        "held_back_seconds": round(coordinator.store_state.held_back.seconds),
        "jobs_readable": coordinator.jobs_readable,
        "permissions_missing": coordinator.client.permissions.missing,
        "clock_offset_seconds": round(coordinator.store_state.clock.offset, 1),
        "slow_polls": coordinator.slow_poller.describe(),
    }


def describe_quota(coordinator: PrintagoCoordinator) -> dict[str, Any]:
    """Return the used quota, and the seconds that requests of each priority have to wait."""
    limiter = coordinator.store_state.limiter
    return {
        "requests_last_hour": limiter.requests_last_hour,
        "wait_seconds": {priority.value: round(limiter.delay(priority), 1) for priority in RequestPriority},
    }


def describe_history(history: History) -> dict[str, Any]:
    """Return how far the past is read, stored, and exported."""
    past, progress = history.past, history.progress
    return {
        "read_completely": past.cursor.done,
        "read_back_to": past.cursor.until,
        "known_until": past.complete_until,
        "pages_read": progress.pages_read,
        "pages_left": 0 if past.cursor.done else progress.pages_left,
        "jobs_to_read_again": len(past.unclear),
        "read_failures": progress.read_failures,
        "last_read_error": progress.last_read_error,
        "prints": len(past.ledger),
        "prints_in_detail": len(past.recent),
        "prints_completed": past.ledger.farm.completed,
        "prints_failed": past.ledger.farm.failed,
        "statistics": len(past.exported),
        "exported_at": progress.exported_at,
        "owners_to_export": len(past.ledger.dirty_hours),
        "last_export_error": progress.last_export_error,
    }


def describe_stream(coordinator: PrintagoCoordinator) -> dict[str, Any]:
    """Return the state of the stream."""
    dropped = dict(sorted(coordinator.farm.dropped.items()))
    if (realtime := coordinator.realtime) is None:
        return {"connected": False, "dropped": dropped}
    now = time.monotonic()
    return {
        "connected": realtime.connected,
        "connected_for_seconds": _age(now, realtime.connected_since),
        "endpoint": realtime.endpoint.url if realtime.endpoint is not None else None,
        "connects": realtime.connects,
        "last_error": realtime.last_error,
        "messages_received": realtime.messages_received,
        "messages_failed_on": realtime.messages_dropped,
        "last_message_seconds_ago": _age(now, realtime.last_message_at),
        "dropped": dropped,
    }


def _age(now: float, then: float | None) -> int | None:
    return None if then is None else round(now - then)
