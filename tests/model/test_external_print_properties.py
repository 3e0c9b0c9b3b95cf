"""Properties of external prints for any messages and losses: starts and ends alternate, none is missed or invented."""

from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.printago.api import Action
from custom_components.printago.model.events import Scope
from custom_components.printago.model.print_results import Results
from custom_components.printago.model.print_status import Result
from tests.support.farm_model import NOON, A, event, job, record, snapshot, stamp
from tests.support.watched import Watched

ENDS = frozenset(f"print_{result}" for result in Result)
WORDS = st.sampled_from([
    *("IDLE", "PREPARE", "RUNNING", "PAUSE", "FINISH", "FAILED", "SLICING", "standby", "cancelled", "STOPPED", "BUSY"),
    *("Operational", "Starting", "Printing", "Pausing", "Paused", "Resuming", "Finishing", "Cancelling", "ATTENTION"),
    *("Offline after error", "reticulating", "offline", "", None, None),
])  # fmt: skip
ABSENT = "absent"
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "percent": st.sampled_from([None, 0, 1, 3, 40, 97, 99.7, 100, -1, 255, "x"]),
        "taskName": st.sampled_from([None, "", " ", "A", "B", 5]),
    },
)
FLAGS = st.fixed_dictionaries({}, optional={"isOnline": st.booleans(), "isAvailable": st.booleans()})
STAT = st.tuples(st.just("stat"), WORDS | st.just(ABSENT), READINGS, FLAGS)
RECORD = st.tuples(st.just("record"), FLAGS, st.booleans())
TIME = st.tuples(st.just("time"), st.sampled_from([20, 70, 400, 7200]))
JOBS = st.tuples(
    st.just("job"),
    st.sampled_from(["assigned", "sending-to-printer", "printing", "paused", "completed", "failed", "cancelled"]),
    st.booleans(),
)


class Story:
    """A printer at rest, and the events of its prints."""

    def __init__(self) -> None:
        self.watched = Watched()
        self.results = Results()
        self.kinds: list[str] = []
        self.job_ids: list[str | None] = []
        assert self.watched.say("IDLE") == []
        self._began: str | None = None
        self._jobs = 0

    def live(self, step: tuple[Any, ...]) -> None:
        watched = self.watched
        match step:
            case ("stat", word, readings, flags):
                watched.now += Watched.SECOND
                said = {} if word == ABSENT else {"state": word}
                watched.stat(self._seconds, **said, data={"print": readings}, **flags)
            case ("record", flags, maintenance):
                watched.now += Watched.SECOND
                fields = {"updatedAt": stamp(self._seconds), "isInMaintenance": maintenance, **flags}
                watched.see(event(watched.farm, "printer", Action.UPDATE, {A: fields}))
            case ("time", seconds):
                watched.pass_time(seconds=seconds)
            case ("job", status, by_snapshot):
                self._change_job(status, by_snapshot=by_snapshot)
        for farm_event in watched.last:
            self.results.record(farm_event)
            if farm_event.scope is Scope.PRINT:
                self.kinds.append(farm_event.kind)
                self.job_ids.append(farm_event.data["job_id"])

    @property
    def _seconds(self) -> float:
        return (self.watched.now - NOON).total_seconds()

    @property
    def _job_id(self) -> str:
        return f"job{self._jobs}"

    def _change_job(self, status: str, *, by_snapshot: bool) -> None:
        watched = self.watched
        watched.now += Watched.SECOND
        if status in ("printing", "paused") and self._began is None:
            self._began = stamp(self._seconds)
        source = job(self._seconds, status=status, assignedPrinterId=A, printingStartedAt=self._began)
        if by_snapshot:
            watched.see(snapshot(watched.farm, {A: record(self._seconds)}, {self._job_id: source}))
        else:
            watched.see(event(watched.farm, "printjob", Action.UPDATE, {self._job_id: source}))
        if status in ("completed", "failed", "cancelled"):
            self._began = None
        if status in ("completed", "cancelled"):
            # A failed job can be retried, these can't.
            self._jobs += 1


