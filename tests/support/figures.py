"""Measured figures that `docs/` quotes: printed at the end, and saved in `.cache/figures.json`."""

from collections.abc import Iterator, MutableMapping
import json
from pathlib import Path

import pytest

type Figures = MutableMapping[str, str | int | float]
"""The results of a test by description."""

_FILE = Path(__file__).parents[2] / ".cache" / "figures.json"
_PROPERTY = "figures"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="run the long versions of the tests in tests/e2e")
    parser.addoption("--chaos-seed", type=int, help="what the faults of tests/e2e/test_chaos.py follow from")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Summary())


@pytest.fixture
def chaos(pytestconfig: pytest.Config) -> bool:
    """Return whether the long version of a test is wanted."""
    return bool(pytestconfig.getoption("--chaos"))


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Return the place for a test's figures."""
    measured: dict[str, str | int | float] = {}
    yield measured
    if measured:
        # It is part of the test's report, since tests may run in separate processes.
        request.node.user_properties.append((_PROPERTY, measured))


class _Summary:
    """Collects figures from the reports of all processes."""

    def __init__(self) -> None:
        self._tests: dict[str, dict[str, str | int | float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown" and (figures := dict(report.user_properties).get(_PROPERTY)):
            self._tests[report.nodeid] = figures

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tests:
            return
        terminalreporter.section("figures")
        for test, measured in sorted(self._tests.items()):
            terminalreporter.write_line(test)
            for words, figure in measured.items():
                terminalreporter.write_line(f"  {words}: {figure}")
        _FILE.parent.mkdir(exist_ok=True)
        _FILE.write_text(json.dumps(dict(sorted(self._tests.items())), indent=2) + "\n")
