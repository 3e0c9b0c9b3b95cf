"""One process of the fuzzer: keeps inputs that reach new code, and mutates them."""

from dataclasses import dataclass, field
import gc
import hashlib
from pathlib import Path
from random import Random
import time
import traceback

from tests.fuzz.guide import Guide
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import LINES, SEQUENCES
from tests.fuzz.target import run_input

_MOST_KEPT = 2_000
_MOST_KEPT_BYTES = 100_000
_MOST_FINDINGS = 20


@dataclass(slots=True)
class Report:
    """What a worker has done. An input is one message or answer; they come in short sequences, each on a farm of its own."""

    inputs: int = 0
    seconds: float = 0.0
    lines: int = 0
    branches: int = 0
    slowest_ms: float = 0.0
    slowest: bytes = b""
    findings: dict[str, Path] = field(default_factory=dict)
    """Where the sequence is kept that made it, by the end of its trace."""


def fuzz(inputs: int, seed: int, folder: Path) -> Report:
    """Try this many inputs; the same seed tries the same. Sequences with a finding are kept in ``folder``."""
    random = Random(seed)  # noqa: S311 - repeatable is what it has to be
    pool = [*LINES, *SEQUENCES]
    report = Report()
    started = time.monotonic()
    gc.collect()
    gc.freeze()
    guide = Guide()
    try:
        for data in pool:
            report.inputs += run_input(data).lines
        while report.inputs < inputs and len(report.findings) < _MOST_FINDINGS:
            reached = guide.reached
            # What was found last is likely to lead on.
            first = random.randrange(len(pool))
            data = mutate(pool[max(first, random.randrange(len(pool)))], random)
            try:
                run = run_input(data)
            except Exception:  # noqa: BLE001, that is what is looked for
                report.inputs += data.count(b"\n") + 1
                _keep(report, data, folder)
                continue
            report.inputs += run.lines
            if run.slowest_ms > report.slowest_ms:
                report.slowest_ms, report.slowest = run.slowest_ms, data
            if guide.reached > reached and len(data) <= _MOST_KEPT_BYTES:
                pool.append(data)
                if len(pool) > _MOST_KEPT:
                    pool.pop(random.randrange(len(LINES) + len(SEQUENCES), len(pool)))
    finally:
        guide.close()
        gc.unfreeze()
    report.seconds = time.monotonic() - started
    report.lines, report.branches = guide.lines, guide.branches
    return report


def _keep(report: Report, data: bytes, folder: Path) -> None:
    trace = traceback.format_exc()
    end = "\n".join(trace.splitlines()[-3:])
    if end in report.findings:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(trace)
    report.findings[end] = path
