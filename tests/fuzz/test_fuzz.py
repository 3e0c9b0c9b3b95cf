"""Earlier findings of the fuzzer, and a short run; the long one is ``script/fuzz``."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import LINES, SEQUENCES
from tests.fuzz.target import MOST_CPU_MS, FindingError, run_input
from tests.fuzz.worker import fuzz
from tests.support.figures import Figures

_REGRESSIONS = sorted((Path(__file__).parent / "regressions").iterdir())
_INPUTS = 5_000


@pytest.mark.parametrize("path", _REGRESSIONS, ids=lambda path: path.name)
def test_earlier_findings_are_fixed(path: Path) -> None:
    assert run_input(path.read_bytes()).slowest_ms <= MOST_CPU_MS


def test_thousands_of_damaged_messages_and_responses_do_no_harm(tmp_path: Path, figures: Figures) -> None:
    report = fuzz(_INPUTS, 7, tmp_path)
    assert report.findings == {}
    assert report.inputs >= _INPUTS
    # It does reach what it is meant to guard.
    assert report.lines > 1_000
    figures["damaged messages and answers"] = report.inputs
    figures["slowest, ms of CPU time"] = round(report.slowest_ms, 1)


def test_the_same_seed_makes_the_same_inputs() -> None:
    made = [[mutate(data, Random(3)) for data in (*LINES, *SEQUENCES)] for _ in range(2)]  # noqa: S311 - repeatable
    assert made[0] == made[1]


def test_finding_is_detected_and_its_input_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(data: bytes) -> None:
        if data not in LINES and data not in SEQUENCES:
            raise FindingError("harm")
        return run_input(data)

    monkeypatch.setattr("tests.fuzz.worker.run_input", break_down)
    report = fuzz(200, 1, tmp_path)
    (path,) = report.findings.values()
    assert path.read_bytes()
    assert "harm" in path.with_suffix(".txt").read_text()


def test_each_search_of_a_process_is_guided_by_new_code(tmp_path: Path) -> None:
    # The first one of a process fills caches, and takes other ways to do so.
    _, first, second = (fuzz(200, 1, tmp_path) for _ in range(3))
    assert first.lines > 1_000
    assert second.lines == first.lines
