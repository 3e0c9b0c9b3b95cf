"""External prints by their progress and name: complete or not, the same print or another one."""

from typing import Any

import pytest

from tests.support.farm_model import NOON, A, stamp
from tests.support.watched import Said, Watched, data, events, idle

BOTH = ["print_started", "print_finished"]
CANCELED = ["print_started", "print_canceled"]


@pytest.mark.parametrize(("percent", "kinds"), [(99.5, BOTH), (99.4, CANCELED), (100, BOTH), (0, CANCELED)])
def test_progress_that_rounds_to_all_of_it_is_a_finished_print(percent: float, kinds: list[str]) -> None:
    assert events(idle(), ("RUNNING", percent), ("IDLE", 0)) == kinds
    assert events(idle(), ("RUNNING", 40), ("IDLE", percent)) == kinds


@pytest.mark.parametrize(
    ("percent", "word", "kinds"),
    [(None, "startup", ["print_finished"]), (40, "startup", []), (100, "startup", ["print_finished"]), (None, None, []),
     (40, None, []), (100, None, ["print_finished"])],
)  # fmt: skip
def test_free_printer_without_a_known_word_ends_a_print_at_once_only_if_no_better_sign_will_come(
    percent: float | None, word: str | None, kinds: list[str]
) -> None:
    watched = idle()
    watched.say("RUNNING", percent)
    assert watched.say(word, isAvailable=True) == kinds
    waited = watched.pass_time(minutes=1)
    assert len(kinds + waited) == 1


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ([("RUNNING", 40, "B")], []),
        ([("RUNNING", 41, "B")], []),
        ([("RUNNING", 39, "B")], ["print_canceled", "print_started"]),
        ([("RUNNING", 39, "A")], []),
        ([("RUNNING", 0, "A")], []),
    ],
)
def test_print_with_another_name_is_another_one_only_if_its_progress_fell(said: list[Said], kinds: list[str]) -> None:
    watched = idle()
    events(watched, ("RUNNING", 40, "A"))
    assert events(watched, *said) == kinds


def test_name_reported_after_the_start_is_that_of_the_print_from_then_on() -> None:
    watched = idle()
    events(watched, ("FINISH", 100, "Yesterday's"), ("RUNNING",), ("RUNNING", 5, "A"))
    assert events(watched, ("RUNNING", 0, "B")) == ["print_canceled", "print_started"]
    assert watched.last[0].data["job"] == "A"
    assert watched.last[1].data["job"] == "B"


def test_first_name_reported_after_the_start_is_not_another_print() -> None:
    watched = idle()
    events(watched, ("FINISH", 100, "Yesterday's"), ("RUNNING", 5))
    assert events(watched, ("RUNNING", 4, "A"), ("PAUSE",)) == ["print_paused"]
    assert data(watched)["job"] == "A"


def test_progress_that_fell_counts_again_once_it_rises() -> None:
    watched = idle()
    events(watched, ("RUNNING", 80), ("RUNNING", 20), ("RUNNING", 20))
    watched.say("PAUSE")
    assert watched.farm.printers[A].external_print is not None
    assert watched.farm.printers[A].external_print.progress == 80
    events(watched, ("RUNNING", 25))
    assert events(watched, ("IDLE",)) == ["print_canceled"]
    assert data(watched)["progress"] == 25


@pytest.mark.parametrize(
    ("saved", "same"),
    [
        ({"seen_at": stamp(-60), "progress": 60}, True),
        ({"seen_at": stamp(1), "progress": 60}, True),
        ({"seen_at": stamp(2), "progress": 60}, False),
        ({"seen_at": stamp(-60), "progress": 70}, True),
        ({"seen_at": stamp(-60), "progress": 70.5}, False),
        ({"seen_at": stamp(-60), "progress": None}, True),
    ],
)
def test_saved_print_goes_on_if_it_is_not_later_and_its_progress_did_not_fall(
    saved: dict[str, Any], same: bool
) -> None:
    watched = Watched()
    watched.event_detector.external_prints.restore({A: {"name": "Bracket", **saved}})
    assert events(watched, ("RUNNING", 60), ("FINISH",)) == ["print_finished"]
    assert data(watched)["job"] == ("Bracket" if same else None)


def test_print_that_began_now_has_no_earlier_start() -> None:
    watched = idle()
    watched.say("RUNNING", 1, "A")
    external = watched.farm.printers[A].external_print
    assert external is not None
    assert (external.paused, external.taken, external.gap, external.replaced) == (False, True, False, False)
    assert external.seen_at == NOON + 2 * Watched.SECOND


def test_print_that_gets_another_name_without_any_progress_is_the_same() -> None:
    watched = idle()
    assert events(watched, ("RUNNING", None, "A"), ("RUNNING", None, "B"), ("FINISH",)) == BOTH
    assert data(watched)["job"] == "B"


def test_print_that_is_being_ended_ends_as_soon_as_the_printer_is_free() -> None:
    watched = idle()
    events(watched, ("RUNNING", 40), ("Finishing",))
    watched.say("Finishing", isAvailable=False)
    assert watched.say(None, isAvailable=True) == ["print_finished"]


@pytest.mark.parametrize(("word", "end"), [("FINISH", "finished"), ("FAILED", "canceled"), ("stopped", "canceled")])
def test_last_word_decides_how_a_canceled_print_ended_except_for_a_failure(word: str, end: str) -> None:
    assert events(idle(), ("RUNNING", 40), ("Cancelling",), (word,)) == ["print_started", f"print_{end}"]


def test_complete_progress_of_a_printer_that_seemed_free_is_that_of_its_print() -> None:
    watched = idle()
    watched.say("RUNNING", isAvailable=True)
    assert watched.say(None, 100, isAvailable=True) == []
    assert watched.say("RUNNING", 100, isAvailable=True) == []
    assert watched.say("FINISH", isAvailable=True) == ["print_finished"]


def test_name_left_over_stays_until_there_is_another_one() -> None:
    watched = idle()
    events(watched, ("FINISH", 100, "Yesterday's"), ("RUNNING",), ("RUNNING", 5), ("RUNNING", 6), ("RUNNING", 7))
    assert events(watched, ("PAUSE",)) == ["print_paused"]
    assert data(watched)["job"] == "Yesterday's"
