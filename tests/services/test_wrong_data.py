"""Errors in the data of an action are translated and name the field."""

import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
import voluptuous as vol

from custom_components.printago.const import DOMAIN
from custom_components.printago.services import ACTIONS
from script.validation.facts import schema_fields
from tests.support.common import device_of, printer_named
from virtual_farm import VirtualFarm

FOLDER = Path(__file__).parents[2] / "custom_components" / "printago"
MESSAGES = json.loads((FOLDER / "translations" / "en.json").read_text())["exceptions"]
NONSENSE = [
    None,
    "",
    " ",
    [],
    {},
    [None],
    [{}],
    [[]],
    -1,
    0,
    1.5,
    10**30,
    True,
    "x" * 3000,
    "\0",
    {"a": {"b": []}},
    object(),
]

pytestmark = pytest.mark.usefixtures("at_rest")


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action, with a response if it has one."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


WRONG: tuple[tuple[str, dict[str, Any], str, Any], ...] = (
    ("submit_print_job", {}, "fields_needed", {"fields": "part, sku"}),
    ("submit_print_job", {"part": "A", "sku": "B"}, "fields_exclusive", {"fields": "part, sku"}),
    ("submit_print_job", {"part": " "}, "field_empty", {"field": "part"}),
    ("submit_print_job", {"part": None}, "field_wrong_kind", {"field": "part"}),
    ("submit_print_job", {"part": "A", "quantity": 0}, "field_too_small", {"field": "quantity", "least": "1"}),
    ("submit_print_job", {"part": "A", "quantity": 501}, "field_too_large", {"field": "quantity", "most": "500"}),
    ("submit_print_job", {"part": "A", "quantity": "many"}, "field_not_a_whole_number", {"field": "quantity"}),
    ("submit_print_job", {"part": "A", "quantity": 2.5}, "field_not_a_whole_number", {"field": "quantity"}),
    ("submit_print_job", {"part": "A", "tags": ["a|b"]}, "tag_with_separator", {"field": "tags"}),
    ("submit_print_job", {"part": "A", "color": "red"}, "field_unknown", {"field": "color"}),
    ("submit_print_job", {"part": "A", "plates": {"1": -1}}, "field_too_small", {"field": "plates.1", "least": "0"}),
    (
        "submit_print_job",
        {"part": "A", "priority": "urgent"},
        "field_not_a_choice",
        {"field": "priority", "choices": "low, normal"},
    ),
    (
        "submit_print_job",
        {"part": "A", "wait_until": "done"},
        "field_not_a_choice",
        {"field": "wait_until", "choices": "queued, assigned, started"},
    ),
    ("submit_print_job", {"part": "A", "label": "x" * 1025}, "field_too_long", {"field": "label", "most": "1024"}),
    ("get_jobs", {"status": "done"}, "field_not_a_choice", None),
    ("get_jobs", {"since": "whenever"}, "field_wrong_kind", {"field": "since"}),
    ("cancel_jobs", {"job_id": "?"}, "field_not_a_job_id", {"field": "job_id"}),
    ("explain_job", {"job_id": ["a b"]}, "field_not_a_job_id", {"field": "job_id"}),
    ("update_jobs", {"job_id": "a", "unpin": True, "pin_to_printer": "x"}, "fields_exclusive", None),
    ("update_jobs", {"job_id": "a", "unpin": False}, "field_wrong_kind", {"field": "unpin"}),
    ("upload_part", {}, "fields_needed", {"fields": "path, media, url"}),
    ("upload_part", {"path": "/a.stl", "url": "http://a/b.stl"}, "fields_exclusive", {"fields": "path, url"}),
    ("upload_part", {"media": "https://a/b.stl"}, "field_not_a_media_item", {"field": "media"}),
    ("upload_part", {"path": "/a.stl", "print": "maybe"}, "field_wrong_kind", {"field": "print"}),
    ("upload_part", {"path": "/a.stl", "label": "A", "quantity": 2}, "fields_only_for_print", {"fields": "quantity, label"}),
    ("create_sku", {}, "field_missing", {"field": "parts"}),
    ("create_sku", {"parts": []}, "field_empty", {"field": "parts"}),
    ("create_sku", {"parts": ["A", "B"], "sku": "X"}, "sku_for_one_part", {"field": "sku"}),
    ("print_orders", {}, "fields_needed", {"fields": "orders, skus"}),
    ("confirm_beds", {"printers": []}, "field_empty", {"field": "printers"}),
    ("set_fabmatic", {"printers": "x", "enabled": False, "job_limit": 3}, "job_limit_without_fabmatic", {"field": "job_limit"}),
    ("assign_material", {"printers": "x", "slots": "left", "material": "PLA"}, "field_not_a_slot", {"field": "slots"}),
    ("assign_material", {"printers": "x", "slots": "ams_1_tray_1"}, "fields_needed", {"fields": "material, variant"}),
    ("skip_objects", {"printer": "x", "objects": []}, "field_empty", {"field": "objects"}),
    ("send_command", {"printers": "x", "command": "dance"}, "field_not_a_choice", None),
    ("emergency_stop", {"printers": []}, "field_empty", {"field": "printers"}),
)  # fmt: skip


