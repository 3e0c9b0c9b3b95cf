"""Minimal entities for comparison: as many as ours, of the same platforms, on as many devices."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.button import ButtonEntity
from homeassistant.components.event import EventEntity
from homeassistant.components.fan import FanEntity
from homeassistant.components.image import ImageEntity
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.number import NumberEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

DOMAIN = "bare"


class Like(NamedTuple):
    """The entity of ours that a bare one corresponds to."""

    platform: str
    unique_id: str
    enabled: bool
    category: str | None


def likes_of(hass: HomeAssistant, entry_id: str) -> list[Like]:
    """Return what an entry has registered."""
    return [
        Like(entity.domain, entity.unique_id, entity.disabled_by is None, entity.entity_category)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    ]


class _Bare(Entity):
    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hass: HomeAssistant, like: Like) -> None:
        if isinstance(self, ImageEntity):
            ImageEntity.__init__(self, hass)
        device, _, key = like.unique_id.partition("_")
        self._attr_unique_id = like.unique_id
        self._attr_name = key
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, device)}, name=device)
        self._attr_entity_registry_enabled_default = like.enabled
        self._attr_entity_category = EntityCategory(like.category) if like.category else None


class _Sensor(_Bare, SensorEntity):
    _attr_native_value = "value"


class _BinarySensor(_Bare, BinarySensorEntity):
    _attr_is_on = True


class _Button(_Bare, ButtonEntity):
    pass


class _Event(_Bare, EventEntity):
    _attr_event_types = ["happened"]  # noqa: RUF012, the type of the base class


class _Fan(_Bare, FanEntity):
    _attr_percentage = 50


class _Image(_Bare, ImageEntity):
    pass


class _Light(_Bare, LightEntity):
    _attr_is_on = True
    _attr_color_mode = ColorMode.ONOFF
    _attr_supported_color_modes = {ColorMode.ONOFF}  # noqa: RUF012, the type of the base class


class _Number(_Bare, NumberEntity):
    _attr_native_value = 20


class _Switch(_Bare, SwitchEntity):
    _attr_is_on = True


_CLASSES: dict[str, type[_Bare]] = {
    "binary_sensor": _BinarySensor,
    "button": _Button,
    "event": _Event,
    "fan": _Fan,
    "image": _Image,
    "light": _Light,
    "number": _Number,
    "sensor": _Sensor,
    "switch": _Switch,
}


class _Flow(ConfigFlow):
    """A config flow, which every entry needs."""


def bare_entry(hass: HomeAssistant, likes: Iterable[Like]) -> MockConfigEntry:
    """Return a config entry, not set up yet, with a bare entity for each of these."""
    by_platform: dict[str, list[Like]] = defaultdict(list)
    for like in likes:
        by_platform[like.platform].append(like)

    async def setup_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, list(by_platform))
        return True

    mock_integration(hass, MockModule(DOMAIN, async_setup_entry=setup_entry))
    mock_platform(hass, f"{DOMAIN}.config_flow", None)
    for platform, of_platform in by_platform.items():

        async def setup_platform(
            hass: HomeAssistant,
            entry: ConfigEntry[Any],
            async_add_entities: AddConfigEntryEntitiesCallback,
            platform: str = platform,
            of_platform: list[Like] = of_platform,
        ) -> None:
            async_add_entities([_CLASSES[platform](hass, like) for like in of_platform])

        mock_platform(hass, f"{DOMAIN}.{platform}", MockPlatform(async_setup_entry=setup_platform))
    entry = MockConfigEntry(domain=DOMAIN, title="Bare")
    entry.add_to_hass(hass)
    return entry


async def add_bare(hass: HomeAssistant, likes: Iterable[Like]) -> None:
    """Set up entities for these."""
    entry = bare_entry(hass, likes)
    with mock_config_flow(DOMAIN, _Flow):
        if not await hass.config_entries.async_setup(entry.entry_id):
            raise RuntimeError(f"the bare entry is {entry.state}: {entry.reason}")
    await hass.async_block_till_done(wait_background_tasks=True)
