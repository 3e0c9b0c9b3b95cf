"""Unreadable values are unknown, by kind, and do not keep the previous value (see ``api.fields``)."""

from collections.abc import Iterator
from typing import Any

import pytest

from custom_components.printago.api import Printer, PrintJob
from custom_components.printago.api.models.fields import UnreadableError
from custom_components.printago.api.models.material import PrinterSlot
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.records import Record
from custom_components.printago.api.models.telemetry import NAMELESS, HealthMessage, Severity, TelemetryDiff
from tests.api.payloads import FULL_STAT, PRINTER
from tests.fuzz.seeds import JOB_RECORD, ORDER_RECORD, PRINTER_RECORD, SLOT_RECORD

WORDS = {"message": "Nozzle clogged"}


@pytest.mark.parametrize(
    ("group", "field", "value", "attribute", "read"),
    [
        ("print", "percent", 101, "percent", 100),
        ("print", "percent", 104.5, "percent", 100),
        ("print", "percent", 255, "percent", None),
        ("print", "percent", -1, "percent", None),
        ("print", "percent", "4", "percent", None),
        ("print", "percent", True, "percent", None),
        ("print", "percent", 1e308, "percent", None),
        ("print", "percent", [4], "percent", None),
        ("print", "downloadPercent", 101, "download_percent", 100),
        ("print", "downloadPercent", {}, "download_percent", None),
        ("print", "currentLayer", 1e12, "current_layer", None),
        ("print", "currentLayer", -1, "current_layer", None),
        ("print", "totalLayers", "100", "total_layers", None),
        ("print", "stage", 7, "stage", None),
        ("print", "stage", 255, "stage", None),
        ("print", "stage", "255", "stage", None),
        ("print", "stage", "-1", "stage", None),
        ("print", "stage", " ", "stage", None),
        ("print", "stage", ["Printing"], "stage", None),
        ("print", "stage", " 暂停 ", "stage", "暂停"),
        ("print", "taskName", "", "task_name", None),
        ("print", "taskName", " \t", "task_name", None),
        ("print", "taskName", 7, "task_name", None),
        ("print", "taskName", "2024", "task_name", "2024"),
        ("print", "timeRemaining", -20, "time_remaining", None),
        ("print", "timeRemaining", -3.5, "time_remaining", None),
        ("print", "timeRemaining", False, "time_remaining", None),
        ("print", "timeRemaining", {"minutes": 5}, "time_remaining", None),
        ("fans", "part", 104, "part_fan", 100),
        ("fans", "aux", 255, "aux_fan", None),
        ("fans", "chamber", "off", "chamber_fan", None),
        ("lights", "chamber", True, "chamber_light", None),
        ("lights", "work", 1, "work_light", None),
    ],
)
def test_invalid_reading_is_unknown_or_clamped_and_never_the_previous_one(
    group: str, field: str, value: Any, attribute: str, read: Any
) -> None:
    known = TelemetryDiff()
    for before in (FULL_STAT["data"][group].get(field, 1), 1, 0, True):
        known.news({"data": {group: {field: before}}})
        assert known.news({"data": {group: {field: value}}})[attribute] == read
        assert known.news({"data": {group: {field: value}}}).get(attribute, read) == read
    assert TelemetryDiff().news({"data": {group: {field: value}}}) == {attribute: read}


@pytest.mark.parametrize("value", [1, 0, 1.0, 100])
def test_number_after_a_flag_that_equals_it_in_python_is_read(value: float) -> None:
    known = TelemetryDiff()
    for flag in (True, False):
        assert known.news({"data": {"print": {"percent": flag}}}) == {"percent": None}
        assert known.news({"data": {"print": {"percent": value}}}) == {"percent": value}


def test_state_that_is_not_text_is_unknown() -> None:
    known = TelemetryDiff()
    for word in (7, True, ["RUNNING"], {"is": "RUNNING"}, None):
        assert known.news({"state": "RUNNING"}) == {"state": "RUNNING"}
        assert known.news({"state": word}) == {"state": None}


