"""A farm model with one printer, and the events of its changes."""

from datetime import timedelta
from typing import Any

from custom_components.printago.api import Action
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.events import EventDetector
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, event, job, record, snapshot, stat

BUSY_WORDS = frozenset({"PREPARE", "RUNNING", "PAUSE"})

type Said = tuple[Any, ...]
"""A status, and if the message has them: percent, and the name of the print."""


class Watched:
    """A farm of one printer after its first update, so that every further change may fire events."""

    SECOND = timedelta(seconds=1)

    def __init__(self, printer: dict[str, Any] | None = None, jobs: dict[str, Any] | None = None) -> None:
        self.now = NOON
        self.farm = Farm(lambda: self.now)
        self.event_detector = EventDetector(self.farm)
        assert self.see(snapshot(self.farm, {A: printer or record()}, jobs)) == []

    def see(self, changes: Changes) -> list[str]:
        self.last = self.event_detector.detect(changes)
        return [farm_event.kind for farm_event in self.last]

    def stat(self, seconds: float, **payload: Any) -> list[str]:
        return self.see(stat(self.farm, A, seconds, **payload))

    def job(self, seconds: float, **fields: Any) -> list[str]:
        return self.see(event(self.farm, "printjob", Action.UPDATE, {JOB: job(seconds, **fields)}))

    def record(self, seconds: float, **fields: Any) -> list[str]:
        return self.see(event(self.farm, "printer", Action.UPDATE, {A: record(seconds, **fields)}))

    def pass_time(self, **duration: float) -> list[str]:
        """Let time pass without a message."""
        self.now += timedelta(**duration)
        return self.see(self.farm.expire())

    def say(self, word: str | None, percent: float | None = None, name: str | None = None, **payload: Any) -> list[str]:
        """Apply telemetry a second later; arguments that are not given are left out, and the status says whether it is
        free.
        """
        self.now += self.SECOND
        fired = {"percent": percent, "taskName": name}
        readings = {key: value for key, value in fired.items() if value is not None}
        if word is not None:
            payload.setdefault("isAvailable", word not in BUSY_WORDS)
        return self.stat(
            (self.now - NOON).total_seconds(), state=word, data={"print": readings} if readings else {}, **payload
        )


def idle(**printer: Any) -> Watched:
    """Return a printer that has reported to be idle."""
    watched = Watched(record(**printer))
    assert watched.say("IDLE") == []
    return watched


def events(watched: Watched, *said: Said) -> list[str]:
    """Return the events when a printer reports these one after the other."""
    return [kind for message in said for kind in watched.say(*message)]


def data(watched: Watched) -> dict[str, Any]:
    """Return the data of the last event."""
    return watched.last[-1].data
