"""The printers of all stores that a speaker may use, by the names that they have in Home Assistant and at Printago."""

from collections import Counter
from collections.abc import Iterable
import re

from homeassistant.core import HomeAssistant

from ..coordinator import PrintagoCoordinator
from ..model.printer import PrinterState
from ..model.printer_names import unambiguous_names
from ..model.spelling import folded
from ..runtime import PrintagoConfigEntry, async_named_stores
from .phrases import CJK, Phrases, spoken

_CJK_CHARACTER = re.compile(f"[{CJK}]")

type Found = tuple[PrintagoCoordinator, PrinterState]


class Printers:
    """The printers of some stores."""

    def __init__(self, hass: HomeAssistant, entries: Iterable[PrintagoConfigEntry]) -> None:
        """Take the printers as they are now."""
        self._stores = {
            entry.runtime_data.coordinator: name for name, entry in async_named_stores(hass, entries).items()
        }
        self.all: list[Found] = [(store, printer) for store in self._stores for printer in store.farm.printers.values()]
        self._unambiguous: dict[PrintagoCoordinator, dict[str, str]] = {}
        self._shared: set[str] = set()
        """Keys of the names that printers of several stores have."""
        if len(self._stores) > 1:
            keys = [
                {folded(name) for printer in store.farm.printers.values() for name in _names(printer)}
                for store in self._stores
            ]
            self._shared = {key for key, times in Counter(key for each in keys for key in each).items() if times > 1}

    @property
    def stores_to_say(self) -> list[str]:
        """The names of the stores, if a printer can't always be called by its own name alone."""
        return list(self._stores.values()) if self._shared else []

    def names_of(self, found: Found) -> list[str]:
        """Return the names of a printer; also both together, if it shares the first one with others of its store."""
        _, printer = found
        together = self._name_in_store(found)
        names = [*_names(printer), *([together] if together != printer.name and printer.id not in together else [])]
        return list(dict.fromkeys(names))

    def _called(self, found: Found) -> list[str]:
        """Return what a printer can be called: also with its store, where another store has its name as well."""
        store, printer = found
        with_store = (f"{name} {self._stores[store]}" for name in _names(printer) if folded(name) in self._shared)
        return [*self.names_of(found), *with_store]

    def _name_in_store(self, found: Found) -> str:
        store, printer = found
        if (names := self._unambiguous.get(store)) is None:
            names = self._unambiguous[store] = unambiguous_names(store.farm.printers.values())
        return names[printer.id]

    def display_name(self, found: Found) -> str:
        """Return an unambiguous name."""
        store, printer = found
        name = self._name_in_store(found)
        is_shared = not self._shared.isdisjoint(map(folded, _names(printer)))
        return f"{name} ({self._stores[store]})" if is_shared else name

    def named_in(self, text: str, phrases: Phrases) -> list[Found]:
        """Return the printers that a text names: of a name and a part of it, such as A1 mini and A1, the longer one counts."""
        said = f" {spoken(text, phrases)} "
        named = [
            (key, found)
            for found in self.all
            for key in {spoken(name, phrases) for name in self._called(found)} - {""}
            if f" {key} " in said or (_CJK_CHARACTER.search(key) and key in said)
        ]
        longest = max((len(key) for key, _ in named), default=0)
        whole = {key for key, _ in named if len(key) == longest}
        meant = [found for key, found in named if key in whole or not any(key in each for each in whole)]
        return list({id(printer): (store, printer) for store, printer in meant}.values())

    def name_among(self, texts: Iterable[str], phrases: Phrases) -> str | None:
        """Return the longest of some texts that is the name of a printer."""
        names = {spoken(name, phrases) for found in self.all for name in self._called(found)} - {""}
        return max((text for text in texts if spoken(text, phrases) in names), key=len, default=None)


def _names(printer: PrinterState) -> tuple[str, str]:
    return (printer.name, printer.printago_name)
