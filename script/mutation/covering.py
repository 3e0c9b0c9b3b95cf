"""Which tests run which lines: what each mutant has to be tried against."""

from collections.abc import Mapping
import hashlib
import json
import os
from pathlib import Path
import subprocess
import sys

from coverage import CoverageData

# Faults by chance, and whole programs: slow, and they say little about a single line.
LEFT_OUT = (
    "--ignore=tests/e2e/test_chaos.py",
    "--ignore=tests/e2e/test_secrets_stay.py",
    "--ignore=tests/fuzz",
    "--ignore=tests/test_benchmarks.py",
    "--ignore=tests/test_release.py",
    "--ignore-glob=tests/test_docs*",
)


class Covering:
    """The tests that ran each line of the integration when the suite ran last."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Read what `record` has written below `folder`."""
        self._root = root
        self._data = CoverageData(str(folder / "coverage"))
        self._data.read()
        durations: Mapping[str, float] = json.loads((folder / "durations.json").read_text())
        # A few tests mind being run in a fork.
        passed = json.loads((folder / "passed.json").read_text())
        self._durations = {test: seconds for test, seconds in durations.items() if test in passed}
        self._contexts: dict[str, Mapping[int, list[str]]] = {}

    def tests_of(self, path: str, lines: range, *, seconds: float) -> list[str]:
        """Return the tests that ran any of the lines, the quickest first, of at most `seconds` together.

        Tests named after the module come before all others. Lines that run on import belong to every test of the module.
        """
        by_line = self._of(path)
        tests = {test for line in lines for test in by_line.get(line, ())}
        if not tests:
            if not any(line in by_line for line in lines):
                return []
            tests = {test for listed in by_line.values() for test in listed}
        module = Path(path).stem
        chosen: list[str] = []
        for test in sorted(tests, key=lambda test: (f"test_{module}" not in test, self._durations[test], test)):
            seconds -= self._durations[test]
            if chosen and seconds < 0:
                break
            chosen.append(test)
        return chosen

    def _of(self, path: str) -> Mapping[int, list[str]]:
        if path not in self._contexts:
            contexts = self._data.contexts_by_lineno(str(self._root / path))
            self._contexts[path] = {
                line: sorted({test for name in names if (test := name.partition("|")[0]) in self._durations})
                for line, names in contexts.items()
            }
        return self._contexts[path]


def record(root: Path, folder: Path, processes: int) -> bool:
    """Run the suite once, unless nothing has changed since, and write down which test runs which lines.

    Return whether it was run. Exits when a test fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for path in sorted([*root.glob("custom_components/**/*.py"), *root.glob("tests/**/*.py")]):
        digest.update(path.read_bytes())
    stamp = folder / "stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return False
    configuration = folder / "coveragerc"
    configuration.write_text(
        # Coverage's newest core does not tell tests apart.
        f"[run]\ncore = ctrace\nsource = custom_components/printago\ndata_file = {folder}/coverage\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "script.mutation.durations"]
    command += ["--cov", f"--cov-config={configuration}", "--cov-context=test", "--cov-report="]
    command += ["--timeout=240", f"--numprocesses={processes}", "--dist=loadfile", *LEFT_OUT]
    print("Running the suite once, to see which test runs which lines", flush=True)
    environment = os.environ | {"TESTS_RUN": str(folder / "durations.json")}
    finished = subprocess.run(  # noqa: S603
        command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if finished.returncode:
        sys.exit(f"The suite fails as it is:\n{finished.stdout[-3000:]}")
    stamp.write_text(digest.hexdigest())
    return True
