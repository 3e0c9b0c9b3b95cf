"""Removed printers and jobs, so that a late message does not bring them back."""

from collections import OrderedDict
from datetime import datetime

from .timestamps import none_after

_MOST_REMEMBERED = 5_000


class GoneEntities:
    """The latest printers and jobs that were removed or have ended, with their last ``updatedAt``."""

    def __init__(self) -> None:
        """Start empty."""
        self._gone: OrderedDict[str, datetime | None] = OrderedDict()

    def __contains__(self, identifier: str) -> bool:
        """Return whether a printer or job with this ID is gone."""
        return identifier in self._gone

    def remember(self, identifier: str, stamp: datetime | None) -> None:
        """Record that a printer or job is gone; without a ``stamp`` the one that is known stays."""
        self._gone[identifier] = stamp or self._gone.get(identifier)
        self._gone.move_to_end(identifier)
        while len(self._gone) > _MOST_REMEMBERED:
            self._gone.popitem(last=False)

    def forget_timestamps_after(self, latest: datetime) -> None:
        """Forget timestamps that are later, since Printago's clock was set back."""
        for identifier, stamp in self._gone.items():
            self._gone[identifier] = none_after(stamp, latest)

    def is_late(self, identifier: str, stamp: datetime | None, *, whole: bool = False) -> bool:
        """Return whether data with ``stamp`` is too old to bring a printer or job back; a snapshot (``whole``) may be equal."""
        known = self._gone.get(identifier)
        return stamp is not None and known is not None and (stamp < known or (stamp == known and not whole))
