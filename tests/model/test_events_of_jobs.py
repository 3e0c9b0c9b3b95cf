"""Data and times of the events of jobs, orders and printers, and what events remember."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.api.models.order import Order
from custom_components.printago.model.events import FarmEvent, Scope
from tests.support.farm_model import JOB, NOON, A, event, job, listed_jobs, record, snapshot, stamp
from tests.support.watched import Watched, data, events, idle

OTHER = "k" * 24
ORDER = "o" * 24
AT_PRINTER = {"assignedPrinterId": A}
LIMIT = "custom_components.printago.model.events._MAX_HISTORIES"


def order_event(watched: Watched, action: Action = Action.UPDATE, order_id: str = ORDER, **fields: Any) -> list[str]:
    """Apply an event of an order; return the resulting events."""
    return watched.see(event(watched.farm, "order", action, {order_id: fields}))


def at(seconds: float) -> Any:
    """Return the time some seconds after noon."""
    return NOON + timedelta(seconds=seconds)


# Jobs


def test_event_of_a_job_has_all_of_its_data() -> None:
    watched = Watched()
    fields = {"label": "Order 7", "orderId": ORDER, "createdAt": stamp(-5)}
    watched.job(1, **fields)
    common = {"job_id": JOB, "job": "Order 7", "part": "Benchy", "order_id": ORDER, "attempt": 1}
    waiting = {**common, "printer": None}
    assert watched.last == [FarmEvent(scope=Scope.JOB, kind="job_created", occurred_at=at(-5), data=waiting)]
    watched.job(2, status="assigned", **AT_PRINTER, **fields)
    printing = {**common, "printer": "Printer"}
    assert watched.last == [FarmEvent(scope=Scope.JOB, kind="job_assigned", occurred_at=at(2), data=printing)]
    watched.job(9, status="printing", printingStartedAt=stamp(4), **AT_PRINTER, **fields)
    assert watched.last == [
        FarmEvent(scope=Scope.JOB, kind="job_started", occurred_at=at(4), data=printing),
        FarmEvent(scope=Scope.PRINT, kind="print_started", subject=A, occurred_at=at(4), data=printing),
    ]
    watched.job(30, status="failed", errorMessage="Jam", printingCompletedAt=stamp(20), **AT_PRINTER, **fields)
    ended = {**printing, "duration": 16, "reason": "Jam"}
    assert watched.last == [
        FarmEvent(scope=Scope.JOB, kind="job_failed", occurred_at=at(20), data=ended),
        FarmEvent(scope=Scope.PRINT, kind="print_failed", subject=A, occurred_at=at(20), data=ended),
    ]


def test_pause_and_its_end_happen_when_the_job_says_and_any_number_of_times() -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(-60), **AT_PRINTER)})
    seconds = 0
    for _ in range(2):
        for status, kinds in (("paused", ["job_paused", "print_paused"]), ("printing", ["print_resumed"])):
            seconds += 10
            assert watched.job(seconds, status=status, **AT_PRINTER) == kinds
            assert {fired.occurred_at for fired in watched.last} == {at(seconds)}


def test_job_found_paused_has_started_before() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", **AT_PRINTER)})
    kinds = watched.job(60, status="paused", printingStartedAt=stamp(10), **AT_PRINTER)
    assert kinds == ["job_started", "print_started", "job_paused", "print_paused"]
    assert [fired.occurred_at for fired in watched.last] == [at(10), at(10), at(60), at(60)]


def test_job_without_times_happens_now_or_when_it_changed() -> None:
    watched = Watched()
    watched.now = at(5)
    watched.job(3, updatedAt=None)
    assert [fired.occurred_at for fired in watched.last] == [at(5)]
    watched.job(4, status="printing", **AT_PRINTER)
    assert {fired.occurred_at for fired in watched.last} == {at(5)}
    watched.job(7, status="completed", **AT_PRINTER)
    assert {fired.occurred_at for fired in watched.last} == {at(7)}
    assert data(watched)["duration"] is None


@pytest.mark.parametrize(("ended", "duration"), [(10, 0), (10.4, 0), (11.6, 2), (5, 0)])
def test_duration_is_in_whole_seconds(ended: float, duration: int) -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(10), **AT_PRINTER)})
    watched.job(ended, status="completed", **AT_PRINTER)
    assert data(watched)["duration"] == duration


def test_job_may_be_renamed_until_it_ends() -> None:
    watched = Watched(jobs={JOB: job(label="First", **AT_PRINTER)})
    watched.job(1, status="printing", label="Second", partName="Boat", **AT_PRINTER)
    assert (data(watched)["job"], data(watched)["part"]) == ("Second", "Boat")
    watched.job(2, status="printing", label="Third", **AT_PRINTER)
    watched.job(3, status="failed", label="Fourth", partName="Ship", **AT_PRINTER)
    assert (data(watched)["job"], data(watched)["part"]) == ("Third", "Benchy")


def test_job_without_a_label_is_called_by_its_part_else_by_its_id() -> None:
    watched = Watched()
    watched.job(1)
    assert data(watched)["job"] == "Benchy"
    rows = {OTHER: job(1, partName=None)}
    watched.see(event(watched.farm, "printjob", Action.INSERT, rows))
    assert (data(watched)["job"], data(watched)["part"]) == (OTHER, None)


def test_long_label_is_cut_to_the_length_of_a_state() -> None:
    watched = Watched()
    watched.job(1, label="x" * 300)
    assert len(data(watched)["job"]) == 255


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_what_is_first_known_at_the_end_is_taken_over(end: str) -> None:
    watched = Watched(jobs={JOB: job(status="printing", partName=None, **AT_PRINTER)})
    watched.job(9, status=end, label="Order 7", partName="Boat", orderId=ORDER, printingStartedAt=stamp(4))
    found = next(fired.data for fired in watched.last if fired.kind.startswith("job_"))
    assert (found["job"], found["part"], found["order_id"], found["duration"]) == ("Order 7", "Boat", ORDER, 5)


def test_retried_job_whose_print_was_taken_for_an_external_one_fires_at_the_printer_again() -> None:
    watched = idle()
    assert events(watched, ("RUNNING", 1), ("FAILED", 50)) == ["print_started", "print_failed"]
    times = {"createdAt": stamp(1), "printingStartedAt": stamp(2), "printingCompletedAt": stamp(3)}
    source = job(5, status="failed", **AT_PRINTER, **times)
    fired = watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON))
    assert "print_failed" not in fired
    assert watched.job(6, status="pending") == ["job_retried"]
    watched.say("IDLE")
    assert watched.job(7, status="assigned", **AT_PRINTER) == ["job_assigned"]
    assert watched.job(8, status="failed", **AT_PRINTER) == ["job_failed", "print_failed"]


def test_retried_job_keeps_the_name_from_before_the_first_look() -> None:
    watched = Watched(jobs={JOB: job(status="failed", label="Order 7", orderId=ORDER)})
    assert watched.job(1, status="pending", label="", orderId=None) == ["job_retried"]
    assert (data(watched)["job"], data(watched)["order_id"]) == ("Order 7", ORDER)


def test_recently_changed_jobs_are_remembered_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMIT, 2)
    watched = Watched(jobs={JOB: job()})
    for number in range(3):
        watched.job(3 * number + 1, status="failed")
        watched.job(3 * number + 2, status="pending")
        assert data(watched)["attempt"] == number + 2
        rows = {f"job{number}": job()}
        watched.see(event(watched.farm, "printjob", Action.INSERT, rows))


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"status": "slicing"}, {"status": "assigned"}, []),
        ({"status": "pending"}, {"status": "sending-to-printer"}, []),
        ({"status": "ready-for-printer"}, {"status": "printing"}, ["job_started"]),
        ({"status": "paused"}, {"status": "printing"}, []),
        ({"status": "pending"}, {"status": "cancelled"}, ["job_canceled"]),
        (
            {"status": "pending"},
            {"status": "failed", "printingStartedAt": stamp(1)},
            ["job_assigned", "job_started", "job_failed"],
        ),
        (
            {"status": "failed", "printingStartedAt": stamp(-9)},
            {"status": "pending", "printingStartedAt": None},
            ["job_retried"],
        ),
    ],
)
def test_steps_before_the_first_look_fire_nothing(
    before: dict[str, Any], after: dict[str, Any], kinds: list[str]
) -> None:
    watched = Watched(jobs={JOB: job(**before)})
    fired = watched.job(5, **after)
    assert [kind for kind in fired if kind.startswith("job_")] == kinds


def test_only_the_last_of_several_steps_in_an_event_is_news() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", **AT_PRINTER)})
    watched.now = at(3600)
    watched.job(100, status="completed", printingStartedAt=stamp(60), printingCompletedAt=stamp(90), **AT_PRINTER)
    assert {fired.kind: fired.data.get("late", False) for fired in watched.last} == {
        "job_started": True,
        "print_started": True,
        "job_finished": False,
        "print_finished": False,
    }


# Orders


def test_events_of_an_order_have_its_number_and_times() -> None:
    watched = Watched()
    watched.now = at(60)
    order_event(watched, Action.INSERT, orderNumber="7", status="open", createdAt=stamp(1))
    assert watched.last == [
        FarmEvent(
            scope=Scope.ORDER,
            kind="order_created",
            occurred_at=at(1),
            data={"order_id": ORDER, "order_number": "7"},
        )
    ]
    order_event(watched, status="closed", updatedAt=stamp(2))
    assert watched.last[0].occurred_at == at(2)
    order_event(watched, cancelledAt=stamp(3), updatedAt=stamp(4))
    assert (watched.last[0].kind, watched.last[0].occurred_at) == ("order_canceled", at(3))
    order_event(watched, Action.INSERT, "new", status="open")
    assert watched.last[0].occurred_at == at(60)


def test_order_of_a_list_is_known_and_events_know_it_better() -> None:
    watched = Watched()
    known = {ORDER: Order.from_json(ORDER, {"orderNumber": "7", "status": "open"})}
    watched.event_detector.known_order = known.get
    assert order_event(watched, Action.INSERT, orderNumber="8", status="open") == []
    assert order_event(watched, status="closed") == ["order_closed"]
    assert watched.last[0].data["order_number"] == "8"
    assert order_event(watched, Action.UPDATE, "other", status="closed") == []
    assert order_event(watched, status="closed") == []


def test_deleted_order_is_forgotten() -> None:
    watched = Watched()
    order_event(watched, Action.INSERT, status="open")
    assert order_event(watched, Action.DELETE) == []
    assert order_event(watched, Action.DELETE) == []
    assert order_event(watched, status="closed") == []


def test_latest_orders_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMIT, 2)
    watched = Watched()
    for name in ("one", "two", "three"):
        order_event(watched, Action.INSERT, name, status="open")
    fired = [order_event(watched, Action.UPDATE, name, status="closed") for name in ("two", "three", "one")]
    assert fired == [["order_closed"], ["order_closed"], []]


def test_order_is_completed_when_its_last_job_was() -> None:
    fields = {"orderId": ORDER, **AT_PRINTER}
    jobs = {JOB: job(status="printing", **fields), OTHER: job(status="printing", orderId="other")}
    watched = Watched(jobs=jobs)
    watched.event_detector.known_order = {ORDER: Order.from_json(ORDER, {"orderNumber": "7"})}.get
    watched.job(9, status="completed", printingCompletedAt=stamp(5), **fields)
    done = watched.last[-1]
    assert (done.kind, done.occurred_at, done.subject) == ("order_completed", at(5), None)
    assert done.data == {"order_id": ORDER, "order_number": "7"}


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_order_whose_last_job_was_not_completed_is_not(end: str) -> None:
    watched = Watched(jobs={JOB: job(status="printing", orderId=ORDER, **AT_PRINTER)})
    assert "order_completed" not in watched.job(9, status=end, orderId=ORDER, **AT_PRINTER)


def test_job_without_an_order_completes_none() -> None:
    watched = Watched(jobs={JOB: job(status="printing", **AT_PRINTER)})
    assert watched.job(9, status="completed", **AT_PRINTER) == ["job_finished", "print_finished"]


# Printers


def health(errors: Any = (), warnings: Any = ()) -> dict[str, Any]:
    """Return telemetry with these codes."""
    rows = [[{"code": code, "message": f"Text of {code}"} for code in codes] for codes in (errors, warnings)]
    return {"health": {"errors": rows[0], "warnings": rows[1]}}


def test_problems_fire_in_the_order_of_their_codes_and_once() -> None:
    watched = Watched()
    watched.stat(0, data=health())
    watched.stat(1, data=health(["C", "A"], ["B"]))
    found = [(fired.kind, fired.data["code"]) for fired in watched.last]
    assert found == [("hms_error", "A"), ("hms_warning", "B"), ("hms_error", "C")]
    assert watched.stat(2, data=health(["A", "C"], ["B"])) == []
    watched.stat(3, data=health(["D", "B"], ["A"]))
    found = [(fired.kind, fired.data["code"]) for fired in watched.last]
    assert found == [("hms_error", "B"), ("hms_error", "D"), ("hms_cleared", "C")]


def test_alert_of_a_problem_has_its_data() -> None:
    watched = Watched(record(provider="bambu"))
    watched.now = at(7)
    watched.stat(0, data=health())
    watched.stat(1, data=health(["0300-0D00-0001-000B"]))
    (alert,) = watched.last
    assert (alert.scope, alert.kind, alert.subject, alert.occurred_at) == (Scope.ALERT, "hms_error", A, at(7))
    assert {**alert.data, "wiki": "wiki" in (alert.data["wiki"] or "")} == {
        "printer": "Printer",
        "code": "0300-0D00-0001-000B",
        "message": "Text of 0300-0D00-0001-000B",
        "severity": "error",
        "wiki": True,
    }


def test_first_telemetry_of_problems_after_none_only_sets_the_initial_state() -> None:
    watched = Watched()
    assert watched.stat(0, data=health(["A"])) == []
    assert watched.record(1, name="Renamed") == []
    assert watched.stat(2, data=health(["A", "B"])) == ["hms_error"]
    assert data(watched)["printer"] == "Renamed"


def test_external_print_has_its_progress_in_whole_percent_and_no_job() -> None:
    watched = idle()
    watched.say("RUNNING", 10, "Vase")
    common = {"job_id": None, "job": "Vase", "part": None, "order_id": None, "printer": "Printer"}
    assert watched.last == [
        FarmEvent(scope=Scope.PRINT, kind="print_started", subject=A, occurred_at=watched.now, data=common)
    ]
    watched.say("RUNNING", 41.6)
    watched.say("FAILED")
    assert data(watched) == {**common, "duration": 2, "progress": 42}


def test_external_print_without_progress_has_none() -> None:
    watched = idle()
    watched.say("RUNNING")
    watched.say("FINISH")
    assert data(watched)["progress"] is None


def test_removed_printer_has_no_external_print_when_it_returns() -> None:
    watched = idle()
    watched.say("RUNNING", 10)
    watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}}))
    assert watched.event_detector.external_prints.export() == {}
    assert watched.see(snapshot(watched.farm, {A: record(60)})) == []


@pytest.mark.parametrize(("seconds", "kinds"), [(60, []), (60.5, ["fabmatic_tripped"])])
def test_fabmatic_is_expected_to_go_off_for_a_minute(seconds: float, kinds: list[str]) -> None:
    watched = Watched(record(continuousPrint=True))
    watched.event_detector.expect_fabmatic_off(A)
    watched.now += timedelta(seconds=seconds)
    assert watched.record(61, continuousPrint=False) == kinds


def test_fabmatic_that_stays_as_it_was_does_not_go_off() -> None:
    assert Watched(record(continuousPrint=True)).record(1, name="Renamed", continuousPrint=True) == []
    watched = Watched(record(continuousPrint=False))
    assert watched.record(1, continuousPrint=False) == []
    assert watched.record(2, continuousPrint=True) == []
