"""What actions ask for and refuse at the edges of their fields, each set-up with many calls."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import JobStatus, Listing, PrintJob, RequestPriority
from custom_components.printago.api.models.order_item import BatchResult
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.material_poll import PRINTER_SLOTS
from custom_components.printago.model.store_info import Fact
from tests.support.actions import act, sent
from tests.support.common import paths, printer_named, writes
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("at_rest")

BUSY, IDLE, WAITING = "X1 Carbon 01", "A1 01", "P1S 01"


async def refusal(hass: HomeAssistant, action: str, **data: Any) -> tuple[str | None, dict[str, str]]:
    """Return key and placeholders of the error of an action."""
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, action, **data)
    return refused.value.translation_key, dict(refused.value.translation_placeholders or {})


async def quiet_refusal(hass: HomeAssistant, action: str, **data: Any) -> tuple[str | None, dict[str, str]]:
    """Return those of an action without a response."""
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(DOMAIN, action, data, blocking=True)
    return refused.value.translation_key, dict(refused.value.translation_placeholders or {})


async def test_material_goes_to_slots_that_there_are_and_those_are_read_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    pla: dict[str, Any] = {"material": "PLA"}
    for slot in (5, None, ["ams_1_tray_1"], "left"):
        key, _ = await refusal(hass, "assign_material", printers=[BUSY], slots=[slot], **pla)
        assert key == "field_not_a_slot", slot
    key, placeholders = await refusal(hass, "assign_material", printers=[BUSY], slots=["ams_3_tray_1"], **pla)
    assert key == "no_such_slot"
    slots = placeholders.pop("slots").split(", ")
    assert placeholders == {"printer": BUSY, "slot": "ams_3_tray_1"}
    assert {"ams_1_tray_1", "ams_1_tray_4"} <= set(slots)
    assert [slot for slot in slots if slot.startswith("ams")] == sorted(s for s in slots if s.startswith("ams"))
    assert sent(farm, "/v1/materials/printer-slots/assign") == []
    coordinator = entry.runtime_data.coordinator
    wanted: list[str] = []
    # One whose slots are not known takes any.
    printer = coordinator.farm.printers[printer_named(farm, IDLE)]
    assigned: list[tuple[Any, ...]] = []

    async def assign(*data: Any, set_on_printer: bool) -> None:
        assigned.append((*data, set_on_printer))

    with (
        patch.object(coordinator.slow_poller, "async_want", wanted.append),
        patch.object(type(printer), "shown", ()),
        patch.object(coordinator.farm.materials, "slots", {"s": SimpleNamespace(where=None)}),
        patch.object(coordinator.client.printer_endpoints, "assign_material", assign),
    ):
        response = await act(
            hass, "assign_material", printers=[IDLE, IDLE], slots=["AMS 3 tray 1", "ams_3_tray_1"], **pla
        )
    assert (response["printers"], response["slots"]) == ([IDLE], ["ams_3_tray_1"])
    assert wanted == [PRINTER_SLOTS]
    ((printers, places, material, set_on_printer),) = assigned
    assert (printers, len(places), material.as_json(), set_on_printer) == (
        [printer.id],
        1,
        {"materialType": "PLA"},
        True,
    )


async def test_jobs_are_selected_by_all_that_is_given(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    asked: list[Any] = []
    complete = True

    async def newest(wanted: Any, most: int) -> Any:
        asked.append((wanted, most))
        return Listing({"j" * 24: PrintJob(id="j" * 24)}, complete)

    async def change(word: str, job_ids: list[str]) -> set[str]:
        return set(job_ids)

    part = next(part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy")
    with (
        patch.object(coordinator.client.queue, "newest", newest),
        patch.object(coordinator.client, "change_jobs", change),
    ):
        ended = {"completed", "failed", "cancelled"}
        for action, data, statuses in (
            ("cancel_jobs", {"label": "x"}, {*JobStatus} - ended),
            ("cancel_jobs", {"status": ["pending", "failed"]}, {"pending"}),
            ("retry_jobs", {"label": "x"}, {"failed"}),
            ("retry_jobs", {"status": ["cancelled", "completed"]}, {"cancelled"}),
            ("clear_jobs", {"since": "today"}, ended),
            ("move_jobs_to_front", {"printer": IDLE}, {"pending"}),
        ):
            asked.clear()
            response = await act(hass, action, **data)
            ((wanted, most),) = asked
            assert wanted.statuses == statuses, (action, data)
            assert (most, wanted.hidden, response["applied"]) == (1000, False, 1)
        asked.clear()
        await act(hass, "get_jobs", printer=IDLE, part="Benchy", since="2026-01-01T10:00:00+01:00", limit=7)
        await act(hass, "get_jobs", status="failed", label="X")
        await act(hass, "get_jobs", since="today")
        (every, seven), (failed, _), (today, _) = asked
        assert (every.printer_id, every.part_id) == (printer_named(farm, IDLE), part)
        assert every.since == datetime(2026, 1, 1, 9, tzinfo=UTC)
        assert (every.statuses, every.labels, every.hidden, seven) == (None, None, None, 7)
        assert ([*failed.statuses], failed.labels, failed.part_id) == (["failed"], ["X"], None)
        assert (failed.printer_id, failed.since) == (None, None)
        assert today.since == dt_util.as_utc(dt_util.start_of_local_day())
        complete = False
        assert await refusal(hass, "cancel_jobs", label="x") == ("too_many_jobs", {"most": "1000"})
    key, placeholders = await refusal(hass, "retry_jobs", status="pending")
    assert (key, placeholders) == ("wrong_status", {"possible": "cancelled, failed"})


async def test_jobs_given_by_id_are_each_changed_once_and_need_not_be_known(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = next(job for job in farm.world.jobs.values() if job.label == "Jig")
    response = await act(hass, "cancel_jobs", job_id=[f" {job.id} ", job.id, "unknownjob0000000000000a"])
    assert [(row["job_id"], row["previous_status"], row["applied"]) for row in response["jobs"]] == [
        (job.id, "pending", True),
        ("unknownjob0000000000000a", None, False),
    ]
    assert (response["applied"], response["not_applied"]) == (1, 1)
    key, placeholders = await quiet_refusal(hass, "cancel_jobs", job_id=["unknownjob0000000000000a"])
    assert (key, placeholders) == ("jobs_not_changed", {"jobs": "unknownjob0000000000000a", "done": "0"})
    many = [f"unknownjob{number:014}" for number in range(6)]
    assert await refusal(hass, "update_jobs", job_id=many, priority="low") == (
        "jobs_not_found",
        {"jobs": ", ".join([*many[:5], "…"])},
    )
    assert await refusal(hass, "update_jobs", job_id=many[:5], priority="low") == (
        "jobs_not_found",
        {"jobs": ", ".join(many[:5])},
    )


async def test_each_change_of_a_job_is_sent_alone_and_with_others(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    job = next(job for job in farm.world.jobs.values() if job.label == "Jig")
    updates: list[Any] = []

    async def update(job: PrintJob, changes: Any, *, pin: str | None, unpin: bool) -> PrintJob:
        updates.append((changes, pin, unpin))
        return job

    printer = printer_named(farm, IDLE)
    with patch.object(coordinator.client.queue, "update_job", update):
        for data, expected in (
            ({"priority": "low"}, ({"priority": 1000}, None, False)),
            ({"priority": "normal"}, ({"priority": 100}, None, False)),
            ({"new_label": " New "}, ({"label": "New"}, None, False)),
            ({"pin_to_printer": IDLE}, ({}, printer, False)),
            ({"unpin": True}, ({}, None, True)),
            ({"priority": "low", "unpin": True}, ({"priority": 1000}, None, True)),
        ):
            updates.clear()
            (row,) = (await act(hass, "update_jobs", job_id=job.id, **data))["jobs"]
            assert updates == [expected]
            assert (row["applied"], "failure" in row) == (True, False)
        assert await refusal(hass, "update_jobs", job_id=job.id) == ("nothing_to_change", {})


async def test_order_that_is_neither_closed_nor_refused_is_reported(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    orders = entry.runtime_data.coordinator.client.orders
    ids = {order["orderNumber"]: order["id"] for order in farm.world.orders.values()}

    async def close(order_ids: Any) -> BatchResult:
        return BatchResult(done=(ids["1001"],), errors={ids["1002"]: "It is locked"})

    with patch.object(orders, "close", close):
        response = await act(hass, "close_orders", orders=["1002", "1001"])
        assert response == {
            "closed": [ids["1001"]],
            "errors": [{"order_id": ids["1002"], "error": "It is locked"}],
        }

    async def nothing(order_ids: Any) -> BatchResult:
        return BatchResult(done=(), errors={ids["1002"]: "It is locked"})

    with patch.object(orders, "close", nothing):
        assert await quiet_refusal(hass, "close_orders", orders=["1001", "1002"]) == (
            "orders_not_closed",
            {"orders": "?; It is locked"},
        )


async def test_codes_that_exist_or_repeat_are_each_named_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    ids = {part["name"]: part["id"] for part in farm.world.parts.values()}
    farm.world.parts.change(ids["Cable Clip"], {"name": "Benchy"})
    farm.world.parts.change(ids["Phone Stand"], {"name": "DESK-SET"})
    parts = [ids["Benchy"], ids["Cable Clip"], ids["Phone Stand"]]
    assert await refusal(hass, "create_sku", parts=parts) == ("sku_exists", {"names": "DESK-SET, Benchy"})
    farm.clear_requests()
    with patch.object(entry.runtime_data.catalog, "forget") as forget:
        await act(hass, "create_sku", parts=[ids["Benchy"]], sku="BOAT, RED")
        await act(hass, "create_sku", parts=[ids["Benchy"], ids["Calibration Cube"]])
    assert forget.call_count == 2
    one, several = [request.query for request in farm.requests if (request.method, request.path) == ("GET", "/v1/skus")]
    assert "BOAT, RED" in one.values()
    assert "Benchy" not in several.values()


async def test_order_is_asked_for_by_a_user_and_its_skus_are_sent_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    client = entry.runtime_data.coordinator.client
    calls: list[Any] = []

    async def print_orders(**data: Any) -> list[str]:
        calls.append(data)
        return ["a", "b"] if len(calls) > 2 else []

    ids = {order["orderNumber"]: order["id"] for order in farm.world.orders.values()}
    with patch.object(client.products, "print_orders", print_orders):
        response = await act(hass, "print_orders", orders=["#1001", "1001", ids["1002"]])
        assert response["order_ids"] == [ids["1001"], ids["1002"]]
        assert len(set(response["sku_ids"])) == len(response["sku_ids"])
        assert (calls[0]["priority"], calls[0]["position"], calls[0]["tags"]) == (None, None, {})
        response = await act(hass, "print_orders", skus=["DESK-SET", "desk-set"], priority="normal", position="back")
        assert (response["order_ids"], len(response["sku_ids"])) == (None, 1)
        assert (calls[1]["priority"], calls[1]["position"], calls[1]["order_ids"]) == (100, "back", None)
        assert (await act(hass, "print_orders", skus=["DESK-SET"]))["errors"] == ["a", "b"]
        assert await quiet_refusal(hass, "print_orders", skus=["DESK-SET"]) == (
            "orders_not_all_printed",
            {"errors": "a; b"},
        )
    key, placeholders = await refusal(hass, "print_orders", orders=["100"])
    assert key == "order_not_found"
    assert set(placeholders["candidates"].split(", ")) <= {"1001", "1002", "1003"}
    order = next(order for order in farm.world.orders.values() if order["orderNumber"] == "1002")
    order["orderNumber"] = "1001"
    assert await refusal(hass, "print_orders", orders=["1001"]) == (
        "order_ambiguous",
        {"name": "1001", "candidates": f"{ids['1001']}, {ids['1002']}"},
    )
    order["orderNumber"] = "\u200b"
    key, placeholders = await refusal(hass, "print_orders", orders=[ids["1002"][:-1]])
    assert ids["1002"] in placeholders["candidates"]
    priorities: list[Any] = []

    async def open_orders(priority: RequestPriority) -> Any:
        priorities.append(priority)
        return Listing({}, complete=True)

    with patch.object(client, "open_orders", open_orders):
        assert await refusal(hass, "print_orders", orders=["1001"]) == ("order_unknown", {"name": "1001"})
    assert priorities == [RequestPriority.USER]


async def test_due_tasks_come_by_urgency_and_each_is_marked_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    facts = coordinator.store_state.facts
    await hass.async_block_till_done(wait_background_tasks=True)
    read = await coordinator.client.upkeep.maintenance()
    idle, busy = printer_named(farm, IDLE), printer_named(farm, BUSY)
    facts.maintenance.items = {
        key: replace(item, name="Same" if item.printer_id == idle else item.name) for key, item in read.items()
    }
    facts.known.add(Fact.MAINTENANCE)
    marked: list[Any] = []

    async def mark(ids: Any, notes: str | None) -> None:
        marked.append((ids, notes))

    of_idle = [key for key, item in facts.maintenance.items.items() if item.printer_id == idle]
    of_busy = [key for key, item in facts.maintenance.items.items() if item.printer_id == busy]
    assert len(of_idle) > 1
    farm.clear_requests()
    with patch.object(coordinator.client.upkeep, "mark_maintenance_done", mark):
        response = await act(
            hass, "mark_maintenance_done", printers=[IDLE], items=["same", of_idle[0]], notes=" With oil "
        )
        assert {row["item_id"] for row in response["done"]} == set(of_idle)
        ((ids, notes),) = marked
        assert (sorted(ids), notes) == (sorted(of_idle), "With oil")
        assert len(ids) == len(of_idle)
        # By its ID only that one.
        response = await act(hass, "mark_maintenance_done", printers=[BUSY], items=[of_busy[1]])
        assert [row["item_id"] for row in response["done"]] == [of_busy[1]]
        assert marked[1][1] is None
    assert "GET /v1/maintenance/fleet-status" not in paths(farm), "it is known"
    facts.maintenance.items = {}
    assert await refusal(hass, "mark_maintenance_done", printers=[IDLE, BUSY]) == (
        "no_maintenance_due",
        {"printers": f"{IDLE}, {BUSY}"},
    )


async def test_beds_and_the_printers_that_keep_them_from_being_confirmed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for data, key in (
        ({"cleared": False, "all_printers": True}, "beds_to_take_back"),
        ({"cleared": False, "printers": [IDLE], "all_printers": True}, "beds_to_take_back"),
        ({"cleared": False, "areas": ["x"]}, "beds_to_take_back"),
        ({"printers": [BUSY], "all_printers": True}, "still_printing"),
        ({"all_printers": False}, "fields_needed"),
    ):
        assert (await refusal(hass, "confirm_beds", **data))[0] == key, data
    assert (await refusal(hass, "confirm_beds"))[1] == {"fields": "printers, areas, floors, labels, all_printers"}
    assert writes(farm) == []
    # One that is named is confirmed in any case, each once.
    response = await act(hass, "confirm_beds", printers=[WAITING, IDLE], all_printers=True)
    assert response == {"cleared": True, "printers": [WAITING, IDLE]}
    await act(hass, "confirm_beds", printers=[BUSY], cleared=False)
    confirm = sent(farm, "/v1/printers/confirm-ready")
    assert [(body["ready"], len(body["ids"])) for body in confirm] == [(True, 2), (False, 1)]


async def test_objects_of_a_print_that_has_none_or_no_print_are_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job_id = farm.printer(printer_named(farm, BUSY)).printing_job_id
    assert job_id is not None
    farm.job(job_id).skip_objects_data = {"objects": []}
    assert await refusal(hass, "skip_objects", printer=IDLE, objects=["a"]) == ("no_current_job", {"printer": IDLE})
    assert await refusal(hass, "skip_objects", printer=BUSY, objects=["a"]) == ("no_objects", {"printer": BUSY})
    rows = [{"identifyId": "7", "name": "Body", "skipped": True}, {"identifyId": "8", "name": "8", "skipped": True}]
    farm.job(job_id).skip_objects_data = {"objects": rows}
    assert await refusal(hass, "skip_objects", printer=BUSY, objects=["a"]) == (
        "object_not_found",
        {"name": "a", "candidates": "-"},
    )
    rows.append({"identifyId": "9", "name": "8", "skipped": False})
    rows.append({"identifyId": "10", "name": "Wing", "skipped": False})
    farm.job(job_id).skip_objects_data = {"objects": rows}
    # An ID wins over a name, and is given twice.
    response = await act(hass, "skip_objects", printer=BUSY, objects=["8", "9", "9"])
    assert [row["id"] for row in response["skipped"]] == [9]
    assert [row["id"] for row in response["remaining"]] == [10]


async def test_materials_are_an_error_until_they_are_known(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    state = entry.runtime_data.coordinator.store_state
    state.facts.known.discard(Fact.MATERIALS)
    assert (await refusal(hass, "get_materials"))[0] == "materials_not_known"
    state.facts.known.add(Fact.MATERIALS)
    state.material_table = SimpleNamespace(described=({"material": "PLA"},), short=("a", "b"))
    state.stock = SimpleNamespace(spools_known=True)
    assert await act(hass, "get_materials") == {
        "materials": [{"material": "PLA"}],
        "short": 2,
        "spools_known": True,
    }


async def test_refused_key_is_checked_after_an_upload_too(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Any
) -> None:
    (tmp_path / "a.scad").write_bytes(b"cube(1);")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    coordinator = entry.runtime_data.coordinator
    reconciled: list[int] = []
    with patch.object(coordinator, "async_reconcile", lambda: reconciled.append(1)):
        for status, times in ((400, 0), (401, 1)):
            farm.inject_fault(Fault(mode="status", status=status, count=2, path="/v1/parts", method="POST"))
            key, placeholders = await refusal(hass, "upload_part", path=str(tmp_path / "a.scad"))
            farm.clear_faults()
            assert (key, placeholders["name"], len(reconciled)) == ("part_not_made", "a.scad", times)
    with pytest.raises(ServiceValidationError):
        await act(hass, "upload_part", path=str(tmp_path / "a.scad"), wait_until="queued")
