"""Figures that tests measure and `docs/` quotes: printed in the end, and kept in `.cache/figures.json`."""

from collections.abc import Iterator, MutableMapping
import json
from pathlib import Path

import pytest

type Figures = MutableMapping[str, str | int | float]
"""What a test measured, by the words that describe it."""

_FILE = Path(__file__).parents[1] / ".cache" / "figures.json"
_KEY = pytest.StashKey[dict[str, dict[str, str | int | float]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="run the long versions of the tests in tests/e2e")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEY] = {}


@pytest.fixture
def chaos(pytestconfig: pytest.Config) -> bool:
    """Return whether the long version of a test is wanted."""
    return bool(pytestconfig.getoption("--chaos"))


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Return where a test puts its figures."""
    measured: dict[str, str | int | float] = {}
    yield measured
    if measured:
        request.config.stash[_KEY][request.node.nodeid] = measured


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not (tests := config.stash[_KEY]):
        return
    terminalreporter.section("figures")
    for test, measured in tests.items():
        terminalreporter.write_line(test)
        for words, figure in measured.items():
            terminalreporter.write_line(f"  {words}: {figure}")
    _FILE.parent.mkdir(exist_ok=True)
    _FILE.write_text(json.dumps(tests, indent=2) + "\n")
