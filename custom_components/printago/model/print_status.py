"""Print status, and the words that printers of all makes use for it.

Bambu, Klipper, PrusaLink and OctoPrint each use their own words, OctoPrint whole sentences. One table maps them to their
meaning. A word that is not in it decides nothing and is never guessed.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
import re
from typing import NamedTuple

from ..api.models.records import JobStatus


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


class Readiness(StrEnum):
    """Whether a printer takes the next job, else the first reason why not."""

    MAINTENANCE = "maintenance"
    DISABLED = "disabled"
    OFFLINE = "offline"
    BUSY = "busy"
    AWAITING_CLEAR = "awaiting_clear"
    READY = "ready"


class Result(StrEnum):
    """How a print ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"


class Meaning(NamedTuple):
    """What a printer's word means."""

    status: PrintStatus
    result: Result | None = None
    """How the print ended, or is about to, where the word says so."""


class Activity(NamedTuple):
    """What a printer does by fresh telemetry."""

    status: PrintStatus | None
    """None if unknown."""
    in_words: bool
    """The printer says so in a known word; else only Printago's flag (taken or free) decides."""


PRINTING_STATUSES = frozenset({PrintStatus.PREPARE, PrintStatus.RUNNING})
ACTIVE_STATUSES = PRINTING_STATUSES | {PrintStatus.SLICING, PrintStatus.PAUSE}

# The status of the printer by the status of its job; in all other steps the job is not at the printer.
STATUS_OF_JOB: Mapping[JobStatus | None, PrintStatus] = {
    JobStatus.SLICING: PrintStatus.SLICING,
    JobStatus.SENDING_TO_PRINTER: PrintStatus.PREPARE,
    JobStatus.PRINTING: PrintStatus.RUNNING,
    JobStatus.PAUSED: PrintStatus.PAUSE,
}

_IDLE = Meaning(PrintStatus.IDLE)
_PREPARE = Meaning(PrintStatus.PREPARE)
_RUNNING = Meaning(PrintStatus.RUNNING)
_PAUSE = Meaning(PrintStatus.PAUSE)
_FINISHED = Meaning(PrintStatus.FINISH, Result.FINISHED)
_FAILED = Meaning(PrintStatus.FAILED, Result.FAILED)
# A canceled print has not failed, and nothing is left to do: the printer is idle.
_CANCELED = Meaning(PrintStatus.IDLE, Result.CANCELED)

# A print is being ended.
_CANCELING = Meaning(PrintStatus.RUNNING, Result.CANCELED)
_FINISHING = Meaning(PrintStatus.RUNNING, Result.FINISHED)

# What a host says of its connection to the printer, or of its own start and end, is left out on purpose: OctoPrint's
# "Connecting" and "Offline after error", Klipper's "startup" and "shutdown", Bambu's "INIT". It says nothing of a print, nor
# does PrusaLink's "ATTENTION", which stands for a filament that ran out as well as for a print that has ended.
_MEANING_OF_WORD = {
    # Bambu
    "idle": _IDLE,
    "prepare": _PREPARE,
    "slicing": Meaning(PrintStatus.SLICING),
    "running": _RUNNING,
    "pause": _PAUSE,
    "finish": _FINISHED,
    "failed": _FAILED,
    "offline": Meaning(PrintStatus.OFFLINE),
    # Klipper
    "standby": _IDLE,
    "printing": _RUNNING,
    "paused": _PAUSE,
    "complete": _FINISHED,
    "cancelled": _CANCELED,
    "error": _FAILED,
    # PrusaLink
    "ready": _IDLE,
    "busy": _PREPARE,
    "finished": _FINISHED,
    "stopped": _CANCELED,
    # OctoPrint, which counts what starts, resumes and ends as printing
    "operational": _IDLE,
    "starting": _RUNNING,
    "starting print from sd": _RUNNING,
    "printing from sd": _RUNNING,
    "starting to send file to sd": _PREPARE,
    "sending file to sd": _PREPARE,
    "transferring file to sd": _PREPARE,
    "pausing": _PAUSE,
    "resuming": _RUNNING,
    "finishing": _FINISHING,
    "cancelling": _CANCELING,
    # Other spellings of the same
    "preparing": _PREPARE,
    "completed": _FINISHED,
    "canceled": _CANCELED,
    "canceling": _CANCELING,
}
# Where Printago calls the printer free, even some of the words that are left out say how its print ended.
_RESULT_ONCE_FREE = {
    "attention": Result.FINISHED,
    "offline after error": Result.FAILED,
    "shutdown": Result.FAILED,
}
_SEPARATORS = re.compile(r"[\s_-]+")
# OctoPrint says what went wrong behind the word: "Error: MAXTEMP triggered", "Offline (Error: Too many retries)".
_ERROR_TEXT = re.compile(r"^(error|offline)(?: \(error)? ?:.*", re.DOTALL)


@lru_cache(maxsize=256)
def meaning_of(word: str | None) -> Meaning | None:
    """Return the meaning of a printer's word; None if it is unknown or None."""
    return None if word is None else _MEANING_OF_WORD.get(_folded(word))


def result_once_free(word: str | None) -> Result | None:
    """Return how a print ended by the word of its printer, which is free now; None if the word does not say."""
    if (meaning := meaning_of(word)) is not None:
        return meaning.result
    return None if word is None else _RESULT_ONCE_FREE.get(_folded(word))


def _folded(word: str) -> str:
    folded = _SEPARATORS.sub(" ", word.casefold()).strip()
    if (error := _ERROR_TEXT.match(folded)) is not None:
        return "error" if error[1] == "error" else "offline after error"
    return folded
