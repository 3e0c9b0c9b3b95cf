"""The numbers of past prints: exact sums, corrections, attempts, and storage."""

import random
from unittest.mock import patch

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.history.hourly import hourly_sums
from custom_components.printago.history.key_index import KeyIndex, key_of
from custom_components.printago.history.ledger import (
    FARM,
    HOUR,
    NO_INDEX,
    SEGMENT_ROWS,
    SUMS,
    UNKNOWN,
    Entry,
    Ledger,
    Outcome,
)
from custom_components.printago.history.past_print import reason_kind


def entry(job: str = "a", **changes: int) -> Entry:
    first = Entry(
        key=key_of(job),
        ended=7200,
        updated=7200,
        seconds=600,
        grams=5000,
        cost=UNKNOWN,
        energy=UNKNOWN,
        part=0,
        printer=1,
        material=NO_INDEX,
        reason=NO_INDEX,
        outcome=Outcome.FINISHED,
    )
    return first._replace(**changes)


def test_same_job_counts_once() -> None:
    ledger = Ledger()
    assert ledger.add(entry()) == entry()
    assert ledger.add(entry()) is None
    assert ledger.add(entry(updated=9000)) is None, "it was only cleared"
    assert ledger.farm.values() == (1, 0, 600, 5000, 0)


def test_correction_replaces_what_was_known_and_marks_its_hours() -> None:
    ledger = Ledger()
    ledger.add(entry())
    ledger.dirty_hours.clear()
    changed = ledger.add(entry(outcome=Outcome.FAILED, updated=8000, printer=2))
    assert changed is not None
    assert changed.attempt == 1
    assert ledger.farm.values() == (0, 1, 600, 5000, 0)
    assert ledger.of_printer[1].values() == (0, 0, 0, 0, 0)
    assert ledger.dirty_hours == {FARM: 2, 1: 2, 2: 2}
    assert ledger.left_hours == {(1, 2)}


def test_hour_that_has_a_row_has_one_in_each_later_export() -> None:
    ledger = Ledger()
    ledger.add(entry("new", ended=9 * HOUR))
    failed = SUMS.index("failed")
    assert [(row.hour, row.sum) for row in hourly_sums(ledger, 1, 0).rows(failed)] == [(9, 0)]
    # An older page is read, with a failed print: the row of the later hour must not stay at 0.
    ledger.add(entry("old", ended=4 * HOUR, outcome=Outcome.FAILED))
    assert [(row.hour, row.sum) for row in hourly_sums(ledger, 1, 4).rows(failed)] == [(4, 1), (9, 1)]
    # All prints leave the later hour.
    ledger.add(entry("new", ended=9 * HOUR, updated=10 * HOUR, printer=2))
    assert [(row.hour, row.sum) for row in hourly_sums(ledger, 1, 4).rows(failed)] == [(4, 1), (9, 1)]


def test_older_state_of_a_job_changes_nothing() -> None:
    ledger = Ledger()
    ledger.add(entry(updated=9000))
    assert ledger.add(entry(updated=8999, outcome=Outcome.FAILED)) is None
    assert ledger.farm.completed == 1


def test_retried_job_is_another_print() -> None:
    ledger = Ledger()
    ledger.add(entry(outcome=Outcome.FAILED))
    again = ledger.add(entry(ended=9000, updated=9000, seconds=900))
    assert again is not None
    assert again.attempt == 2
    assert ledger.farm.values() == (1, 1, 1500, 10_000, 0)
    canceled = ledger.add(entry(ended=9900, updated=9900, seconds=UNKNOWN, outcome=Outcome.CANCELED))
    assert canceled is not None
    assert canceled.attempt == 3
    latest = ledger.latest(key_of("a"))
    assert latest is not None
    assert latest.outcome == Outcome.CANCELED


def test_job_that_does_not_say_when_it_ended_keeps_its_first_end() -> None:
    ledger = Ledger()
    ledger.add(entry(outcome=Outcome.FAILED), end_is_guess=True)
    assert ledger.add(entry(outcome=Outcome.FAILED, ended=90_000, updated=90_000), end_is_guess=True) is None
    assert ledger.farm.values() == (0, 1, 600, 5000, 0)


def test_what_was_measured_is_not_replaced_by_an_estimate() -> None:
    ledger = Ledger()
    ledger.add(entry(grams=1234, energy=50))
    assert ledger.add(entry(grams=5000, energy=UNKNOWN)) is None
    assert ledger.farm.grams == 1234
    better = ledger.add(entry(grams=5000, cost=77))
    assert better is not None
    assert (better.grams, better.cost, better.energy) == (1234, 77, 50)


@pytest.mark.parametrize("rows", [0, 1, SEGMENT_ROWS, SEGMENT_ROWS + 1, 10_000])
def test_ledger_is_stored_in_segments(rows: int) -> None:
    chance = random.Random(rows)  # noqa: S311
    ledger = Ledger()
    for number in range(rows):
        ledger.add(entry(f"job{number}", ended=chance.randrange(1 << 31), printer=chance.randrange(9)))
    restored = Ledger.restore([ledger.export(number) for number in range(ledger.segments)], rows)
    assert [restored.row(number) for number in range(rows)] == [ledger.row(number) for number in range(rows)]
    assert restored.farm == ledger.farm
    assert restored.of_printer == ledger.of_printer
    assert not restored.dirty_hours
    assert not restored.dirty_segments
    if rows:
        assert restored.latest(key_of("job0")) == ledger.row(0)


