"""Resources that are listed with `GET` and searched with `POST …/search`."""

from collections.abc import Callable, Iterable
from typing import Any

from virtual_farm.entities import Document

from .listing import field_names, list_rows, search_rows
from .route import Call, Route
from .search import search_body

type Rows = Callable[[Call], Iterable[Document]]


def list_routes(path: str, permission: str, rows: Rows, filters: str, relations: str = "") -> tuple[Route, Route]:
    """Return both routes of a resource.

    `filters` are the names to filter and sort by, `relations` other fields that a row can be reduced to.
    """
    known, selectable = field_names(filters), field_names(f"{filters} {relations}")

    def listed(call: Call) -> Any:
        return list_rows(rows(call), call.query, known, selectable, cut=call.farm.config.large_limit == "cut")

    def searched(call: Call) -> Any:
        return search_rows(rows(call), call.body, known, selectable)

    return (
        Route("GET", path, (permission,), listed),
        Route("POST", f"{path}/search", (permission,), searched, search_body(known), 201),
    )
