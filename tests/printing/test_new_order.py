"""The queue numbers for a new order of jobs: they give that order, and few jobs change."""

from collections.abc import Sequence

from hypothesis import given, strategies as st
import pytest

from custom_components.printago.api.models.records import PrintJob, place_in_queue
from custom_components.printago.printing.queue_order import moved, new_numbers, swapped

NUMBERS = st.none() | st.integers(0, 5) | st.floats(0, 1e6)


def queue(*numbers: float | None, tier: int | None = 100) -> list[PrintJob]:
    """Return waiting jobs, named by letters."""
    return [
        PrintJob.from_json(chr(ord("a") + index), {"priority": tier, "queueOrder": number})
        for index, number in enumerate(numbers)
    ]


def letters(jobs: Sequence[PrintJob]) -> str:
    return "".join(job.id for job in jobs)


def renumbered(jobs: Sequence[PrintJob], numbers: dict[str, float]) -> list[PrintJob]:
    """Return the jobs as Printago sorts them by their new numbers."""
    after = [
        PrintJob.from_json(job.id, {"priority": job.priority, "queueOrder": numbers.get(job.id, job.queue_order)})
        for job in jobs
    ]
    return sorted(after, key=place_in_queue)


@given(st.data())
def test_new_numbers_give_the_wanted_order_within_a_priority(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(st.sampled_from([None, 100, 1000]), NUMBERS), max_size=9))
    jobs = [
        PrintJob.from_json(chr(ord("a") + index), {"priority": tier, "queueOrder": number})
        for index, (tier, number) in enumerate(rows)
    ]
    now = sorted(jobs, key=place_in_queue)
    wanted = swapped(now, [job.id for job in data.draw(st.permutations(now))])

    numbers = new_numbers(wanted)

    assert letters(renumbered(jobs, numbers)) == letters(wanted)
    assert all(number >= 0 for number in numbers.values())


@pytest.mark.parametrize(
    ("moving", "index", "expected", "touched"),
    [("d", 0, "dabc", 1), ("a", 3, "bcda", 1), ("b", 2, "acbd", 1), ("cd", 0, "cdab", 2), ("dc", 1, "adcb", 2)],
)
def test_a_move_changes_only_the_number_of_the_moved_job(moving: str, index: int, expected: str, touched: int) -> None:
    jobs = queue(1, 2, 3, 4)
    wanted = moved(jobs, moving, index)

    assert letters(wanted) == expected
    assert len(new_numbers(wanted)) <= touched


def test_an_unchanged_order_changes_no_number() -> None:
    jobs = queue(1, 2, None, None)

    assert new_numbers(jobs) == {}


@pytest.mark.parametrize("numbers", [(0, 1), (3, 3), (None, None), (5e-324, 5)])
def test_all_jobs_get_new_numbers_if_there_is_no_gap(numbers: tuple[float | None, float | None]) -> None:
    first, second = queue(*numbers)

    assert letters(renumbered([first, second], new_numbers([second, first]))) == "ba"


@pytest.mark.parametrize(
    ("numbers", "moving", "index", "changed"),
    [
        ((0, 2, 4), "c", 1, {"c": 1.0}),
        ((0, 2, 4), "c", 0, {"a": 2.0, "b": 3.0, "c": 1.0}),
        ((1, 2, 4), "c", 0, {"c": 0.5}),
        ((2, 4, 6), "a", 2, {"a": 7.0}),
        ((1, 2, None), "c", 0, {"c": 0.5}),
        # A job without a number cannot be kept behind one with a number.
        ((1, None, None), "c", 1, {"a": 1.0, "b": 3.0, "c": 2.0}),
        ((1, 2, 3, None), "b", 0, {"a": 2.0, "b": 1.0, "c": 3.0, "d": 4.0}),
        ((1, None, None), "a", 2, {"a": 3.0, "b": 1.0, "c": 2.0}),
    ],
)
def test_numbers_are_halfway_between_others_or_one_more_than_the_last(
    numbers: tuple[float | None, ...], moving: str, index: int, changed: dict[str, float]
) -> None:
    assert new_numbers(moved(queue(*numbers), moving, index)) == changed


def test_several_jobs_share_the_room_between_two_others() -> None:
    assert new_numbers(moved(queue(0, 3, 4, 5, 6), "ed", 1)) == {"e": 1.0, "d": 2.0}


def test_a_job_never_leaves_its_priority() -> None:
    jobs = [*queue(1, 2), PrintJob.from_json("z", {"priority": 1000, "queueOrder": 0})]

    assert letters(moved(jobs, "z", 0)) == "abz"
    assert letters(moved(jobs, "a", 2)) == "baz"
    assert letters(swapped(jobs, "za")) == "baz"
