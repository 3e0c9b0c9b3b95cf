"""What a printer can be doing, and how the makes call it."""

from enum import StrEnum


class Phase(StrEnum):
    """What the printer is doing."""

    IDLE = "idle"
    DOWNLOAD = "download"
    HEAT = "heat"
    LEVEL = "level"
    PRINT = "print"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def busy(self) -> bool:
        """Whether a print occupies the printer."""
        return self in _BUSY


_BUSY = frozenset({Phase.DOWNLOAD, Phase.HEAT, Phase.LEVEL, Phase.PRINT, Phase.PAUSED})
TIMED = frozenset({Phase.DOWNLOAD, Phase.HEAT, Phase.LEVEL})

_PREPARING = {Phase.DOWNLOAD: "PREPARE", Phase.HEAT: "PREPARE", Phase.LEVEL: "RUNNING"}
BAMBU_WORDS = {
    Phase.IDLE: "IDLE",
    **_PREPARING,
    Phase.PRINT: "RUNNING",
    Phase.PAUSED: "PAUSE",
    Phase.FINISHED: "FINISH",
    Phase.FAILED: "FAILED",
    # Bambu has no word of its own for a print that was stopped.
    Phase.CANCELLED: "FAILED",
}
OTHER_WORDS = {
    Phase.IDLE: "standby",
    Phase.DOWNLOAD: "printing",
    Phase.HEAT: "printing",
    Phase.LEVEL: "printing",
    Phase.PRINT: "printing",
    Phase.PAUSED: "paused",
    Phase.FINISHED: "complete",
    Phase.FAILED: "error",
    Phase.CANCELLED: "cancelled",
}
STAGES = {
    Phase.IDLE: "Idle",
    Phase.DOWNLOAD: "Downloading",
    Phase.HEAT: "Heatbed preheating",
    Phase.LEVEL: "Auto bed leveling",
    Phase.PRINT: "Printing",
    Phase.PAUSED: "Paused by the user",
    Phase.FINISHED: "Idle",
    Phase.FAILED: "Idle",
    Phase.CANCELLED: "Idle",
}
