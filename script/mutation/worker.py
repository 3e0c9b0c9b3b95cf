"""Tests mutants one after the other, each in a fork of this process, which has imported Home Assistant already.

Reads one JSON object per line from standard input, and writes each result to standard output.
"""

from collections.abc import Mapping, Sequence
import contextlib
import importlib
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
import json
import os
from pathlib import Path
import signal
import sys
import time
import traceback
from types import CodeType, ModuleType
from typing import Any, override

from .swapping import swap

_OPTIONS = ["-q", "--no-header", "--disable-warnings", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
_OURS = ("custom_components.", "virtual_farm", "tests.")


class _MutantLoader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: str) -> None:
        super().__init__(fullname, path)
        self._code = code

    @override
    def get_code(self, fullname: str) -> CodeType:
        return compile(self._code, self.path, "exec", dont_inherit=True)


class _MutantFinder(MetaPathFinder):
    """Loads one module with code other than that of its file."""

    def __init__(self, path: Path, code: str) -> None:
        parts = list(path.with_suffix("").parts)
        self._is_package = parts[-1] == "__init__"
        self._name = ".".join(parts[:-1] if self._is_package else parts)
        self._path = path.absolute()
        self._code = code

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return spec_from_file_location(
            fullname,
            self._path,
            loader=_MutantLoader(fullname, str(self._path), self._code),
            submodule_search_locations=[str(self._path.parent)] if self._is_package else None,
        )


class _Failures:
    """A pytest plugin that writes the failed tests to a file, one per line."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write the file."""
        if report.failed:
            with self._file.open("a") as file:
                file.write(f"{report.nodeid}\n")


def _run(job: Mapping[str, Any], log: Path, failed: Path) -> int:
    """Run pytest in this process, with a mutant if the job names one; return its exit code."""
    with log.open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if "path" in job and (job["runs_on_import"] or not swap(Path(job["path"]), job["code"])):
        for name in [name for name in sys.modules if name.startswith(_OURS)]:
            del sys.modules[name]
        sys.meta_path.insert(0, _MutantFinder(Path(job["path"]), job["code"]))
    import pytest

    return pytest.main([*job["arguments"], *_OPTIONS], plugins=[_Failures(failed)])


def _in_fork(arguments: Sequence[Any], seconds: float) -> int | None:
    """Return the exit code of `_run` in a fork; None if it took too long."""
    child = os.fork()
    if child == 0:
        code = 99
        os.setsid()
        try:
            code = int(_run(*arguments))
        except BaseException:  # noqa: BLE001, there is nothing above in a fork
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (status := os.waitpid(child, os.WNOHANG)) != (0, 0):
            return os.waitstatus_to_exitcode(status[1])
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _warm_up(names: Path) -> None:
    """Import what the tests import, except the tests, so that no fork has to."""
    # It patches Home Assistant, and must be imported first.
    importlib.import_module("pytest_homeassistant_custom_component.plugins")
    for name in json.loads(names.read_text()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for path in sorted(Path("custom_components").rglob("*.py")):
        importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))


def list_modules(folder: str, tests: Sequence[str]) -> None:
    """Run some tests, and record which modules they import."""
    import pytest

    pytest.main([*tests, *_OPTIONS])
    names = [
        name
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in ("__main__", "_pytest", "pytest", "py", "conftest", "script")
        and not name.rpartition(".")[2].startswith("test_")
        and not name.startswith("pytest_")
        and getattr(module, "__spec__", None) is not None
    ]
    Path(folder, "modules.json").write_text(json.dumps(names))


def main() -> None:
    """Serve until standard input ends."""
    folder = Path(sys.argv[1])
    log = folder / f"worker-{os.getpid()}.log"
    failed = folder / f"worker-{os.getpid()}.failed"
    answers = os.fdopen(os.dup(1), "w")
    _warm_up(folder / "modules.json")
    for line in sys.stdin:
        job = json.loads(line)
        failed.write_text("")
        code = _in_fork((job, log, failed), job["seconds"])
        answer = {"code": code, "failed": failed.read_text().splitlines(), "end": log.read_text()[-600:]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
