"""Readers of single values: their limits are part of the range, and anything beyond is unreadable."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.printago.api.models import fields as f

type Reader = Callable[[Any], Any]


class Size(StrEnum):
    """An enumeration."""

    SMALL = "small"


UNREADABLE: Any = object()
COUNT = f.whole(0, 10)


def read(reader: Reader, raw: object) -> Any:
    """Return what a reader makes of a value."""
    try:
        return reader(raw)
    except f.UnreadableError:
        return UNREADABLE


@pytest.mark.parametrize(
    ("reader", "raw", "value"),
    [
        (f.text, "t" * 255, "t" * 255),
        (f.text, "t" * 256, "t" * 254 + "…"),
        (f.text, "a\x00b\x9fc", "a b c"),
        (f.text, "\n" + "t" * 255, " " + "t" * 253 + "…"),
        (f.text, "thin\u200bspace\u00a0here", "thin\u200bspace\u00a0here"),
        (f.text, "", ""),
        (f.text, 7, UNREADABLE),
        (f.text, None, UNREADABLE),
        (f.string, "\n" + "t" * 300, "\n" + "t" * 300),
        (f.string, 7, UNREADABLE),
        (f.filled_text, " Benchy\n", "Benchy"),
        (f.filled_text, "\x00\t ", None),
        (f.filled_text, ["Benchy"], UNREADABLE),
        (f.cut, "t" * 255, "t" * 255),
        (f.cut, "t" * 256, "t" * 254 + "…"),
        (f.path_text, "p" * 2048, "p" * 2048),
        (f.path_text, "p" * 2049, UNREADABLE),
        (f.path_text, 7, UNREADABLE),
        (f.flag, False, False),
        (f.flag, 0, UNREADABLE),
        (f.flag, "true", UNREADABLE),
        (f.number(-1, 2.5), -1, -1),
        (f.number(-1, 2.5), 2.5, 2.5),
        (f.number(-1, 2.5), -1.1, UNREADABLE),
        (f.number(-1, 2.5), 2.6, UNREADABLE),
        (f.number(-1, 2.5), True, UNREADABLE),
        (f.number(-1, 2.5), "1", UNREADABLE),
        (f.number(-1, 2.5), float("nan"), UNREADABLE),
        (f.percent, 0, 0),
        (f.percent, 99.5, 99.5),
        (f.percent, 110, 100),
        (f.percent, 110.5, UNREADABLE),
        (f.percent, -0.5, UNREADABLE),
        (f.whole_percent, 71.6, 72),
        (f.whole_percent, 110, 100),
        (COUNT, 0, 0),
        (COUNT, 10, 10),
        (COUNT, 9.6, 10),
        (COUNT, -1, UNREADABLE),
        (COUNT, 11, UNREADABLE),
        (COUNT, 10.4, UNREADABLE),
        (COUNT, True, UNREADABLE),
        (f.epoch, 1_777_624_200, datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        (f.epoch, 1_777_624_200_000, datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        (f.epoch, 0, UNREADABLE),
        (f.epoch, -1, UNREADABLE),
        (f.epoch, 1e14, UNREADABLE),
        (f.epoch, "1777624200", UNREADABLE),
        (f.moment, "2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        (f.moment, "2999-12-31T23:59:59Z", datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (f.moment, "1999-12-31T23:59:59Z", UNREADABLE),
        (f.moment, "3000-01-01T00:00:00Z", UNREADABLE),
        (f.moment, "3000-01-01T00:00:00+05:00", UNREADABLE),
        (f.moment, "2026-11-24T12:00:00." + "1" * 60 + "Z", UNREADABLE),
        (f.moment, 20261124, UNREADABLE),
        (f.choice(Size), "small", Size.SMALL),
        (f.choice(Size), "SMALL", UNREADABLE),
        (f.choice(Size), [], UNREADABLE),
        (f.choice(Size), None, UNREADABLE),
        (f.currency, " eur\n", "EUR"),
        (f.currency, "EURO", UNREADABLE),
        (f.currency, "E2R", UNREADABLE),
        (f.currency, ["EUR"], UNREADABLE),
        (f.web_address, " HTTPS://shop.invalid/1 ", "HTTPS://shop.invalid/1"),
        (f.web_address, "http://shop.invalid/1", "http://shop.invalid/1"),
        (f.web_address, "ftp://shop.invalid/1", UNREADABLE),
        (f.web_address, "https://shop.invalid/\x7f", UNREADABLE),
        (f.texts, ["farm", 7, None, "left"], ("farm", "left")),
        (f.texts, [str(number) for number in range(101)], tuple(map(str, range(100)))),
        (f.texts, "farm", UNREADABLE),
        (f.texts, {"farm": "left"}, UNREADABLE),
    ],
)
def test_value_is_read_within_its_limits_and_unreadable_beyond(reader: Reader, raw: object, value: object) -> None:
    assert read(reader, raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 12:00:00 +0200", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("Tue, 24 Nov 1926 12:00:00 GMT", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_date_of_a_header_is_read_in_utc(raw: str, value: datetime | None) -> None:
    assert f.http_date(raw) == value


def test_unreadable_field_is_unknown_or_left_out_and_the_next_ones_are_read() -> None:
    fields: f.Fields = {
        "gone": ("gone", f.text),
        "odd": ("odd", f.text),
        "empty": ("empty", f.text),
        "decides": ("decides", f.deciding(f.text)),
        "enabled": ("enabled", f.flag),
        "name": ("name", f.text),
    }
    source = {"odd": 7, "empty": None, "decides": 7, "enabled": "yes", "name": "X1"}
    assert f.read_fields(source, fields) == {"odd": None, "empty": None, "name": "X1"}
    assert f.read_fields({"decides": "it", "enabled": True}, fields) == {"decides": "it", "enabled": True}


@pytest.mark.parametrize("source", [None, 7, "name", ["name"], True])
def test_value_other_than_an_object_has_no_fields(source: object) -> None:
    assert f.read_fields(source, {"name": ("name", f.text)}) == {}


@pytest.mark.parametrize(
    ("raw", "valid"),
    [
        ("a", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a-b_C9", True),
        ("a-" * 32, True),
        ("a-" * 33, False),
        ("", False),
        ("a b", False),
        ("../a", False),
        ("ä", False),
        ("\u0664", False),
        (7, False),
        (None, False),
    ],
)
def test_identifier_is_a_short_word_of_ascii(raw: object, valid: bool) -> None:
    assert f.is_identifier(raw) is valid


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "before"),
    [
        ("2026-05-01T11:59:59.999Z", True),
        ("1999-12-31T23:59:59.999Z", True),
        ("2026-05-01T12:00:00.000Z", False),
        ("2026-05-01T12:00:00.001Z", False),
        ("2027-01-01T00:00:00.000Z", False),
        ("2026-05-01T11:59:59Z", False),
        ("2026-05-01T11:59:59.999+", False),
        ("2026-05-01 23:59:59.000Z", False),
        ("2025-W53-7T23:59:59.000Z", False),
        ("2026-05-01T11:59:59.9999Z", False),
        (1_777_600_000_000, False),
        (None, False),
        (b"2026-05-01T11:59:59.999Z", False),
    ],
)
def test_time_is_plainly_past_only_in_the_format_of_the_cloud(raw: object, before: bool) -> None:
    assert f.is_plainly_before(raw, f.timestamp(NOON)) is before


@given(
    raw=st.text(alphabet="0123456789-:.,TWZ +", min_size=24, max_size=24)
    | st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000Z")
)
def test_time_that_is_plainly_past_is_never_one_that_would_block_updates(raw: str) -> None:
    if f.is_plainly_before(raw, f.timestamp(NOON)):
        moment = read(f.moment, raw)
        assert moment is UNREADABLE or moment < NOON + timedelta(hours=1)


def test_deeply_nested_values_are_not_taken_for_each_other() -> None:
    one, other = (orjson.loads(b"[" * 500 + last + b"]" * 500) for last in (b"1", b"true"))
    assert one == other
    assert not f.same(one, other)
    assert f.same(one, one)
