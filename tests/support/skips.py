"""Allowed reasons to skip a test: with CI, any other reason is a failure."""

from collections.abc import Generator
import os
from typing import Any

import pytest

NO_GIT = "needs git"
NO_ASSISTANT = "Home Assistant's own assistant needs this package"

ALLOWED = frozenset({NO_GIT, NO_ASSISTANT})


def _judged[Report: (pytest.TestReport, pytest.CollectReport)](report: Report) -> Report:
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason not in ALLOWED:
        report.outcome = "failed"
        report.longrepr = f"Skipped where CI is true, for a reason that tests/support/skips.py does not list: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return _judged((yield))