@pytest.mark.parametrize("nothing", [None, 7, "none", [], True])
@pytest.mark.parametrize("group", ["print", "fans", "lights"])
def test_group_that_is_not_an_object_makes_all_of_its_readings_unknown(group: str, nothing: Any) -> None:
    known = TelemetryDiff()
    sent = {"state": "RUNNING", "data": {group: FULL_STAT["data"][group]}}
    first = known.news(sent)
    gone = known.news({"state": "RUNNING", "data": {group: nothing}})
    assert gone.keys() >= first.keys() - {"state"}
    assert set(gone.values()) == {None}
    assert known.news(sent) == {name: value for name, value in first.items() if name != "state"}


@pytest.mark.parametrize("data", [None, 7, "none", [], True])
def test_data_that_is_not_an_object_makes_readings_unknown_but_clears_no_problem(data: Any) -> None:
    news = TelemetryDiff().news({"state": "RUNNING", "data": data})
    assert news.pop("state") == "RUNNING"
    assert news.pop("ams") == ()
    assert news.keys() >= {"percent", "stage", "part_fan", "chamber_light", "external_spool"}
    assert set(news.values()) == {None}
    assert not news.keys() & {"errors", "warnings"}


def test_message_without_data_changes_no_reading() -> None:
    assert TelemetryDiff().news({"state": "RUNNING"}) == {"state": "RUNNING"}
    assert TelemetryDiff().news({"data": {}}) == {}


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ({"code": "0300-8000", "message": "Hot"}, "0300-8000", "Hot"),
        ({"message": "Nozzle clogged"}, None, "Nozzle clogged"),
        ({"code": "", "message": " Nozzle clogged "}, None, "Nozzle clogged"),
        ({"code": None, "message": "Nozzle clogged"}, None, "Nozzle clogged"),
        ({"code": 50331904, "message": "Nozzle clogged"}, None, "Nozzle clogged"),
        ({"code": "0300-8000"}, "0300-8000", ""),
        ({"code": "0300-8000", "message": ["Hot"]}, "0300-8000", ""),
        ("Nozzle clogged", None, "Nozzle clogged"),
        ({}, None, NAMELESS),
        ({"code": " ", "message": ""}, None, NAMELESS),
        ([], None, NAMELESS),
        (7, None, NAMELESS),
        (True, None, NAMELESS),
    ],
)
@pytest.mark.parametrize(("name", "severity"), [("errors", Severity.ERROR), ("warnings", Severity.WARNING)])
def test_every_entry_among_errors_and_warnings_is_a_problem(
    name: str, severity: Severity, entry: Any, code: str | None, message: str
) -> None:
    news = TelemetryDiff().news({"data": {"health": {name: [None, entry]}}})
    assert news == {name: (HealthMessage(code, message, severity),)}


@pytest.mark.parametrize("nothing", [None, [], {}, "", 0, False])
def test_list_of_problems_that_is_null_or_empty_in_any_form_clears(nothing: Any) -> None:
    known = TelemetryDiff()
    assert known.news({"data": {"health": {"errors": ["Hot"], "warnings": ["Cold"]}}}).keys() == {"errors", "warnings"}
    assert known.news({"data": {"health": {"errors": nothing}}}) == {"errors": ()}
    assert known.news({"data": {"health": {"warnings": nothing}}}) == {"warnings": ()}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("Nozzle clogged", "Nozzle clogged"),
        ({"message": "Nozzle clogged"}, "Nozzle clogged"),
        (7, NAMELESS),
        (True, NAMELESS),
    ],
)
def test_problem_in_place_of_a_list_is_one_problem(sent: Any, message: str) -> None:
    one = (HealthMessage(None, message, Severity.ERROR),)
    assert TelemetryDiff().news({"data": {"health": {"errors": sent}}}) == {"errors": one}


def test_null_health_clears_problems_and_other_invalid_health_does_not() -> None:
    known = TelemetryDiff()
    for nothing in (7, True, "none", [], [WORDS]):
        assert known.news({"data": {"health": {"errors": [WORDS]}}}).keys() == {"errors"}
        assert known.news({"data": {"health": nothing}}) == {}
    assert known.news({"data": {"health": None}}) == {"errors": (), "warnings": ()}


