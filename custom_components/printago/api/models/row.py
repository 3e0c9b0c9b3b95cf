"""Rows of lists, events and responses: what one of them says of a record, read when it is needed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, Self, override

from .listing import Listing
from .records import Printer, read_connection

type Source = Mapping[str, Any]


class _Record(Protocol):
    @classmethod
    def from_json(cls, identifier: str, source: Source, values: Mapping[str, Any] | None = None) -> Self: ...
    @classmethod
    def read(cls, source: Source) -> dict[str, Any]: ...
    def changed(self, values: Mapping[str, Any]) -> Self: ...


class Row[R: _Record]:
    """Some fields of a record: those that it leaves out are unchanged."""

    __slots__ = ("_kind", "_source", "_values", "id")

    def __init__(self, kind: type[R], identifier: str, source: Source) -> None:
        """Read fields of ``kind`` from a JSON object."""
        self.id = identifier
        self._kind = kind
        self._source = source
        self._values: Mapping[str, Any] | None = None

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the attributes that it mentions, as ``read`` of the record does; None for null."""
        if self._values is None:
            self._values = self._kind.read(self._source)
        return self._values

    @property
    def updated_at(self) -> datetime | None:
        """Return its timestamp, if it has a readable one."""
        stamp: datetime | None = self.values.get("updated_at")
        return stamp

    def applied_to(self, known: R | None) -> R:
        """Return the known record with these fields applied, the same object if nothing differs; else a new record."""
        if known is None:
            return self._kind.from_json(self.id, self._source, self._values)
        return known.changed(self.values)

    def without_timestamp(self) -> Self:
        """Return the same fields without ``updated_at``."""
        return type(self)(
            self._kind, self.id, {key: value for key, value in self._source.items() if key != "updatedAt"}
        )

    @override
    def __repr__(self) -> str:
        # What it was made from may hold secrets.
        return f"{type(self).__name__}({self._kind.__name__}, {self.id!r})"


class PrinterRow(Row[Printer]):
    """Some fields of a printer's record, and its connection flags."""

    __slots__ = ()

    @property
    def connection(self) -> Mapping[str, bool]:
        """Return the connection flags that it mentions."""
        return read_connection(self._source)

    @property
    def has_name(self) -> bool:
        """Return whether it mentions a name; without one it is not the complete record of a new printer."""
        return bool(self._source.get("name"))


def rows_of[R: _Record](kind: type[R], sources: Iterable[tuple[str, Source]]) -> dict[str, Row[R]]:
    """Return JSON objects with their IDs as rows by ID."""
    return {identifier: Row(kind, identifier, source) for identifier, source in sources}


def printer_rows(sources: Iterable[tuple[str, Source]]) -> dict[str, PrinterRow]:
    """Return JSON objects with their IDs as rows of printers by ID."""
    return {identifier: PrinterRow(Printer, identifier, source) for identifier, source in sources}


def records_of[R: _Record](listing: Listing[Row[R]]) -> Listing[R]:
    """Return a listing with its rows as complete records."""
    return Listing({row_id: row.applied_to(None) for row_id, row in listing.rows.items()}, listing.complete)
