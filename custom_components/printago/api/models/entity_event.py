"""Events of the stream: entities that were created, changed or deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .material import Material, MaterialVariant, PrinterSlot
from .order import Order
from .records import PrintJob, Record
from .row import PrinterRow, Row, Source, printer_rows, rows_of


class Action(StrEnum):
    """What changed about an entity."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


PRINTER_KIND = "printer"
JOB_KIND = "printjob"
ORDER_KIND = "order"
PART_KIND = "part"
SKU_KIND = "sku"
ORDER_ITEM_KIND = "orderitem"
SUBSCRIPTION_KIND = "subscription"
# The entity types of spools, slots and materials in events are not documented: these are possible.
SPOOL_KINDS = frozenset({"materialinstance", "instance", "spool"})
_SLOT_KINDS = frozenset({"printerslot", "materialslot", "materialprinterslot", "slot"})
_MATERIAL_KINDS = frozenset({"material"})
_VARIANT_KINDS = frozenset({"materialvariant", "variant"})
WATCHED_KINDS = frozenset({ORDER_KIND, ORDER_ITEM_KIND, PART_KIND, SKU_KIND, SUBSCRIPTION_KIND}) | SPOOL_KINDS
"""Entity types that are not in the farm model. Their events start a slow poll early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEvent[W: Row[Any] = Row[Any]]:
    """Entities of one type that were created, changed or deleted; each has all of its fields, or only some."""

    kind: str
    action: Action
    entities: Mapping[str, W]
    """By ID. Entities of types that are not read have no fields."""


class PrinterEvent(EntityEvent[PrinterRow]):
    """An event of printers."""

    __slots__ = ()


class JobEvent(EntityEvent[Row[PrintJob]]):
    """An event of print jobs."""

    __slots__ = ()


class OrderEvent(EntityEvent[Row[Order]]):
    """An event of orders."""

    __slots__ = ()


class SlotEvent(EntityEvent[Row[PrinterSlot]]):
    """An event of what is assigned to slots of printers."""

    __slots__ = ()


class MaterialEvent(EntityEvent[Row[Material]]):
    """An event of materials."""

    __slots__ = ()


class VariantEvent(EntityEvent[Row[MaterialVariant]]):
    """An event of colors of materials."""

    __slots__ = ()


def read_event(*, kind: str, action: Action, entities: Mapping[str, Source]) -> EntityEvent:
    """Return the event of entities of a type, in its normalized spelling."""
    sources = entities.items()
    if kind == PRINTER_KIND:
        return PrinterEvent(kind=kind, action=action, entities=printer_rows(sources))
    if kind == JOB_KIND:
        return JobEvent(kind=kind, action=action, entities=rows_of(PrintJob, sources))
    if kind == ORDER_KIND:
        return OrderEvent(kind=kind, action=action, entities=rows_of(Order, sources))
    if kind in _SLOT_KINDS:
        return SlotEvent(kind=kind, action=action, entities=rows_of(PrinterSlot, sources))
    if kind in _MATERIAL_KINDS:
        return MaterialEvent(kind=kind, action=action, entities=rows_of(Material, sources))
    if kind in _VARIANT_KINDS:
        return VariantEvent(kind=kind, action=action, entities=rows_of(MaterialVariant, sources))
    return EntityEvent(kind=kind, action=action, entities=rows_of(Record, sources))
