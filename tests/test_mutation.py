"""script/mutate makes the careless changes that it is there for, and none that could not matter."""

from pathlib import Path

import pytest

from script.mutation import equivalent
from script.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[1]


def mutants(folder: Path, code: str) -> list[Mutant]:
    (folder / "module.py").write_text(code)
    return list(mutants_of(folder, "module.py"))


def changes(folder: Path, code: str, operator: str) -> list[str]:
    return [mutant.after for mutant in mutants(folder, code) if mutant.operator == operator]


@pytest.mark.parametrize(
    ("operator", "code", "expected"),
    [
        ("RemoveStatement", "def f(x):\n    x.close()\n", ["pass"]),
        ("RemoveStatement", "def f(x):\n    x.y = 1\n", ["pass"]),
        ("RemoveStatement", "def f(x):\n    y = x\n", []),
        ("RemoveGuard", "def f(x):\n    if x:\n        return 1\n    return 2\n", ["pass"]),
        ("RemoveGuard", "def f(x):\n    if x:\n        x.close()\n", []),
        ("RemoveContext", "def f(x):\n    with x:\n        x.y()\n", ["if True:"]),
        ("RemoveContext", "def f(x):\n    with x as y:\n        y.y()\n", []),
        ("DropOperand", "def f(x, y):\n    return x and y\n", ["return y", "return x"]),
        ("ReplaceComparisonOperator_Lt_LtE", "def f(x):\n    return x < 1\n", ["return x <= 1"]),
        ("AddNot", "def f(x):\n    return 1 if x else 2\n", ["return 1 if not x else 2"]),
    ],
)
def test_change_is_made_where_it_would_matter(tmp_path: Path, operator: str, code: str, expected: list[str]) -> None:
    assert changes(tmp_path, code, operator) == expected


@pytest.mark.parametrize(
    "code",
    [
        "def f(x: int | None = None) -> int | None:\n    return x\n",
        "x: int | None\n",
        "type X = int | str\n",
        "LOGGER.debug('%s', 1 + 1)\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import y\n",
        '"""A docstring."""\n',
    ],
)
def test_nothing_is_changed_that_cannot_matter(tmp_path: Path, code: str) -> None:
    assert mutants(tmp_path, code) == []


def test_key_stays_when_the_code_around_it_moves(tmp_path: Path) -> None:
    code = "def f(x):\n    return x < 1\n"
    before = {mutant.key for mutant in mutants(tmp_path, code)}
    assert before
    assert before <= {mutant.key for mutant in mutants(tmp_path, f"import os\n\n\n{code}")}


def test_equivalent_mutant_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text('[[mutant]]\nkey = "a8d561d899cd"\nwhy = " "\n')
    with pytest.raises(ValueError, match="a8d561d899cd lacks a reason"):
        equivalent.read(file)


def test_each_mutant_that_is_written_down_as_equivalent_has_a_reason() -> None:
    reasons = equivalent.read(ROOT / "tests" / "equivalent_mutants.toml")
    assert all(len(why.split()) > 2 for why in reasons.values())
