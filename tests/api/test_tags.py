"""Tags have two forms and any order."""

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.tags import have_tags, join_tags, split_tags


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("a", ["a"]),
        ("a|b", ["a", "b"]),
        ("&=a,b", ["a", "b"]),
        (" &= a , b ", ["a", "b"]),
        ("&=a", ["a"]),
        ("&=", []),
        ("&=,a,,a", ["a"]),
        ("a|", ["a"]),
        ("a,b", ["a,b"]),
        ("A & B", ["A & B"]),
        ("&=Größe 1,Größe 2", ["Größe 1", "Größe 2"]),
        ("", []),
    ],
)
def test_tags_are_read_in_either_form(value: str, tags: list[str]) -> None:
    assert split_tags(value) == tags
    read = PrintJob.from_json("j", {"requiredPrinterTags": {"user.tags": value}}).required_printer_tags
    assert split_tags((read or {})["user.tags"]) == tags


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"user.tags": "&=b,a"}, {"user.tags": "a|b"}, True),
        ({"user.tags": "b|a"}, {"user.tags": "a|b"}, True),
        ({"user.tags": "&=a,b"}, {"user.tags": "a,b"}, True),
        ({"user.tags": "&=a", "printer.id": "&=x"}, {"printer.id": "x"}, True),
        ({"user.tags": "&=a"}, {}, True),
        ({}, {}, True),
        ({}, {"user.tags": "a"}, False),
        ({"user.tags": "&=a,c"}, {"user.tags": "a|b"}, False),
        ({"user.tags": "&=a,b,c"}, {"user.tags": "a|b"}, False),
        ({"user.tags": "&=A,b"}, {"user.tags": "a|b"}, False),
        ({"printer.id": "x"}, {"printer.id": "y"}, False),
    ],
)
def test_tags_are_compared_as_sets(found: dict[str, str], wanted: dict[str, str], same: bool) -> None:
    assert have_tags(found, wanted) is same


def test_tags_are_written_as_printago_documents_them() -> None:
    assert join_tags(["a", " b ", "a", ""]) == "a|b"
