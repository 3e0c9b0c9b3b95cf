"""Records of the cloud, and the collection of their changes.

A record is changed in place through `Collection.touch` or `Collection.change`. Its wire form is compared to the one
sent last to find changes, so code that changes a record does not need to know about messages.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

type Document = dict[str, Any]
"""A record as REST and entity events contain it. Nested values are replaced, never changed in place."""

type Action = Literal["INSERT", "UPDATE", "DELETE"]


def camel(name: str) -> str:
    """Convert `snake_case` to the `camelCase` of the API."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_ATTRIBUTES: dict[type[Entity], dict[str, str]] = {}
_WIRE_NAMES: dict[type[Entity], tuple[tuple[str, str], ...]] = {}


def _wire_names(cls: type[Entity]) -> tuple[tuple[str, str], ...]:
    if (names := _WIRE_NAMES.get(cls)) is None:
        names = tuple((item.name, camel(item.name)) for item in fields(cls) if item.metadata.get("wire", True))
        _WIRE_NAMES[cls] = names
    return names


@dataclass(slots=True, kw_only=True, eq=False)
class Entity:
    """Fields that all records of the cloud have. Times are ISO 8601 UTC."""

    id: str
    store_id: str
    created_at: str
    updated_at: str

    def get(self, key: str) -> Any:
        """Return a field by its API name, or None if there is no such field."""
        names = _ATTRIBUTES.get(type(self))
        if names is None:
            names = _ATTRIBUTES[type(self)] = {wire: name for name, wire in _wire_names(type(self))}
        return getattr(self, names[key], None) if key in names else None

    def wire(self) -> Document:
        """Return the record as REST returns it."""
        return {key: getattr(self, name) for name, key in _wire_names(type(self))}


@dataclass(slots=True, kw_only=True, eq=False)
class PrinterRecord(Entity):
    """A printer as the cloud knows it (schema `Printer`)."""

    provider: str
    name: str
    device_id: str | None
    nozzle_diameter: str
    metadata: Document | None
    provider_config: Document | None = None
    machine_user_profile_id: str | None = None
    machine_system_profile_id: int | None = 1
    process_user_profile_id: str | None = None
    process_system_profile_id: int | None = 1
    proxy_client_id: str | None = None
    comm_method: str | None = None
    enabled: bool = True
    tags: list[str] = field(default_factory=list)
    confirmed_ready: bool = False
    is_available: bool = False
    is_online: bool = False
    printing_job_id: str | None = None
    last_printed_at: str | None = None
    integration_id: str | None = None
    integration_type: str | None = None
    continuous_print: bool = False
    fabmatic_remaining_jobs: int | None = None
    lifetime_print_hours: float = 0.0
    lifetime_job_count: int = 0
    is_in_maintenance: bool = False
    last_maintenance_offline_at: str | None = None
    last_maintenance_online_at: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class PrintJob(Entity):
    """A print job (schema `PrintJob`). `duration`, `layers`, and `held` control the simulation and are internal."""

    part_build_id: str
    quantity_index: int
    quantity_total: int
    part_id: str | None
    part_name: str
    label: str
    queue_order: float
    priority: int = 100
    required_printer_tags: Document = field(default_factory=dict)
    status: str = "pending"
    thumbnail_uri: str | None = None
    colored_thumbnail_uri: str | None = None
    build_thumbnail_uri: str | None = None
    files_to_print: list[str] = field(default_factory=list)
    slicer_input_hash: str | None = None
    is_gcode_cached: bool = False
    sliced_gcode_uri: str | None = None
    sku_id: str | None = None
    sku_name: str | None = None
    parameter_overrides: list[Document] = field(default_factory=list)
    order_id: str | None = None
    order_item_id: str | None = None
    linked_part_id: str | None = None
    sku_instance: int | None = None
    overridden_process_profile_id: str | None = None
    task_id: int = 0
    profile_uris: list[str] | None = None
    assigned_printer_id: str | None = None
    assignment_started_at: str | None = None
    assignment_completed_at: str | None = None
    printing_started_at: str | None = None
    printing_completed_at: str | None = None
    cancelled_at: str | None = None
    error_message: str | None = None
    hidden: bool = False
    logs_uri: str | None = None
    extensions: Document | None = None
    skip_objects_data: Document | None = None
    material_mapping: list[Document] | None = None
    material_assignments: Document | None = None
    gcode_analysis_sha256: str | None = None
    duration: float = field(default=3600.0, metadata={"wire": False})
    layers: int = field(default=100, metadata={"wire": False})
    grams: float = field(default=20.0, metadata={"wire": False})
    held: bool = field(default=False, metadata={"wire": False})


