"""Errors of the fields of actions name the field, and say what is expected."""

from typing import Any, cast

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import pytest
import voluptuous as vol

from custom_components.printago.printing.action_fields import (
    NAME,
    NON_EMPTY,
    at_least_one,
    at_most_one,
    checked,
    whole_number,
)

SCHEMA = vol.Schema(
    {
        vol.Optional("number"): vol.All(whole_number, vol.Range(min=1, max=10)),
        vol.Optional("choice"): vol.In(["a", "b"]),
        vol.Optional("kind"): vol.Coerce(int),
        vol.Optional("name"): NAME,
        vol.Optional("text"): NON_EMPTY,
        vol.Optional("list"): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1, max=2)),
        vol.Optional("inner"): {vol.Required("deep"): cv.boolean},
    }
)


@pytest.mark.parametrize(
    ("data", "key", "placeholders"),
    [
        ({"number": 1.5}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": True}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": None}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": "x"}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": float("nan")}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": float("inf")}, "field_not_a_whole_number", {"field": "number"}),
        ({"number": 0}, "field_too_small", {"field": "number", "least": "1"}),
        ({"number": "11"}, "field_too_large", {"field": "number", "most": "10"}),
        ({"choice": "c"}, "field_not_a_choice", {"field": "choice", "choices": "a, b"}),
        ({"name": " \u200b"}, "field_empty", {"field": "name"}),
        ({"name": "x" * 1025}, "field_too_long", {"field": "name", "most": "1024"}),
        ({"text": "  "}, "field_empty", {"field": "text"}),
        ({"list": []}, "field_empty", {"field": "list"}),
        ({"list": ["a", "b", "c"]}, "field_too_long", {"field": "list", "most": "2"}),
        ({"list": ["a", {}]}, "field_wrong_kind", {"field": "list"}),
        ({"inner": {}}, "field_missing", {"field": "inner.deep"}),
        ({"inner": {"deep": "perhaps"}}, "field_wrong_kind", {"field": "inner.deep"}),
        ({"inner": {"deep": True, "more": 1}}, "field_unknown", {"field": "inner.more"}),
        ({"other": 1}, "field_unknown", {"field": "other"}),
        ("no fields", "field_wrong_kind", {"field": "-"}),
    ],
    ids=str,
)
def test_error_names_the_field_and_what_it_may_be(data: Any, key: str, placeholders: dict[str, str]) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        checked(SCHEMA, cast(dict[str, Any], data))
    assert (refused.value.translation_key, refused.value.translation_placeholders) == (key, placeholders)


def test_values_are_read_as_they_are_meant() -> None:
    given = {"number": "10", "name": "  Größe\u00a0", "text": " x ", "list": "a", "inner": {"deep": "on"}}
    read = {"number": 10, "name": "Größe", "text": "x", "list": ["a"], "inner": {"deep": True}}
    assert checked(SCHEMA, given) == read
    assert isinstance(checked(SCHEMA, {"number": 1.0})["number"], int)


def test_fields_that_exclude_or_need_each_other_are_all_named() -> None:
    one, some = at_most_one("a", "b", "c"), at_least_one("a", "b")
    for data in ({}, {"a": 1}, {"c": None, "d": 1}):
        assert one(data) == data
    with pytest.raises(ServiceValidationError) as refused:
        one({"c": 1, "a": 2, "d": 3})
    assert refused.value.translation_placeholders == {"fields": "a, c"}
    assert some({"b": None}) == {"b": None}
    with pytest.raises(ServiceValidationError) as refused:
        some({"c": 1})
    assert refused.value.translation_placeholders == {"fields": "a, b"}
