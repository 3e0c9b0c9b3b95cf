"""Base classes of all entities. They write their state only if it changed."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import batched
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import PrintagoCoordinator
from .model.changes import Changes
from .model.farm import Farm
from .model.printer import PrinterState
from .model.shop_links import ShopLink
from .model.store_info import Fact
from .printing.saved_print import SavedPrint
from .runtime import PrintagoConfigEntry

# Home Assistant accepts 10,000 enabled entities per config entry (MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY); a printer has
# about 40, with four AMS units more than 50.
MOST_WITH_EVERYTHING = 180
"""Up to this number of printers, all entities of the default selection are enabled."""

_PRINTERS_PER_TURN = 100
"""For this many printers, entities are added at once while the event loop waits: about 10 ms."""

ESSENTIAL = frozenset(
    {
        *("print_status", "readiness", "print_progress", "end_time", "current_job", "last_print_result"),
        *("nozzle_temp", "bed_temp"),
        *("online", "printing", "bed_needs_clearing", "hms"),
        *("confirm_bed_cleared", "pause", "resume", "stop", "enabled"),
        *("print", "alert"),
    }
)
"""Keys of the entities that are enabled in larger farms: 9,500 for 500 printers, plus those of the farm."""


def enabled_by_default(key: str, printers: int) -> bool:
    """Return whether an entity of a printer may be enabled by default in a farm of this many printers."""
    return printers <= MOST_WITH_EVERYTHING or key in ESSENTIAL


@dataclass(frozen=True, kw_only=True)
class PrinterEntityDescription(EntityDescription):
    """Describes an entity of a printer."""

    live: bool = False
    """It shows telemetry, so it is unavailable while telemetry is stale or the printer is offline."""
    required_feature: str | None = None
    """The attribute of Telemetry that a printer must have reported once; without it, the entity is not created."""
    is_offered: Callable[[PrintagoCoordinator], bool] | None = None
    """Whether the store lets the key see or do it; until then, the entity is not created."""
    telemetry_key: str | None = None
    """The only reading that it shows, besides the printer's state, errors and warnings; by default
    ``required_feature``.
    """


@dataclass(frozen=True, kw_only=True)
class FarmEntityDescription(EntityDescription):
    """Describes an entity of the farm that shows what not every key may read."""

    fact: Fact | None = None
    """What the key must once have read, else there is no such entity."""
    needs_jobs: bool = False
    """It shows jobs, so the key must once have read them."""

    def is_readable(self, coordinator: PrintagoCoordinator) -> bool:
        """Return whether what it shows has been read and may still be."""
        if self.needs_jobs and not (coordinator.jobs_readable and coordinator.farm.knows_jobs):
            return False
        return self.fact is None or self.fact in coordinator.store_state.facts.known


class PrintagoEntity(Entity):
    """An entity that follows the coordinator."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, coordinator: PrintagoCoordinator, identifier: str, description: EntityDescription) -> None:
        """Create the entity; ``identifier`` is the ID of the printer or store."""
        self.coordinator = coordinator
        self.entity_description = description
        self._attr_translation_key = description.translation_key or description.key
        self._attr_unique_id = f"{identifier}_{description.key}"
        self._identifier = identifier
        self._shown: tuple[Any, ...] | None = None

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the device of the printer or store. Home Assistant reads it once, so it is not stored."""
        return DeviceInfo(identifiers={(DOMAIN, self._identifier)})

    @callback
    def async_on_update(self) -> None:
        """Write the state if it, its attributes or its availability changed."""
        shown = self._async_read()
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()

    @override
    async def async_added_to_hass(self) -> None:
        self._shown = self._async_read()

    @abstractmethod
    @callback
    def _async_read(self) -> tuple[Any, ...]:
        """Update all attributes, and return their values to compare."""


class PrinterEntity(PrintagoEntity):
    """An entity of one printer."""

    entity_description: PrinterEntityDescription

    def __init__(
        self, coordinator: PrintagoCoordinator, printer_id: str, description: PrinterEntityDescription
    ) -> None:
        """Follow one printer."""
        super().__init__(coordinator, printer_id, description)
        self.printer_id = printer_id
        if not enabled_by_default(description.key, len(coordinator.farm.printers)):
            self._attr_entity_registry_enabled_default = False

    @property
    def printer(self) -> PrinterState | None:
        """Return the state of the printer, None after it left the farm."""
        return self.coordinator.farm.printers.get(self.printer_id)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        telemetry_key = self.entity_description.telemetry_key or self.entity_description.required_feature
        self.coordinator.listeners.async_add_printer(self.printer_id, self.async_on_update, telemetry_key)

    @override
    async def async_will_remove_from_hass(self) -> None:
        await super().async_will_remove_from_hass()
        self.coordinator.listeners.async_remove_printer(self.printer_id, self.async_on_update)

    @override
    @callback
    def _async_read(self) -> tuple[Any, ...]:
        printer = self.printer
        if printer is None or not self._is_available(printer):
            self._attr_available = False
            return (False,)
        self._attr_available = True
        return (True, *self._async_read_printer(printer))

    def _is_available(self, printer: PrinterState) -> bool:
        return self.coordinator.available and (not self.entity_description.live or printer.live)

    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        """Update the attributes of an available printer, and return their values to compare."""
        return ()


class FarmEntity(PrintagoEntity):
    """An entity of the whole farm."""

    def __init__(self, coordinator: PrintagoCoordinator, description: EntityDescription) -> None:
        """Follow the farm."""
        super().__init__(coordinator, coordinator.store_id, description)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.listeners.async_add_farm(self.async_on_update))

    @override
    @callback
    def _async_read(self) -> tuple[Any, ...]:
        self._attr_available = self._is_available()
        if not self._attr_available:
            return (False,)
        return (True, *self._async_read_farm(self.coordinator.farm))

    def _is_available(self) -> bool:
        return self.coordinator.available

    @abstractmethod
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        """Update the attributes, and return their values to compare."""


class FactEntity(FarmEntity):
    """An entity of the farm that is unavailable while the key may not read what it shows."""

    entity_description: FarmEntityDescription

    @override
    def _is_available(self) -> bool:
        return super()._is_available() and self.entity_description.is_readable(self.coordinator)


class SavedPrintEntity(PrintagoEntity):
    """An entity of one saved print."""

    def __init__(self, saved_print: SavedPrint, description: EntityDescription) -> None:
        """Follow a saved print."""
        super().__init__(saved_print.coordinator, saved_print.id, description)
        self.saved_print = saved_print


@callback
def async_setup_printer_entities[D: PrinterEntityDescription](
    entry: PrintagoConfigEntry,
    platform: str,
    descriptions: Iterable[D],
    create: Callable[[PrintagoCoordinator, str, D], PrinterEntity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entities of all printers, now and when a printer is added or first reports a feature.

    Registered entities are added at every start, even before their printer reports anything.
    """
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(coordinator.hass)
    added: dict[str, set[str]] = {}

    def wanted(state: PrinterState, description: D) -> bool:
        offered = description.is_offered is None or description.is_offered(coordinator)
        if offered and (description.required_feature is None or description.required_feature in state.shown):
            return True
        return registry.async_get_entity_id(platform, DOMAIN, f"{state.id}_{description.key}") is not None

    @callback
    def add(printer_ids: Iterable[str]) -> None:
        entities: list[PrinterEntity] = []
        for printer_id in printer_ids:
            if (state := coordinator.farm.printers.get(printer_id)) is None:
                continue
            keys = added.setdefault(printer_id, set())
            for description in descriptions:
                if description.key not in keys and wanted(state, description):
                    keys.add(description.key)
                    entities.append(create(coordinator, printer_id, description))
        if entities:
            async_add_entities(entities)

    async def add_in_turns(printer_ids: Iterable[str]) -> None:
        """Add entities in several turns of the event loop: those of a large farm would block it for too long."""
        for some in batched(printer_ids, _PRINTERS_PER_TURN, strict=False):
            add(some)
            await asyncio.sleep(0)

    @callback
    def on_changes(changes: Changes) -> None:
        for printer_id in changes.removed:
            added.pop(printer_id, None)
        if changes.added or changes.new_features:
            add(changes.added | changes.new_features)

    entry.async_on_unload(coordinator.listeners.async_add_changes(on_changes))
    waiting = [each.is_offered for each in descriptions if each.is_offered is not None]

    @callback
    def on_farm() -> None:
        if offered := [is_offered for is_offered in waiting if is_offered(coordinator)]:
            for is_offered in offered:
                waiting.remove(is_offered)
            entry.async_create_background_task(
                coordinator.hass, add_in_turns(tuple(coordinator.farm.printers)), f"{DOMAIN} new {platform} entities"
            )

    if waiting:
        entry.async_on_unload(coordinator.listeners.async_add_farm(on_farm))
    add(tuple(coordinator.farm.printers))


