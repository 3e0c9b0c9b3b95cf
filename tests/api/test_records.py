"""Printers and jobs: what their records say, and what follows from it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.printago.api import JobStatus, Printer, PrinterRow, PrintJob
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.listing import Listing
from custom_components.printago.api.models.records import place_in_queue, read_connection, read_moment
from custom_components.printago.api.models.row import Row, records_of, rows_of

J1, J2 = "j1", "j2"


def job(identifier: str = J1, **fields: Any) -> PrintJob:
    return PrintJob.from_json(identifier, fields)


def at(minute: int) -> str:
    return f"2026-11-24T12:{minute:02}:00Z"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"label": "Jig", "partName": "Benchy"}, "Jig"),
        ({"label": "l" * 300}, "l" * 254 + "…"),
        ({"label": " \t", "partName": "Benchy"}, "Benchy"),
        ({"label": "", "partName": "Benchy"}, "Benchy"),
        ({"partName": "Benchy"}, "Benchy"),
        ({"partName": " "}, J1),
        ({}, J1),
    ],
)
def test_job_is_called_by_its_label_its_part_or_its_id(fields: dict[str, str], title: str) -> None:
    assert job(**fields).title == title


@pytest.mark.parametrize(
    ("status", "times", "ended"),
    [
        ("cancelled", {"cancelledAt": 20, "printingCompletedAt": 10, "updatedAt": 30}, 20),
        ("completed", {"cancelledAt": 20, "printingCompletedAt": 10, "updatedAt": 30}, 10),
        ("failed", {"printingStartedAt": 5, "printingCompletedAt": 10, "updatedAt": 30}, 10),
        ("failed", {"printingStartedAt": 10, "printingCompletedAt": 10, "updatedAt": 30}, 10),
        ("failed", {"printingStartedAt": 11, "printingCompletedAt": 10, "updatedAt": 30}, 30),
        ("cancelled", {"printingCompletedAt": 10, "updatedAt": 30}, 30),
        ("completed", {}, None),
        ("paused", {"printingCompletedAt": 10, "updatedAt": 30}, None),
    ],
)
def test_job_has_ended_when_the_field_of_its_last_attempt_says(
    status: str, times: dict[str, int], ended: int | None
) -> None:
    found = job(status=status, **{name: at(minute) for name, minute in times.items()}).ended_at
    assert found == (datetime(2026, 11, 24, 12, ended, tzinfo=UTC) if ended is not None else None)


def test_statuses_tell_whether_a_printer_is_reserved_and_busy() -> None:
    statuses = {status: job(status=status.value) for status in JobStatus}
    waiting = {JobStatus.PENDING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
    busy = {JobStatus.SENDING_TO_PRINTER, JobStatus.PRINTING, JobStatus.PAUSED}
    assert {status for status, each in statuses.items() if not each.in_progress} == waiting
    assert {status for status, each in statuses.items() if each.at_printer} == busy
    assert not job(status="exploded").in_progress
    assert job(status=["printing"]).status is None


def test_queue_is_in_order_of_tier_number_and_age() -> None:
    queue = [
        job("a", priority=1, queueOrder=9),
        job("b", queueOrder=0),
        job("c", priority=100, queueOrder=2),
        job("d", queueOrder=1e15),
        job("e", createdAt=at(1)),
        job("f", priority=100, createdAt=at(2)),
        job("g"),
        job("h", priority=1000, queueOrder=1),
        job("i", priority=1000, queueOrder=1e15 + 10, createdAt=at(1)),
    ]
    queue.reverse()
    assert [each.id for each in sorted(queue, key=place_in_queue)] == list("abcdefghi")


def test_tags_of_a_job_are_limited_in_number_and_length() -> None:
    tags: dict[str, Any] = {"user.tags": "&=left, right", "odd": 7, "long": "l" * 2048, "too long": "l" * 2049}
    read = job(requiredPrinterTags=tags).required_printer_tags
    assert read == {"user.tags": "left|right", "long": "l" * 2048}
    many = job(requiredPrinterTags={f"kind{number}": "a" for number in range(101)}).required_printer_tags
    assert len(many or ()) == 100
    assert job(requiredPrinterTags=["left"]).required_printer_tags is None


def test_parameters_of_a_job_are_those_with_a_name_and_a_simple_value() -> None:
    rows: list[Any] = [
        {"name": "height", "value": 20},
        {"name": "text", "value": "Ada"},
        {"name": "hollow", "value": False},
        {"name": "scale", "value": 1.5},
        {"name": "shape", "value": {"x": 1}},
        {"name": 7, "value": 1},
        {"name": "none"},
        "?",
    ]
    assert job(parameterOverrides=rows).parameters == {"height": 20, "text": "Ada", "hollow": False, "scale": 1.5}
    many = job(parameterOverrides=[{"name": str(number), "value": 1} for number in range(101)]).parameters
    assert len(many or ()) == 100
    assert job(parameterOverrides={"height": 20}).parameters is None


def test_error_of_a_job_is_shown_without_a_signed_address() -> None:
    message = "cannot get https://files.example/a?X-Signature=abc now"
    assert job(errorMessage=message).error_message == "cannot get *** now"
    assert job(errorMessage="e" * 300).error_message == "e" * 254 + "…"
    assert job(errorMessage=[message]).error_message is None


def test_same_filament_is_recognized_by_what_printago_sends() -> None:
    mapping = [{"amsIndex": 0, "slotIndex": 1}]
    one, other = job(materialMapping=mapping, label="A"), job(J2, materialMapping=mapping, label="B")
    assert one.filament_key == other.filament_key
    for field, value in (("materialMapping", []), ("materialAssignments", {"0": []}), ("extensions", {"3mf": {}})):
        assert job(**{"materialMapping": mapping, field: value}).filament_key != one.filament_key
    assert one.changed({"label": "C"}).filament_key is None
    assert one.changed({"label": "A"}).filament_key == one.filament_key


def test_slots_of_a_job_are_unknown_until_it_has_a_printer() -> None:
    assert job().places is None
    assert job(materialMapping=[{"amsIndex": 0, "slotIndex": 1}]).places == {SlotAddress(0, 1)}
    assert job(materialMapping=[]).places == frozenset()


def test_hidden_job_and_unreadable_fields_have_their_defaults() -> None:
    assert job().hidden is False
    assert job(hidden=True).hidden is True
    assert job(hidden="yes", status=None, priority=-1).as_dict().items() >= {
        "hidden": False,
        "status": None,
        "priority": None,
    }.items()  # fmt: skip
    known = job(hidden=True, status="printing", updatedAt=at(1), label="Jig")
    assert known.changed(PrintJob.read({"hidden": None, "status": 7, "updatedAt": "?"})) is known
    assert known.changed(PrintJob.read({"label": None})).label is None


def test_changed_job_remembers_what_it_was_made_from() -> None:
    changed = job(label="A", partName="Benchy").changed({"label": "B"})
    assert (changed.label, changed.part_name, changed.id) == ("B", "Benchy", J1)
    assert changed.mentioned == {"label": "A", "part_name": "Benchy"}
    assert changed != job(label="A", partName="Benchy")
    assert changed == job(label="B", partName="Benchy")
    assert job(label="A") != job(J2, label="A")


@pytest.mark.parametrize(
    ("source", "flags"),
    [
        ({"isOnline": True, "isAvailable": False}, {"is_online": True, "is_available": False}),
        ({"isOnline": None, "isAvailable": 1}, {}),
        ({}, {}),
    ],
)
def test_connection_flags_are_those_that_are_flags(source: dict[str, Any], flags: dict[str, bool]) -> None:
    assert read_connection(source) == flags
    assert PrinterRow(Printer, "p1", source).connection == flags


def test_time_that_is_invalid_is_unknown() -> None:
    assert read_moment(at(1)) == datetime(2026, 11, 24, 12, 1, tzinfo=UTC)
    assert read_moment("soon") is None


def test_row_changes_only_what_it_mentions() -> None:
    known = Printer.from_json("p1", {"name": "X1", "enabled": False, "updatedAt": at(1)})
    row = PrinterRow(Printer, "p1", {"name": "X1", "tags": ["left"], "updatedAt": at(2)})
    assert row.updated_at == datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
    assert row.applied_to(known) == Printer.from_json(
        "p1", {"name": "X1", "enabled": False, "tags": ["left"], "updatedAt": at(2)}
    )
    assert row.without_timestamp().values == {"name": "X1", "tags": ("left",)}
    assert type(row.without_timestamp()) is PrinterRow
    assert PrinterRow(Printer, "p1", {"name": "X1"}).applied_to(known) is known
    assert row.applied_to(None).enabled is True
    assert [PrinterRow(Printer, "p1", {"name": name}).has_name for name in ("X1", "", None)] == [True, False, False]


def test_rows_become_complete_records_and_stay_as_complete_as_they_were() -> None:
    rows = rows_of(Printer, [("p1", {"name": "X1"}), ("p2", {})])
    for complete in (True, False):
        listing = records_of(Listing(rows, complete))
        assert listing.complete is complete
        assert {key: printer.name for key, printer in listing.rows.items()} == {"p1": "X1", "p2": None}
    assert "X1" not in repr(Row(Printer, "p1", {"name": "X1"}))


def test_model_of_a_printer_is_read_from_its_metadata() -> None:
    metadata = {"dev_product_name": "X1 Carbon", "dev_model_name": "BL-P001", "dev_access_code": "83726152"}
    printer = Printer.from_json("p1", {"name": "X1", "metadata": metadata, "lifetimePrintHours": 10_000_001})
    assert (printer.model, printer.model_id, printer.lifetime_print_hours) == ("X1 Carbon", "BL-P001", None)
    assert "83726152" not in repr(printer)


def test_printer_with_equal_fields_is_the_same_object() -> None:
    printer = Printer.from_json("p1", {"name": "X1", "enabled": False, "tags": ["left"]})
    assert printer.changed({"name": "X1", "tags": ("left",)}) is printer
    changed = printer.changed({"name": "X1", "tags": ("right",)})
    assert (changed.tags, changed.enabled) == (("right",), False)


def test_wanted_materials_and_plate_of_a_job_are_read() -> None:
    read = job(
        materialAssignments={"0": [{"materialId": "m1"}, {"materialType": "PLA"}]}, extensions={"3mf": {"plateId": 2}}
    )
    assert read.wanted_materials == {0: (MaterialChoice("m1"), MaterialChoice(material_type="PLA"))}
    assert read.plate == 2


def test_record_without_any_field_claims_nothing() -> None:
    printer = Printer.from_json("p1", {})
    assert (printer.enabled, printer.in_maintenance, printer.continuous_print, printer.tags) == (True, False, False, ())
    assert (printer.confirmed_ready, printer.name, printer.fabmatic_remaining_jobs) == (None, None, None)
