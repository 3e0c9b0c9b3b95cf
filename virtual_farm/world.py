"""The store and all of its records, on simulated time."""

import random
from typing import Any

from .clock import OffsetClock, to_iso
from .config import FarmConfig
from .entities import Collection, Document, EntityEvent, PrintJob
from .ids import IdFactory, derived_id
from .printer import Printer
from .tags import as_filter

_MAX_STEP = 5.0
MAINTENANCE_MODE = "maintenance"
"""The name of the entitlement to maintenance mode is not documented: this is the farm's own."""


class World:
    """All records of one store, and simulated time (`time`, seconds since the start).

    It only holds state. `Fleet`, `JobQueue`, `Builder`, and `OrderDesk` change it.
    """

    def __init__(self, config: FarmConfig) -> None:
        """Make an empty store."""
        self.config = config
        self.time = 0.0
        self.clock = OffsetClock(config.clock, config.clock_offset)
        self.ids = IdFactory(config.seed)
        self.random = random.Random(f"world:{config.seed}")
        self.printers = Collection[Printer]("printers", Printer.wire, self.now)
        self.jobs = Collection[PrintJob]("print-jobs", PrintJob.wire, self.now)
        self.parts = self._documents("parts")
        self.skus = self._documents("skus")
        self.linked_parts = self._documents("linked-parts")
        self.folders = self._documents("folders")
        self.sku_options = self._documents("sku-options")
        self.sku_option_values = self._documents("sku-option-values")
        self.sku_option_bindings = self._documents("sku-option-bindings")
        self.materials = self._documents("materials")
        self.variants = self._documents("material-variants")
        self.material_groups = self._documents("material-groups")
        self.group_members = self._documents("material-group-members")
        self.instances = self._documents("material-instances")
        self.slots = self._documents("printer-slots")
        self.orders = self._documents("orders")
        self.order_items = self._documents("order-items")
        self.customers = self._documents("customers")
        self.part_builds = self._documents("part-builds")
        self.sku_builds = self._documents("sku-builds")
        self.maintenance_items = self._documents("maintenance-items")
        self.enrollments = self._documents("maintenance-enrollments")
        self.maintenance_log = self._documents("maintenance-log", silent=True)
        self.integrations = self._documents("integrations", silent=True)
        self.cost_components = self._documents("cost-components", silent=True)
        self.sku_costs = self._documents("sku-costs", silent=True)
        self.entitlements = self._documents("entitlements", silent=True)
        if config.maintenance_entitlement:
            self.entitle(MAINTENANCE_MODE)
        self.part_materials: dict[str, Document] = {}
        """Possible materials of a part: part ID → filament index → alternatives."""
        self.slot_ids: dict[tuple[str, int, int], str] = {}
        """Slot records by printer ID, AMS index and slot index."""
        self.completed_jobs = 0
        self.store: Document = {
            "id": config.store_id,
            "name": config.store_name,
            "timezone": config.timezone,
            "country": None,
            "logoLightUrl": None,
            "logoDarkUrl": None,
            "websiteUrl": None,
            "auditEnabled": False,
            "createdAt": self.now(),
            "updatedAt": self.now(),
        }
        self.settings = self.document(
            slicer=None,
            processLowPriorityJobs=False,
            currency="EUR",
            currencySymbol="€",
            defaultPrinterUserProfileId=None,
            defaultPrinterSystemProfileId=None,
            defaultProcessUserProfileId=None,
            defaultProcessSystemProfileId=None,
            defaultFallbackFilamentUserProfileId=None,
            defaultFallbackFilamentSystemProfileId=None,
            experimentalFeatures={},
            generalSettings={"autoMatchMaterialsNewPart": True, "autoMatchMaterialsReupload": True},
        )
        self.subscription = self.document(
            concurrencySlots=config.production_slots or max(1, config.printers),
            plan="core",
            trialEndsAt=None,
            term="month",
            isCommercial=True,
        )

    def entitle(self, name: str) -> None:
        """Add an entitlement to the subscription (schema `Entitlement`)."""
        now, record_id = self.now(), derived_id(f"entitlement/{name}")
        dates = {"enabledAt": now, "createdAt": now, "updatedAt": now}
        document = {"entitlement": name, "id": record_id, "storeId": self.config.store_id, **dates}
        self.entitlements.insert(record_id, document)

    def _documents(self, kind: str, *, silent: bool = False) -> Collection[Document]:
        return Collection[Document](kind, lambda document: document, self.now, silent=silent)

    @property
    def collections(self) -> tuple[Collection[Any], ...]:
        """Every collection whose changes are announced."""
        return tuple(value for value in vars(self).values() if isinstance(value, Collection))

    def now(self) -> str:
        """Return wall-clock time as the protocol carries it."""
        return to_iso(self.clock())

    def document(self, **fields: Any) -> Document:
        """Return a new document with its ID, the store's ID, and its timestamps."""
        now = self.now()
        return {**fields, "id": self.ids(), "storeId": self.config.store_id, "createdAt": now, "updatedAt": now}

    def kept_tags(self, tags: Document) -> Document:
        """Return tags as the cloud stores them."""
        return as_filter(tags) if self.config.filter_tags else tags

    def steps(self, seconds: float) -> list[float]:
        """Split simulated time into steps that are short enough."""
        full, rest = divmod(seconds, _MAX_STEP)
        return [_MAX_STEP] * int(full) + ([rest] if rest > 0 else [])

    def drain(self) -> list[EntityEvent]:
        """Return the changes since the last call."""
        return [event for collection in self.collections for event in collection.drain()]

    def slot_of(self, printer_id: str, ams_index: int, slot_index: int) -> Document | None:
        """Return the slot record of a place in a printer."""
        slot_id = self.slot_ids.get((printer_id, ams_index, slot_index))
        return None if slot_id is None else self.slots[slot_id]
