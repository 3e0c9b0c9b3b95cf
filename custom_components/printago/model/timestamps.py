"""How timestamps of the cloud (``updatedAt``, ``receivedAt``) are compared, and which ones are ignored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..api.models.entity_event import EntityEvent
from ..api.models.order import Order
from ..api.models.records import PrintJob
from ..api.models.row import Row

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far ahead of Printago's clock a timestamp may be. One in the future would block all updates until then."""

CLOCK_SET_BACK = timedelta(minutes=2)
"""If Printago's clock seems to go back further, it was set: the response that shows it may have been slow."""

NEVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


def is_older(stamp: datetime | None, known: datetime | None) -> bool:
    """Return whether data with ``stamp`` must not overwrite data with ``known``."""
    return stamp is not None and known is not None and stamp < known


def none_after(stamp: datetime | None, latest: datetime) -> datetime | None:
    """Return a timestamp; None if it is later than ``latest``."""
    return None if stamp is not None and stamp > latest else stamp


def is_in_future(stamp: datetime | None, now: datetime) -> bool:
    """Return whether to ignore a timestamp, since it is in the future at ``now`` (Printago's clock)."""
    return stamp is not None and stamp > now and stamp > now + CLOCK_TOLERANCE


def without_future_timestamp[R: (Order, PrintJob)](record: R, now: datetime) -> R:
    """Return a record without a timestamp that is in the future at ``now`` (Printago's clock)."""
    return record.changed({"updated_at": None}) if is_in_future(record.updated_at, now) else record


def row_without_future_timestamp[W: Row[Any]](row: W, now: datetime) -> W:
    """Return a row without a timestamp that is in the future at ``now`` (Printago's clock)."""
    return row.without_timestamp() if is_in_future(row.updated_at, now) else row


def rows_without_future_timestamps[W: Row[Any]](rows: Mapping[str, W], now: datetime) -> dict[str, W]:
    """Return rows by ID without timestamps that are in the future at ``now`` (Printago's clock)."""
    return {row_id: row_without_future_timestamp(row, now) for row_id, row in rows.items()}


def event_without_future_timestamps(event: EntityEvent, now: datetime) -> EntityEvent:
    """Return an event without timestamps that are in the future at ``now`` (Printago's clock)."""
    return replace(event, entities=rows_without_future_timestamps(event.entities, now))
