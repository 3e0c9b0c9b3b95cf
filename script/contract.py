"""Extract from the vendor's API description what virtual farm and tests need (script/vendor-contract).

That is every path with its methods and permissions, and parameters and schemas of the calls that the farm serves; none
of the vendor's prose.
"""

import argparse
from collections.abc import Iterable
import json
from pathlib import Path
import sys
from typing import Any

from virtual_farm.contract import REST, STATS
from virtual_farm.rest.app import ROUTES
from virtual_farm.rest.route import unnamed

SHARED = Path(__file__).parents[2] / "shared" / "printago"
SOURCES = {REST: "openapi.json", STATS: "openapi-stats.json"}
"""The source and target files."""

_PROSE = frozenset({"description", "summary", "title", "example", "examples", "tags", "deprecated", "externalDocs"})
_BY_NAME = frozenset({"properties", "patternProperties", "$defs"})
"""Keywords whose own keys are names, not keywords."""
_REFERENCE = "#/components/schemas/"
_WIDTH = 120


def derive(description: dict[str, Any], served: Iterable[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Return the needed part of a description; `served` are methods and paths, None means all."""
    known = None if served is None else {(method.lower(), unnamed(path)) for method, path in served}
    paths = {
        path: {
            method: _operation(operation, whole=known is None or (method, unnamed(path)) in known)
            for method, operation in sorted(operations.items())
        }
        for path, operations in sorted(description.get("paths", {}).items())
    }
    schemas = description["components"]["schemas"]
    needed = set(schemas) if known is None else _closure(schemas, paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Printago", "version": "0"},
        "paths": paths,
        "components": {"schemas": {name: _without_prose(schemas[name]) for name in sorted(needed)}},
    }


def _operation(operation: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if (permission := operation.get("x-permission")) is not None:
        result["x-permission"] = permission
    if not whole:
        return result | {"responses": {status: {} for status in sorted(operation["responses"])}}
    if parameters := operation.get("parameters"):
        result["parameters"] = [
            {key: _without_prose(parameter[key]) for key in ("name", "in", "required", "schema") if parameter.get(key)}
            for parameter in parameters
        ]
    if (body := operation.get("requestBody")) is not None:
        result["requestBody"] = _without_prose(body)
    return result | {"responses": _without_prose(operation["responses"])}


def _without_prose(node: Any, *, names: bool = False) -> Any:
    if isinstance(node, list):
        return [_without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_prose(value, names=not names and key in _BY_NAME)
        for key, value in node.items()
        if names or key not in _PROSE
    }


def _closure(schemas: dict[str, Any], node: Any) -> set[str]:
    """Return the schemas that are referenced, directly or indirectly."""
    found: set[str] = set()
    left = [node]
    while left:
        match left.pop():
            case {"$ref": str(reference)}:
                name = reference.removeprefix(_REFERENCE)
                if name not in found:
                    found.add(name)
                    left.append(schemas[name])
            case dict(inner):
                left.extend(inner.values())
            case list(items):
                left.extend(items)
            case _:
                pass
    return found


def render(value: Any, indent: int = 0) -> str:
    """Return JSON that is compact, yet easy to read in a diff: a value that fits into a line is on one line."""
    flat = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    if len(flat) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inside = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{inside}{json.dumps(key)}: {render(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{' ' * indent}}}"
    return "[\n" + ",\n".join(f"{inside}{render(item, indent + 1)}" for item in value) + f"\n{' ' * indent}]"


def made_of(source: Path, target: Path) -> str:
    """Return the expected content of a contract file, from the vendor's file or from the contract itself."""
    served = [(route.method, route.path) for route in ROUTES] if target == REST else None
    return render(derive(json.loads(source.read_text(encoding="utf-8")), served)) + "\n"


def main() -> int:
    """Write the contract, or only check whether it is up to date."""
    parser = argparse.ArgumentParser(prog="script/vendor-contract", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED, help="where the vendor's description is")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something has changed")
    options = parser.parse_args()
    changed = False
    for target, source in SOURCES.items():
        text = made_of(options.folder / source, target)
        if not target.exists() or text != target.read_text(encoding="utf-8"):
            changed = True
            if not options.check:
                target.write_text(text, encoding="utf-8")
    return int(changed and options.check)


if __name__ == "__main__":
    sys.exit(main())
