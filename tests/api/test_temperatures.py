"""Temperatures are in whole degrees, stable, and independent of other fields."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api.models.fields import ABSENT
from custom_components.printago.api.models.telemetry import Telemetry
from custom_components.printago.api.models.temperatures import Temperatures


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def temperatures(telemetry: Telemetry) -> Temperatures:
    return Temperatures(telemetry)


def test_noise_around_half_a_degree_changes_nothing(telemetry: Telemetry, temperatures: Temperatures) -> None:
    shown = []
    for reading in (59.8, 60.4, 60.51, 59.49, 60.69, 60.71, 60.4, 60.2):
        temperatures.merge({"bedTemp": reading})
        shown.append(telemetry.bed_temp)
    assert shown == [60, 60, 60, 60, 60, 61, 61, 60]


def test_only_changed_temperatures_are_reported(telemetry: Telemetry, temperatures: Temperatures) -> None:
    temps = {"bedTemp": 60, "bedTempTarget": 60, "nozzleTemp": 219.4, "frame": 31}
    assert temperatures.merge(temps) == {"bed_temp", "bed_temp_target", "nozzle_temp"}
    assert temperatures.merge({**temps, "nozzleTemp": 219.6, "frame": 77}) == set()
    assert temperatures.merge({**temps, "nozzleTemp": 220}) == {"nozzle_temp"}
    assert temperatures.merge({"bedTempTarget": 60.1}) == {"bed_temp_target"}
    assert (telemetry.bed_temp, telemetry.bed_temp_target, telemetry.nozzle_temp) == (60, 60.1, 220)


def test_null_is_null_and_absent_is_unchanged(telemetry: Telemetry, temperatures: Temperatures) -> None:
    assert temperatures.merge({"bedTemp": 60, "chamberTemp": None}) == {"bed_temp"}
    assert temperatures.merge({"chamberTemp": None}) == set()
    assert temperatures.merge({"bedTemp": None}) == {"bed_temp"}
    assert telemetry.bed_temp is None
    assert temperatures.merge({"bedTemp": 60, "chamberTemp": 31}) == {"bed_temp", "chamber_temp"}


@pytest.mark.parametrize(
    "value", ["219", True, False, 1e308, 5000, -274, [219], {"is": 219}, 10**30, float("nan"), float("inf")]
)
@pytest.mark.parametrize("known", [None, 0, 1, 219])
def test_impossible_reading_is_unknown_and_not_the_previous_one(
    telemetry: Telemetry, temperatures: Temperatures, value: Any, known: float | None
) -> None:
    names = {"nozzle_temp", "nozzle_temp_target"}
    for _ in range(2):
        temperatures.merge({"nozzleTemp": known, "nozzleTempTarget": known, "bedTemp": 39})
        temps = {"nozzleTemp": value, "nozzleTempTarget": value, "bedTemp": 40}
        assert temperatures.merge(temps) == {"bed_temp"} | (names if known is not None else set())
        assert temperatures.merge(temps) == set()
        assert (telemetry.nozzle_temp, telemetry.nozzle_temp_target) == (None, None)
    assert temperatures.merge({"nozzleTemp": 1, "nozzleTempTarget": 1}) == names


@pytest.mark.parametrize("temps", [None, 7, "60", [60], True])
def test_invalid_temperatures_are_all_unknown(telemetry: Telemetry, temperatures: Temperatures, temps: object) -> None:
    temperatures.merge({"bedTemp": 60, "nozzleTempTarget": 220})
    for _ in range(2):
        temperatures.merge(temps)
        assert (telemetry.bed_temp, telemetry.nozzle_temp_target) == (None, None)
    assert temperatures.merge({"bedTemp": 60}) == {"bed_temp"}


def test_message_without_temperatures_changes_nothing(telemetry: Telemetry, temperatures: Temperatures) -> None:
    temperatures.merge({"bedTemp": 60})
    assert temperatures.merge(ABSENT) == set()
    assert telemetry.bed_temp == 60


def test_zero_has_no_sign(telemetry: Telemetry, temperatures: Temperatures) -> None:
    temperatures.merge({"bedTemp": -0.3, "bedTempTarget": -0.0})
    assert (str(telemetry.bed_temp), str(telemetry.bed_temp_target)) == ("0", "0.0")


_VALUES = st.none() | st.booleans() | st.integers(-120, 120) | st.floats(-2, 2) | st.just(5000) | st.text(max_size=1)
_NAMES = st.sampled_from(["bedTemp", "bedTempTarget", "nozzleTemp", "frame"])


@settings(max_examples=500)
@given(st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=30))
def test_shown_temperature_is_close_to_any_reading(sequence: list[dict[str, Any]]) -> None:
    telemetry = Telemetry()
    temperatures = Temperatures(telemetry)
    for temps in sequence:
        before = (telemetry.bed_temp, telemetry.bed_temp_target)
        changed = temperatures.merge(temps)
        after = (telemetry.bed_temp, telemetry.bed_temp_target)
        assert [name in changed for name in ("bed_temp", "bed_temp_target")] == [
            old != new for old, new in zip(before, after, strict=True)
        ]
        for name, known, shown, tolerance in zip(("bedTemp", "bedTempTarget"), before, after, (0.7, 0), strict=True):
            value = temps.get(name, "absent")
            if value == "absent":
                assert shown == known
            elif type(value) not in (int, float) or not -100 <= value <= 1000:
                assert shown is None
            else:
                assert shown is not None
                assert abs(shown - value) <= tolerance + 1e-9
                assert shown == known or shown == (round(value) if tolerance else value)
