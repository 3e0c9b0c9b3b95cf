"""Which cause an alert names after FabMatic went off by itself, and which end of FabMatic is nobody's alert."""

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
    """Return which cause the alert of the last change names."""
    return next((alert.data["cause"] for alert in watched.last if alert.kind == "fabmatic_tripped"), None)


def test_lost_contact_is_the_cause_whatever_else_is_wrong(watched: Watched) -> None:
    watched.stat(1, state="IDLE", isAvailable=True, data={"health": {"errors": [], "warnings": []}})
    watched.stat(2, data=PROBLEM)
    watched.record(3, continuousPrint=False, isOnline=False)
    assert cause(watched) == "contact_lost"


def test_problem_is_the_cause_although_somebody_prints_there(watched: Watched) -> None:
    watched.stat(1, state="IDLE", isAvailable=True, data={"health": {"errors": [], "warnings": []}})
    watched.stat(2, state="RUNNING", isAvailable=False, data=PROBLEM)
    watched.record(3, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "hms"


def test_print_from_elsewhere_is_the_cause_though_its_printer_has_fallen_silent(watched: Watched) -> None:
    watched.say("IDLE")
    watched.say("RUNNING", 40)
    watched.pass_time(minutes=30)
    watched.record(1900, continuousPrint=False, isAvailable=True, confirmedReady=False)
    assert cause(watched) == "used_from_outside"


def test_printer_that_is_taken_without_a_job_is_used_from_outside_though_it_sends_nothing(watched: Watched) -> None:
    watched.record(1, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "used_from_outside"


def test_print_of_a_job_is_no_use_from_outside() -> None:
    watched = Watched(record(continuousPrint=True), jobs={JOB: job(status="printing", assignedPrinterId=A)})
    watched.record(1, continuousPrint=False, isAvailable=False)
    assert cause(watched) == "unknown"


def test_fabmatic_that_trips_soon_after_we_turned_it_off_and_on_again_is_an_alert(watched: Watched) -> None:
    watched.event_detector.expect_fabmatic_off(A)
    assert watched.record(1, continuousPrint=False) == []
    assert watched.record(2, continuousPrint=True) == []
    assert watched.record(3, continuousPrint=False) == ["fabmatic_tripped"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
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
def test_fabmatic_that_went_off_is_an_alert_unless_its_limit_ended(
    before: dict[str, Any], after: dict[str, Any], told: list[str]
) -> None:
    watched = Watched(record(continuousPrint=True, **before))
    changes = event(
        watched.farm, "printer", Action.UPDATE, {A: record(1, **{**before, "continuousPrint": False, **after})}
    )
    assert sorted(watched.see(changes)) == told


def test_fabmatic_used_from_outside_says_so() -> None:
    watched = Watched(record(continuousPrint=True))
    watched.stat(0, state="IDLE")
    watched.stat(1, state="RUNNING", isAvailable=False)
    changes = event(watched.farm, "printer", Action.UPDATE, {A: {"continuousPrint": False, "updatedAt": stamp(2)}})
    assert watched.see(changes) == ["fabmatic_tripped"]
    assert watched.last[0].data["cause"] == "used_from_outside"


def test_fabmatic_that_we_turned_off_a_moment_ago_is_no_alert() -> None:
    for minutes, told in ((0, []), (5, ["fabmatic_tripped"])):
        watched = Watched(record(continuousPrint=True))
        watched.event_detector.expect_fabmatic_off(A)
        watched.now += timedelta(minutes=minutes)
        changes = event(watched.farm, "printer", Action.UPDATE, {A: record(1, continuousPrint=False)})
        assert watched.see(changes) == told
