"""Which printers a text means, and names that mean one printer only."""

import pytest

from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.printer_names import full_names, printers_called, unambiguous_names
from tests.support.farm_model import printer_row


def printer(printer_id: str, name: str, given: str | None = None) -> PrinterState:
    """Return a printer with Printago's name, and the one given in Home Assistant."""
    state = PrinterState.from_row(printer_row(printer_id, {"name": name}))
    state.given_name = given
    return state


FARM = [
    printer("one", "X1C", "Left"),
    printer("two", "X1C", "Right"),
    printer("three", "Left"),
    printer("four", "Mini"),
    printer("five", "Twin"),
    printer("six", "twin", "TWIN"),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("right", ["two"]),
        ("left", ["one", "three"]),
        ("x1c", ["one", "two"]),
        ("MINI", ["four"]),
        ("Left (X1C)", ["one"]),
        ("Left (three)", ["three"]),
        ("Left (one)", ["one"]),
        ("four", ["four"]),
        ("Mini (Mini)", []),
        ("twin", ["five", "six"]),
        ("unknown", []),
        ("", []),
        (" \u200b", []),
    ],
)
def test_text_means_each_printer_with_that_name_in_either_system(wanted: str, ids: list[str]) -> None:
    assert [found.id for found in printers_called(FARM, wanted)] == ids


def test_full_names_have_the_second_name_or_the_id() -> None:
    assert full_names(FARM) == [
        "Left (X1C)",
        "Right (X1C)",
        "Left (three)",
        "Mini (four)",
        "Twin (five)",
        "TWIN (six)",
    ]


def test_full_name_has_the_id_if_the_second_names_are_the_same_too() -> None:
    same = [printer("one", "X1C", "Left"), printer("two", "x1c", "left"), printer("three", "P1S", "Left")]
    assert full_names(same) == ["Left (one)", "left (two)", "Left (P1S)"]


def test_names_are_extended_only_where_others_share_them() -> None:
    assert unambiguous_names(FARM) == {
        "one": "Left (X1C)",
        "two": "Right",
        "three": "Left (three)",
        "four": "Mini",
        "five": "Twin (five)",
        "six": "TWIN (six)",
    }


def test_each_full_name_means_its_printer_only() -> None:
    for state, name in zip(FARM, full_names(FARM), strict=True):
        assert printers_called(FARM, name) == [state]
