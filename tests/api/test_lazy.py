"""A lazily read record equals one that is read at once."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api import JobStatus, PrintJob
from custom_components.printago.api.models.product import Part
from tests.api.payloads import ANYTHING, damaged

JOB = "j" * 24
ROW: dict[str, Any] = {
    "status": "printing",
    "partName": "Benchy",
    "label": None,
    "priority": 3,
    "hidden": False,
    "requiredPrinterTags": {"room": "left"},
    "materialMapping": [{"amsIndex": 0, "slotIndex": 1}],
    "errorMessage": "failed at https://x.example/a?X-Amz-Signature=abc",
    "updatedAt": "2026-11-24T12:00:00Z",
    "somethingElse": {"secret": "hunter2"},
}


@settings(max_examples=300, deadline=None)
@given(damaged(ROW))
def test_lazy_record_equals_an_eager_one(row: dict[str, Any]) -> None:
    lazy = PrintJob.from_json(JOB, row)
    assert lazy.as_dict() == PrintJob(id=JOB).as_dict() | {"id": JOB} | PrintJob.read(row)
    assert lazy == PrintJob(id=JOB, **PrintJob.read(row))


@settings(max_examples=300, deadline=None)
@given(damaged(ROW), damaged(ROW), st.sets(st.sampled_from([name for name, _ in PrintJob.FIELDS.values()])))
def test_changes_apply_whether_fields_were_read_before_or_not(
    row: dict[str, Any], change: dict[str, Any], read_before: set[str]
) -> None:
    job = PrintJob.from_json(JOB, row)
    for name in read_before:
        getattr(job, name)
    values = PrintJob.read(change)
    changed = job.changed(values)
    assert changed.as_dict() == PrintJob.from_json(JOB, row).as_dict() | values
    assert (changed == job) is (changed.as_dict() == job.as_dict())
    assert job.as_dict() == PrintJob.from_json(JOB, row).as_dict()


@given(damaged(ROW), damaged(ROW))
def test_records_with_equal_fields_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    jobs = PrintJob.from_json(JOB, one), PrintJob.from_json(JOB, other)
    if jobs[0].as_dict() == jobs[1].as_dict():
        assert jobs[0] == jobs[1]
    else:
        assert jobs[0] != jobs[1] or one == other


@given(ANYTHING)
def test_unused_fields_do_not_affect_equality(value: Any) -> None:
    assert PrintJob.from_json(JOB, ROW) == PrintJob.from_json(JOB, {**ROW, "somethingElse": value})


def test_unchanged_record_is_the_same_object() -> None:
    job = PrintJob.from_json(JOB, ROW)
    assert job.changed({"status": JobStatus.PRINTING, "part_name": "Benchy"}) is job
    assert job.changed({"label": "Order 7"}).label == "Order 7"


def test_other_jobs_are_not_equal() -> None:
    assert PrintJob.from_json(JOB, ROW) != PrintJob.from_json("k" * 24, ROW)
    assert PrintJob.from_json(JOB, ROW) != ROW


def test_changed_record_differs_from_the_one_before_in_either_order() -> None:
    job = PrintJob.from_json(JOB, ROW)
    changed = job.changed({"label": "Order 7"})
    assert changed != job
    assert job != changed
    assert changed.changed({"label": None}) == job
    assert job == changed.changed({"label": None})


def test_record_of_another_kind_is_not_equal() -> None:
    assert PrintJob.from_json(JOB, {}) != Part.from_json(JOB, {})


def test_field_is_read_only_once() -> None:
    job = PrintJob.from_json(JOB, ROW)
    assert job.required_printer_tags is job.required_printer_tags


def test_record_is_immutable_and_its_repr_has_no_data() -> None:
    job = PrintJob.from_json(JOB, ROW)
    with pytest.raises(AttributeError):
        job.label = "mine"
    assert "Signature" not in repr(job)
    assert "hunter2" not in repr(job)
    with pytest.raises(TypeError):
        hash(job)
