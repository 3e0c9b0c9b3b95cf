"""Repairs that a person confirms."""

from typing import override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant


class PermissionRepairFlow(ConfirmRepairFlow):
    """Try the key's permissions anew, after a person has given it what it lacks."""

    def __init__(self, entry_id: str) -> None:
        """Repair one entry."""
        self._entry_id = entry_id

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        result = await super().async_step_confirm(user_input)
        if user_input is not None:
            self.hass.config_entries.async_schedule_reload(self._entry_id)
        return result


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    return PermissionRepairFlow(str((data or {})["entry_id"]))
