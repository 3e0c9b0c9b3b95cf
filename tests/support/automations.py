"""Automations for tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.icon import async_get_icons
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component

from custom_components.printago.const import DOMAIN

RAN = "automation_ran"


async def automate(hass: HomeAssistant, *triggers: dict[str, Any], conditions: list[Any] | None = None) -> list[str]:
    """Set up an automation; return a list that gets the entity ID of each run."""
    ran: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        ran.append(event.data["entity_id"])

    hass.bus.async_listen(RAN, note)
    automation = {
        "alias": "Test",
        "mode": "parallel",
        "triggers": list(triggers),
        "conditions": conditions or [],
        "actions": [{"event": RAN, "event_data": {"entity_id": "{{ trigger.entity_id | default('') }}"}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    state = hass.states.get("automation.test")
    assert state is not None
    assert state.state == "on", "Home Assistant refused the automation"
    return ran


async def assert_described(
    hass: HomeAssistant, category: str, names: Iterable[str], descriptions: Mapping[str, Any]
) -> None:
    """Assert that exactly these triggers or conditions are ours, and that each has a target, translations and an icon."""
    described = {name: description for name, description in descriptions.items() if name.startswith(f"{DOMAIN}.")}
    assert described.keys() == {f"{DOMAIN}.{name}" for name in names}
    assert all(description and description["target"] for description in described.values())
    assert await _untranslated(hass, category, described) == []
    assert (await async_get_icons(hass, category, [DOMAIN]))[DOMAIN].keys() == set(names)


async def _untranslated(hass: HomeAssistant, category: str, descriptions: Mapping[str, Any]) -> list[str]:
    """Return the missing English texts of these triggers or conditions."""
    words = await async_get_translations(hass, "en", category, {DOMAIN})
    wanted: list[str] = []
    for name, description in descriptions.items():
        prefix = f"component.{DOMAIN}.{category}.{name.removeprefix(f'{DOMAIN}.')}"
        wanted += [f"{prefix}.name", f"{prefix}.description"]
        for field in description["fields"]:
            wanted += [f"{prefix}.fields.{field}.name", f"{prefix}.fields.{field}.description"]
    return [key for key in wanted if not words.get(key)]
