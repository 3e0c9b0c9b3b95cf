"""What a printer does, and the words that printers of all makes use for it.

Bambu, Klipper, PrusaLink and OctoPrint each have words of their own, OctoPrint whole sentences. One table sorts them by
what they mean; a word that is not in it decides nothing, and is never guessed.
"""

from enum import StrEnum
from typing import NamedTuple


class PrintStatus(StrEnum):
    """What a printer does, in the words that Bambu printers use."""

    IDLE = "idle"
    PREPARE = "prepare"
    SLICING = "slicing"
    RUNNING = "running"
    PAUSE = "pause"
    FINISH = "finish"
    FAILED = "failed"
    OFFLINE = "offline"


class Result(StrEnum):
    """How a print ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"


class Meaning(NamedTuple):
    """What a printer's word means."""

    status: PrintStatus
    result: Result | None = None
    """How the print ended, where the word says so."""


PRINTING_STATUSES = frozenset({PrintStatus.PREPARE, PrintStatus.RUNNING})
ACTIVE_STATUSES = PRINTING_STATUSES | {PrintStatus.SLICING, PrintStatus.PAUSE}

_IDLE = Meaning(PrintStatus.IDLE)
_PREPARE = Meaning(PrintStatus.PREPARE)
_RUNNING = Meaning(PrintStatus.RUNNING)
_PAUSE = Meaning(PrintStatus.PAUSE)
_FINISHED = Meaning(PrintStatus.FINISH, Result.FINISHED)
_FAILED = Meaning(PrintStatus.FAILED, Result.FAILED)
# A canceled print has not failed, and nothing is left to do: the printer is idle.
_CANCELED = Meaning(PrintStatus.IDLE, Result.CANCELED)

_MEANING_OF_WORD = {
    "idle": _IDLE,
    "standby": _IDLE,
    "ready": _IDLE,
    "operational": _IDLE,
    "prepare": _PREPARE,
    "busy": _PREPARE,
    "starting": _PREPARE,
    "starting print from sd": _PREPARE,
    "slicing": Meaning(PrintStatus.SLICING),
    "running": _RUNNING,
    "printing": _RUNNING,
    "printing from sd": _RUNNING,
    "resuming": _RUNNING,
    "finishing": _RUNNING,
    # The print is still being ended; what comes after says that it was.
    "cancelling": Meaning(PrintStatus.RUNNING, Result.CANCELED),
    "canceling": Meaning(PrintStatus.RUNNING, Result.CANCELED),
    "pause": _PAUSE,
    "paused": _PAUSE,
    "pausing": _PAUSE,
    "finish": _FINISHED,
    "finished": _FINISHED,
    "complete": _FINISHED,
    "completed": _FINISHED,
    "failed": _FAILED,
    "error": _FAILED,
    "cancelled": _CANCELED,
    "canceled": _CANCELED,
    "stopped": _CANCELED,
    "offline": Meaning(PrintStatus.OFFLINE),
}


def meaning_of(word: str | None) -> Meaning | None:
    """Return what a printer's word means; None for a word that is not known, and for none at all."""
    return None if word is None else _MEANING_OF_WORD.get(word.strip().casefold())