@pytest.mark.parametrize(
    "codes",
    [
        (
            "0300-0D00-0001-000B",
            "0300_0d00_0001_000b",
            "03000D000001000B",
            " 0300 0D00 0001 000B",
            "HMS_0300-0D00-0001-000B",
        ),
        ("", None, " "),
    ],
)
def test_same_code_in_any_form_is_the_same_problem(codes: tuple[str | None, ...]) -> None:
    sent = [{"code": code, "message": "Stuck"} for code in codes]
    assert len({problem.key for problem in TelemetryDiff().news({"data": {"health": {"errors": sent}}})["errors"]}) == 1


def test_problems_without_a_code_are_distinguished_by_their_text() -> None:
    sent = ["Nozzle clogged", "nozzle  clogged ", "Bed too hot", {"code": "nozzleclogged", "message": "Nozzle clogged"}]
    keys = [problem.key for problem in TelemetryDiff().news({"data": {"health": {"errors": sent}}})["errors"]]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


_NO_SHAPE: tuple[Any, ...] = (7, -1, True, "?", [], {}, [None], {"": 1})
"""Values of which each field accepts only some."""


def unreadable(cls: type[Record | PrintJob], field: str) -> Iterator[Any]:
    """Yield values that a field cannot have."""
    _, reader = cls.FIELDS[field]
    for value in (*_NO_SHAPE, "x" * 3_000):
        try:
            reader(value)
        except UnreadableError:
            yield value


PRINTER_KNOWN: dict[str, Any] = {**PRINTER_RECORD, "fabmaticRemainingJobs": 3, "confirmedReady": False}
JOB_KNOWN: dict[str, Any] = {
    **JOB_RECORD,
    **dict.fromkeys(("skuId", "buildThumbnailUri"), "k" * 24),
    **dict.fromkeys(("printingCompletedAt", "cancelledAt"), JOB_RECORD["createdAt"]),
    "skuName": "Benchy",
    "errorMessage": "Jam",
    "hidden": True,
    "parameterOverrides": [{"name": "height", "value": 20}],
    "materialMapping": JOB_RECORD.get("materialMapping") or {},
    "materialAssignments": {"0": [{"materialId": "k" * 24}]},
    "extensions": {"3mf": {"plateId": 2}},
}
ORDER_KNOWN: dict[str, Any] = {
    **ORDER_RECORD,
    "cancelledAt": ORDER_RECORD["createdAt"],
    "customerId": "k" * 24,
    "price": 19.9,
    "currency": "EUR",
    "externalUrl": "https://shop.invalid/1",
    "source": "etsy",
}
SLOT_KNOWN: dict[str, Any] = {**SLOT_RECORD, "instanceId": "k" * 24}
DECIDES = {
    Printer: {"name", "enabled", "tags", "confirmedReady", "printingJobId", "continuousPrint", "isInMaintenance", "updatedAt"},
    PrintJob: {
        "status", "hidden", "partBuildId", "partId", "skuId", "orderId", "assignedPrinterId", "updatedAt",
    },
    Order: {"orderNumber", "status", "cancelledAt", "updatedAt"},
    PrinterSlot: {"printerId", "amsIndex", "slotIndex", "updatedAt"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "known"),
    [(Printer, PRINTER_KNOWN), (PrintJob, JOB_KNOWN), (Order, ORDER_KNOWN), (PrinterSlot, SLOT_KNOWN)],
    ids=["Printer", "PrintJob", "Order", "PrinterSlot"],
)
def test_unreadable_field_is_unknown_and_a_deciding_one_stays(
    cls: type[Record | PrintJob], known: dict[str, Any]
) -> None:
    record: Any = cls.from_json("k" * 24, known)
    tried = 0
    for field, (attribute, _) in cls.FIELDS.items():
        before = getattr(record, attribute)
        assert before is not None, field
        for value in unreadable(cls, field):
            tried += 1
            after = getattr(record.changed(cls.read({field: value})), attribute)
            assert after == (before if field in DECIDES[cls] else None), (field, value)
    assert tried > 3 * len(cls.FIELDS)


@pytest.mark.parametrize("metadata", [None, 7, "X1", [], {}])
def test_model_of_a_printer_stays_if_metadata_does_not_contain_it(metadata: Any) -> None:
    printer = Printer.from_json(PRINTER, PRINTER_RECORD)
    assert printer.changed(Printer.read({"metadata": metadata})).model == "X1 Carbon"
    assert printer.changed(Printer.read({"metadata": {"dev_product_name": 7, "dev_model_name": []}})) is printer
