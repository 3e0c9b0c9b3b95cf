"""script/mutate makes the careless changes that it is there for, and none that could not matter."""

from collections.abc import Mapping
import importlib
from pathlib import Path
import sys

import pytest

from script.mutation import equivalent
from script.mutation.mutants import Mutant, mutants_of
from script.mutation.swapping import swap

ROOT = Path(__file__).parents[2]


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
        ("RemoveStatement", "def f(x):\n    # A sentence. Another.\n    y = x\n", []),
        ("RemoveGuard", "def f(x):\n    if x:\n        return 1\n    return 2\n", ["pass"]),
        ("RemoveGuard", "def f(x):\n    if x:\n        x.close()\n", []),
        ("RemoveContext", "def f(x):\n    with x:\n        x.y()\n", ["if True:"]),
        ("RemoveContext", "def f(x):\n    with x as y:\n        y.y()\n", []),
        ("DropOperand", "def f(x, y):\n    return x and y\n", ["return y", "return x"]),
        ("ReplaceComparisonOperator_Lt_LtE", "def f(x):\n    return x < 1\n", ["return x <= 1"]),
        ("AddNot", "def f(x):\n    return 1 if x else 2\n", ["return 1 if not x else 2"]),
    ],
)
def test_change_with_an_effect_is_made(tmp_path: Path, operator: str, code: str, expected: list[str]) -> None:
    assert changes(tmp_path, code, operator) == expected


@pytest.mark.parametrize(
    "code",
    [
        "def f(x: int | None = None) -> int | None:\n    return x\n",
        "x: int | None\n",
        "def f(*, x):\n    return x\n",
        "type X = int | str\n",
        "LOGGER.debug('%s', 1 + 1)\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import y\n",
        '"""A docstring."""\n',
    ],
)
def test_change_without_an_effect_is_not_made(tmp_path: Path, code: str) -> None:
    assert mutants(tmp_path, code) == []


def test_key_is_stable_when_the_code_moves(tmp_path: Path) -> None:
    code = "def f(x):\n    return x < 1\n"
    before = {mutant.key for mutant in mutants(tmp_path, code)}
    assert before
    assert before <= {mutant.key for mutant in mutants(tmp_path, f"import os\n\n\n{code}")}


ORIGINAL = """
LIMIT = 1


class Thing:
    SIZE = 2

    def is_large(self, size=3):
        return size > self.SIZE and any(size > limit for limit in (LIMIT,))
"""


@pytest.mark.parametrize(
    ("before", "after", "swapped", "is_large"),
    [
        ("size > self.SIZE", "size < self.SIZE", True, False),
        ("size > limit", "size < limit", True, False),
        ("LIMIT = 1", "LIMIT = 2", False, True),
        ("SIZE = 2", "SIZE = 3", False, True),
        ("size=3", "size=2", False, True),
    ],
    ids=["function", "within a function", "module", "class", "parameter"],
)
def test_only_code_of_functions_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, swapped: bool, is_large: bool
) -> None:
    (tmp_path / "swapped_module.py").write_text(ORIGINAL)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("swapped_module")
    del sys.modules["swapped_module"]
    assert swap(tmp_path / "swapped_module.py", ORIGINAL.replace(before, after)) is swapped
    assert module.Thing().is_large() is is_large


def entries(folder: Path, text: str) -> Mapping[tuple[str, str], str]:
    (folder / "equivalent.toml").write_text(text)
    return equivalent.read(folder / "equivalent.toml")


@pytest.mark.parametrize("lacking", ["module", "key", "why"])
def test_incomplete_equivalent_mutant_is_refused(tmp_path: Path, lacking: str) -> None:
    parts = {"module": "module.py", "key": "a8d561d899cd", "why": "It is the same."} | {lacking: " "}
    text = "[[mutant]]\n" + "".join(f'{name} = "{value}"\n' for name, value in parts.items())
    with pytest.raises(ValueError, match="lacks a"):
        entries(tmp_path, text)


@pytest.mark.parametrize(
    ("module", "code", "expected"),
    [
        ("module.py", "def f(x):\n    return x < 1\n", []),
        ("module.py", "def f(x):\n    return x < 2\n", ["module.py has no such mutant"]),
        ("gone.py", "def f(x):\n    return x < 1\n", ["there is no gone.py"]),
    ],
)
def test_equivalent_mutant_of_removed_code_is_reported(
    tmp_path: Path, module: str, code: str, expected: list[str]
) -> None:
    key = mutants(tmp_path, "def f(x):\n    return x < 1\n")[0].key
    reasons = entries(tmp_path, f'[[mutant]]\nmodule = "{module}"\nkey = "{key}"\nwhy = "It is the same."\n')
    faults = list(equivalent.outdated(reasons, tmp_path, {"module.py": mutants(tmp_path, code)}))
    assert [fault.startswith(f"{key}: {start}") for fault, start in zip(faults, expected, strict=True)] == [True] * len(
        expected
    )


def test_each_equivalent_mutant_has_a_reason_and_a_module() -> None:
    reasons = equivalent.read(ROOT / "tests" / "equivalent_mutants.toml")
    assert all(len(why.split()) > 2 for why in reasons.values())
    assert not list(equivalent.outdated(reasons, ROOT / "custom_components" / "printago", {}))
