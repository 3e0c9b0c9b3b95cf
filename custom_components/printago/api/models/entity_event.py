"""Events of the stream about entities that were created, changed or deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What happened to an entity."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


PRINTER_KIND = "printer"
JOB_KIND = "printjob"
ORDER_KIND = "order"
PART_KIND = "part"
SKU_KIND = "sku"
SUBSCRIPTION_KIND = "subscription"
WATCHED_KINDS = frozenset({ORDER_KIND, "orderitem", PART_KIND, SKU_KIND, SUBSCRIPTION_KIND})
"""Kinds that are not in the farm model. Their events start a slow poll before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEvent:
    """Entities of one kind that were created, changed or deleted; each may be whole or only some of its fields."""

    kind: str
    action: Action
    entities: Mapping[str, Mapping[str, Any]]
