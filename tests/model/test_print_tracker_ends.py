"""How external prints end where little is known: by flags, gaps, jobs that are found later, and the next print."""

from datetime import timedelta

import pytest

from tests.support.farm_model import JOB, NOON, A, job, listed_jobs, record, stamp
from tests.support.watched import Said, Watched, data, events, idle

AT_PRINTER = {"assignedPrinterId": A}
BOTH = ["print_started", "print_finished"]


def of_prints(fired: list[str]) -> list[str]:
    """Return the events of the printer among others."""
    return [kind for kind in fired if kind.startswith("print_")]


def found_later(watched: Watched, began: float, ended: float) -> list[str]:
    """Read that a job had printed between these times; return the events of the printer."""
    times = {"createdAt": stamp(), "printingStartedAt": stamp(began), "printingCompletedAt": stamp(ended)}
    source = job(ended, status="completed", **AT_PRINTER, **times)
    return of_prints(watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON)))


def with_flags_only() -> Watched:
    """Return a printer of unknown words that prints, as far as Printago's flag says."""
    watched = Watched()
    watched.say("Bereit", isAvailable=True)
    assert watched.say("Druckt", 40, isAvailable=False) == ["print_started"]
    return watched


# The next print


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ([("PREPARE",), ("RUNNING", 0, "A")], ["print_canceled", "print_started"]),
        ([("SLICING",), ("RUNNING", 0, "A")], ["print_canceled", "print_started"]),
        ([("PREPARE",), ("RUNNING", 98, "B")], ["print_canceled", "print_started"]),
        ([("PREPARE",), ("RUNNING", 98, "A")], []),
        ([("PREPARE",), ("RUNNING", 87, "A")], []),
        ([("PREPARE",), ("RUNNING", 86, "A")], ["print_canceled", "print_started"]),
        ([("RUNNING", 0, "A")], []),
        ([("RUNNING", 98, "B")], []),
    ],
)
def test_preparing_printer_may_begin_another_print_of_the_same_name(said: list[Said], kinds: list[str]) -> None:
    watched = idle()
    events(watched, ("RUNNING", 10, "A"), ("RUNNING", 97))
    assert events(watched, *said) == kinds


def test_print_without_progress_that_another_one_follows_has_finished() -> None:
    watched = idle()
    watched.say("RUNNING", None, "A")
    watched.say("RUNNING", isOnline=False)
    assert of_prints(watched.say("RUNNING", None, "B", isOnline=True)) == ["print_finished", "print_started"]
    watched.now += timedelta(minutes=10)
    fired = watched.job(700, status="printing", **AT_PRINTER, printingStartedAt=stamp(605))
    assert of_prints(fired) == ["print_finished", "print_started"]


# Flags


def test_print_that_was_reported_in_words_does_not_end_at_once_by_a_flag() -> None:
    watched = with_flags_only()
    assert watched.say("RUNNING", isAvailable=False) == []
    assert watched.say(None, isAvailable=True) == []
    assert watched.pass_time(minutes=1) == ["print_canceled"]


def test_complete_progress_sent_while_the_status_was_unknown_is_that_of_the_print() -> None:
    watched = with_flags_only()
    watched.record(10, isInMaintenance=True, isAvailable=False)
    assert watched.say("Druckt", 100) == []
    assert of_prints(watched.record(20, isInMaintenance=False, isAvailable=True)) == ["print_finished"]
    assert data(watched)["progress"] == 100


def test_printer_that_ended_a_print_in_words_is_expected_to_start_the_next_one_in_words() -> None:
    watched = with_flags_only()
    assert events(watched, ("RUNNING",), ("FINISH", 100)) == ["print_finished"]
    assert watched.say(None, isAvailable=False) == []
    assert watched.pass_time(minutes=1) == ["print_started"]


def test_printer_that_ended_a_print_without_a_word_starts_the_next_one_without_a_word() -> None:
    watched = idle()
    watched.say("RUNNING", 100)
    assert watched.say("startup", isAvailable=False) == []
    assert watched.say("startup", isAvailable=True) == ["print_finished"]
    assert watched.say(None, isAvailable=False) == ["print_started"]


def test_wait_for_the_start_of_a_print_is_not_that_of_the_print_before() -> None:
    watched = idle()
    assert watched.say(None, isAvailable=False) == []
    watched.now += timedelta(seconds=30)
    assert events(watched, ("RUNNING",)) == ["print_started"]
    watched.now += timedelta(minutes=2)
    assert events(watched, ("FINISH", 100)) == ["print_finished"]
    assert watched.say(None, isAvailable=False) == []
    began = watched.now
    assert watched.pass_time(minutes=1) == ["print_started"]
    assert watched.last[-1].occurred_at == began


