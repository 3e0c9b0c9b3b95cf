"""Search for messages and responses that cause errors; exit code 1 if there are any.

python -m tests.fuzz --inputs 1000000 --seed 1
"""

# ruff: noqa: T201 - it is a command

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
import sys
import time

from tests.fuzz.target import run_input
from tests.fuzz.worker import Report, fuzz

_FOLDER = Path(".cache/fuzz")


def main() -> int:
    """Fuzz in several processes, or replay files; print what was done and found."""
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many messages and answers to try")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", help="run these sequences and nothing else")
    arguments = parser.parse_args()
    if arguments.replay:
        for path in arguments.replay:
            run = run_input(path.read_bytes())
            print(f"{path}: {run.lines} inputs, slowest {run.slowest_ms:.2f} ms")
        return 0
    started = time.monotonic()
    processes = max(1, arguments.processes)
    share = -(-arguments.inputs // processes)
    # Each has the seed of its own that follows from the one given.
    jobs = [(share, arguments.seed * 1_000 + number, _FOLDER) for number in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        reports = list(pool.map(fuzz, *zip(*jobs, strict=True)))
    return _print(reports, time.monotonic() - started, arguments.seed)


def _print(reports: list[Report], seconds: float, seed: int) -> int:
    inputs = sum(report.inputs for report in reports)
    slowest = max(reports, key=lambda report: report.slowest_ms)
    findings = {end: path for report in reports for end, path in report.findings.items()}
    print(f"seed: {seed}")
    print(f"inputs tried: {inputs:,} in {seconds:.0f} s ({inputs / seconds:,.0f} a second, {len(reports)} processes)")
    print(f"reached: {max(r.lines for r in reports):,} lines, {max(r.branches for r in reports):,} branches")
    print(f"slowest input: {slowest.slowest_ms:.1f} ms of CPU time ({slowest.slowest[:60]!r})")
    print(f"findings: {len(findings)}")
    for end, path in findings.items():
        print(f"\n{path}\n{end}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
