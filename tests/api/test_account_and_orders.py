"""The account, orders, items, shops, SKUs and builds: what is read of them, and what a damaged record means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.printago.api import MalformedResponseError
from custom_components.printago.api.models.account import KeyStatus, StoreSettings, Subscription, store_names
from custom_components.printago.api.models.build import BuildConfig, CreatedBuild, PreviewedBuild
from custom_components.printago.api.models.estimate import MaterialUsage, read_estimate
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.maintenance import MaintenanceItem, read_maintenance
from custom_components.printago.api.models.match import FailedCheck, PrinterMatch
from custom_components.printago.api.models.material import PrinterSlot
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.order_item import OrderItem, read_batch
from custom_components.printago.api.models.picture import Picture
from custom_components.printago.api.models.product import LinkedPart, Part, Sku
from custom_components.printago.api.models.sku_cost import CostBreakdown, ExtraCost, read_extra_costs

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WRITTEN = "2026-11-24T12:00:00Z"


def test_key_subscription_and_settings_are_read() -> None:
    assert KeyStatus.from_json({"expiresAt": WRITTEN, "active": False, "id": "secret"}) == KeyStatus(NOON, active=False)
    assert KeyStatus.from_json({"expiresAt": "never", "active": "yes"}) == KeyStatus()
    assert Subscription.from_json({"plan": " Pro ", "trialEndsAt": WRITTEN, "concurrencySlots": 5}) == Subscription(
        "Pro", NOON, 5
    )
    assert StoreSettings.from_json({"processLowPriorityJobs": True, "currency": "usd"}) == StoreSettings(True, "USD")


@pytest.mark.parametrize(
    ("slots", "limit"), [(None, None), (0.5, 0), (1, 1), (999_999, 999_999), (0, "?"), (1_000_000, "?"), (True, "?")]
)
def test_production_slots_are_a_positive_number_below_a_million(slots: object, limit: object) -> None:
    subscription = Subscription(slots=slots)
    if limit == "?":
        with pytest.raises(MalformedResponseError):
            subscription.production_slots()
    else:
        assert subscription.production_slots() == limit


def test_stores_without_a_name_are_left_out() -> None:
    rows = [{"id": "s1", "name": " Farm "}, {"id": "s2", "name": " "}, {"id": "s3"}, {"id": 7, "name": "X"}, {}]
    assert store_names(rows) == {"s1": "Farm"}


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({"status": "open"}, True),
        ({"status": "open", "cancelledAt": WRITTEN}, False),
        ({"status": "closed"}, False),
        ({}, False),
    ],
)
def test_order_is_open_if_it_was_not_canceled(fields: dict[str, Any], is_open: bool) -> None:
    assert Order.from_json("o1", fields).is_open is is_open


def test_order_is_overdue_after_its_deadline() -> None:
    order = Order.from_json("o1", {"deadline": WRITTEN, "orderNumber": "17", "price": 1e9, "externalUrl": "ftp://x"})
    assert not order.is_overdue(NOON)
    assert order.is_overdue(NOON + timedelta(seconds=1))
    assert not Order(id="o1").is_overdue(NOON)
    assert (order.title, order.price, order.url) == ("17", 1e9, None)
    assert Order.from_json("o1", {"orderNumber": ""}).title == "o1"
    assert Order.from_json("o1", {"price": -1e9 - 1}).price is None


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"externalSku": "X-1", "skuId": "s1"}, "X-1"),
        ({"externalSku": " ", "skuId": "s1"}, "s1"),
        ({}, "i1"),
    ],
)
def test_item_is_called_by_the_code_of_its_shop(fields: dict[str, str], title: str) -> None:
    assert OrderItem.from_json("i1", fields).title == title


def test_item_is_processed_only_if_printago_says_so() -> None:
    item = OrderItem.from_json("i1", {"processedStatus": "processed", "quantity": 2, "ignored": True, "orderId": "o1"})
    assert (item.processed, item.quantity, item.ignored, item.order_id) == (True, 2, True, "o1")
    for odd in ("half", None, 7, ["processed"]):
        assert item.changed(OrderItem.read({"processedStatus": odd})) is item
    assert item.changed(OrderItem.read({"processedStatus": "unprocessed"})).processed is False
    bare = OrderItem.from_json("i1", {})
    assert (bare.processed, bare.ignored, bare.is_unprintable) == (False, False, False)


@pytest.mark.parametrize(
    ("note", "message", "retriable"),
    [
        ({"message": " No SKU ", "retriable": True}, "No SKU", True),
        ({"retriable": None}, None, False),
        ({"retriable": "yes"}, None, False),
    ],
)
def test_problem_of_an_item_has_its_text(note: dict[str, Any], message: str | None, retriable: bool) -> None:
    problem = OrderItem.from_json("i1", {"resolutionNote": note}).problem
    assert problem is not None
    assert (problem.reason, problem.message, problem.retriable) == (None, message, retriable)


def test_batch_names_what_is_done_and_an_error_for_each_of_the_others() -> None:
    result = read_batch(
        {
            "closed": [{"id": "o1"}, {"id": "a b"}, {"id": 7}, "o2", {}],
            "errors": [{"orderId": "o3", "error": "e" * 300}, {"orderId": "o4", "error": 7}, {"orderId": "../o5"}, 7],
        },
        "closed",
    )
    assert result.done == {"o1"}
    assert result.errors == {"o3": "e" * 254 + "…", "o4": "?"}
    nothing = read_batch({"closed": {"id": "o1"}, "errors": None}, "closed")
    assert (nothing.done, nothing.errors) == (frozenset(), {})


def test_cost_with_an_unknown_component_makes_both_sums_unknown() -> None:
    components = {
        "labor": {"type": "labor", "rate": 2},
        "box": {"type": "overhead", "rate": 0.5},
        "odd": {"type": "tax", "rate": 1},
        "goods": {"type": "material", "rate": 3},
    }
    rows: list[dict[str, Any]] = [
        {"skuId": "a", "costComponentId": "labor", "quantity": 2},
        {"skuId": "a", "costComponentId": "labor", "quantity": 3},
        {"skuId": "a", "costComponentId": "box", "quantity": 4},
        {"skuId": "a", "costComponentId": "goods", "quantity": 1},
        {"skuId": "b", "costComponentId": "odd", "quantity": 1},
        {"skuId": "b", "costComponentId": "labor", "quantity": 1},
        {"skuId": "c", "quantity": 1},
        {"skuId": "d", "costComponentId": "box"},
        {"skuId": "d", "costComponentId": "box", "quantity": 1},
        {"skuId": 7, "costComponentId": "box", "quantity": 1},
        {"skuId": "e", "costComponentId": "box", "quantity": 1},
    ]
    assert read_extra_costs(rows, components) == {
        "a": ExtraCost(10, 2),
        "b": ExtraCost(None, None),
        "c": ExtraCost(None, None),
        "d": ExtraCost(0, None),
        "e": ExtraCost(0, 0.5),
    }


def test_breakdown_of_costs_is_read() -> None:
    read = CostBreakdown.from_json({"materials": 1, "labor": "?", "overhead": -1e9, "total": 1e9 + 1})
    assert read == CostBreakdown(materials=1, overhead=-1e9)


def test_build_has_only_the_options_that_were_given() -> None:
    plain = BuildConfig(quantity=2, priority=100, position="back")
    common = {"quantity": 2, "priority": 100, "position": "back"}
    assert plain.of_part("a1") == {"parts": [{"partId": "a1", **common}]}
    assert plain.of_sku("s1", ["a1"]) == {"skus": [{"skuId": "s1", **common}]}
    rich = BuildConfig(
        quantity=2,
        priority=100,
        position="back",
        tags={"user.tags": "left"},
        label="",
        parameters={"height": 20},
        plates={"2": 1},
        materials={0: (MaterialChoice("m1"),), 1: (MaterialChoice(material_type="PLA"),)},
        options={"Color": "red", "o" * 24: "L"},
    )
    details = {
        "label": "",
        "parameters": {"height": 20},
        "plateQuantities": {"2": 1},
        "materials": {"0": [{"materialId": "m1"}], "1": [{"materialType": "PLA"}]},
    }
    tagged = {**common, "tags": {"user.tags": "left"}}
    assert rich.of_part("a1") == {"parts": [{"partId": "a1", **tagged, **details}]}
    options = [{"name": "Color", "value": "red"}, {"id": "o" * 24, "value": "L"}]
    assert rich.of_sku("s1", ["a1", "a2"]) == {
        "skus": [{"skuId": "s1", **tagged, "linkedPartConfigs": {"a1": details, "a2": details}, "options": options}]
    }
    one = BuildConfig(
        quantity=1, priority=1, position="front", material=MaterialChoice("m2"), materials={0: (MaterialChoice("m1"),)}
    )
    assert one.details == {"materials": {"0": [{"materialId": "m2"}]}}


def test_response_to_a_build_is_read() -> None:
    read = CreatedBuild.from_json({
        "partBuilds": [{"id": "b1", "partId": "a1", "partCopy": {"name": "Benchy"}, "quantity": 2}, {"id": "b2"}],
        "skuBuilds": [{"id": "k1", "skuId": "s1"}, "?"],
    })  # fmt: skip
    assert [(each.id, each.part_id, each.part_name, each.quantity) for each in read.part_builds] == [
        ("b1", "a1", "Benchy", 2),
        ("b2", None, None, None),
    ]
    assert [(each.id, each.sku_id) for each in read.sku_builds] == [("k1", "s1")]
    assert CreatedBuild.from_json({"partBuilds": [], "skuBuilds": None}).sku_builds == ()


def test_preview_of_a_build_is_read() -> None:
    job = {"label": "A", "quantityIndex": 1, "quantityTotal": 2, "plateName": "", "plateId": 3}
    read = PreviewedBuild.from_json({
        "partId": "a1", "partName": "Benchy", "sku": {"sku": "B-1"}, "label": "A", "quantity": 2,
        "jobs": [job, "?", {"plateName": "Top", "plateId": 4}],
    })  # fmt: skip
    assert (read.part_id, read.part_name, read.sku, read.label, read.quantity) == ("a1", "Benchy", "B-1", "A", 2)
    assert [(each.label, each.number, each.of, each.plate) for each in read.jobs] == [
        ("A", 1, 2, 3),
        (None, None, None, "Top"),
    ]
    assert PreviewedBuild.from_json({"sku": "B-1", "jobs": {}}) == PreviewedBuild(None, None, None, None, None, ())


def test_match_names_the_obstacles_in_the_words_of_printago() -> None:
    match = PrinterMatch.from_json({
        "printerId": "p1", "matched": True, "compatible": "yes",
        "checks": [
            {"code": "TAGS", "passed": False, "explanation": "No such tag", "label": "Tags"},
            {"code": "SIZE", "passed": False, "explanation": None, "label": "Size"},
            {"code": "LOAD", "passed": False},
            {"passed": False, "code": 7},
            {"code": "GOOD", "passed": True},
            {"code": "ODD"},
            "?",
        ],
    })  # fmt: skip
    assert (match.printer_id, match.matched, match.compatible) == ("p1", True, False)
    assert match.failed == (
        FailedCheck("TAGS", "No such tag"),
        FailedCheck("SIZE", "Size"),
        FailedCheck("LOAD", "LOAD"),
        FailedCheck(7, ""),
    )
    assert PrinterMatch.from_json({"printerId": "p1", "matched": 1, "compatible": True, "checks": {}}) == PrinterMatch(
        "p1", matched=False, compatible=True, failed=()
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff...", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8", "image/webp"),
        (b"RIFF\x01\x02\x03\x04WAVE", None),
        (b"....\x01\x02\x03\x04WEBP", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_picture_is_known_by_its_first_bytes(content: bytes, kind: str | None) -> None:
    if kind is None:
        with pytest.raises(MalformedResponseError):
            Picture.of(content)
    else:
        assert Picture.of(content) == Picture(kind, content)


def test_parts_and_skus_are_read() -> None:
    part = Part.from_json("a1", {"name": "Benchy", "userTags": ["x", 7], "parameters": [{"name": "height"}, {}, 7]})
    assert (part.name, part.tags, part.parameters, part.file_paths) == ("Benchy", ("x",), ("height",), ())
    assert Part.from_json("a1", {"userTags": "x", "parameters": {"name": "height"}, "fileUris": 7}).tags == ()
    linked: list[Any] = [
        {"partId": "a1", "label": "Hull", "quantity": 2},
        {"partId": "a2", "label": 7, "quantity": True},
        {},
        "?",
    ]
    linked.append({"partId": "a3", "quantity": "2"})
    sku = Sku.from_json("s1", {"sku": "B-1", "linkedParts": linked})
    assert sku.parts == (LinkedPart("a1", "Hull", 2), LinkedPart("a2", None, None), LinkedPart("a3", None, None))
    assert sku.part_ids == ["a1", "a2", "a3"]
    assert Sku.from_json("s1", {"linkedParts": {}}).parts is None
    assert Sku.from_json("s1", {}).part_ids == []


def test_estimate_is_read_for_each_filament_and_plate() -> None:
    read = read_estimate({
        "estimatedPrintTimeSeconds": 60,
        "totalWeightGrams": 1_000_001,
        "materials": [{"index": 1, "usedGrams": 2.5, "materialType": "PLA"}] * 101,
        "plates": [{"plateId": number, "totalWeightGrams": 1} for number in range(101)],
    })  # fmt: skip
    assert read is not None
    assert (read.seconds, read.grams, len(read.materials), len(read.plates or ())) == (60, None, 100, 100)
    assert read.materials[0] == MaterialUsage(index=1, type="PLA", grams=2.5)
    bare = read_estimate({"materials": {}, "plates": 7})
    assert bare is not None
    assert (bare.materials, bare.plates) == ((), None)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"printerId": "p1", "amsIndex": 0, "slotIndex": 3}, ("p1", SlotAddress(0, 3))),
        ({"printerId": "p1", "amsIndex": -1, "slotIndex": 0}, ("p1", SlotAddress(-1, 0))),
        ({"amsIndex": 0, "slotIndex": 3}, None),
        ({"printerId": "p1", "slotIndex": 3}, None),
        ({"printerId": "p1", "amsIndex": 0}, None),
        ({"printerId": "p1", "amsIndex": 256, "slotIndex": 0}, None),
    ],
)
def test_slot_has_a_place_only_if_all_of_it_is_known(fields: dict[str, Any], where: object) -> None:
    assert PrinterSlot.from_json("l1", fields).where == where


@pytest.mark.parametrize(("status", "due"), [("OK", False), ("DUE_SOON", True), ("OVERDUE", True), ("?", False)])
def test_maintenance_is_due_soon_or_overdue(status: str, due: bool) -> None:
    assert MaintenanceItem.from_json("e1", {"status": status}).is_due is due
    assert list(read_maintenance([{"enrollmentId": "e1"}, {"enrollmentId": "a b"}, {"enrollmentId": 7}])) == ["e1"]
