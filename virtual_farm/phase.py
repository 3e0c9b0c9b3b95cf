"""What a printer can be doing."""

from enum import StrEnum


class Phase(StrEnum):
    """What the printer is doing. Those that end in -ING exist only for brands that have a word for them."""

    IDLE = "idle"
    DOWNLOAD = "download"
    HEAT = "heat"
    LEVEL = "level"
    PRINT = "print"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    FINISHING = "finishing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"

    @property
    def busy(self) -> bool:
        """Whether a print occupies the printer."""
        return self not in _FREE


_FREE = frozenset({Phase.IDLE, Phase.FINISHED, Phase.FAILED, Phase.CANCELLED})
PASSING = frozenset({Phase.PAUSING, Phase.RESUMING, Phase.FINISHING, Phase.CANCELLING})
"""Phases between two others."""
PREPARING = frozenset({Phase.DOWNLOAD, Phase.HEAT, Phase.LEVEL})
TIMED = PREPARING | PASSING

STAGES = {
    Phase.IDLE: "Idle",
    Phase.DOWNLOAD: "Downloading",
    Phase.HEAT: "Heatbed preheating",
    Phase.LEVEL: "Auto bed leveling",
    Phase.PRINT: "Printing",
    Phase.PAUSING: "Pausing",
    Phase.PAUSED: "Paused by the user",
    Phase.RESUMING: "Resuming",
    Phase.FINISHING: "Finishing",
    Phase.FINISHED: "Idle",
    Phase.FAILED: "Idle",
    Phase.CANCELLING: "Cancelling",
    Phase.CANCELLED: "Idle",
}
