"""A skip that nobody notices is a hole: where CI is true, a test may be skipped for few reasons only."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

from tests.skips import ALLOWED, NO_GIT

ROOT = Path(__file__).parents[1]


def outcomes(folder: Path, code: str, *, ci: str) -> tuple[int, str]:
    """Return the exit status and the output of pytest with one file of tests."""
    (folder / "test_it.py").write_text(f"import pytest\n{code}")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.skips",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
    ]
    process = subprocess.run(  # noqa: S603
        [*command, str(folder / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout


@pytest.mark.parametrize(
    "code",
    [
        "def test(): pytest.skip('it is Friday')",
        "@pytest.mark.skip\ndef test(): pass",
        "@pytest.mark.skipif(True, reason='it is Friday')\ndef test(): pass",
        "def test(): pytest.importorskip('no_such_package')",
        "pytest.importorskip('no_such_package')\ndef test(): pass",
        "pytest.skip('it is Friday', allow_module_level=True)",
        "@pytest.fixture\ndef thing(): pytest.skip('it is Friday')\ndef test(thing): pass",
        "@pytest.mark.parametrize('x', [])\ndef test(x): pass",
    ],
)
def test_skip_for_no_listed_reason_fails_where_ci_is_true(tmp_path: Path, code: str) -> None:
    status, output = outcomes(tmp_path, code, ci="true")
    assert status != 0
    assert "tests/skips.py does not list" in output
    status, output = outcomes(tmp_path, code, ci="")
    # 5 is "no tests were collected".
    assert status in (0, 5)
    assert "1 skipped" in output


def test_skip_for_a_listed_reason_and_an_expected_failure_pass(tmp_path: Path) -> None:
    assert NO_GIT in ALLOWED
    code = f"def test(): pytest.skip({NO_GIT!r})\n@pytest.mark.xfail\ndef test_that_fails(): assert False\n"
    status, output = outcomes(tmp_path, code, ci="true")
    assert status == 0
    assert "1 skipped, 1 xfailed" in output
