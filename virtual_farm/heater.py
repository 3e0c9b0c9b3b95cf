"""Heat."""

from dataclasses import dataclass
import math

AMBIENT = 24.0
_SETTLED = 0.05


@dataclass(slots=True)
class Heater:
    """A part with a temperature (°C); heats at a constant rate, cools exponentially."""

    rate: float
    tau: float
    temp: float = AMBIENT
    target: float = 0.0

    def step(self, seconds: float) -> bool:
        """Advance; returns whether the temperature has changed."""
        if self.target > self.temp:
            self.temp = min(self.target, self.temp + self.rate * seconds)
            return True
        floor = max(self.target, AMBIENT)
        if self.temp - floor < _SETTLED:
            self.temp = max(self.temp, floor) if self.target else floor
            return False
        self.temp = floor + (self.temp - floor) * math.exp(-seconds / self.tau)
        return True

    def seconds_to(self, temperature: float) -> float:
        """Return how long heating to a temperature takes."""
        return max(0.0, temperature - self.temp) / self.rate