async def test_invalid_data_raises_a_translated_error(
    hass: HomeAssistant, farm: VirtualFarm, subtests: pytest.Subtests
) -> None:
    for action, data, key, placeholders in WRONG:
        with subtests.test(action=action, data=data):
            with pytest.raises(ServiceValidationError) as refused:
                await call(hass, action, **data)
            assert refused.value.translation_key == key
            assert placeholders is None or refused.value.translation_placeholders == placeholders
            assert farm.requests == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"type": "bed"}, "“temperature” is missing"),
        ({"type": "hotend", "temperature": 60}, "“type” must be one of: bed, chamber, nozzle"),
        ({"type": "bed", "temperature": "warm"}, "“temperature” must be a number"),
        ({"type": "bed", "temperature": 60, "now": True}, "This action has no field named “now”"),
    ],
)
async def test_unsuitable_options_raise_an_error_in_the_language_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, options: dict[str, Any], said: str
) -> None:
    device = device_of(hass, entry, printer_named(farm, "A1 01"))
    assert device is not None
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "send_command", printers=device.id, command="set-temperature", options=options)
    assert refused.value.translation_key == "command_options"
    assert said in str(refused.value)

    hass.config.language = "de"
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "send_command", printers=device.id, command="set-temperature", options=options)
    assert refused.value.translation_placeholders is not None
    assert said not in refused.value.translation_placeholders["error"]
    assert "„" in refused.value.translation_placeholders["error"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
async def test_invalid_data_in_any_field_raises_no_untranslated_error(
    hass: HomeAssistant, entry: MockConfigEntry, action: Any
) -> None:
    """The error is a translated sentence for any input."""
    fields = dict(schema_fields(action.schema))
    examples = {name: "x" for name, required in fields.items() if required}
    without_words: list[Any] = []
    for field in (*fields, "no such field"):
        for value in NONSENSE:
            try:
                await call(hass, action.name, **{**examples, field: value})
            except HomeAssistantError as err:
                if err.translation_key is None or (
                    err.translation_domain == DOMAIN and err.translation_key not in MESSAGES
                ):
                    without_words.append((field, value, err))
            except vol.Invalid as err:
                without_words.append((field, value, err))
    assert without_words == []


async def test_frontend_gets_the_translation_key(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "call_service", "domain": DOMAIN, "service": "create_sku", "service_data": {"parts": []}}
    )
    error = (await client.receive_json())["error"]
    assert error["code"] == "service_validation_error"
    assert (error["translation_domain"], error["translation_key"]) == (DOMAIN, "field_empty")
    assert error["translation_placeholders"] == {"field": "parts"}