def test_damaged_segment_ends_the_ledger() -> None:
    ledger = Ledger()
    for number in range(2 * SEGMENT_ROWS):
        ledger.add(entry(f"job{number}"))
    first, second = ledger.export(0), ledger.export(1)
    assert len(Ledger.restore([first, second[:-1]], 2 * SEGMENT_ROWS)) == SEGMENT_ROWS
    assert len(Ledger.restore([first[:-46], second], 2 * SEGMENT_ROWS)) < SEGMENT_ROWS


def test_index_finds_every_key_and_the_latest_row_of_it() -> None:
    from array import array

    keys = array("Q")
    index = KeyIndex(keys)
    for number in range(5000):
        # Many keys that would lie at the same place.
        keys.append(number * 4096)
        index.put(number)
    keys.append(0)
    index.put(5000)
    assert [index.find(number * 4096) for number in range(1, 5000)] == list(range(1, 5000))
    assert index.find(0) == 5000
    assert index.find(17) is None


JOBS = st.sampled_from("abcdef")
STATES = st.builds(
    entry,
    job=JOBS,
    ended=st.integers(HOUR, 20 * HOUR),
    updated=st.integers(0, 20 * HOUR),
    seconds=st.one_of(st.just(UNKNOWN), st.integers(0, 3 * HOUR)),
    grams=st.one_of(st.just(UNKNOWN), st.integers(0, 10_000)),
    cost=st.one_of(st.just(UNKNOWN), st.integers(0, 10_000)),
    printer=st.sampled_from([0, 1, NO_INDEX]),
    outcome=st.sampled_from(Outcome),
)


@given(st.lists(STATES, max_size=30))
@settings(max_examples=200, deadline=None)
def test_sums_are_those_of_the_rows_whatever_came(states: list[Entry]) -> None:
    ledger = Ledger()
    for state in states:
        ledger.add(state)
    rows = list(ledger.since(0))
    assert len(rows) == len(ledger)
    for printer, totals in [(None, ledger.farm), *ledger.of_printer.items()]:
        of = [row for row in rows if printer is None or row.printer == printer]
        assert totals.values() == (
            sum(row.outcome == Outcome.FINISHED for row in of),
            sum(row.outcome == Outcome.FAILED for row in of),
            sum(row.seconds for row in of if row.seconds != UNKNOWN),
            sum(row.grams for row in of if row.grams != UNKNOWN),
            sum(row.cost for row in of if row.cost != UNKNOWN),
        )
    for row in rows:
        assert ledger.dirty_hours[row.printer] <= row.ended // HOUR
    restored = Ledger.restore([ledger.export(number) for number in range(ledger.segments)], len(ledger))
    assert (restored.farm, restored.of_printer.keys()) == (ledger.farm, {row.printer for row in rows})


@given(st.lists(STATES, max_size=30), st.lists(STATES, max_size=30), st.integers(HOUR, 20 * HOUR))
@settings(max_examples=200, deadline=None)
def test_last_prints_are_found_whatever_came(states: list[Entry], later: list[Entry], moment: int) -> None:
    with patch("custom_components.printago.history.ledger.SEGMENT_ROWS", 3):
        ledger = Ledger()
        new = list({state.key: state for state in states}.values())
        ledger.add_new(list(zip(*new, strict=True)) or [[]] * len(Entry._fields))
        for state in later:
            ledger.add(state)
        restored = Ledger.restore([ledger.export(number) for number in range(ledger.segments)], len(ledger))
        for one in (ledger, restored):
            assert list(one.since(moment)) == [row for row in one.since(0) if row.ended >= moment]


@given(st.lists(STATES, max_size=30))
@settings(max_examples=100, deadline=None)
def test_prints_added_at_once_are_those_added_one_by_one(states: list[Entry]) -> None:
    new = list({state.key: state for state in states}.values())
    single, bulk = Ledger(), Ledger()
    for state in new:
        single.add(state)
    for some in (new[:4], new[4:]):
        bulk.add_new(list(zip(*some, strict=True)) or [[]] * len(Entry._fields))
    assert list(bulk.since(0)) == list(single.since(0)) == new
    assert (bulk.farm, bulk.of_printer) == (single.farm, single.of_printer)
    assert (bulk.dirty_hours, bulk.dirty_segments) == (single.dirty_hours, single.dirty_segments)
    assert all(bulk.latest(state.key) == state for state in new)
    assert bulk.known([key_of("unknown"), *(state.key for state in new)]) == {state.key for state in new}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("[0300-8000] Printing was paused", "0300-8000"),
        ("0700-2000-0002-0001 AMS A Slot 1 filament has run out", "0700-2000-0002-0001"),
        ("hms 0c00_0300", "0C00-0300"),
        ("  Spaghetti detected ", "Spaghetti detected"),
        ("  ", None),
        (None, None),
        ("order 1234-5678901", "order 1234-5678901"),
    ],
)
def test_reasons_are_counted_by_code_or_words(message: str | None, kind: str | None) -> None:
    assert reason_kind(message) == kind
