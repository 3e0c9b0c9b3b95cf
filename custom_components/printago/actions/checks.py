"""What is wrong with what an action was given, in translated words that name the field.

What a schema says by itself is English, and meant for developers.
"""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.exceptions import ServiceValidationError
import voluptuous as vol

from .targets import mistake

type Check = Callable[[dict[str, Any]], dict[str, Any]]


def checked(schema: vol.Schema | vol.All, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data as a schema reads it; raises ServiceValidationError."""
    try:
        read: dict[str, Any] = schema(data)
    except vol.Invalid as err:
        raise mistake_of(err) from err
    return read


def at_most_one(*fields: str) -> Check:
    """Return a check that raises ServiceValidationError where several of these fields are given."""

    def check(data: dict[str, Any]) -> dict[str, Any]:
        if len(given := [field for field in fields if field in data]) > 1:
            raise mistake("fields_exclusive", fields=", ".join(given))
        return data

    return check


def at_least_one(*fields: str) -> Check:
    """Return a check that raises ServiceValidationError where none of these fields is given."""

    def check(data: dict[str, Any]) -> dict[str, Any]:
        if not any(field in data for field in fields):
            raise mistake("fields_needed", fields=", ".join(fields))
        return data

    return check


def mistake_of(err: vol.Invalid) -> ServiceValidationError:
    """Return the first thing that a schema found wrong."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    field = ".".join(str(part) for part in first.path if isinstance(part, str)) or "-"
    return (
        _found_by_ours(first.translation_key, field)
        or _found_by_schema(first.translation_key, field, first.placeholders)
        or mistake("field_wrong_kind", field=field)
    )


def _found_by_ours(key: str | None, field: str) -> ServiceValidationError | None:
    """Return what one of our validators found, by the key that it gave."""
    match key:
        case "whole_number":
            return mistake("field_not_a_whole_number", field=field)
        case "number":
            return mistake("field_not_a_number", field=field)
        case "job_id":
            return mistake("field_not_a_job_id", field=field)
        case "slot":
            return mistake("field_not_a_slot", field=field)
        case "media_item":
            return mistake("field_not_a_media_item", field=field)
        case "name":
            return mistake("field_empty", field=field)
        case "tag":
            return mistake("tag_with_separator", field=field)
    return None


def _found_by_schema(key: str | None, field: str, given: Mapping[str, Any]) -> ServiceValidationError | None:
    """Return what the schema itself found, by its own catalog of messages."""
    match key:
        case "required":
            return mistake("field_missing", field=field)
        case "not_a_valid_option":
            return mistake("field_unknown", field=field)
        case "value_one_of":
            return mistake("field_not_a_choice", field=field, choices=", ".join(map(str, given["values"])))
        case "expected_type_or_one_of":
            return mistake("field_not_a_choice", field=field, choices=given["values"].replace("'", ""))
        case "range_min":
            return mistake("field_too_small", field=field, least=str(given["min"]))
        case "range_max":
            return mistake("field_too_large", field=field, most=str(given["max"]))
        case "length_min":
            return mistake("field_empty", field=field)
        case "length_max":
            return mistake("field_too_long", field=field, most=str(given["max"]))
    return None
