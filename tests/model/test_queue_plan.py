"""The plan of the queue: which printer gets which job, and when."""

from datetime import timedelta

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import Estimate
from custom_components.printago.api.models.tags import PIN
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.queue_forecast import QueueForecast, forecast_queue
from tests.support.farm_model import NOON, A, B, printer_row, record

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
