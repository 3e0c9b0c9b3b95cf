"""Why a job waits, by the data of the farm model."""

from typing import Any

import pytest

from custom_components.printago.model.farm import Farm
from custom_components.printago.model.wait_reason import wait_reason
from tests.support.farm_model import JOB, NOON, A, B, job, record, snapshot

BUSY = {"isAvailable": False}
BED = {"isAvailable": True, "confirmedReady": False}
READY = {"isAvailable": True, "confirmedReady": True}


def reason(printers: dict[str, dict[str, Any]], **wanted: Any) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return why a pending job waits on a farm of these printers: code, printers, tags."""
    farm = Farm(lambda: NOON)
    rows = {printer_id: record(name=printer_id[0].upper(), **fields) for printer_id, fields in printers.items()}
    snapshot(farm, rows, {JOB: job(status="pending", **wanted)})
    found = wait_reason(farm, farm.jobs[JOB])
    return found.code.value, found.printers, found.tags


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (READY, BED, "soon"),
        (BED, BUSY, "bed"),
        (BUSY, {"enabled": False}, "busy"),
        ({"isInMaintenance": True}, {"isInMaintenance": True}, "away"),
    ],
)
def test_the_printer_that_could_take_the_job_first_is_named(
    one: dict[str, Any], other: dict[str, Any], code: str
) -> None:
    found, printers, _ = reason({A: {"isOnline": True, **one}, B: {"isOnline": True, **other}})
    assert found == code
    assert A[0].upper() in printers


def test_offline_printers_count_as_offline() -> None:
    assert reason({A: {"isOnline": False}})[0] == "away"


def test_only_printers_with_all_tags_are_considered() -> None:
    large = {"isOnline": True, **BUSY, "tags": ["large", "enclosed", "left"]}
    small = {"isOnline": True, **READY, "tags": ["large"]}
    wanted = {"user.tags": "large|enclosed"}

    assert reason({A: large, B: small}, requiredPrinterTags=wanted) == ("busy", (A[0].upper(),), ("enclosed", "large"))
    assert reason({B: small}, requiredPrinterTags=wanted) == ("no_printer", (), ("enclosed", "large"))
    assert reason({B: small}, requiredPrinterTags={"user.tags": "Large"})[0] == "no_printer"


def test_a_pinned_job_waits_for_its_printer_only() -> None:
    printers = {A: {"isOnline": True, **BED}, B: {"isOnline": True, **READY}}
    assert reason(printers, requiredPrinterTags={"printer.id": A}) == ("bed", (A[0].upper(),), ())


def test_provider_model_and_nozzle_are_considered() -> None:
    printer = {"isOnline": True, **READY, "nozzleDiameter": "0.4", "metadata": {"dev_product_name": "X1 Carbon"}}
    for kind, fits, other in (
        ("printer.nozzleDiameter", "0.4", "0.6"),
        ("printer.modelName", "X1 Carbon", "P1S"),
    ):
        assert reason({A: printer}, requiredPrinterTags={kind: fits})[0] == "soon"
        assert reason({A: printer}, requiredPrinterTags={kind: other})[0] == "no_printer"


def test_requirements_that_only_printago_can_check_are_not_evaluated() -> None:
    assert reason({A: {"isOnline": True, **READY}}, requiredPrinterTags={"filament.type": "PLA"})[0] == "printago"


def test_disabled_low_priority_takes_precedence() -> None:
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()}, {JOB: job(status="pending", priority=1000)})
    assert wait_reason(farm, farm.jobs[JOB]).code != "low_priority_off"
    farm.process_low_priority_jobs = False
    assert wait_reason(farm, farm.jobs[JOB]).code == "low_priority_off"


def test_all_printers_that_could_take_the_job_first_are_named_in_order() -> None:
    c = "c" * 24
    printers = {c: BED, A: BED, B: BUSY}
    assert reason({key: {"isOnline": True, **row} for key, row in printers.items()}) == ("bed", ("A", "C"), ())


def test_job_without_a_printer_in_the_farm_or_with_an_unknown_pin_has_none() -> None:
    ready = {"isOnline": True, **READY}
    assert reason({}) == ("no_printer", (), ())
    assert reason({A: ready}, requiredPrinterTags={"printer.id": B}) == ("no_printer", (), ())
    assert reason({A: ready}, requiredPrinterTags=None)[0] == "soon"


def test_provider_and_model_are_matched_by_any_name_of_the_model() -> None:
    printer = {
        "isOnline": True,
        **READY,
        "provider": "bambu",
        "metadata": {"dev_product_name": "X1 Carbon", "dev_model_name": "BL-P001"},
    }
    for kind, fits, other in (
        ("printer.provider", "bambu", "klipper"),
        ("printer.modelName", "BL-P001", "BL-P002"),
        ("printer.id", A, B),
    ):
        assert reason({A: printer}, requiredPrinterTags={kind: fits})[0] == "soon"
        assert reason({A: printer}, requiredPrinterTags={kind: other})[0] == "no_printer"


def test_pinned_job_must_also_have_its_other_tags() -> None:
    printer = {"isOnline": True, **READY, "tags": ["large"]}
    for tag, code in (("large", "soon"), ("small", "no_printer")):
        wanted = {"printer.id": A, "user.tags": tag}
        assert reason({A: printer}, requiredPrinterTags=wanted)[::2] == (code, (tag,))


@pytest.mark.parametrize(
    ("priority", "setting", "waits"), [(1000, False, True), (1000, None, False), (100, False, False)]
)
def test_only_jobs_of_low_priority_wait_for_the_setting(priority: int, setting: bool | None, waits: bool) -> None:
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()}, {JOB: job(status="pending", priority=priority)})
    farm.process_low_priority_jobs = setting
    assert (wait_reason(farm, farm.jobs[JOB]).code == "low_priority_off") is waits
