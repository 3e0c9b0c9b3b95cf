"""The extract of the vendor's API description."""

import json
from pathlib import Path
import sys
from typing import Any

import pytest

from script.contract import SHARED, SOURCES, derive, made_of, main, render
from virtual_farm import contract

# Where the vendor's description is at hand, what is kept must be what the script makes of it. Everywhere it must be what
# the script makes of itself: whole, without prose, and written as the script writes.
_FOUND = [target for target, name in SOURCES.items() if (SHARED / name).is_file()]
_CASES = [(target, target) for target in SOURCES] + [(target, SHARED / SOURCES[target]) for target in _FOUND]


@pytest.mark.parametrize(("target", "source"), _CASES, ids=lambda path: path.name)
def test_contract_is_up_to_date(target: Path, source: Path) -> None:
    assert made_of(source, target) == target.read_text(encoding="utf-8"), "run script/vendor-contract"


def test_contract_contains_every_path_and_only_needed_schemas() -> None:
    description = contract.description()
    assert len(description["paths"]) > 250
    text = json.dumps(description)
    for name in description["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, f"nothing refers to {name}"
    assert contract.REST.stat().st_size < 400_000


_DESCRIPTION: dict[str, Any] = {
    "paths": {
        "/v1/things/{thingId}": {
            "get": {
                "summary": "Prose",
                "x-permission": "thing.view",
                "parameters": [
                    {"name": "title", "in": "query", "required": False, "description": "Prose", "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "Prose", "content": {"application/json": {"schema": {
                    "$ref": "#/components/schemas/Thing"}}}}},
            },
            "delete": {"tags": ["Prose"], "responses": {"200": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Other"}}}}}},
        }
    },
    "components": {
        "schemas": {
            "Thing": {"title": "Prose", "properties": {
                "title": {"type": "string", "description": "Prose", "example": "Prose"},
                "description": {"$ref": "#/components/schemas/Inner"},
            }},
            "Inner": {"properties": {"properties": {"title": "Prose", "enum": ["summary"]}}},
            "Other": {},
        }
    },
}  # fmt: skip


def test_contract_has_names_but_no_prose() -> None:
    derived = derive(_DESCRIPTION, [("GET", "/v1/things/{id}")])
    assert "Prose" not in json.dumps(derived)
    operations = derived["paths"]["/v1/things/{thingId}"]
    assert operations["delete"] == {"responses": {"200": {}}}
    assert operations["get"]["x-permission"] == "thing.view"
    assert operations["get"]["parameters"] == [{"name": "title", "in": "query", "schema": {"type": "string"}}]
    assert derived["components"]["schemas"] == {
        "Inner": {"properties": {"properties": {"enum": ["summary"]}}},
        "Thing": {
            "properties": {"title": {"type": "string"}, "description": {"$ref": "#/components/schemas/Inner"}},
        },
    }


def test_contract_is_readable_in_a_diff() -> None:
    value = {"short": [1, 2], "long": [{"name": "x" * 70}, {"name": "y" * 70}], "empty": {}, "text": "z" * 200}
    text = render(value)
    assert json.loads(text) == value
    assert text.splitlines()[1:4] == [' "short": [1, 2],', ' "long": [', f'  {{"name": "{"x" * 70}"}},']


def test_script_reports_outdated_files_without_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for target, name in SOURCES.items():
        (tmp_path / name).write_text(target.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["script/vendor-contract", "--check", str(tmp_path)])
    before = contract.REST.read_bytes()
    assert main() == 0
    changed = json.loads(before)
    changed["paths"]["/v1/printers"]["get"]["x-permission"] = "printer.admire"
    (tmp_path / "openapi.json").write_text(json.dumps(changed), encoding="utf-8")
    assert main() == 1
    assert contract.REST.read_bytes() == before
