"""Events of the stream: entities that were created, changed or deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
SPOOL_KINDS = frozenset({"materialinstance", "instance", "spool"})
"""Possible entity types of spools in events; they are not documented."""
WATCHED_KINDS = frozenset({ORDER_KIND, ORDER_ITEM_KIND, PART_KIND, SKU_KIND, SUBSCRIPTION_KIND}) | SPOOL_KINDS
"""Entity types that are not in the farm model. Their events start a slow poll early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEvent:
    """Entities of one type that were created, changed or deleted; each has all of its fields, or only some."""

    kind: str
    action: Action
    entities: Mapping[str, Mapping[str, Any]]
