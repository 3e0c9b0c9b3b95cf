"""The cause in an alert when FabMatic went off by itself, and when there is no alert."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from tests.support.farm_model import JOB, A, event, job, record, stamp
from tests.support.watched import Watched

PROBLEM = {"health": {"errors": [{"code": "0300-0D00-0001-000B", "message": "Stuck"}], "warnings": []}}


@pytest.fixture
def watched() -> Watched:
    """Return a printer under FabMatic."""
    return Watched(record(continuousPrint=True))


def cause(watched: Watched) -> str | None:
    """Return the cause in the alert of the last change."""
    return next((alert.data["cause"] for alert in watched.last if alert.kind == "fabmatic_tripped"), None)


def test_lost_contact_takes_precedence_as_the_cause(watched: Watched) -> None:
    watched.stat(1, state="IDLE", isAvailable=True, data={"health": {"errors": [], "warnings": []}})
    watched.stat(2, data=PROBLEM)
    watched.record(3, continuousPrint=False, isOnline=False)
    assert cause(watched) == "contact_lost"


def test_problem_is_the_cause_even_with_an_external_print(watched: Watched) -> None:
    watched.stat(1, state="IDLE", isAvailable=True, data={"health": {"errors": [], "warnings": []}})
    watched.stat(2, state="RUNNING", isAvailable=False, data=PROBLEM)
    watched.record(3, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "hms"


def test_external_print_is_the_cause_even_if_its_printer_is_silent(watched: Watched) -> None:
    watched.say("IDLE")
    watched.say("RUNNING", 40)
    watched.pass_time(minutes=30)
    watched.record(1900, continuousPrint=False, isAvailable=True, confirmedReady=False)
    assert cause(watched) == "used_from_outside"


def test_printer_taken_without_a_job_is_used_externally_even_if_silent(watched: Watched) -> None:
    watched.record(1, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "used_from_outside"


def test_print_of_a_job_is_not_external_use() -> None:
    watched = Watched(record(continuousPrint=True), jobs={JOB: job(status="printing", assignedPrinterId=A)})
    watched.record(1, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "unknown"


def test_fabmatic_that_trips_soon_after_being_turned_on_again_is_an_alert(watched: Watched) -> None:
    watched.event_detector.expect_fabmatic_off(A)
    assert watched.record(1, continuousPrint=False) == []
    assert watched.record(2, continuousPrint=True) == []
    assert watched.record(3, continuousPrint=False) == ["fabmatic_tripped"]


@pytest.mark.parametrize(
    ("before", "after", "alerts"),
    [
        ({"fabmaticRemainingJobs": 3}, {"isOnline": False}, ["fabmatic_tripped", "printer_offline"]),
        ({"fabmaticRemainingJobs": 3}, {}, ["fabmatic_tripped"]),
        ({"fabmaticRemainingJobs": 1}, {"fabmaticRemainingJobs": 0}, []),
        ({"fabmaticRemainingJobs": 0}, {}, []),
        ({"fabmaticRemainingJobs": 0}, {"fabmaticRemainingJobs": None}, []),
        ({"fabmaticRemainingJobs": 1}, {"fabmaticRemainingJobs": None}, ["fabmatic_tripped"]),
        ({"fabmaticRemainingJobs": None}, {}, ["fabmatic_tripped"]),
    ],
    ids=["contact", "unknown", "limit", "after the last", "after the last, limit gone", "before the last", "no limit"],
)
def test_fabmatic_going_off_is_an_alert_unless_its_limit_ended(
    before: dict[str, Any], after: dict[str, Any], alerts: list[str]
) -> None:
    watched = Watched(record(continuousPrint=True, **before))
    changes = event(
        watched.farm, "printer", Action.UPDATE, {A: record(1, **{**before, "continuousPrint": False, **after})}
    )
    assert sorted(watched.see(changes)) == alerts


def test_fabmatic_alert_names_external_use() -> None:
    watched = Watched(record(continuousPrint=True))
    watched.stat(0, state="IDLE")
    watched.stat(1, state="RUNNING", isAvailable=False)
    changes = event(watched.farm, "printer", Action.UPDATE, {A: {"continuousPrint": False, "updatedAt": stamp(2)}})
    assert watched.see(changes) == ["fabmatic_tripped"]
    assert watched.last[0].data["cause"] == "used_from_outside"


def test_fabmatic_that_we_just_turned_off_is_no_alert() -> None:
    for seconds, alerts in ((0, []), (58, []), (62, ["fabmatic_tripped"]), (300, ["fabmatic_tripped"])):
        watched = Watched(record(continuousPrint=True))
        watched.event_detector.expect_fabmatic_off(A)
        watched.now += timedelta(seconds=seconds)
        changes = event(watched.farm, "printer", Action.UPDATE, {A: record(1, continuousPrint=False)})
        assert watched.see(changes) == alerts
