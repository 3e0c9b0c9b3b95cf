"""Validates the fields of actions, with translated errors that name the field.

Errors of a schema itself are in English, and meant for developers.
"""

from collections.abc import Callable, Iterable, Mapping
import math
from typing import Any

from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..errors import action_error
from ..model.spelling import folded, similar, tidied

type Check = Callable[[dict[str, Any]], dict[str, Any]]


def whole_number(value: object) -> int:
    """Read a whole number, also from text or a float of a template; nothing is rounded."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise vol.Invalid("expected a whole number", translation_key="whole_number")
    return int(number)


def _name(value: str) -> str:
    """Read a name; raises vol.Invalid if it has no visible character."""
    if not folded(value):
        raise vol.Invalid("expected a name", translation_key="name")
    return tidied(value)


NON_EMPTY = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=1024))
NAME = vol.All(cv.string, vol.Length(max=1024), _name)
"""A display name from user input."""


def checked(schema: vol.Schema | vol.All, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data validated by a schema; raises ServiceValidationError."""
    try:
        read: dict[str, Any] = schema(data)
    except vol.Invalid as err:
        raise schema_error(err) from err
    return read


def not_found_error(kind: str, wanted: str, names: Iterable[str]) -> ServiceValidationError:
    """Return the error that nothing of a kind has this name, with the names that are most like it."""
    if found := similar(wanted, names):
        return action_error(f"{kind}_not_found", name=wanted, candidates=", ".join(found))
    return action_error(f"{kind}_unknown", name=wanted)


def at_most_one(*fields: str) -> Check:
    """Return a check that raises ServiceValidationError if several of these fields are given."""

    def check(data: dict[str, Any]) -> dict[str, Any]:
        if len(given := [field for field in fields if field in data]) > 1:
            raise action_error("fields_exclusive", fields=", ".join(given))
        return data

    return check


def at_least_one(*fields: str) -> Check:
    """Return a check that raises ServiceValidationError if none of these fields is given."""

    def check(data: dict[str, Any]) -> dict[str, Any]:
        if not any(field in data for field in fields):
            raise action_error("fields_needed", fields=", ".join(fields))
        return data

    return check


def schema_error(err: vol.Invalid) -> ServiceValidationError:
    """Return the first error of a schema."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    field = ".".join(str(part) for part in first.path if isinstance(part, str)) or "-"
    return (
        _found_by_ours(first.translation_key, field)
        or _found_by_schema(first.translation_key, field, first.placeholders)
        or action_error("field_wrong_kind", field=field)
    )


def _found_by_ours(key: str | None, field: str) -> ServiceValidationError | None:
    """Return the error of one of our validators, by its key."""
    match key:
        case "whole_number":
            return action_error("field_not_a_whole_number", field=field)
        case "number":
            return action_error("field_not_a_number", field=field)
        case "job_id":
            return action_error("field_not_a_job_id", field=field)
        case "slot":
            return action_error("field_not_a_slot", field=field)
        case "media_item":
            return action_error("field_not_a_media_item", field=field)
        case "name":
            return action_error("field_empty", field=field)
        case "tag":
            return action_error("tag_with_separator", field=field)
    return None


def _found_by_schema(key: str | None, field: str, given: Mapping[str, Any]) -> ServiceValidationError | None:
    """Return the schema's own error, translated with voluptuous' catalog of messages."""
    match key:
        case "required":
            return action_error("field_missing", field=field)
        case "not_a_valid_option":
            return action_error("field_unknown", field=field)
        case "value_one_of":
            return action_error("field_not_a_choice", field=field, choices=", ".join(map(str, given["values"])))
        case "expected_type_or_one_of":
            return action_error("field_not_a_choice", field=field, choices=given["values"].replace("'", ""))
        case "range_min":
            return action_error("field_too_small", field=field, least=str(given["min"]))
        case "range_max":
            return action_error("field_too_large", field=field, most=str(given["max"]))
        case "length_min":
            return action_error("field_empty", field=field)
        case "length_max":
            return action_error("field_too_long", field=field, most=str(given["max"]))
    return None
