"""The plan of the queue: which printer gets which job, and when."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import Estimate
from custom_components.printago.api.models.records import LOW_PRIORITY
from custom_components.printago.api.models.tags import PIN
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.queue_forecast import QueueForecast, forecast_queue
from tests.support.farm_model import NOON, A, B, job, printer_row, record, snapshot, stamp, stat

HOUR = Estimate(seconds=3600.0, grams=10.0)


def waiting(job_id: str, order: int, pin: str | None = None) -> PrintJob:
    """Return a job of the queue."""
    tags = {} if pin is None else {"requiredPrinterTags": {PIN: pin}}
    return PrintJob.from_json(job_id, {"status": "pending", "queueOrder": order, **tags})


def plan(*jobs: PrintJob, printers: tuple[str, ...] = (A, B)) -> QueueForecast:
    """Plan jobs that take an hour each."""
    states = {printer_id: PrinterState.from_row(printer_row(printer_id, record())) for printer_id in printers}
    for state in states.values():
        state.update_derived(None)
    return forecast_queue(jobs, lambda _: HOUR, states, NOON)


def test_jobs_go_to_the_printer_that_is_free_first() -> None:
    forecast = plan(*(waiting(str(number), number) for number in range(3)))
    assert [(one.printer_id, (one.starts_at - NOON) / timedelta(hours=1)) for one in forecast.planned] == [
        (A, 0),
        (B, 0),
        (A, 1),
    ]
    assert (forecast.unplanned, forecast.jobs, forecast.seconds, forecast.grams) == (0, 3, 10800, 30)
    assert forecast.ends_at == NOON + timedelta(hours=2)


def test_pinned_jobs_wait_for_their_printer_and_the_next_job_takes_another() -> None:
    forecast = plan(waiting("1", 1, A), waiting("2", 2, A), waiting("3", 3))
    assert [(one.job.id, one.printer_id) for one in forecast.planned] == [("1", A), ("2", A), ("3", B)]
    assert [one.starts_at for one in forecast.planned] == [NOON, NOON + timedelta(hours=1), NOON]


def test_job_without_a_usable_printer_is_counted_and_not_planned() -> None:
    assert plan(waiting("1", 1), printers=()).unplanned == 1
    forecast = plan(waiting("1", 1, B), waiting("2", 2), printers=(A,))
    assert (forecast.unplanned, [one.job.id for one in forecast.planned]) == (1, ["2"])


TIMES = {
    "short": Estimate(seconds=600.0, grams=5.0),
    "weightless": Estimate(seconds=3600.0),
    "timeless": Estimate(grams=7.0),
}


def by_label(one: PrintJob) -> Estimate | None:
    """Return an estimate by the label of a job, by default an hour; None for the unknown ones."""
    return None if one.label == "unknown" else TIMES.get(one.label or "", HOUR)


def plan_farm(
    printers: Mapping[str, dict[str, Any]],
    jobs: Mapping[str, dict[str, Any]],
    estimate: Callable[[PrintJob], Estimate | None] = by_label,
    remaining: Mapping[str, float] | None = None,
) -> QueueForecast:
    """Plan the jobs of a farm; ``remaining`` are the minutes that printers report."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {printer_id: record(**row) for printer_id, row in printers.items()}, jobs)
    for printer_id, minutes in (remaining or {}).items():
        print_data = {"print": {"timeRemaining": minutes}}
        stat(farm, printer_id, isOnline=True, isAvailable=False, state="RUNNING", data=print_data)
    return forecast_queue(farm.jobs.values(), estimate, farm.printers, NOON)


def hours(forecast: QueueForecast) -> dict[str, tuple[str, float]]:
    """Return the printer and the start in hours from now of each planned job."""
    return {one.job.id: (one.printer_id, (one.starts_at - NOON) / timedelta(hours=1)) for one in forecast.planned}


def test_jobs_without_an_estimate_are_counted_and_not_planned() -> None:
    jobs = {
        name: job(label=name, queueOrder=number) for number, name in enumerate(("unknown", "timeless", "weightless"))
    }
    forecast = plan_farm({A: {}}, jobs)
    assert (forecast.jobs, forecast.without_time, forecast.without_weight, forecast.unplanned) == (3, 2, 2, 2)
    assert (forecast.seconds, forecast.grams) == (3600, 7)
    assert hours(forecast) == {"weightless": (A, 0)}
    assert forecast.ends_at == NOON + timedelta(hours=1)


def test_empty_queue_has_no_end() -> None:
    forecast = plan_farm({A: {}}, {})
    assert forecast.ends_at is None
    assert (forecast.jobs, forecast.seconds, forecast.grams, forecast.unplanned) == (0, 0, 0, 0)


def test_jobs_are_planned_in_the_order_of_the_queue() -> None:
    jobs = {"two": job(queueOrder=2), "one": job(queueOrder=1), "done": job(status="completed")}
    assert hours(plan_farm({A: {}}, jobs)) == {"one": (A, 0), "two": (A, 1)}


