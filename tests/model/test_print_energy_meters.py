"""The energy of prints: which meter counts it, and what a restart keeps."""

from typing import Any

import pytest

from custom_components.printago.model.print_energy import PrintEnergies, PrintEnergy
from tests.support.farm_model import A, B

METER = "sensor.energy"
HOUR = 3600.0


def metered(*readings: tuple[float, float]) -> PrintEnergies:
    """Return the energies of a printer whose meter showed these kilowatt-hours at these times."""
    energies = PrintEnergies()
    meter = energies.use_meter(A, METER)
    for at, kwh in readings:
        meter.add(kwh, at)
    return energies


def restarted(energies: PrintEnergies, at: float) -> PrintEnergies:
    """Return the energies after a restart."""
    restored = PrintEnergies()
    restored.restore(energies.export(at))
    return restored


@pytest.mark.parametrize(("price", "cost"), [(None, None), (0.0, 0.0), (0.5, 1.0)])
def test_energy_costs_its_price_per_kilowatt_hour(price: float | None, cost: float | None) -> None:
    assert PrintEnergy(kwh=2.0, price=price).cost == cost


def test_print_takes_what_the_meter_counts_from_its_start_to_its_end() -> None:
    energies = metered((0, 1), (HOUR, 2), (2 * HOUR, 4), (3 * HOUR, 8))
    energies.begin(A, "job", HOUR)
    assert energies.measured(A, "job", None, 2 * HOUR) == 2
    assert energies.measured(A, "job", 0, 3 * HOUR) == 6, "the count at its start was seen"
    assert energies.measured(A, "other", None, 2 * HOUR) is None
    assert energies.measured(A, "other", 2 * HOUR, 3 * HOUR) == 4
    assert energies.measured(A, "job", None, -HOUR) is None
    assert energies.measured(B, "job", 0, HOUR) is None


def test_print_that_ends_before_it_started_takes_nothing() -> None:
    energies = metered((0, 1), (HOUR, 2))
    assert energies.measured(A, "job", HOUR, 0) == 0


def test_start_before_the_first_reading_is_not_that_of_the_print_before() -> None:
    energies = metered((2 * HOUR, 1), (3 * HOUR, 2))
    energies.begin(B, "job", HOUR)
    energies.begin(A, "one", 2 * HOUR)
    energies.begin(A, "two", HOUR)
    assert energies.measured(A, "one", None, 3 * HOUR) is None
    assert energies.measured(A, "two", None, 3 * HOUR) is None


def test_same_meter_goes_on_and_another_starts_over() -> None:
    energies = metered((0, 1), (HOUR, 2))
    energies.begin(A, "job", 0)
    assert energies.use_meter(A, METER).total_at(HOUR) == 1
    assert energies.has_meter(A)
    assert not energies.has_meter(B)
    assert energies.use_meter(A, "sensor.other").total_at(HOUR) is None
    assert energies.measured(A, "job", None, HOUR) is None


def test_only_meters_of_known_printers_are_kept() -> None:
    energies = metered((0, 1))
    energies.use_meter(B, METER)
    energies.keep_only({B, "c" * 24})
    assert (energies.has_meter(A), energies.has_meter(B)) == (False, True)


def test_energies_of_the_last_thousand_prints_are_kept() -> None:
    energies = PrintEnergies()
    for number in range(1001):
        energies.remember(str(number), PrintEnergy(kwh=number))
    assert energies.of("0") is None
    assert energies.of("1") == PrintEnergy(kwh=1)
    assert energies.of("1000") == PrintEnergy(kwh=1000)


def test_running_print_and_its_meter_go_on_after_a_restart() -> None:
    energies = metered((0, 1), (HOUR, 2))
    energies.begin(A, "job", HOUR)
    restored = restarted(energies, 2 * HOUR)
    restored.use_meter(A, METER).add(5, 2 * HOUR + 60)
    assert restored.measured(A, "job", None, 2 * HOUR + 60) == 3
    assert restarted(metered((0, 1)), HOUR).measured(A, "job", None, HOUR) is None


@pytest.mark.parametrize(
    "energy",
    [PrintEnergy(kwh=1), PrintEnergy(kwh=0.5, price=0.25), PrintEnergy(kwh=1.0, price=1, currency="EUR")],
)
def test_energy_of_a_print_is_known_after_a_restart(energy: PrintEnergy) -> None:
    energies = PrintEnergies()
    energies.remember("job", energy)
    assert restarted(energies, 0).of("job") == energy


@pytest.mark.parametrize("damaged", [None, 7, [], {}, {"meters": 7, "prints": 7}])
def test_damaged_storage_has_no_energies(damaged: Any) -> None:
    energies = PrintEnergies()
    energies.restore(damaged)
    assert not energies.knows_prints
    assert not energies.has_meter(A)


@pytest.mark.parametrize("damaged", [7, {}, {"entity_id": 7}])
def test_damaged_meter_is_left_out_and_the_others_are_kept(damaged: Any) -> None:
    saved = metered((0, 1)).export(HOUR)
    energies = PrintEnergies()
    energies.restore({**saved, "meters": {B: damaged, **saved["meters"]}})
    assert (energies.has_meter(A), energies.has_meter(B)) == (True, False)


@pytest.mark.parametrize("damaged", [7, [], [1.0], ["1", None, None], [1.0, "1", None], [1.0, None, 7]])
def test_damaged_energy_is_left_out_and_the_others_are_kept(damaged: Any) -> None:
    energies = PrintEnergies()
    energies.restore({"prints": {"damaged": damaged, "job": [1.0, None, None]}})
    assert energies.of("damaged") is None
    assert energies.of("job") == PrintEnergy(kwh=1.0)


@pytest.mark.parametrize("damaged", [7, ["job"], ["job", "1"], [7, 1.0], None])
def test_damaged_start_of_a_print_is_unknown(damaged: Any) -> None:
    saved = metered((0, 1)).export(HOUR)
    saved["meters"][A]["running"] = damaged
    energies = PrintEnergies()
    energies.restore(saved)
    assert energies.measured(A, "job", None, HOUR) is None
    assert energies.has_meter(A)
