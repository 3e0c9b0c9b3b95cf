"""A skip that nobody notices is a hole: where CI is true, a test may be skipped for few reasons only."""

import os
from pathlib import Path
import re
import subprocess
import sys

import pytest

from tests.support.skips import ALLOWED, NO_GIT

ROOT = Path(__file__).parents[2]

SKIPS = {
    "test_call": "def test(): pytest.skip('it is Friday')",
    "test_mark": "@pytest.mark.skip\ndef test(): pass",
    "test_skipif": "@pytest.mark.skipif(True, reason='it is Friday')\ndef test(): pass",
    "test_import": "def test(): pytest.importorskip('no_such_package')",
    "test_import_of_a_module": "pytest.importorskip('no_such_package')\ndef test(): pass",
    "test_module": "pytest.skip('it is Friday', allow_module_level=True)",
    "test_fixture": "@pytest.fixture\ndef thing(): pytest.skip('it is Friday')\ndef test(thing): pass",
    "test_no_parameters": "@pytest.mark.parametrize('x', [])\ndef test(x): pass",
}
PASSES = {
    "test_listed": f"def test(): pytest.skip({NO_GIT!r})",
    "test_expected": "@pytest.mark.xfail\ndef test(): assert False",
}


@pytest.mark.parametrize("ci", ["true", ""])
def test_unlisted_skip_fails_in_ci(tmp_path: Path, ci: str) -> None:
    assert NO_GIT in ALLOWED
    for name, code in (SKIPS | PASSES).items():
        (tmp_path / f"{name}.py").write_text(f"import pytest\n{code}\n")
    options = ["-q", "-rfE", "-p", "tests.support.skips", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    process = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    bad = set(re.findall(r"^(?:FAILED|ERROR) .*?(\w+)\.py", process.stdout, re.MULTILINE))
    assert bad == (set(SKIPS) if ci == "true" else set())
    assert process.returncode == (1 if ci == "true" else 0), process.stdout
    assert process.stdout.count("tests/support/skips.py does not list") >= len(bad)
