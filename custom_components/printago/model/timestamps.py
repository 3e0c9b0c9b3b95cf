"""What a stamp of the cloud (``updatedAt``, ``receivedAt``) decides, and which one is believed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..api.models.entity_event import EntityEvent
from ..api.models.records import UPDATED_AT, read_moment

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far ahead of Printago's clock a stamp may be: one out of the future would hold up all that comes until then."""

NEVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

type Source = Mapping[str, Any]


def is_older(stamp: datetime | None, known: datetime | None) -> bool:
    """Return whether what carries ``stamp`` must not overwrite what carries ``known``."""
    return stamp is not None and known is not None and stamp < known


def is_in_future(stamp: datetime | None, now: datetime) -> bool:
    """Return whether a stamp lies in the future at ``now`` (Printago's clock), so that it is not believed."""
    return stamp is not None and stamp > now and stamp > now + CLOCK_TOLERANCE


def without_future_timestamps(source: Source, now: datetime) -> Source:
    """Return a record, or some fields of one, without a stamp that lies in the future at ``now`` (Printago's clock)."""
    if not is_in_future(read_moment(source.get(UPDATED_AT)), now):
        return source
    # For no record is null a statement about its stamp.
    return {**source, UPDATED_AT: None}


def rows_without_future_timestamps[R: Source](rows: Mapping[str, R], now: datetime) -> dict[str, Source]:
    """Return records by ID without stamps that lie in the future at ``now`` (Printago's clock)."""
    return {identifier: without_future_timestamps(source, now) for identifier, source in rows.items()}


def event_without_future_timestamps(event: EntityEvent, now: datetime) -> EntityEvent:
    """Return an event without stamps that lie in the future at ``now`` (Printago's clock)."""
    return EntityEvent(
        kind=event.kind, action=event.action, entities=rows_without_future_timestamps(event.entities, now)
    )
