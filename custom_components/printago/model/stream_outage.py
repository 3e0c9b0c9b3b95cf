"""How long the realtime stream has been down while REST works."""

from dataclasses import dataclass


@dataclass(slots=True)
class StreamOutage:
    """Counts by the monotonic clock, in seconds; time during which REST does not work either is not counted."""

    url: str | None = None
    """The realtime address that it is about."""
    seconds: float = 0.0
    silent: bool = False
    """The stream was up meanwhile, and told nothing."""
    _counted_until: float | None = None

    def begin(self, url: str) -> bool:
        """Go on after a reload, or start anew with another address; return whether it is another one than before."""
        if url == self.url:
            return False
        was_known = self.url is not None
        self.end()
        self.url = url
        return was_known

    def count(self, now: float, *, rest_works: bool) -> None:
        """Count the time since the last look, if REST worked then."""
        if self._counted_until is not None:
            self.seconds += now - self._counted_until
        self._counted_until = now if rest_works else None

    def pause(self) -> None:
        """Count nothing until the next look."""
        self._counted_until = None

    def end(self) -> None:
        """Note that the stream is up, or that nobody wants it any more."""
        self.seconds = 0.0
        self.silent = False
        self._counted_until = None