def test_print_of_an_unreadable_job_does_not_end_at_once_by_a_flag() -> None:
    fields = {**AT_PRINTER, "printingStartedAt": stamp(-60), "label": "Order 7"}
    watched = Watched(record(isAvailable=False), {JOB: job(status="printing", **fields)})
    watched.say(None, 40, isAvailable=False)
    watched.see(watched.farm.forget_jobs())
    assert watched.say(None, 41, isAvailable=False) == []
    assert watched.say(None, isAvailable=True) == []
    assert watched.pass_time(minutes=1) == ["print_finished"]
    assert data(watched)["job"] == "Order 7"


def test_unreadable_job_that_was_still_being_sent_is_no_print_yet() -> None:
    watched = Watched(jobs={JOB: job(status="sending-to-printer", **AT_PRINTER)})
    watched.say("PREPARE")
    watched.see(watched.farm.forget_jobs())
    assert watched.farm.printers[A].external_print is None
    assert watched.say("IDLE") == []


@pytest.mark.parametrize(("word", "free", "kind"), [("RUNNING", True, "canceled"), ("IDLE", False, "started")])
def test_other_changes_do_not_prolong_the_wait_for_a_status(word: str, free: bool, kind: str) -> None:
    watched = idle()
    watched.say(word, 40)
    assert watched.say(None, isAvailable=free) == []
    watched.now += timedelta(seconds=30)
    problem = {"health": {"warnings": [{"code": "0700-2000-0002-0001", "message": "Spool is almost empty"}]}}
    assert of_prints(watched.stat(33, state=None, isAvailable=free, data=problem)) == []
    assert watched.pass_time(seconds=30) == [f"print_{kind}"]
    assert watched.last[-1].occurred_at == NOON + timedelta(seconds=3)


def test_print_of_a_printer_that_printago_never_called_taken_ends_by_the_word_of_the_printer() -> None:
    watched = idle()
    assert watched.say("RUNNING", 40, isAvailable=True) == ["print_started"]
    assert watched.say("IDLE", isAvailable=True) == ["print_canceled"]


def test_printer_that_goes_on_ending_a_print_has_not_begun_another_one() -> None:
    watched = idle()
    said = ("Printing", 98), ("Finishing", 99), ("Finishing", 100), ("Cancelling",), ("FINISH",)
    assert events(watched, *said) == BOTH


def test_taken_printer_prints_even_if_its_record_names_a_job_that_may_not_be_read() -> None:
    watched = Watched(record(printingJobId="x" * 24))
    watched.see(watched.farm.forget_jobs())
    watched.say("Bereit", isAvailable=True)
    assert watched.say("Druckt", isAvailable=False) == ["print_started"]


def test_progress_sent_while_offline_counts_once_the_printer_is_online() -> None:
    watched = idle()
    watched.say("RUNNING", 40)
    watched.say("RUNNING", 60, isOnline=False)
    assert watched.record(10, isOnline=True, isAvailable=False) == ["printer_online"]
    watched.now += timedelta(seconds=20)
    assert watched.say("IDLE") == ["print_canceled"]
    assert data(watched)["progress"] == 60


def test_print_saved_without_a_name_has_the_name_that_the_printer_reports() -> None:
    watched = Watched()
    watched.event_detector.external_prints.restore({A: {"seen_at": stamp(-60)}})
    assert events(watched, ("RUNNING", 40, "Bracket"), ("PAUSE",)) == ["print_paused"]
    assert data(watched)["job"] == "Bracket"
    assert events(watched, ("FINISH", 100)) == ["print_finished"]
    assert (data(watched)["job"], data(watched)["duration"]) == ("Bracket", 63)


# Jobs that are found later


def test_job_found_later_at_an_idle_printer_does_not_hide_the_next_print() -> None:
    watched = idle()
    watched.now += timedelta(minutes=10)
    assert found_later(watched, 5, 300) == BOTH
    assert events(watched, ("RUNNING", 1), ("FINISH", 100)) == BOTH


def test_job_found_later_that_is_the_running_print_ends_it() -> None:
    watched = idle()
    watched.say("RUNNING", 1)
    watched.now += timedelta(minutes=10)
    assert found_later(watched, 2, 590) == ["print_finished"]
    assert events(watched, ("RUNNING", 100), ("FINISH", 100)) == []
    assert events(watched, ("RUNNING", 1), ("FINISH", 100)) == BOTH


def test_job_that_becomes_readable_again_is_the_print_of_the_printer() -> None:
    fields = {**AT_PRINTER, "printingStartedAt": stamp(-60)}
    watched = Watched(jobs={JOB: job(status="printing", **fields)})
    watched.say("RUNNING", 40)
    watched.see(watched.farm.forget_jobs())
    assert watched.farm.printers[A].external_print is not None
    watched.job(5, status="printing", **fields)
    assert watched.farm.printers[A].external_print is None
