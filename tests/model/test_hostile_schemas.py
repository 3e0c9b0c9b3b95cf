"""Any value in any field of the vendor's schemas: nothing breaks, and the other fields are still read."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.fuzz.seeds import JOB, PRINTER, line
from tests.fuzz.target import Bench
from virtual_farm import contract

_DEEPEST = 6
_HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0.5, 2**63, 1e308, "", "x" * 5_000, "\x00", "2999-12-31T23:59:59Z", [], {}, [[]], [None], {"": [1]},
)  # fmt: skip

type Path_ = tuple[str | int, ...]


def _schemas(file: Path) -> dict[str, Any]:
    schemas: dict[str, Any] = contract.description(file)["components"]["schemas"]
    return schemas


def sample(schema: dict[str, Any], file: Path, depth: int = 0) -> Any:
    """Return a value that a schema allows, with every property down to a limited depth."""
    if (reference := schema.get("$ref")) is not None:
        return sample(_schemas(file)[reference.rsplit("/", 1)[1]], file, depth)
    if depth > _DEEPEST:
        return None
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return sample(max(schema[union], key=lambda branch: len(json.dumps(branch))), file, depth)
    if "allOf" in schema:
        parts = [sample(part, file, depth) for part in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None)
    if "properties" in schema or kind == "object":
        return {name: sample(inner, file, depth + 1) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), file, depth + 1)]
    if kind == "string":
        return "2026-11-24T12:00:00Z" if schema.get("format") in ("date-time", "date") else "text"
    return {"boolean": True, "integer": 1, "number": 1.5}.get(str(kind))


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Return the paths of everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield (*path, key)
        yield from places(member, (*path, key))


def damaged(value: Any, path: Path_, bad: Any) -> Any:
    """Return a JSON value with another value at a path."""
    copy = orjson.loads(orjson.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = bad
    return copy


@pytest.mark.parametrize(
    ("file", "schema", "identifier", "letter", "answer"),
    [
        (contract.STATS, "PrinterStat", PRINTER, "S", None),
        (contract.REST, "Printer", PRINTER, "P", "R"),
        (contract.REST, "PrintJob", JOB, "J", "Q"),
        (contract.REST, "Order", "o" * 24, "O", "A"),
        (contract.REST, "Material", "m" * 24, "M", "A"),
        (contract.REST, "MaterialVariant", "v" * 24, "M", "A"),
    ],
    ids=["PrinterStat", "Printer", "PrintJob", "Order", "Material", "MaterialVariant"],
)
def test_any_value_at_any_place_of_a_schema_does_no_harm(
    file: Path, schema: str, identifier: str, letter: str, answer: str | None
) -> None:
    whole = sample(_schemas(file)[schema], file)
    paths = list(places(whole))
    assert len(paths) > 5
    bench = Bench()
    for number, path in enumerate(paths):
        for bad in _HOSTILE if len(path) < 3 else _HOSTILE[number % 3 :: 3]:
            record = damaged(whole, path, bad)
            if letter == "S":
                bench.take(line("S", {**record, "printerId": PRINTER, "storeId": None}))
            else:
                event = {"action": "UPDATE", "entityType": schema, "entities": {identifier: record}}
                bench.take(line(letter, event))
        if answer is not None:
            row = {**damaged(whole, path, _HOSTILE[number % len(_HOSTILE)]), "id": identifier}
            bench.take(line(answer, {"data": [row], "meta": {"total": 1, "hasMore": False}}))
    assert PRINTER in bench.farm.printers
    assert bench.slowest_ns < 50_000_000
