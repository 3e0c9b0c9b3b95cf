"""Repairs that need confirmation by the user."""

from typing import Any, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .hub.devices import async_called
from .issues.missing_permission import ISSUE as MISSING_PERMISSION
from .printing.saved_print import CONF_PART, CONF_SKU
from .subentry_flow.saved_print_flow import CONF_ITEM, Choices, ChoicesError, item_data


class PermissionRepairFlow(ConfirmRepairFlow):
    """Test the key's permissions again, after the user has granted those it lacked."""

    def __init__(self, entry_id: str) -> None:
        """Repair one entry."""
        self._entry_id = entry_id

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        result = await super().async_step_confirm(user_input)
        if user_input is not None:
            self.hass.config_entries.async_schedule_reload(self._entry_id)
        return result


class SavedPrintRepairFlow(RepairsFlow):
    """Let the user choose a replacement for the part or SKU of a saved print."""

    _choices: Choices | None = None

    def __init__(self, entry_id: str, subentry_id: str) -> None:
        """Repair one saved print."""
        self._entry_id = entry_id
        self._subentry_id = subentry_id

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start the repair."""
        return await self.async_step_choose()

    async def async_step_choose(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Choose another part or SKU; everything else stays."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        subentry = entry.subentries.get(self._subentry_id) if entry is not None else None
        if entry is None or subentry is None:
            return self.async_abort(reason="removed")
        if self._choices is None:
            try:
                self._choices = await Choices.async_read(entry, only_items=True)
            except ChoicesError as err:
                return self.async_abort(reason=err.reason)
        if user_input is not None:
            kept = {key: value for key, value in subentry.data.items() if key not in (CONF_PART, CONF_SKU)}
            data = {**item_data(user_input[CONF_ITEM]), **kept}
            self.hass.config_entries.async_update_subentry(entry, subentry, data=data)
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="choose",
            data_schema=vol.Schema(self._choices.item_schema()),
            description_placeholders={"name": async_called(self.hass, entry, self._subentry_id, subentry.title)},
        )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    entry_id = str((data or {})["entry_id"])
    if issue_id.startswith(MISSING_PERMISSION):
        return PermissionRepairFlow(entry_id)
    return SavedPrintRepairFlow(entry_id, str((data or {})["subentry_id"]))
