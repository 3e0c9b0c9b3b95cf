"""Everything that waits for a person, as a to-do list. Completing an item settles it where that is possible."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, override

from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..api.models.filament import EXTERNAL_SPOOL, SlotAddress
from ..const import DOMAIN
from ..errors import action_error, action_failure
from ..model.attention import AttentionItem, Concern, attention, empty_places
from ..model.changes import Changes
from ..model.farm import Farm
from ..model.printer_names import short_names
from ..model.spelling import folded
from .bed_list import async_settle_bed
from .farm_list import COMPLETE, MOST_ITEMS, FarmList, TodoEntityDescription, described, open_item
from .maintenance_list import async_settle_maintenance
from .open_orders import async_settle_order

_OF_JOBS = (Concern.APPROVAL, Concern.FAILED, Concern.FAILED_EXTERNAL)
_SHORT = 30
_TRAY_READINGS = ("ams", EXTERNAL_SPOOL)
ATTENTION = TodoEntityDescription(key="attention", features=((COMPLETE, frozenset()),))


class AttentionList(FarmList):
    """What waits for a person, those first that hold the farm up most."""

    _items: dict[str, AttentionItem]

    def __init__(self, *args: Any) -> None:
        """Know of no empty trays yet."""
        super().__init__(*args)
        self._followed: dict[str, Callable[[], None]] = {}
        self._empty: dict[str, tuple[SlotAddress, ...]] = {}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._async_follow(self.coordinator.farm.printers)
        self.async_on_remove(self.coordinator.listeners.async_add_changes(self._async_on_changes))

    @override
    async def async_will_remove_from_hass(self) -> None:
        await super().async_will_remove_from_hass()
        self._async_leave(self._followed)

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        self._async_leave(changes.removed)
        self._async_follow(changes.added)

    @callback
    def _async_follow(self, printer_ids: Iterable[str]) -> None:
        """Follow the trays of printers: no total of the farm depends on them, so it is not updated for them."""
        for printer_id in tuple(printer_ids):
            if printer_id not in self._followed:
                listener = self._followed[printer_id] = partial(self._async_on_trays, printer_id)
                for reading in _TRAY_READINGS:
                    self.coordinator.listeners.async_add_printer(printer_id, listener, reading)

    @callback
    def _async_leave(self, printer_ids: Iterable[str]) -> None:
        for printer_id in tuple(printer_ids):
            self._empty.pop(printer_id, None)
            if (listener := self._followed.pop(printer_id, None)) is not None:
                self.coordinator.listeners.async_remove_printer(printer_id, listener)

    @callback
    def _async_on_trays(self, printer_id: str) -> None:
        printer = self.coordinator.farm.printers.get(printer_id)
        empty = empty_places(printer) if printer is not None else ()
        if empty != self._empty.get(printer_id, ()):
            self._empty[printer_id] = empty
            self.coordinator.listeners.async_update_farm_soon()

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        store_state = self.coordinator.store_state
        found = attention(farm, store_state.facts, store_state.results, store_state.stock)[:MOST_ITEMS]
        if numbers := self._alike(found):
            found = self._distinguished(farm, found, numbers)
            numbers = self._alike(found)
        self._items = {item.id: item for item in found}
        return [
            open_item(
                item.id,
                f"{self._summary(item)} ({numbers[item.id]})" if item.id in numbers else self._summary(item),
                description=self._description(item),
                due=item.due,
            )
            for item in self._items.values()
        ]

    def _distinguished(self, farm: Farm, items: list[AttentionItem], alike: Collection[str]) -> list[AttentionItem]:
        """Return the items, those of the same text with the full name of the printer or order, and with the time if needed.

        People complete an item by its text.
        """
        ids = {_printer_id(item) for item in items if item.id in alike}
        names = short_names(printer for key, printer in farm.printers.items() if key in ids)
        items = [_with_full_name(item, names) if item.id in alike else item for item in items]
        alike = self._alike(items)
        return [_with_time(item) if item.id in alike else item for item in items]

    def _alike(self, items: Iterable[AttentionItem]) -> dict[str, int]:
        """Return the IDs of items that have the text of another one, each with its number among those."""
        by_text: dict[str, list[str]] = {}
        for item in items:
            by_text.setdefault(folded(self._summary(item)), []).append(item.id)
        return {key: number for same in by_text.values() if len(same) > 1 for number, key in enumerate(same, 1)}

    def _summary(self, item: AttentionItem) -> str:
        placeholders = {"name": item.name, "printer": item.printer or ""}
        if item.place is not None:
            placeholders["tray"] = self._tray(item.place)
        if item.concern in (Concern.ERROR, Concern.WARNING):
            placeholders["message"] = item.text or ""
        return self._text(f"todo_{item.concern}", **placeholders)

    def _tray(self, place: SlotAddress) -> str:
        key = "external_spool" if place.ams < 0 else "ams_tray"
        name = self._words.get(f"component.{DOMAIN}.entity.sensor.{key}.name", place.key)
        return name.format(ams=place.ams + 1, tray=place.slot + 1)

    def _description(self, item: AttentionItem) -> str | None:
        if item.concern in (Concern.ERROR, Concern.WARNING):
            # The page of to-do lists cuts a long text off, but wraps a description.
            return item.text if item.text and len(item.text) > _SHORT else None
        return described(item.printer if item.concern in _OF_JOBS else None, item.text)

    @override
    async def async_complete(self, uid: str) -> None:
        item = self._items.get(uid)
        if item is None or not await self._async_settle(item):
            raise self._gone(uid)

    async def _async_settle(self, item: AttentionItem) -> bool:
        """Settle an item; return False if it has gone."""
        match item.concern:
            case Concern.BED:
                return await async_settle_bed(self.coordinator, item.subject)
            case Concern.FAILED:
                return await self._async_clear(item)
            case Concern.FAILED_EXTERNAL:
                self.coordinator.store_state.async_mark_seen(item.subject)
                self.coordinator.listeners.async_update_farm()
                return True
            case Concern.ORDER:
                return await async_settle_order(self.coordinator, item.subject)
            case Concern.MAINTENANCE:
                return await async_settle_maintenance(self.coordinator, item.subject)
        raise action_error("todo_not_settled", item=self._summary(item))

    async def _async_clear(self, item: AttentionItem) -> bool:
        coordinator = self.coordinator
        if item.subject not in coordinator.farm.jobs:
            return False
        if item.subject not in await coordinator.async_call(coordinator.client.change_jobs("clear", [item.subject])):
            raise action_failure("jobs_not_changed", jobs=item.name, done="0")
        return True


def _printer_id(item: AttentionItem) -> str:
    return item.printer_id or item.subject


def _with_full_name(item: AttentionItem, printers: Mapping[str, str]) -> AttentionItem:
    if item.concern is Concern.ORDER:
        return _with(item, item.subject)
    printer = printers.get(_printer_id(item), item.printer)
    return _with(item, printer) if item.concern in _OF_JOBS else replace(item, printer=printer)


def _with_time(item: AttentionItem) -> AttentionItem:
    ended = item.ended_at
    return _with(item, f"{dt_util.as_local(ended):%Y-%m-%d %H:%M}" if ended is not None else None)


def _with(item: AttentionItem, more: str | None) -> AttentionItem:
    return replace(item, name=f"{item.name} ({more})") if more else item