@pytest.mark.parametrize(
    "away",
    [{"isInMaintenance": True}, {"enabled": False}, {"isOnline": False}],
    ids=["maintenance", "disabled", "offline"],
)
def test_printer_that_is_away_gets_no_job(away: dict[str, Any]) -> None:
    assert hours(plan_farm({A: away, B: {"confirmedReady": False}}, {"one": job()})) == {"one": (B, 0)}
    assert plan_farm({A: away}, {"one": job()}).unplanned == 1


def test_busy_printer_takes_the_next_job_when_its_print_ends() -> None:
    remaining = {A: 90}
    assert hours(plan_farm({A: {}, B: {"enabled": False}}, {"one": job()}, remaining=remaining)) == {"one": (A, 1.5)}
    assert hours(plan_farm({A: {}, B: {}}, {"one": job()}, remaining=remaining)) == {"one": (B, 0)}


def test_print_without_a_reported_end_takes_as_long_as_its_estimate() -> None:
    running = job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-1800))
    assert hours(plan_farm({A: {}}, {"running": running, "one": job()})) == {"one": (A, 0.5)}
    assigned = job(status="assigned", assignedPrinterId=A)
    assert hours(plan_farm({A: {}}, {"running": assigned, "one": job()})) == {"one": (A, 1)}
    overdue = job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-7200))
    assert hours(plan_farm({A: {}}, {"running": overdue, "one": job()})) == {"one": (A, 0)}


@pytest.mark.parametrize("label", ["unknown", "timeless"])
def test_print_without_an_estimate_does_not_hold_its_printer(label: str) -> None:
    running = job(status="printing", assignedPrinterId=A, label=label)
    assert hours(plan_farm({A: {}}, {"running": running, "one": job()})) == {"one": (A, 0)}


def test_reported_end_takes_precedence_over_the_estimate() -> None:
    running = job(status="printing", assignedPrinterId=A, printingStartedAt=stamp())
    other = job(status="printing", assignedPrinterId=B, printingStartedAt=stamp())
    jobs = {"running": running, "other": other, "one": job(queueOrder=1), "two": job(queueOrder=2)}
    assert hours(plan_farm({A: {}, B: {}}, jobs, remaining={A: 30})) == {"one": (A, 0.5), "two": (B, 1)}


def test_job_that_has_ended_or_has_no_usable_printer_holds_none() -> None:
    jobs = {
        "failed": job(status="failed", assignedPrinterId=A, printingStartedAt=stamp()),
        "elsewhere": job(status="printing", assignedPrinterId=B, printingStartedAt=stamp()),
        "nowhere": job(status="assigned", assignedPrinterId=None),
        "one": job(),
    }
    assert hours(plan_farm({A: {}, B: {"enabled": False}}, jobs)) == {"one": (A, 0)}


def test_next_job_takes_the_printer_that_pinned_jobs_leave_first() -> None:
    jobs = {
        str(number): job(queueOrder=number, requiredPrinterTags={PIN: pin} if pin else {})
        for number, pin in enumerate((A, A, B, None, None), 1)
    }
    assert hours(plan_farm({A: {}, B: {}}, jobs)) == {"1": (A, 0), "2": (A, 1), "3": (B, 0), "4": (B, 1), "5": (A, 2)}


def test_job_without_tags_needs_no_pin() -> None:
    jobs = {"one": job(requiredPrinterTags=None), "two": job(queueOrder=1, requiredPrinterTags={})}
    assert len(plan_farm({A: {}}, jobs).planned) == 2


def test_job_waits_for_a_printer_with_its_tags_while_the_next_one_goes_ahead() -> None:
    large, red = {"user.tags": "large"}, {"user.tags": "&=large,red"}
    jobs = {
        str(number): job(queueOrder=number, requiredPrinterTags=tags)
        for number, tags in enumerate((large, None, large, red, large, None), 1)
    }
    printers = {A: {}, B: {"tags": ["large", "tall"]}}
    assert hours(plan_farm(printers, jobs)) == {"1": (B, 0), "2": (A, 0), "3": (B, 1), "5": (B, 2), "6": (A, 1)}
    assert plan_farm(printers, jobs).unplanned == 1


def test_pinned_job_needs_the_tags_too() -> None:
    jobs = {"one": job(requiredPrinterTags={PIN: A, "user.tags": "large"})}
    assert plan_farm({A: {}, B: {"tags": ["large"]}}, jobs).unplanned == 1
    assert hours(plan_farm({A: {"tags": ["large"]}, B: {}}, jobs)) == {"one": (A, 0)}


def test_jobs_of_low_priority_are_planned_only_if_they_are_printed() -> None:
    low = PrintJob.from_json("low", {"status": "pending", "priority": LOW_PRIORITY})
    states = {A: PrinterState.from_row(printer_row(A, record()))}
    states[A].update_derived(None)
    for printed in (True, False):
        forecast = forecast_queue([low], lambda _: HOUR, states, NOON, low_priority=printed)
        assert (len(forecast.planned), forecast.unplanned, forecast.jobs) == (int(printed), int(not printed), 1)
