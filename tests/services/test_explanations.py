"""How many printers an explanation of a waiting job names."""

import pytest

from custom_components.printago.services.explain_job import _MOST_NAMED, _named


@pytest.mark.parametrize(("count", "rest"), [(1, ""), (_MOST_NAMED, ""), (_MOST_NAMED + 1, ", … (+1)")])
def test_explanation_names_some_printers_and_counts_the_others(count: int, rest: str) -> None:
    names = [f"P{number}" for number in range(count)]
    assert _named(names) == ", ".join(names[:_MOST_NAMED]) + rest
