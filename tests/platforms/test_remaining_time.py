"""The remaining time is exact in the last hour, and in steps of five minutes before."""

import pytest

from custom_components.printago.api.models.telemetry import Telemetry
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.sensor.printer_sensor import PRINTER_SENSORS
from tests.support.farm_model import printer_row

SENSOR = next(description for description in PRINTER_SENSORS if description.key == "remaining_time")


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(None, None), (0, 0), (0.4, 0), (59.6, 60), (60, 60), (60.5, 65), (61, 65), (65, 65), (66, 70), (600, 600)],
)
def test_remaining_time_has_steps_of_five_minutes_above_an_hour(minutes: float | None, shown: float | None) -> None:
    state = PrinterState.from_row(printer_row("p" * 24, {}))
    state.telemetry.time_remaining = minutes
    assert isinstance(state.telemetry, Telemetry)
    assert SENSOR.value_fn(state) == shown
