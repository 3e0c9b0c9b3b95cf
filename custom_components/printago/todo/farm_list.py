"""Base class of the to-do lists."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.todo.const import DOMAIN as TODO, TodoItemStatus, TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem, TodoListEntity
from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, intent

from ..api.rest.permissions import Permissions
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..entity import FactEntity, FarmEntityDescription
from ..errors import action_error
from ..hub.localize import format_string
from ..model.farm import Farm

MOST_ITEMS = 1000
"""How many items a list shows."""
_SHORT_NAME = "short_name_added"
COMPLETE = TodoListEntityFeature.UPDATE_TODO_ITEM


@dataclass(frozen=True, kw_only=True)
class TodoEntityDescription(FarmEntityDescription):
    """Describes a to-do list."""

    features: tuple[tuple[TodoListEntityFeature, Permissions], ...] = ()
    """The possible actions with its items, and the permissions that the key needs for them."""


class FarmList(FactEntity, TodoListEntity):
    """A to-do list of the farm."""

    entity_description: TodoEntityDescription

    def __init__(
        self, coordinator: PrintagoCoordinator, description: TodoEntityDescription, words: Mapping[str, str]
    ) -> None:
        """Show a list with ``words``, the translations."""
        super().__init__(coordinator, description)
        self._words = words
        self._attr_todo_items = []

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._async_add_short_name()

    @callback
    def _async_add_short_name(self) -> None:
        """Add the name of the list without that of the farm as an alias for voice commands.

        This is done once, so an alias that the user has removed is not added again. Of several farms the first one gets
        it.
        """
        registry, entry, name = er.async_get(self.hass), self.registry_entry, self.name
        if entry is None or _SHORT_NAME in entry.options.get(DOMAIN, {}) or not isinstance(name, str):
            return
        registry.async_update_entity_options(entry.entity_id, DOMAIN, {_SHORT_NAME: True})
        others = (other for other in registry.entities.values() if (other.domain, other.platform) == (TODO, DOMAIN))
        if not any(name in other.aliases for other in others):
            registry.async_update_entity(entry.entity_id, aliases=[*entry.aliases, name])

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        lacks = self.coordinator.client.permissions.lacks
        features = TodoListEntityFeature(0)
        for feature, permissions in self.entity_description.features:
            if not lacks(permissions):
                features |= feature
        self._attr_supported_features = features
        self._attr_todo_items = self._async_items(farm)
        return (features, self._attr_todo_items)

    @abstractmethod
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        """Return the items, at most ``MOST_ITEMS``, in their order."""

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Complete an item; nothing else of it can be changed."""
        # Home Assistant's action passes plain text.
        if item.status != TodoItemStatus.COMPLETED or item.summary not in (None, self._summary_of(item.uid)):
            raise action_error("todo_item_fixed")
        await self.async_complete(item.uid or "")

    async def async_complete(self, uid: str) -> None:
        """Do the action of a completed item; raises HomeAssistantError. Not every list has one."""
        raise action_error("todo_item_fixed")

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Refuse what only a sentence of the assistant asks for; it does not look at the features of a list."""
        raise _not_supported()

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Refuse it like a new item."""
        raise _not_supported()

    def _gone(self, uid: str) -> ServiceValidationError:
        """Return the error that an item is no longer on the list."""
        return action_error("todo_item_gone", item=self._summary_of(uid) or uid)

    def _summary_of(self, uid: str | None) -> str | None:
        return next((item.summary for item in self._attr_todo_items or () if item.uid == uid), None)

    def _text(self, key: str, **placeholders: str) -> str:
        return format_string(self._words, key, **placeholders)


def described(*facts: str | None) -> str | None:
    """Return a description of facts. On one line: the page of to-do lists ignores line breaks, and shows three lines."""
    return " · ".join(fact for fact in facts if fact) or None


def _not_supported() -> intent.MatchFailedError:
    """Return an error that the assistant has words for: of others it says that they are unexpected."""
    return intent.MatchFailedError(
        result=intent.MatchTargetsResult(is_match=False, no_match_reason=intent.MatchFailedReason.FEATURE),
        constraints=intent.MatchTargetsConstraints(),
    )


def open_item(uid: str, summary: str, **fields: Any) -> TodoItem:
    """Return an open item."""
    return TodoItem(uid=uid, summary=summary, status=TodoItemStatus.NEEDS_ACTION, **fields)
