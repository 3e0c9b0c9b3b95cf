"""The printers of all stores that a speaker may use, by the names that they have in Home Assistant and at Printago."""

from collections import Counter
from collections.abc import Iterable, Iterator
import re

from homeassistant.core import HomeAssistant

from ..coordinator import PrintagoCoordinator
from ..model.printer import PrinterState
from ..model.printer_names import unambiguous_names
from ..model.spelling import folded, tidied
from ..runtime import PrintagoConfigEntry, async_named_stores
from .phrases import CJK, Phrases, beginnings, spoken, written

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

    def shared_beginnings(self) -> list[str]:
        """Return with what the names of several printers begin: it means none of them, so a person is asked which one."""
        sharing: dict[str, set[int]] = {}
        for _, printer in self.all:
            for name in {tidied(name) for name in _names(printer)}:
                for text in beginnings(name):
                    sharing.setdefault(text, set()).add(id(printer))
        # Few of these differ only in their spelling.
        texts: dict[str, str] = {}
        printers: dict[str, set[int]] = {}
        for text, some in sharing.items():
            key = written(text)
            texts[key] = text
            printers.setdefault(key, set()).update(some)
        return sorted(text for key, text in texts.items() if len(printers[key]) > 1 and any(map(str.isalpha, key)))

    def called(self, text: str, phrases: Phrases) -> list[Found]:
        """Return the printers with this name."""
        said = spoken(text, phrases)
        return _distinct(found for key, found in self._keys(phrases) if key == said)

    def named_in(self, text: str, phrases: Phrases) -> list[Found]:
        """Return the printers that a text names: of a name and a part of it, such as A1 mini and A1, the longer one counts.

        What the names of several printers begin with means all of them.
        """
        said = spoken(text, phrases)
        keys = list(self._keys(phrases))
        named = [(key, found) for key, found in (*keys, *_begun(keys)) if _is_in(key, said)]
        longest = max((len(key) for key, _ in named), default=0)
        whole = {key for key, _ in named if len(key) == longest}
        return _distinct(found for key, found in named if key in whole or not any(key in each for each in whole))

    def name_among(self, texts: Iterable[str], phrases: Phrases) -> str | None:
        """Return the longest of some texts that is the name of a printer, else with which names of several begin."""
        keys = list(self._keys(phrases))
        longest_first = sorted(texts, key=len, reverse=True)
        names, begun = {key for key, _ in keys}, {key for key, _ in _begun(keys)}
        return next(
            (text for known in (names, begun) for text in longest_first if spoken(text, phrases) in known), None
        )

    def _keys(self, phrases: Phrases) -> Iterator[tuple[str, Found]]:
        for found in self.all:
            for key in {spoken(name, phrases) for name in self._called(found)} - {""}:
                yield key, found


def _begun(named: Iterable[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
    """Yield with what the names of several printers begin."""
    by_beginning: dict[str, dict[int, Found]] = {}
    for key, (store, printer) in named:
        for beginning in beginnings(key):
            by_beginning.setdefault(beginning, {})[id(printer)] = (store, printer)
    for beginning, sharing in by_beginning.items():
        if len(sharing) > 1:
            yield from ((beginning, found) for found in sharing.values())


def _is_in(key: str, said: str) -> bool:
    """Return whether words contain a name. Beside a number they mean another one: ``p1s 77`` is not ``p1s``."""
    before, found, after = f" {said} ".partition(key if _CJK_CHARACTER.search(key) else f" {key} ")
    return bool(found) and not any(map(str.isdecimal, (*before.split()[-1:], *after.split()[:1])))


def _distinct(printers: Iterable[Found]) -> list[Found]:
    return list({id(printer): (store, printer) for store, printer in printers}.values())


def _names(printer: PrinterState) -> tuple[str, str]:
    return (printer.name, printer.printago_name)
