"""Which commands disturb a print, and which options they take."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import ServiceValidationError
import pytest
import voluptuous as vol

from custom_components.printago.model.print_status import PrintStatus
from custom_components.printago.printing.action_fields import checked
from custom_components.printago.services.send_command import _OPTIONS, SEND_COMMAND_SCHEMA, _would_spoil_print

NEVER = {"home-axis", "move-axis", "calibration", "select-tool"}
ONLY_IN_A_PAUSE = {"load-filament", "unload-filament", "extrude-filament"}


def test_command_waits_for_the_end_of_a_print_or_for_its_pause() -> None:
    for in_use, status, refused in (
        (True, PrintStatus.RUNNING, NEVER | ONLY_IN_A_PAUSE),
        (True, None, NEVER | ONLY_IN_A_PAUSE),
        (True, PrintStatus.PAUSE, NEVER),
        (False, PrintStatus.RUNNING, set()),
        (False, PrintStatus.PAUSE, set()),
    ):
        printer = cast(Any, SimpleNamespace(in_use=in_use, print_status=status))
        assert {command for command in _OPTIONS if _would_spoil_print(command, printer)} == refused


@pytest.mark.parametrize(
    ("command", "options", "read"),
    [
        ("set-fan", {"type": "part", "speed": "40"}, {"type": "part", "speed": 40}),
        ("set-fan", {"type": "part", "speed": 40.5}, {"type": "part", "speed": 40.5}),
        ("set-fan", {"type": "part", "speed": 100}, {"type": "part", "speed": 100}),
        ("set-fan", {"type": "part", "speed": 100.1}, "field_too_large"),
        ("set-fan", {"type": "part", "speed": -1}, "field_too_small"),
        ("set-fan", {"type": "part", "speed": "nan"}, "field_not_a_number"),
        ("set-fan", {"type": "part", "speed": "inf"}, "field_not_a_number"),
        ("set-fan", {"type": "part", "speed": True}, "field_not_a_number"),
        ("set-fan", {"type": "part", "speed": None}, "field_not_a_number"),
        ("set-fan", {"type": "part", "speed": "fast"}, "field_not_a_number"),
        ("move-axis", {"axes": {"x": "-100"}}, {"axes": {"x": -100}}),
        ("move-axis", {"axes": {"x": -100.5}}, "field_too_small"),
        ("move-axis", {"axes": {}}, "field_empty"),
        ("extrude-filament", {"amount": -5000}, {"amount": -5000}),
        ("select-tool", {"toolIndex": 256}, "field_too_large"),
        ("select-tool", {"toolIndex": -1}, "field_too_small"),
        ("refresh-slot", {"amsId": -1, "slotId": 255}, {"amsId": -1, "slotId": 255}),
        ("refresh-slot", {"amsId": -2, "slotId": 0}, "field_too_small"),
        ("skip-objects", {"objectIds": "7"}, {"objectIds": [7]}),
        ("skip-objects", {"objectIds": -7}, "field_too_small"),
    ],
)
def test_numbers_of_options_are_read_from_text_and_within_their_limits(
    command: str, options: dict[str, Any], read: Any
) -> None:
    if isinstance(read, dict):
        found = checked(vol.Schema(_OPTIONS[command]), options)
        assert found == read
        assert repr(found) == repr(read), "a whole number stays one"
        return
    with pytest.raises(ServiceValidationError) as refused:
        checked(vol.Schema(_OPTIONS[command]), options)
    assert refused.value.translation_key == read


def test_command_needs_no_options() -> None:
    assert SEND_COMMAND_SCHEMA({"printers": "x", "command": "stop"})["options"] == {}