@callback
def async_setup_shop_entities(
    entry: PrintagoConfigEntry,
    platform: str,
    key: str,
    create: Callable[[PrintagoCoordinator, ShopLink], FarmEntity | None],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an entity for each shop as it is connected, with the unique ID ``<store>_<key>_<shop>``; remove it with the shop."""
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(coordinator.hass)
    added: set[str] = set()

    @callback
    def on_farm() -> None:
        facts = coordinator.store_state.facts
        if Fact.SHOPS not in facts.known:
            return
        new = [link for shop_id, link in facts.shops.all.items() if shop_id not in added]
        added.update(link.shop.id for link in new)
        if entities := [entity for link in new if (entity := create(coordinator, link)) is not None]:
            async_add_entities(entities)
        for shop_id in added - facts.shops.all.keys():
            added.discard(shop_id)
            unique_id = f"{coordinator.store_id}_{key}_{shop_id}"
            if (entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id)) is not None:
                registry.async_remove(entity_id)

    entry.async_on_unload(coordinator.listeners.async_add_farm(on_farm))
    on_farm()


@callback
def async_setup_fact_entities[D: FarmEntityDescription](
    entry: PrintagoConfigEntry,
    platform: str,
    descriptions: Iterable[D],
    create: Callable[[PrintagoCoordinator, D], FactEntity],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add entities of the farm once what they show was read, and at every later start."""
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(coordinator.hass)
    missing = list(descriptions)

    def wanted(description: D) -> bool:
        if description.is_readable(coordinator):
            return True
        unique_id = f"{coordinator.store_id}_{description.key}"
        return registry.async_get_entity_id(platform, DOMAIN, unique_id) is not None

    @callback
    def add() -> None:
        if found := [description for description in missing if wanted(description)]:
            for description in found:
                missing.remove(description)
            async_add_entities(create(coordinator, description) for description in found)

    entry.async_on_unload(coordinator.listeners.async_add_farm(add))
    add()