def check(kinds: list[str]) -> None:
    """Check that starts and ends alternate, and that pauses and resumes alternate in between."""
    runs = paused = False
    for kind in kinds:
        if kind == "print_started":
            assert not runs, kinds
            runs, paused = True, False
        elif kind in ENDS:
            assert runs, kinds
            runs = False
        else:
            assert runs, kinds
            assert paused is (kind == "print_resumed"), kinds
            paused = not paused


@settings(max_examples=600, deadline=None)
@given(st.lists(STAT | STAT | RECORD | TIME, max_size=25))
def test_starts_and_ends_of_external_prints_alternate(steps: list[tuple[Any, ...]]) -> None:
    story = Story()
    for step in steps:
        story.live(step)
        check(story.kinds)
        state = story.watched.farm.printers[A]
        runs = story.kinds.count("print_started") - sum(kind in ENDS for kind in story.kinds)
        assert (state.start_time is not None) == (state.external_print is not None) == (runs == 1)
        assert story.results.of(A).failed_prints == story.kinds.count("print_failed")
    # The outcome of a running print shows in the end, and the next one is another print.
    story.live(("record", {"isOnline": True}, False))
    story.live(("stat", "FINISH", {"percent": 100}, {"isOnline": True, "isAvailable": True}))
    check(story.kinds)
    assert story.kinds.count("print_started") == sum(kind in ENDS for kind in story.kinds)
    for word in ("RUNNING", "FINISH"):
        story.live(("stat", word, {}, {"isAvailable": word == "FINISH"}))
    assert story.kinds[-2:] == ["print_started", "print_finished"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["offline", "null", "unknown", "silent", "same", "paused"]), max_size=12),
    st.sampled_from(
        [("FINISH", 0, "finished"), ("IDLE", 100, "finished"), ("IDLE", 3, "canceled"), ("error", 100, "failed")]
    ),
    st.sampled_from([None, "", "Other"]),
)
def test_one_print_starts_and_ends_once_despite_lost_messages(
    gaps: list[str], end: tuple[str, float, str], last: str | None
) -> None:
    story = Story()
    running = {"isOnline": True, "isAvailable": False}
    story.live(("stat", "RUNNING", {"percent": 1, "taskName": "A"}, running))
    for percent, gap in enumerate(gaps, 2):
        match gap:
            case "offline":
                story.live(("stat", ABSENT, {}, {"isOnline": False}))
            case "null" | "unknown":
                story.live(
                    ("stat", None if gap == "null" else "reticulating", {"percent": None, "taskName": None}, running)
                )
            case "silent":
                story.live(("time", 7200))
            case "paused":
                story.live(("stat", "PAUSE", {}, running))
            case "same":
                story.live(("stat", "RUNNING", {"percent": percent, "taskName": "A"}, running))
    word, percent, result = end
    story.live(("stat", word, {"percent": percent, "taskName": last}, {"isOnline": True, "isAvailable": True}))
    kinds = [kind for kind in story.kinds if kind not in ("print_paused", "print_resumed")]
    assert kinds == ["print_started", f"print_{result}"]
    assert story.watched.last[-1].data["job"] == "A"
    check(story.kinds)


@settings(max_examples=600, deadline=None)
@given(st.lists(STAT | JOBS | JOBS | RECORD | TIME, max_size=25))
def test_no_print_starts_while_another_runs(steps: list[tuple[Any, ...]]) -> None:
    story = Story()
    for step in steps:
        story.live(step)
    runs = False
    for kind, job_id in zip(story.kinds, story.job_ids, strict=True):
        if kind == "print_started":
            assert not runs, story.kinds
            runs = True
        elif kind in ENDS:
            # A job can fail before it is printed.
            assert runs or (kind == "print_failed" and job_id is not None), story.kinds
            runs = False
