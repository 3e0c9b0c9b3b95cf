"""Which printer a person means: by the name given in Home Assistant, by Printago's name, or by its ID.

A name matches every printer that has it in either system, since a person may read either one. If it matches several printers,
all of them are returned: none is guessed.
"""

from collections import Counter
from collections.abc import Iterable

from .printer import PrinterState
from .spelling import folded


def printers_called(printers: Iterable[PrinterState], wanted: str) -> list[PrinterState]:
    """Return the printers that a text can mean; names from ``full_names`` match as well."""
    if not (key := folded(wanted)):
        return []
    return [printer for printer in printers if key in map(folded, (*_names(printer), *_with_second_name(printer)))]


def full_names(printers: Iterable[PrinterState]) -> list[str]:
    """Return an unambiguous name for each printer: with its second name, or its ID, in parentheses."""
    listed = list(printers)
    times = Counter(folded(_with_second_name(printer)[0]) for printer in listed)
    return [
        with_printagos if times[folded(with_printagos)] == 1 else with_id
        for with_printagos, with_id in map(_with_second_name, listed)
    ]


def short_names(printers: Iterable[PrinterState]) -> dict[str, str]:
    """Return a name for each printer by ID: its name, or its full name if others of these are called so."""
    listed = list(printers)
    times = Counter(folded(printer.name) for printer in listed)
    return {
        printer.id: full if times[folded(printer.name)] > 1 else printer.name
        for printer, full in zip(listed, full_names(listed), strict=True)
    }


def unambiguous_names(printers: Iterable[PrinterState]) -> dict[str, str]:
    """Return a name for each printer by ID: its name, or its full name if others share it."""
    listed = list(printers)
    times = Counter(key for printer in listed for key in set(map(folded, _names(printer))))
    return {
        printer.id: printer.name if times[folded(printer.name)] == 1 else full
        for printer, full in zip(listed, full_names(listed), strict=True)
    }


def _names(printer: PrinterState) -> tuple[str, str, str]:
    return (printer.name, printer.printago_name, printer.id)


def _with_second_name(printer: PrinterState) -> tuple[str, str]:
    """Return a printer's name with Printago's name in parentheses, if that differs, and its name with its ID."""
    with_id = f"{printer.name} ({printer.id})"
    if folded(printer.name) == folded(printer.printago_name):
        return with_id, with_id
    return f"{printer.name} ({printer.printago_name})", with_id
