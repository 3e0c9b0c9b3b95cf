"""Temperatures at the limits of what is plausible and of what is noise."""

from typing import Any

import pytest

from custom_components.printago.api.models.telemetry import Telemetry
from custom_components.printago.api.models.temperatures import Temperatures


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def temperatures(telemetry: Telemetry) -> Temperatures:
    return Temperatures(telemetry)


@pytest.mark.parametrize(
    ("raw", "shown", "target"),
    [(-100, -100, -100), (1000, 1000, 1000), (-100.5, None, None), (1000.5, None, None), (219.6, 220, 219.6)],
)
def test_plausible_temperatures_are_from_minus_100_to_1000_degrees(
    telemetry: Telemetry, temperatures: Temperatures, raw: float, shown: float | None, target: float | None
) -> None:
    temperatures.merge({"bedTemp": raw, "bedTempTarget": raw})
    assert (telemetry.bed_temp, telemetry.bed_temp_target) == (shown, target)


@pytest.mark.parametrize(
    ("name", "attribute", "within", "beyond"),
    [
        ("nozzleTemp", "nozzle_temp", 0.9, 0.91),
        ("bedTemp", "bed_temp", 0.7, 0.71),
        ("chamberTemp", "chamber_temp", 0.7, 0.71),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_reading_changes_beyond_the_noise_of_its_sensor(
    telemetry: Telemetry, temperatures: Temperatures, name: str, attribute: str, within: float, beyond: float, sign: int
) -> None:
    temperatures.merge({name: 50})
    assert temperatures.merge({name: 50 + sign * within}) == set()
    # The same among values that are merged the slow way.
    assert temperatures.merge({name: 50 + sign * within, "bedTempTarget": 60}) == {"bed_temp_target"}
    assert temperatures.merge({name: 50 + sign * beyond}) == {attribute}
    assert getattr(telemetry, attribute) == 50 + sign


def test_readings_that_come_and_go_differ_from_those_that_change(temperatures: Temperatures) -> None:
    for temps, came_or_went in (
        ({"bedTemp": 60}, True),
        ({"bedTemp": 70}, False),
        ({"bedTemp": None}, True),
        ({"bedTemp": 70, "nozzleTemp": 20}, True),
        ({"bedTemp": 80, "nozzleTemp": 30}, False),
        ({"bedTemp": 90, "nozzleTemp": None}, True),
        ({"bedTemp": "hot"}, True),
    ):
        temperatures.merge(temps)
        assert temperatures.came_or_went is came_or_went, temps


def test_reading_of_another_printer_part_changes_nothing_and_hides_nothing(
    telemetry: Telemetry, temperatures: Temperatures
) -> None:
    temps: dict[str, Any] = {f"zone{number}": number for number in range(30)}
    assert temperatures.merge({**temps, "bedTemp": 60}) == {"bed_temp"}
    for zone in (7, "hot", None, [7], True):
        assert temperatures.merge({**temps, "zone0": zone, "zone29": zone, "bedTemp": 60.5}) == set()
    assert temperatures.merge({"zone0": "hot", "bedTemp": 61}) == {"bed_temp"}
    assert telemetry.bed_temp == 61


def test_null_among_known_values_is_noticed_and_stays_known(temperatures: Temperatures) -> None:
    assert temperatures.merge({"bedTemp": 60, "nozzleTemp": None}) == {"bed_temp"}
    assert temperatures.merge({"nozzleTemp": None, "bedTemp": None}) == {"bed_temp"}
    assert temperatures.merge({"nozzleTemp": None, "bedTemp": 0}) == {"bed_temp"}
    assert temperatures.merge({"bedTemp": False}) == {"bed_temp"}
    assert temperatures.merge({"bedTemp": 1}) == {"bed_temp"}
    assert temperatures.merge({"bedTemp": True}) == {"bed_temp"}
