"""The sensor of a saved print: the result of its last press."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.core import callback
from homeassistant.helpers.restore_state import ExtraStoredData, RestoreEntity

from ..entity import SavedPrintEntity
from ..printing.saved_print import Outcome, SavedPrint

SENSOR = SensorEntityDescription(key="last_outcome", device_class=SensorDeviceClass.ENUM, options=list(Outcome))


class SavedPrintOutcome(SavedPrintEntity, SensorEntity, RestoreEntity):
    """The result of the last press, restored after a restart."""

    _unrecorded_attributes = frozenset({"jobs"})

    def __init__(self, saved_print: SavedPrint) -> None:
        """Create the sensor of a saved print."""
        super().__init__(saved_print, SENSOR)

    @override
    async def async_added_to_hass(self) -> None:
        if (stored := await self.async_get_last_extra_data()) is not None:
            self.saved_print.async_restore(stored.as_dict())
        await super().async_added_to_hass()
        self.async_on_remove(self.saved_print.async_add_listener(self.async_on_update))

    @override
    @callback
    def _async_read(self) -> tuple[Any, ...]:
        self._attr_native_value = self.saved_print.outcome
        attributes = {"jobs": self.saved_print.job_ids, "error": self.saved_print.error}
        self._attr_extra_state_attributes = attributes
        return (self._attr_native_value, attributes)

    @property
    @override
    def extra_restore_state_data(self) -> ExtraStoredData:
        return _Remembered(self.saved_print)


class _Remembered(ExtraStoredData):
    """The stored data of a saved print."""

    def __init__(self, saved_print: SavedPrint) -> None:
        self._saved_print = saved_print

    @override
    def as_dict(self) -> dict[str, Any]:
        return self._saved_print.export()
