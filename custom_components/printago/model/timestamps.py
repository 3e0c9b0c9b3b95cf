"""How timestamps of the cloud (``updatedAt``, ``receivedAt``) are compared, and which ones are ignored."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..api.models.entity_event import EntityEvent
from ..api.models.order import Order
from ..api.models.records import UPDATED_AT, PrintJob, read_moment

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far ahead of Printago's clock a timestamp may be. One in the future would block all updates until then."""

NEVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

type Source = Mapping[str, Any]


def is_older(stamp: datetime | None, known: datetime | None) -> bool:
    """Return whether data with ``stamp`` must not overwrite data with ``known``."""
    return stamp is not None and known is not None and stamp < known


def is_in_future(stamp: datetime | None, now: datetime) -> bool:
    """Return whether to ignore a timestamp, since it is in the future at ``now`` (Printago's clock)."""
    return stamp is not None and stamp > now and stamp > now + CLOCK_TOLERANCE


def without_future_timestamp[R: (Order, PrintJob)](record: R, now: datetime) -> R:
    """Return a record without a timestamp that is in the future at ``now`` (Printago's clock)."""
    return record.changed({"updated_at": None}) if is_in_future(record.updated_at, now) else record


def without_future_timestamps(source: Source, now: datetime) -> Source:
    """Return a record, or some of its fields, without a timestamp that is in the future at ``now`` (Printago's clock)."""
    if not is_in_future(read_moment(source.get(UPDATED_AT)), now):
        return source
    # A null timestamp counts as none for every record.
    return {**source, UPDATED_AT: None}


def rows_without_future_timestamps[R: Source](rows: Mapping[str, R], now: datetime) -> dict[str, Source]:
    """Return records by ID without timestamps that are in the future at ``now`` (Printago's clock)."""
    return {identifier: without_future_timestamps(source, now) for identifier, source in rows.items()}


def event_without_future_timestamps(event: EntityEvent, now: datetime) -> EntityEvent:
    """Return an event without timestamps that are in the future at ``now`` (Printago's clock)."""
    return EntityEvent(
        kind=event.kind, action=event.action, entities=rows_without_future_timestamps(event.entities, now)
    )
