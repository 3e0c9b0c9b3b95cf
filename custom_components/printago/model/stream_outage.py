"""How long the realtime stream has been down while REST works."""

from dataclasses import dataclass


@dataclass(slots=True)
class StreamOutage:
    """Counts seconds by the monotonic clock, without the time during which REST does not work either."""

    url: str | None = None
    """The realtime address."""
    seconds: float = 0.0
    silent: bool = False
    """The stream was connected in between but sent nothing."""
    _counted_until: float | None = None

    def begin(self, url: str) -> bool:
        """Continue after a reload, or start over with a new address; return whether the address changed."""
        if url == self.url:
            return False
        was_known = self.url is not None
        self.end()
        self.url = url
        return was_known

    def count(self, now: float, *, rest_works: bool) -> None:
        """Count the time since the last call, if REST worked then."""
        if self._counted_until is not None:
            self.seconds += now - self._counted_until
        self._counted_until = now if rest_works else None

    def pause(self) -> None:
        """Count nothing until the next call of ``count``."""
        self._counted_until = None

    def end(self) -> None:
        """Reset: the stream is up, or no longer needed."""
        self.seconds = 0.0
        self.silent = False
        self._counted_until = None
