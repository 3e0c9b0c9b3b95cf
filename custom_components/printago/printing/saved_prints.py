"""The saved prints of a store. They are added and removed with their subentries, without a reload."""

from collections.abc import Callable
from functools import partial

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import RequestPriority
from ..api.models.entity_event import PART_KIND, SKU_KIND
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..hub.devices import async_called
from ..hub.issue_registry import async_withdraw_issue
from ..model.changes import Changes
from .catalog import Catalog
from .saved_print import CONF_PART, CONF_SKU, SUBENTRY_TYPE, SavedPrint

ISSUE = "saved_print_gone"
_READS = {CONF_PART: "parts_of_saved_prints", CONF_SKU: "skus_of_saved_prints"}
_HINTS = {CONF_PART: {PART_KIND}, CONF_SKU: {PART_KIND, SKU_KIND}}


class SavedPrints:
    """All saved prints of one store while its entry is loaded."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: PrintagoCoordinator, catalog: Catalog
    ) -> None:
        """Follow the coordinator; call ``async_follow_entry`` when the entry changes."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._catalog = catalog
        self._prints: dict[str, SavedPrint] = {}
        self._platforms: list[tuple[Callable[[SavedPrint], Entity], AddConfigEntryEntitiesCallback]] = []
        self._checked: set[str] = set()
        self._async_delete_orphaned_issues()
        self.async_follow_entry()
        entry.async_on_unload(coordinator.listeners.async_add_changes(self._async_on_changes))
        entry.async_on_unload(self._async_end)

    @property
    def all(self) -> list[SavedPrint]:
        """Return all saved prints."""
        return list(self._prints.values())

    @callback
    def async_add_platform(
        self, create: Callable[[SavedPrint], Entity], async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        """Add an entity for each saved print, now and whenever one is added."""
        self._platforms.append((create, async_add_entities))
        for saved_print in self._prints.values():
            async_add_entities([create(saved_print)], config_subentry_id=saved_print.id)

    @callback
    def async_follow_entry(self) -> None:
        """Follow the current subentries; Home Assistant removes the entities and devices of removed ones."""
        subentries = {
            subentry_id: subentry
            for subentry_id, subentry in self._entry.subentries.items()
            if subentry.subentry_type == SUBENTRY_TYPE
        }
        for subentry_id in self._prints.keys() - subentries.keys():
            self._prints.pop(subentry_id).async_close()
            self._async_delete_issue(subentry_id)
        for subentry_id, subentry in subentries.items():
            self._async_write_device(subentry_id, subentry.title)
            if (known := self._prints.get(subentry_id)) is None:
                self._async_add(SavedPrint(self._coordinator, self._catalog, subentry))
            elif known.data != subentry.data:
                item, known.data = known.item, subentry.data
                if known.item != item:
                    self._async_delete_issue(subentry_id)
                self._async_add_check(known.item[0])
                self._coordinator.slow_poller.async_want(_READS[known.item[0]])

    @callback
    def _async_add(self, saved_print: SavedPrint) -> None:
        self._prints[saved_print.id] = saved_print
        self._async_add_check(saved_print.item[0])
        saved_print.on_missing = lambda: self._async_create_issue(saved_print.id)
        for create, async_add_entities in self._platforms:
            async_add_entities([create(saved_print)], config_subentry_id=saved_print.id)

    @callback
    def _async_add_check(self, kind: str) -> None:
        if kind not in self._checked:
            self._checked.add(kind)
            self._coordinator.slow_poller.add(_READS[kind], partial(self._async_check, kind))

    @callback
    def _async_write_device(self, subentry_id: str, name: str) -> None:
        registry = dr.async_get(self._hass)
        farm = registry.async_get_device_by_identifier((DOMAIN, self._coordinator.store_id), self._entry.entry_id)
        registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            config_subentry_id=subentry_id,
            identifiers={(DOMAIN, subentry_id)},
            via_device_id=farm.id if farm is not None else None,
            name=name,
            manufacturer="Printago",
            model="Saved print",
            entry_type=dr.DeviceEntryType.SERVICE,
        )

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        for kind, hints in _HINTS.items():
            if not changes.entity_types.isdisjoint(hints):
                self._coordinator.slow_poller.async_want(_READS[kind])

    # Missing parts and SKUs

    async def _async_check(self, kind: str) -> None:
        """Check whether the parts and SKUs of the saved prints still exist."""
        wanted = {known.id: known.item[1] for known in self._prints.values() if known.item[0] == kind}
        if not wanted:
            return
        client = self._coordinator.client
        ids, priority = sorted(set(wanted.values())), RequestPriority.BACKGROUND
        if kind == CONF_PART:
            parts = await client.parts(ids=ids, priority=priority)
            printable, complete = set(parts.rows), parts.complete
        else:
            skus = await client.skus(ids=ids, priority=priority)
            # An SKU remains when its parts are deleted; without parts it prints nothing.
            printable, complete = {sku.id for sku in skus.rows.values() if sku.parts != ()}, skus.complete
        if not complete:
            return
        for subentry_id, identifier in wanted.items():
            if subentry_id not in self._prints or self._prints[subentry_id].item != (kind, identifier):
                continue
            if identifier in printable:
                self._async_delete_issue(subentry_id)
            else:
                self._async_create_issue(subentry_id)

    @callback
    def _async_create_issue(self, subentry_id: str) -> None:
        if (subentry := self._entry.subentries.get(subentry_id)) is None:
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(subentry_id),
            data={"entry_id": self._entry.entry_id, "subentry_id": subentry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={"name": async_called(self._hass, self._entry, subentry_id, subentry.title)},
        )

    @callback
    def _async_delete_issue(self, subentry_id: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, issue_id(subentry_id))

    @callback
    def _async_delete_orphaned_issues(self) -> None:
        """Remove the issues of saved prints that were removed while the entry was not loaded."""
        entries = self._hass.config_entries.async_entries(DOMAIN)
        known = {issue_id(subentry_id) for entry in entries for subentry_id in entry.subentries}
        for domain, identifier in tuple(ir.async_get(self._hass).issues):
            if domain == DOMAIN and identifier.startswith(f"{ISSUE}_") and identifier not in known:
                ir.async_delete_issue(self._hass, DOMAIN, identifier)

    @callback
    def _async_end(self) -> None:
        self._platforms.clear()
        for subentry_id in self._prints:
            async_withdraw_issue(self._hass, issue_id(subentry_id))


def issue_id(subentry_id: str) -> str:
    """Return the ID of the issue about a missing part or SKU of a saved print."""
    return f"{ISSUE}_{subentry_id}"
