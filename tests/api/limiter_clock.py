"""The clock of a rate limiter in tests."""


class LimiterClock:
    """A clock that only the test advances; sleeping advances it at once."""

    def __init__(self) -> None:
        self.now = 10_000.0
        self.wall_offset = 1_700_000_000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.wall_offset

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
