"""Results of printers: how their last print ended, from events and from the past, and across restarts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.model.events import FarmEvent, Scope
from custom_components.printago.model.print_results import PrintResult, Results
from custom_components.printago.model.print_status import Result
from tests.support.farm_model import JOB, NOON, A, B, stamp

BENCHY = {"job_id": JOB, "job": "Order 7", "part": "Benchy"}
EXTERNAL = {"job_id": None, "job": "Bracket", "part": None}
PAST = PrintResult(result=Result.FINISHED, job_id=JOB, job="Order 7", ended_at=stamp(60))


def end(
    kind: str, seconds: float = 0, *, scope: Scope = Scope.PRINT, subject: str | None = A, **data: Any
) -> FarmEvent:
    """Return an event of a print."""
    return FarmEvent(
        scope=scope,
        kind=f"print_{kind}",
        subject=subject,
        occurred_at=NOON + timedelta(seconds=seconds),
        data={**BENCHY, **data},
    )


def test_end_of_a_print_is_the_result_of_its_printer() -> None:
    results = Results()
    assert results.record(end("failed", 5, reason="Spaghetti"))
    assert results.of(A) == PrintResult(
        result=Result.FAILED, reason="Spaghetti", **BENCHY, ended_at=stamp(5), failed_prints=1
    )
    assert results.of(B) == PrintResult()
    assert results.record(end("canceled", 6, **EXTERNAL))
    assert results.of(A) == PrintResult(result=Result.CANCELED, **EXTERNAL, ended_at=stamp(6), failed_prints=1)


@pytest.mark.parametrize(
    "other", [end("started"), end("failed", scope=Scope.JOB), end("failed", subject=None), end("paused")]
)
def test_other_events_are_no_result(other: FarmEvent) -> None:
    results = Results()
    assert not results.record(other)
    assert results.export() == {}


def test_failed_prints_are_counted_and_those_without_a_job_apart() -> None:
    results = Results()
    for second, (kind, data) in enumerate(
        [("failed", BENCHY), ("failed", EXTERNAL), ("finished", EXTERNAL), ("canceled", EXTERNAL), ("failed", EXTERNAL)]
    ):
        results.record(end(kind, second, **data))
    assert (results.of(A).failed_prints, results.of(A).failed_external) == (3, 2)


def test_energy_of_the_last_print_is_not_that_of_the_next() -> None:
    results = Results()
    results.take(A, replace(PAST, energy=0.4, cost=0.1, currency="EUR"))
    results.record(end("finished", 90))
    assert (results.of(A).energy, results.of(A).cost, results.of(A).currency) == (None, None, None)


# The past


def test_past_print_is_the_result_if_none_is_known_or_it_is_later() -> None:
    results = Results()
    assert results.take(A, replace(PAST))
    assert results.of(A) == PAST
    assert results.take(A, replace(PAST, job_id="later", ended_at=stamp(61)))
    assert results.of(A).job_id == "later"


@pytest.mark.parametrize("ended_at", [stamp(59), None])
def test_earlier_past_print_or_one_without_a_time_changes_nothing(ended_at: str | None) -> None:
    results = Results()
    results.take(A, replace(PAST))
    assert not results.take(A, replace(PAST, job_id="earlier", ended_at=ended_at))
    assert results.of(A) == PAST


def test_past_print_replaces_a_result_without_a_time() -> None:
    results = Results()
    results.take(A, PrintResult(failed_prints=2))
    assert results.take(A, replace(PAST))
    assert results.of(A) == replace(PAST, failed_prints=2)


def test_past_print_keeps_what_was_counted() -> None:
    results = Results()
    for second in (1, 2):
        results.record(end("failed", second, **EXTERNAL))
    results.record(end("failed", 3))
    assert results.take(A, replace(PAST, failed_prints=50, failed_external=40))
    assert (results.of(A).failed_prints, results.of(A).failed_external) == (3, 2)


def test_same_print_read_from_the_past_is_no_news_and_stays_seen() -> None:
    results = Results()
    results.take(A, replace(PAST))
    results.mark_seen(A)
    assert not results.take(A, replace(PAST))
    assert results.of(A).seen
    assert results.take(A, replace(PAST, part="Benchy"))
    assert (results.of(A).part, results.of(A).seen) == ("Benchy", True)


def test_another_print_of_the_past_has_not_been_seen() -> None:
    results = Results()
    results.take(A, replace(PAST))
    results.mark_seen(A)
    results.mark_seen(B)
    assert results.take(A, replace(PAST, job_id="other"))
    assert not results.of(A).seen
    assert results.of(B) == PrintResult()


MEASURED = {"energy": 0.4, "cost": 0.1, "currency": "EUR"}


@pytest.mark.parametrize(
    ("past", "shown"),
    [
        ({}, (0.4, 0.1, "EUR")),
        ({"energy": 0.5}, (0.5, None, None)),
        ({"cost": 0.2, "currency": "USD"}, (None, 0.2, "USD")),
        ({"ended_at": stamp(61)}, (None, None, None)),
        ({"job_id": "other"}, (None, None, None)),
    ],
    ids=["same print", "energy", "cost", "printed again", "other job"],
)
def test_measured_energy_stays_only_for_the_same_print_without_its_own(
    past: dict[str, Any], shown: tuple[Any, ...]
) -> None:
    results = Results()
    results.take(A, replace(PAST, **MEASURED))
    results.take(A, replace(PAST, **past))
    assert (results.of(A).energy, results.of(A).cost, results.of(A).currency) == shown


# Across restarts


def test_whole_result_is_restored() -> None:
    results, restored = Results(), Results()
    whole = replace(PAST, reason="Spaghetti", part="Benchy", seen=True, failed_prints=1, failed_external=1, **MEASURED)
    results.take(A, whole)
    results.take(B, PrintResult(energy=1, failed_prints=0))
    restored.restore(results.export())
    assert restored.of(A) == whole
    assert restored.of(B) == PrintResult(energy=1.0)
    restored.forget(A)
    restored.forget(A)
    assert restored.of(A) == PrintResult()


@pytest.mark.parametrize(
    "damage",
    [
        {"result": "exploded"}, {"result": 5}, {"result": None}, {"reason": 5}, {"job_id": [JOB]}, {"job": None},
        {"part": {}}, {"ended_at": "yesterday"}, {"ended_at": 5}, {"seen": "yes"}, {"seen": 1}, {"energy": "1"},
        {"energy": float("nan")}, {"energy": float("inf")}, {"cost": None}, {"cost": [1]}, {"currency": 5},
        {"failed_prints": -1}, {"failed_prints": 1.5}, {"failed_prints": True}, {"failed_external": "3"},
    ],
)  # fmt: skip
def test_damaged_field_of_a_saved_result_is_unknown_and_the_rest_is_kept(damage: dict[str, Any]) -> None:
    whole = {
        "result": "failed", "reason": "Spaghetti", "job_id": JOB, "job": "Order 7", "part": "Benchy",
        "ended_at": stamp(60), "seen": True, "failed_prints": 3, "failed_external": 2, **MEASURED,
    }  # fmt: skip
    results, empty = Results(), PrintResult()
    results.restore({B: None, A: {**whole, **damage}})
    (name,) = damage
    left = {key: value for key, value in results.export()[A].items() if key != name}
    assert left == {key: value for key, value in whole.items() if key != name}
    assert getattr(results.of(A), name) == getattr(empty, name)
    assert results.of(B) == empty
