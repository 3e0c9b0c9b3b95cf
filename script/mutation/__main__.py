"""Command line of script/mutate."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
import json
import os
from pathlib import Path
import random
import re
import subprocess
import sys
import textwrap
import threading
from typing import Any

from . import equivalent
from .covering import Covering, record
from .mutants import Mutant, mutants_of

_ROOT = Path(__file__).resolve().parents[2]
_FOLDER = _ROOT / ".cache" / "mutation"
_PACKAGE = "custom_components/printago"
_EQUIVALENT = _ROOT / "tests" / "equivalent_mutants.toml"
_TYPICAL = ("tests/entry/test_init.py", "tests/automation/test_blueprints.py", "tests/virtual_farm/test_cli.py")
_START_SECONDS = 30
_MORE = 6
"""How much longer the tests of a mutant may take that the first ones have not detected."""
_local = threading.local()
_passes_as_it_is: dict[str, bool] = {}


def main() -> int:
    """Create mutants, test them, and list those that no test detected."""
    options = _options()
    reasons = equivalent.read(_EQUIVALENT)
    by_module = {path.removeprefix(f"{_PACKAGE}/"): list(mutants_of(_ROOT, path)) for path in _paths(options.module)}
    if faults := list(equivalent.outdated(reasons, _ROOT / _PACKAGE, by_module)):
        sys.exit("\n".join([f"{_EQUIVALENT.name} is out of date:", *faults]))
    record(_ROOT, _FOLDER, options.processes)
    if not (_FOLDER / "modules.json").exists():
        _list_modules()
    covering = Covering(_ROOT, _FOLDER)
    mutants = [mutant for of_module in by_module.values() for mutant in of_module]
    if options.changed is not None:
        mutants = list(_touched(mutants, options.changed))
    found = len(mutants)
    mutants = [mutant for mutant in mutants if (mutant.path.removeprefix(f"{_PACKAGE}/"), mutant.key) not in reasons]
    written_down = found - len(mutants)
    if options.sample is not None and options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)  # noqa: S311
    mutants.sort(key=lambda mutant: (mutant.path, mutant.line))
    print(f"{found} mutants, {written_down} written down as equivalent, {len(mutants)} to try", flush=True)
    outcomes = _try_all(mutants, covering, options)
    survivors = [mutant for mutant, outcome in outcomes.items() if outcome == "survived"]
    counts = Counter(outcomes.values())
    noticed = counts["noticed"] + counts["timed out"]
    score = 100 * noticed / len(outcomes) if outcomes else 100.0
    print(f"{noticed} of {len(outcomes)} noticed: {score:.1f} % ({len(survivors)} survived)")
    if options.output is not None:
        options.output.write_text(json.dumps([_described(mutant) for mutant in survivors], indent=1))
    return int(score < options.at_least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/mutate", description=__doc__)
    parser.add_argument("module", nargs="*", help="modules, folders or parts of their paths; all by default")
    parser.add_argument("--changed", nargs="?", const="HEAD", metavar="REV", help="only lines changed since REV (HEAD)")
    parser.add_argument("--sample", type=int, metavar="N", help="try only N of them, chosen by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=20, help="how long the tests of one mutant may take (%(default)s)"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT", help="fail with a lower score")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the survivors to a file, as JSON")
    return parser.parse_args()


def _paths(wanted: Sequence[str]) -> list[str]:
    """Return the paths of the selected modules, relative to the root."""
    paths = sorted(str(path.relative_to(_ROOT)) for path in (_ROOT / _PACKAGE).rglob("*.py"))
    if not wanted:
        return paths
    names = [name.removeprefix(_PACKAGE).strip("/").removesuffix(".py") for name in wanted]
    chosen = [
        path
        for path in paths
        if any(f"{path.removesuffix('.py')}/".startswith(f"{_PACKAGE}/{name}/") for name in names)
    ]
    if not chosen:
        sys.exit(f"No module is called {', '.join(wanted)}")
    return chosen


def _touched(mutants: Iterable[Mutant], revision: str) -> Iterator[Mutant]:
    """Yield the mutants of lines that were changed since a revision."""
    command = ["git", "diff", "--unified=0", revision, "--", _PACKAGE]
    diff = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    lines: set[tuple[str, int]] = set()
    path = ""
    for row in diff.splitlines():
        if row.startswith("+++ "):
            path = row.removeprefix("+++ b/")
        elif match := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", row):
            first, count = int(match[1]), int(match[2] or 1)
            lines |= {(path, line) for line in range(first, first + count)}
    for mutant in mutants:
        if any((mutant.path, line) in lines for line in range(mutant.line, mutant.last_line + 1)):
            yield mutant


def _list_modules() -> None:
    """Record in a run of some tests what a worker imports in advance."""
    code = "import sys; from script.mutation.worker import list_modules as f; f(sys.argv[1], sys.argv[2:])"
    command = [sys.executable, "-c", code, str(_FOLDER), *_TYPICAL]
    subprocess.run(command, cwd=_ROOT, stdout=subprocess.DEVNULL, check=True)  # noqa: S603


def _try_all(mutants: Sequence[Mutant], covering: Covering, options: argparse.Namespace) -> dict[Mutant, str]:
    """Test mutants in parallel, and print those that no test detected."""

    def outcome_of(mutant: Mutant) -> str:
        lines = range(mutant.line, mutant.last_line + 1)
        on_import = covering.runs_on_import(mutant.path, lines)
        tried: list[str] = []
        # Few tests detect most mutants; the others are tried with more.
        for seconds in (options.seconds, _MORE * options.seconds):
            tests = [test for test in covering.tests_of(mutant.path, lines, seconds=seconds) if test not in tried]
            if (outcome := _try(mutant, tests, seconds, runs_on_import=on_import)) != "survived":
                return outcome
            tried += tests
        return "survived"

    outcomes: dict[Mutant, str] = {}
    # The data of coverage belongs to this thread; reading it now fills the cache that the others use.
    for path in {mutant.path for mutant in mutants}:
        covering.tests_of(path, range(1), seconds=0)
    with ThreadPoolExecutor(options.processes) as pool:
        for mutant, outcome in zip(mutants, pool.map(outcome_of, mutants), strict=True):
            outcomes[mutant] = outcome
            if outcome == "survived":
                print(f"{mutant.path}:{mutant.line} {mutant.definition} [{mutant.operator} {mutant.key}]")
                print(textwrap.indent(mutant.before, "  - "))
                print(textwrap.indent(mutant.after, "  + "), flush=True)
    return outcomes


def _try(mutant: Mutant, tests: Sequence[str], seconds: float, *, runs_on_import: bool) -> str:
    """Return the result of a mutant: detected, timed out or survived."""
    tests = [test for test in tests if _passes_as_it_is.get(test, True)]
    if not tests:
        return "survived"
    limit = _START_SECONDS + 3 * seconds
    job = {"path": mutant.path, "code": mutant.code, "runs_on_import": runs_on_import}
    answer = _worker().ask({**job, "arguments": ["-x", *tests], "seconds": limit})
    match answer["code"]:
        case None:
            return "timed out"
        case 0:
            return "survived"
        case 5:
            sys.exit(f"None of the tests was found:\n{answer['end']}")
    for test in answer["failed"]:
        # Some tests fail in a fork, or at random: they prove nothing about a mutant.
        if test not in _passes_as_it_is:
            _passes_as_it_is[test] = _worker().ask({"arguments": [test], "seconds": limit})["code"] == 0
        if not _passes_as_it_is[test]:
            print(f"Left out, since it fails as it is: {test}", flush=True)
            return _try(mutant, tests, seconds, runs_on_import=runs_on_import)
    return "noticed"


class _Worker:
    """A process that tests mutants."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "script.mutation.worker", str(_FOLDER)]
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Test one mutant, or run tests with the unchanged code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _worker() -> _Worker:
    if not hasattr(_local, "worker"):
        _local.worker = _Worker()
    worker: _Worker = _local.worker
    return worker


def _described(mutant: Mutant) -> dict[str, Any]:
    return {
        "module": mutant.path.removeprefix(f"{_PACKAGE}/"),
        "key": mutant.key,
        "where": f"{mutant.path}:{mutant.line}",
        "definition": mutant.definition,
        "operator": mutant.operator,
        "before": mutant.before,
        "after": mutant.after,
    }


if __name__ == "__main__":
    sys.exit(main())