@dataclass(frozen=True, slots=True)
class EntityEvent:
    """Changes of records of one kind; `entities` and `changes` are by record ID."""

    kind: str
    action: Action
    entities: dict[str, Document]
    changes: dict[str, Document]


class Collection[T](dict[str, T]):
    """All records of one kind by ID, with the changes since the last `drain`."""

    def __init__(
        self, kind: str, wire: Callable[[T], Document], now: Callable[[], str], *, silent: bool = False
    ) -> None:
        """Use the kind's name in topics; a `silent` collection announces nothing."""
        super().__init__()
        self.kind = kind
        self._wire = wire
        self._now = now
        self._silent = silent
        self._sent: dict[str, Document] = {}
        self._dirty: dict[str, None] = {}
        self._removed: dict[str, Document] = {}
        self._loaded: set[str] = set()
        self.version = 0
        """Changes with every modification."""
        self._found: tuple[int, object, list[T]] | None = None

    def wire(self, record_id: str) -> Document:
        """Return a record in its API form; raises KeyError."""
        return self._wire(self[record_id])

    def wires(self) -> list[Document]:
        """Return all records in their API form, oldest first."""
        return [self._wire(record) for record in self.values()]

    def remembered(self, key: object, find: Callable[[], list[T]]) -> list[T]:
        """Return the cached result of `find` for a key, unless a record has changed or another key was used since."""
        if self._found is None or self._found[:2] != (self.version, key):
            self._found = (self.version, key, find())
        return self._found[2]

    def insert(self, record_id: str, record: T) -> T:
        """Add a record."""
        self[record_id] = record
        self.version += 1
        self._mark(record_id)
        return record

    def load(self, record_id: str, record: T) -> T:
        """Add a record that already existed: it is announced only when it changes."""
        self[record_id] = record
        self.version += 1
        self._loaded.add(record_id)
        return record

    def remove(self, record_id: str) -> T:
        """Remove a record; raises KeyError."""
        record = self.pop(record_id)
        self._dirty.pop(record_id, None)
        self.version += 1
        if (sent := self._sent.pop(record_id, None)) is not None:
            self._removed[record_id] = sent
        elif record_id in self._loaded:
            self._removed[record_id] = dict(self._wire(record))
        self._loaded.discard(record_id)
        return record

    def touch(self, record_id: str) -> None:
        """Mark a record as changed and set its timestamp."""
        record: Any = self[record_id]
        if isinstance(record, Entity):
            record.updated_at = self._now()
        else:
            record["updatedAt"] = self._now()
        self.version += 1
        self._mark(record_id)

    def change(self, record_id: str, changes: Document) -> T:
        """Set API fields of a document (a record kept as a dictionary); raises KeyError."""
        record: Any = self[record_id]
        record.update(changes)
        self.touch(record_id)
        return self[record_id]

    def _mark(self, record_id: str) -> None:
        if not self._silent:
            self._dirty[record_id] = None

    def drain(self) -> list[EntityEvent]:
        """Return the changes since the last call, one event per action."""
        if not self._dirty and not self._removed:
            return []
        inserted: dict[str, Document] = {}
        updated: dict[str, Document] = {}
        changes: dict[str, Document] = {}
        for record_id in self._dirty:
            # A copy, because documents are changed in place and would otherwise equal themselves.
            wire = dict(self.wire(record_id))
            before = self._sent.get(record_id)
            if before is None and record_id in self._loaded:
                self._loaded.discard(record_id)
                updated[record_id] = changes[record_id] = wire
            elif before is None:
                inserted[record_id] = wire
            elif changed := _difference(before, wire):
                updated[record_id] = wire
                changes[record_id] = changed
            self._sent[record_id] = wire
        removed, self._removed = self._removed, {}
        self._dirty.clear()
        events = []
        if inserted:
            events.append(EntityEvent(self.kind, "INSERT", inserted, {}))
        if updated:
            events.append(EntityEvent(self.kind, "UPDATE", updated, changes))
        if removed:
            events.append(EntityEvent(self.kind, "DELETE", removed, {}))
        return events


def _difference(before: Document, after: Document) -> Document:
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    if changed.keys() <= {"updatedAt"}:
        return {}
    return changed
