"""The known names of parts and SKUs, from any read."""

from collections.abc import Callable, Mapping
from typing import Protocol


class _Named(Protocol):
    @property
    def name(self) -> str | None: ...


class CatalogNames:
    """Names of parts, and codes of SKUs, by ID."""

    def __init__(self) -> None:
        """Start empty."""
        self.parts: dict[str, str | None] = {}
        self.skus: dict[str, str | None] = {}
        self.on_read: Callable[[], None] | None = None

    def take_parts(self, rows: Mapping[str, _Named], *, complete: bool) -> None:
        """Replace the parts; a list that is not complete removes none."""
        self.parts = _merged(self.parts, rows, complete=complete)
        self._notify()

    def take_skus(self, rows: Mapping[str, _Named], *, complete: bool) -> None:
        """Replace the SKUs; a list that is not complete removes none."""
        self.skus = _merged(self.skus, rows, complete=complete)
        self._notify()

    def _notify(self) -> None:
        if self.on_read is not None:
            self.on_read()


def _merged(known: Mapping[str, str | None], rows: Mapping[str, _Named], *, complete: bool) -> dict[str, str | None]:
    return {**({} if complete else known), **{key: row.name for key, row in rows.items()}}
