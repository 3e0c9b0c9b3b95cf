"""The descriptions of the actions: names, fields, selectors, examples and icons."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
import voluptuous as vol
import yaml

from custom_components.printago.const import DOMAIN
from custom_components.printago.services import ACTIONS, Action

FOLDER = Path(__file__).parents[2] / "custom_components" / "printago"
DESCRIPTIONS = yaml.safe_load((FOLDER / "services.yaml").read_text())
TRANSLATIONS = json.loads((FOLDER / "translations" / "en.json").read_text())
ICONS = json.loads((FOLDER / "icons.json").read_text())["services"]
WITHOUT_EXAMPLE = {"area", "config_entry", "device", "entity", "floor", "label", "target"}


def fields_of(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all fields, also those of sections."""
    fields: dict[str, dict[str, Any]] = {}
    for name, field in (description.get("fields") or {}).items():
        fields |= field.get("fields", {name: field})
    return fields


def keys_of(schema: Any) -> set[str]:
    """Return the fields of an action."""
    while isinstance(schema, vol.All):
        schema = schema.validators[0]
    return {str(key) for key in schema.schema}


async def test_actions_exist_without_any_store(hass: HomeAssistant, enable_custom_integrations: None) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert not hass.config_entries.async_entries(DOMAIN)
    assert hass.services.async_services_for_domain(DOMAIN).keys() == {action.name for action in ACTIONS}


def test_only_existing_actions_are_described() -> None:
    names = {action.name for action in ACTIONS}
    assert DESCRIPTIONS.keys() == TRANSLATIONS["services"].keys() == ICONS.keys() == names


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_action_describes_all_of_its_fields(action: Action) -> None:
    fields = fields_of(DESCRIPTIONS[action.name])
    words = TRANSLATIONS["services"][action.name]
    assert fields.keys() == keys_of(action.schema) == words["fields"].keys()
    assert words["name"]
    assert words["description"]
    for name, field in fields.items():
        (selector,) = field["selector"]
        assert selector in WITHOUT_EXAMPLE or "example" in field, name
        assert words["fields"][name]["name"]
        assert words["fields"][name]["description"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_choices_of_an_action_are_translated(action: Action) -> None:
    for field in fields_of(DESCRIPTIONS[action.name]).values():
        select = field["selector"].get("select") or {}
        if select.get("translation_key"):
            assert TRANSLATIONS["selector"][select["translation_key"]]["options"].keys() == set(select["options"])
