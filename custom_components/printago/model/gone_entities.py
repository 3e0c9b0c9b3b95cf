"""What is gone, so that a message that comes late does not bring it back."""

from collections import OrderedDict
from datetime import datetime

_MOST_REMEMBERED = 5_000


class GoneEntities:
    """Printers and jobs that were removed, or ended, and when that was by their own stamps; of many the latest."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._gone: OrderedDict[str, datetime | None] = OrderedDict()

    def __contains__(self, identifier: str) -> bool:
        """Return whether something with this ID is gone."""
        return identifier in self._gone

    def remember(self, identifier: str, stamp: datetime | None) -> None:
        """Note that something is gone. What is deleted after it ended has no stamp: the one of its end stays."""
        self._gone[identifier] = stamp or self._gone.get(identifier)
        self._gone.move_to_end(identifier)
        while len(self._gone) > _MOST_REMEMBERED:
            self._gone.popitem(last=False)

    def is_late(self, identifier: str, stamp: datetime | None, *, whole: bool = False) -> bool:
        """Return whether this is from before the end of what is gone; a snapshot (``whole``) may bring back the same."""
        known = self._gone.get(identifier)
        return stamp is not None and known is not None and (stamp < known or (stamp == known and not whole))
