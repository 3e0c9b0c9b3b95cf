"""Finds the tests that run given lines, for each mutant."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatch
import hashlib
from itertools import chain
import json
import os
from pathlib import Path
import subprocess
import sys

from coverage import CoverageData
import pytest

# Random faults, and whole programs: slow, and they say little about a single line.
_LEFT_OUT = (
    "tests/e2e/test_chaos.py",
    "tests/e2e/test_secrets_stay.py",
    "tests/fuzz/*",
    "tests/project/test_benchmarks.py",
    "tests/project/test_release.py",
    "tests/project/test_docs*",
)


class Covering:
    """The tests that ran each line of the integration in the last run of the suite."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Read what `record` has written below `folder`."""
        self._root = root
        self._data = CoverageData(str(folder / "coverage"))
        self._data.read()
        self._durations: Mapping[str, float] = json.loads((folder / "durations.json").read_text())
        self._on_import: dict[str, set[int]] = {}
        self._contexts: dict[str, Mapping[int, list[str]]] = {}

    def tests_of(self, path: str, lines: range, *, seconds: float) -> list[str]:
        """Return tests that ran any of the lines, of at most `seconds` together.

        Tests named after the module come first, then in turns the one that ran most lines of the module and the quickest
        one of the rest. Lines that run on import belong to every test of the module.
        """
        by_line = self._of(path)
        tests = {test for line in lines for test in by_line.get(line, ())}
        if self.runs_on_import(path, lines):
            tests = {test for listed in by_line.values() for test in listed}
        module = Path(path).stem
        ran = Counter(test for listed in by_line.values() for test in listed)
        quickest = sorted(tests, key=lambda test: (self._durations[test], test))
        thorough = sorted(tests, key=lambda test: (-ran[test], self._durations[test], test))
        named = [test for test in quickest if f"test_{module}" in test]
        chosen: list[str] = []
        for test in dict.fromkeys([*named, *chain.from_iterable(zip(thorough, quickest, strict=True))]):
            seconds -= self._durations[test]
            if chosen and seconds < 0:
                break
            chosen.append(test)
        return chosen

    def runs_on_import(self, path: str, lines: range) -> bool:
        """Return whether any of the lines ran outside of tests."""
        self._of(path)
        return not self._on_import[path].isdisjoint(lines)

    def _of(self, path: str) -> Mapping[int, list[str]]:
        if path not in self._contexts:
            contexts = self._data.contexts_by_lineno(str(self._root / path))
            self._on_import[path] = {line for line, names in contexts.items() if "" in names}
            self._contexts[path] = {
                line: sorted({test for name in names if (test := name.partition("|")[0]) in self._durations})
                for line, names in contexts.items()
            }
        return self._contexts[path]


def record(root: Path, folder: Path, processes: int) -> None:
    """Run the suite, and record which test runs which lines; unchanged files are skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted([*root.glob("custom_components/**/*.py"), *root.glob("tests/**/*.py")])
    digests = {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    stamp = folder / "stamp.json"
    known: dict[str, str] = json.loads(stamp.read_text()) if stamp.exists() else {}
    changed = {path for path in digests.keys() | known.keys() if digests.get(path) != known.get(path)}
    if not changed:
        return
    partly = bool(known) and all(Path(path).name.startswith("test_") for path in changed)
    tests = sorted(path for path in changed & digests.keys() if not _is_left_out(path)) if partly else []
    before = _seconds(folder / "durations.json", changed) if partly else {}
    if tests or not partly:
        _run(root, folder, processes, tests)
        before |= _seconds(folder / "durations.json")
    (folder / "durations.json").write_text(json.dumps(before))
    stamp.write_text(json.dumps(digests))


def _is_left_out(path: str) -> bool:
    return any(fnmatch(path, pattern) for pattern in _LEFT_OUT)


def _seconds(file: Path, besides: Collection[str] = ()) -> dict[str, float]:
    """Return the data of the plugin `durations`, without the tests of some files."""
    seconds: dict[str, float] = json.loads(file.read_text())
    return {test: taken for test, taken in seconds.items() if test.partition("::")[0] not in besides}


def _run(root: Path, folder: Path, processes: int, tests: Sequence[str]) -> None:
    configuration = folder / "coveragerc"
    configuration.write_text(
        # Coverage's newest core can't separate tests.
        f"[run]\ncore = ctrace\nsource = custom_components/printago\ndata_file = {folder}/coverage\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "script.mutation.durations"]
    command += ["--cov", f"--cov-config={configuration}", "--cov-context=test", "--cov-report="]
    command += [
        "--timeout=240",
        f"--numprocesses={processes}",
        "--dist=loadfile",
        *(f"--ignore-glob={root}/{pattern}" for pattern in _LEFT_OUT),
    ]
    command += ["--cov-append", *tests] if tests else []
    print(f"Running {', '.join(tests) or 'the suite'} once, to see which test runs which lines", flush=True)
    environment = os.environ | {"TESTS_RUN": str(folder / "durations.json")}
    finished = subprocess.run(  # noqa: S603
        command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    match finished.returncode:
        case pytest.ExitCode.OK | pytest.ExitCode.NO_TESTS_COLLECTED:
            pass
        case pytest.ExitCode.TESTS_FAILED:
            failed = [line for line in finished.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
            print("\n".join(["Left out, since they fail as it is:", *failed]), flush=True)
        case _:
            sys.exit(f"The suite cannot be run:\n{finished.stdout[-3000:]}")
