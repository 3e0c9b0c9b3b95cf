"""The choices of fields: labels, values and order, and when they are offered anew."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.const import EVENT_SERVICE_REGISTERED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service import SERVICE_DESCRIPTION_CACHE
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printago.const import DOMAIN
from custom_components.printago.services.pickers import _CHOICES, _fields, _options
from tests.support.common import pass_time
from virtual_farm import VirtualFarm


def store(**of: Any) -> Any:
    """Return a store with parts, SKUs, materials, colors, and tags of printers."""

    def records(name: str) -> dict[str, Any]:
        return {key: SimpleNamespace(**fields) for key, fields in of.get(name, {}).items()}

    names = SimpleNamespace(parts=of.get("parts", {}), skus=of.get("skus", {}))
    printers = {tag: SimpleNamespace(record=SimpleNamespace(tags=tag.split())) for tag in of.get("tags", ())}
    materials = SimpleNamespace(materials=records("materials"), variants=records("variants"))
    farm = SimpleNamespace(materials=materials, printers=printers)
    state = SimpleNamespace(catalog_names=names)
    return SimpleNamespace(coordinator=SimpleNamespace(store_state=state, farm=farm))


def offered(field: str, *stores: Any) -> dict[str, str]:
    return {option["value"]: option["label"] for option in _options(_CHOICES[field], [*stores])}


def test_parts_and_skus_are_offered_by_name_and_by_id_if_names_are_spelled_alike() -> None:
    names = {"1": "Cube", "2": "Benchy ", "3": "clip", "4": "CLIP", "5": None, "6": "\u200b", "7": ""}
    for fields, kind in ((("part", "parts"), "parts"), (("sku", "skus"), "skus")):
        for field in fields:
            found = offered(field, store(**{kind: names}))
            assert [*found.items()] == [
                ("Benchy", "Benchy"),
                ("3", "clip (3)"),
                ("4", "CLIP (4)"),
                ("Cube", "Cube"),
            ]


def test_materials_are_offered_by_type_and_name() -> None:
    materials = {
        "1": {"name": "Red PLA", "type": "PLA"},
        "2": {"name": None, "type": "PETG"},
        "3": {"name": "Odd", "type": None},
        "4": {"name": "red pla", "type": "PLA"},
    }
    assert offered("material", store(materials=materials)) == {
        "PLA": "PLA",
        "PETG": "PETG",
        "Odd": "Odd",
        "1": "Red PLA (1)",
        "4": "red pla (4)",
    }


def test_colors_and_tags_are_offered_once() -> None:
    variants = {str(index): {"name": name} for index, name in enumerate(["Red", "Red ", None, "\u200b", "", "Blue"])}
    assert [*offered("variant", store(variants=variants)).values()] == ["Blue", "Red"]
    assert [*offered("tags", store(tags=["b a", "c", "a c"]))] == ["a", "b", "c"]


def test_choices_of_all_stores_are_offered_together() -> None:
    assert [*offered("part", store(parts={"1": "b", "2": "c"}), store(parts={"3": "a", "4": "c"}))] == ["a", "b", "c"]
    assert offered("part") == {}


def test_fields_of_sections_are_found() -> None:
    described = {"fields": {"a": {"selector": {}}, "more": {"fields": {"b": {}, "c": {}}}}}
    assert [name for name, _ in _fields(described)] == ["a", "b", "c"]
    assert [*_fields({"fields": None})] == []
    assert [*_fields({})] == []


async def test_descriptions_are_written_only_for_what_has_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (31, 6, 6):
        await pass_time(hass, seconds)
    coordinator = entry.runtime_data.coordinator
    registered = async_capture_events(hass, EVENT_SERVICE_REGISTERED)
    written: list[str] = []
    monkeypatch.setattr(
        "custom_components.printago.services.pickers.async_set_service_schema",
        lambda _, domain, action, schema: written.append(action),
    )
    coordinator.listeners.async_update_farm()
    await pass_time(hass, 6)
    assert (written, registered) == ([], []), "nothing has changed"
    names = coordinator.store_state.catalog_names
    names.skus = {"s" * 24: "NEW"}
    coordinator.listeners.async_update_farm()
    await pass_time(hass, 4)
    coordinator.listeners.async_update_farm()
    assert written == []
    await pass_time(hass, 6)
    assert {"submit_print_job", "print_orders", "get_history"} <= set(written)
    assert "upload_part" not in written, "it has no field for SKUs"
    assert len(written) == len(set(written))
    assert [event.data for event in registered] == [{"domain": DOMAIN, "service": "get_parts"}]


async def test_names_that_were_read_are_offered_until_the_store_is_unloaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for seconds in (31, 6, 6):
        await pass_time(hass, seconds)
    names = entry.runtime_data.coordinator.store_state.catalog_names
    names.parts = {"p" * 24: "New"}
    assert names.on_read is not None
    names.on_read()
    await pass_time(hass, 6)
    described = cast(Any, hass.data[SERVICE_DESCRIPTION_CACHE])[DOMAIN, "cancel_jobs"]
    (part,) = (field for name, field in _fields(described) if name == "part")
    assert part["selector"]["select"]["options"] == [{"value": "New", "label": "New"}]
    names.on_read()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert names.on_read is None
    described = cast(Any, hass.data[SERVICE_DESCRIPTION_CACHE])[DOMAIN, "cancel_jobs"]
    assert [field["selector"] for name, field in _fields(described) if name == "part"] == [{"text": None}]
    await pass_time(hass, 6)
