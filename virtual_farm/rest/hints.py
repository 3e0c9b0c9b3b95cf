"""The cloud's hints for clients: possible next calls, and the schemas of paths and types."""

from collections.abc import Mapping
import re
from typing import Any

from virtual_farm.contract import description
from virtual_farm.entities import Document
from virtual_farm.errors import NotFoundError

from .route import Call, Route

_REFERENCE = "#/components/schemas/"


def _hint(method: str, path: str, text: str, example: Any = None) -> Document:
    hint: Document = {"description": text, "method": method, "path": path}
    return hint if example is None else hint | {"bodySchema": {"example": example}}


_HINTS: dict[str, dict[str, Document]] = {
    "/v1/parts": {
        "queue_print": _hint("POST", "/v2/builds", "Queue a part for printing", {"parts": [{"partId": "{id}"}]}),
        "create_sku": _hint(
            "POST", "/v1/parts/create-skus", "Create a SKU from a part", [{"partId": "{id}", "skuName": "Name"}]
        ),
    },
    "/v1/skus": {
        "queue_print": _hint("POST", "/v2/builds", "Queue a SKU for printing", {"skus": [{"skuId": "{id}"}]}),
    },
    "/v1/printers": {
        "confirm_ready": _hint(
            "PATCH", "/v1/printers/confirm-ready", "Confirm that the bed is clear", {"ready": True, "ids": ["{id}"]}
        ),
        "send_command": _hint(
            "POST", "/v1/printer-commands/send", "Send a command", {"ids": ["{id}"], "command": {"command": "pause"}}
        ),
    },
    "/v1/print-jobs": {
        "cancel": _hint("PATCH", "/v1/print-jobs/cancel", "Cancel a job", {"printJobIds": ["{id}"]}),
        "explain": _hint("GET", "/v1/print-jobs/{id}/matching-troubleshoot", "Tell why a job waits"),
    },
    "/v1/orders": {
        "print": _hint("POST", "/v1/orders/print", "Print what an order lacks", {"skuIds": [], "orderIds": ["{id}"]}),
    },
}


def _hints_of(path: str) -> list[Document]:
    return [{"action": action, **hint} for action, hint in _HINTS.get(path, {}).items()]


def with_hints(call: Call, path: str, answer: Any) -> Any:
    """Add possible calls for its rows to a list, if requested."""
    wanted = call.query.get("hints") == "true" or (isinstance(call.body, dict) and call.body.get("hints") is True)
    if not wanted or not isinstance(answer, dict) or not {"data", "meta"} <= set(answer):
        return answer
    return answer | {"hints": _hints_of(path.removesuffix("/search"))}


def _all_hints(_: Call) -> Any:
    return {path: {hint["action"]: hint for hint in _hints_of(path)} for path in _HINTS}


def _path_hints(call: Call) -> Any:
    path = "/" + call.ids["path"].strip("/")
    if path not in _HINTS:
        raise NotFoundError("Hints for path", path)
    return _hints_of(path)


def _types(_: Call) -> Any:
    return list(description()["components"]["schemas"])


def _type(call: Call) -> Any:
    name = call.ids["typeName"]
    schemas = description()["components"]["schemas"]
    if name not in schemas:
        raise NotFoundError("Type", name)
    return _resolved(schemas[name], frozenset({name}))


def _paths(_: Call) -> Any:
    return list(description()["paths"])


def _path(call: Call) -> Any:
    path = "/" + call.ids["path"].strip("/")
    paths: Mapping[str, Any] = description()["paths"]
    # A path can be a template or a real path.
    for template, operations in sorted(paths.items(), key=lambda item: "{" in item[0]):
        if path == template or re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
            return _resolved(operations, frozenset())
    raise NotFoundError("Path", path)


def _resolved(node: Any, within: frozenset[str]) -> Any:
    """Return a schema with the schemas it refers to, except those it is nested in."""
    if isinstance(node, list):
        return [_resolved(item, within) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        name = reference.removeprefix(_REFERENCE)
        if name in within:
            return {"$ref": reference}
        return _resolved(description()["components"]["schemas"][name], within | {name})
    return {key: _resolved(value, within) for key, value in node.items()}


ROUTES = (
    Route("GET", "/v1/hints", (), _all_hints, public=True),
    Route("GET", "/v1/hints/path/{path:.+}", (), _path_hints, public=True),
    Route("GET", "/v1/hints/schema/types", (), _types, public=True),
    Route("GET", "/v1/hints/schema/types/{typeName}", (), _type, public=True),
    Route("GET", "/v1/hints/schema/paths", (), _paths, public=True),
    Route("GET", "/v1/hints/schema/paths/{path:.+}", (), _path, public=True),
)
