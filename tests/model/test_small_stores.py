"""Results, energies, orders, names and the outage of the stream: what they keep, and what they forget."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from custom_components.printago.api import Action, Listing
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.telemetry import Telemetry
from custom_components.printago.api.models.temperatures import Temperatures
from custom_components.printago.model.catalog_names import CatalogNames
from custom_components.printago.model.events import FarmEvent, Scope
from custom_components.printago.model.print_energy import PrintEnergies, PrintEnergy
from custom_components.printago.model.print_results import Results
from custom_components.printago.model.store_info import StoreInfo
from custom_components.printago.model.stream_outage import StreamOutage
from custom_components.printago.model.timestamps import CLOCK_TOLERANCE, is_in_future
from custom_components.printago.model.upkeep import Maintenance
from tests.support.farm_model import NOON, A, B, order_row


@pytest.mark.parametrize("take", [CatalogNames.take_parts, CatalogNames.take_skus])
def test_names_of_the_catalog_are_announced_and_an_incomplete_list_removes_none(
    take: Callable[..., None],
) -> None:
    names = CatalogNames()
    take(names, {"old": SimpleNamespace(name="Old")}, complete=True)
    reads: list[int] = []
    names.on_read = lambda: reads.append(1)
    take(names, {"one": SimpleNamespace(name="One")}, complete=True)
    take(names, {"two": SimpleNamespace(name="Two")}, complete=False)
    assert (names.parts or names.skus) == {"one": "One", "two": "Two"}
    take(names, {"two": SimpleNamespace(name="Two")}, complete=True)
    assert (names.parts or names.skus) == {"two": "Two"}
    assert len(reads) == 3


def test_orders_that_were_just_closed_are_no_longer_open_but_still_known() -> None:
    facts = StoreInfo()
    facts.apply_orders(
        Listing({name: Order.from_json(name, {"orderNumber": 1, "status": "open"}) for name in (A, B)}, True), NOON
    )
    order = facts.orders[A]
    facts.close_orders([A, "x" * 24])
    assert set(facts.orders) == {B}
    assert facts.order(A) is order
    facts.apply_order(Action.DELETE, order_row(B, {}))
    assert not facts.orders


def test_energy_of_a_print_waits_only_while_its_meter_is_silent() -> None:
    energies = PrintEnergies()
    assert not energies.is_waiting(A, 5000.0)
    meter = energies.use_meter(A, "sensor.energy")
    meter.add(1.0, 1000.0)
    assert not energies.is_waiting(A, 5000.0)
    meter.lose(2000.0)
    assert not energies.is_waiting(A, 2900.0)
    assert energies.is_waiting(A, 2901.0)
    assert not energies.is_waiting(B, 5000.0)


def test_energy_of_a_print_is_remembered() -> None:
    energies = PrintEnergies()
    assert not energies.knows_prints
    energy = energies.remember("job", PrintEnergy(kwh=0.5, price=0.3, currency="EUR"))
    assert energies.of("job") is energy
    assert energies.knows_prints
    assert energies.of("other") is None
    restored = PrintEnergies()
    restored.restore(energies.export(0.0))
    assert restored.of("job") == energy


def test_next_result_has_not_been_seen_although_the_last_one_was() -> None:
    results = Results()
    details = {"job_id": None, "job": None, "part": None}
    for seconds in (0, 60):
        results.record(
            FarmEvent(
                scope=Scope.PRINT,
                kind="print_failed",
                occurred_at=NOON + timedelta(seconds=seconds),
                subject=A,
                data=dict(details),
            )
        )
        assert results.export()[A]["seen"] is False
        results.mark_seen(A)
        assert results.export()[A]["seen"] is True
    assert results.export()[A]["failed_prints"] == 2


def test_outage_of_the_stream_starts_over_once_it_has_ended() -> None:
    outage = StreamOutage()
    assert (outage.seconds, outage.silent) == (0, False)
    assert not outage.begin("wss://one")
    outage.count(100.0, rest_works=True)
    outage.count(160.0, rest_works=False)
    outage.count(400.0, rest_works=True)
    outage.count(410.0, rest_works=True)
    assert outage.seconds == 70
    outage.silent = True
    assert not outage.begin("wss://one")
    assert (outage.seconds, outage.silent) == (70, True)
    outage.end()
    assert (outage.seconds, outage.silent) == (0, False)
    outage.count(500.0, rest_works=True)
    assert outage.seconds == 0
    outage.pause()
    outage.count(900.0, rest_works=True)
    assert outage.seconds == 0
    assert outage.begin("wss://two")


def test_timestamp_is_in_the_future_only_beyond_the_tolerance() -> None:
    assert not is_in_future(None, NOON)
    assert not is_in_future(NOON + CLOCK_TOLERANCE, NOON)
    assert is_in_future(NOON + CLOCK_TOLERANCE + timedelta(seconds=1), NOON)


@pytest.mark.parametrize(("raw", "shown"), [(-100, -100), (1000, 1000), (-101, None), (1001, None), (False, None)])
def test_temperatures_are_shown_up_to_the_limits_of_the_plausible(raw: object, shown: float | None) -> None:
    telemetry = Telemetry()
    temperatures = Temperatures(telemetry)
    temperatures.merge({"bedTempTarget": 0.0})
    temperatures.merge({"bedTempTarget": raw})
    assert telemetry.bed_temp_target == shown


@pytest.mark.parametrize("saved", [{"one": ["OVERDUE"]}, {"one": None}, {"one": "unknown"}, {1: "OVERDUE"}])
def test_saved_maintenance_that_is_damaged_is_left_out(saved: dict[object, object]) -> None:
    maintenance = Maintenance()
    maintenance.restore({**saved, "two": "OVERDUE"})
    assert maintenance.export() == {"two": "OVERDUE"}
