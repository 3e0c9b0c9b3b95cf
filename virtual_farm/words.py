"""The words that printers use for their state: `state` of their telemetry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .phase import Phase
from .printer_models import Provider

type Words = Literal["common", "own", "odd"]
"""Sets of words.

`common`: Bambu's words, and simple ones for the other brands (the vendor's examples) · `own`: those of each brand ·
`odd`: as `own`, with null and an unknown word between any two of them.
"""

ODD_WORD = "reticulating"
"""A word that no client knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of a brand. A phase between two others is only used if there is a word for it."""

    by_phase: Mapping[Phase, str]
    by_hand: Mapping[Phase, str]
    """Words for a print that was not sent by Printago."""
    fault: str | None = None
    """What the printer reports while it has an error."""
    connecting: str | None = None
    """What the printer reports for a while after it is reconnected."""

    def word(self, phase: Phase, *, by_hand: bool = False) -> str:
        """Return the word for a phase."""
        return (self.by_hand.get(phase) if by_hand else None) or self.by_phase[phase]


_BAMBU = Vocabulary(
    by_phase={
        Phase.IDLE: "IDLE",
        Phase.DOWNLOAD: "PREPARE",
        Phase.HEAT: "PREPARE",
        Phase.LEVEL: "RUNNING",
        Phase.PRINT: "RUNNING",
        Phase.PAUSED: "PAUSE",
        Phase.FINISHED: "FINISH",
        Phase.FAILED: "FAILED",
        # Bambu has no word for a stopped print.
        Phase.CANCELLED: "FAILED",
    },
    by_hand={},
)
_COMMON = Vocabulary(
    by_phase={
        Phase.IDLE: "standby",
        Phase.DOWNLOAD: "printing",
        Phase.HEAT: "printing",
        Phase.LEVEL: "printing",
        Phase.PRINT: "printing",
        Phase.PAUSED: "paused",
        Phase.FINISHED: "complete",
        Phase.FAILED: "error",
        Phase.CANCELLED: "cancelled",
    },
    by_hand={},
)
# Klipper: `print_stats.state`, and `webhooks.state` without one. The file arrives before the print starts.
_KLIPPER = Vocabulary(
    by_phase={**_COMMON.by_phase, Phase.DOWNLOAD: "standby"},
    by_hand={},
    fault="shutdown",
    connecting="startup",
)
# PrusaLink: the states of its API.
_PRUSA_LINK = Vocabulary(
    by_phase={
        Phase.IDLE: "IDLE",
        Phase.DOWNLOAD: "BUSY",
        Phase.HEAT: "PRINTING",
        Phase.LEVEL: "PRINTING",
        Phase.PRINT: "PRINTING",
        Phase.PAUSED: "PAUSED",
        Phase.FINISHED: "FINISHED",
        Phase.FAILED: "ERROR",
        Phase.CANCELLED: "STOPPED",
    },
    by_hand={},
    fault="ATTENTION",
    connecting="BUSY",
)
# OctoPrint: the texts of `state.text`. It has no word for an end: the printer is operational again.
_OCTOPRINT = Vocabulary(
    by_phase={
        Phase.IDLE: "Operational",
        Phase.DOWNLOAD: "Operational",
        Phase.HEAT: "Starting",
        Phase.LEVEL: "Printing",
        Phase.PRINT: "Printing",
        Phase.PAUSING: "Pausing",
        Phase.PAUSED: "Paused",
        Phase.RESUMING: "Resuming",
        Phase.FINISHING: "Finishing",
        Phase.FINISHED: "Operational",
        Phase.FAILED: "Offline after error",
        Phase.CANCELLING: "Cancelling",
        Phase.CANCELLED: "Operational",
    },
    by_hand={
        Phase.DOWNLOAD: "Starting print from SD",
        Phase.HEAT: "Starting print from SD",
        Phase.LEVEL: "Printing from SD",
        Phase.PRINT: "Printing from SD",
    },
    fault="Offline after error",
    connecting="Detecting serial connection",
)

_OWN: dict[Provider, Vocabulary] = {
    "Bambu": _BAMBU,
    "Klipper": _KLIPPER,
    "Prusa": _PRUSA_LINK,
    "OctoPrint": _OCTOPRINT,
}


def vocabulary(provider: Provider, words: Words) -> Vocabulary:
    """Return the words of a brand."""
    return _COMMON if words == "common" and provider != "Bambu" else _OWN[provider]
