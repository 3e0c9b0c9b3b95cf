"""Maintenance that is due: its order, and which changes are events."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api.models.maintenance import MaintenanceItem, MaintenanceStatus
from custom_components.printago.model import upkeep
from custom_components.printago.model.upkeep import Maintenance, urgency
from tests.support.farm_model import NOON, A, B

OK, SOON, OVERDUE = MaintenanceStatus.OK, MaintenanceStatus.DUE_SOON, MaintenanceStatus.OVERDUE


def task(item_id: str = "rods", status: MaintenanceStatus | None = OK, **fields: Any) -> MaintenanceItem:
    """Return a task of a printer."""
    return MaintenanceItem(id=item_id, status=status, **{"printer_id": A, "name": "Rods", **fields})


def take(maintenance: Maintenance, *items: MaintenanceItem) -> list[tuple[str, str]]:
    """Read tasks; return the kinds of the events, each with the task's ID."""
    return [(kind, item.id) for kind, item in maintenance.take({item.id: item for item in items})]


@pytest.fixture
def maintenance() -> Maintenance:
    """Return the maintenance of a farm after the first read, with nothing due."""
    maintenance = Maintenance()
    assert take(maintenance, task()) == []
    return maintenance


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (OK, SOON, ["maintenance_due_soon"]),
        (OK, OVERDUE, ["maintenance_overdue"]),
        (SOON, OVERDUE, ["maintenance_overdue"]),
        (None, SOON, ["maintenance_due_soon"]),
        (SOON, SOON, []),
        (OVERDUE, OVERDUE, []),
        (OVERDUE, SOON, []),
        (OVERDUE, OK, []),
        (OVERDUE, None, []),
    ],
)
def test_task_that_becomes_more_urgent_is_an_event_once(
    maintenance: Maintenance, before: MaintenanceStatus | None, after: MaintenanceStatus | None, kinds: list[str]
) -> None:
    take(maintenance, task(status=before))
    assert take(maintenance, task(status=after)) == [(kind, "rods") for kind in kinds]
    assert take(maintenance, task(status=after)) == []


def test_tasks_due_at_the_first_read_are_no_events_but_new_ones_later_are() -> None:
    maintenance = Maintenance()
    assert maintenance.export() is None
    assert take(maintenance, task("one", OVERDUE), task("two", SOON)) == []
    assert maintenance.export() == {"one": "OVERDUE", "two": "DUE_SOON"}
    assert take(maintenance, task("one", OVERDUE), task("two", SOON), task("three", SOON)) == [
        ("maintenance_due_soon", "three")
    ]


def test_several_tasks_are_each_an_event_also_after_ones_that_are_not_due(maintenance: Maintenance) -> None:
    items = task("a", None), task("b", OK), task("c", SOON), task("d", OK), task("e", OVERDUE)
    assert take(maintenance, *items) == [("maintenance_due_soon", "c"), ("maintenance_overdue", "e")]
    assert [item.id for item in maintenance.due()] == ["e", "c"]


def test_task_done_is_due_again_as_a_new_event(maintenance: Maintenance) -> None:
    overdue = task(status=OVERDUE, elapsed=120.0, progress=120.0, last_done_at=NOON - timedelta(days=9))
    take(maintenance, overdue, task("belt", OVERDUE))
    maintenance.mark_done(["unknown", "rods"], NOON)
    done = maintenance.items["rods"]
    assert (done.status, done.elapsed, done.progress, done.last_done_at) == (OK, 0.0, 0.0, NOON)
    assert [item.id for item in maintenance.due()] == ["belt"]
    assert [item.id for item in maintenance.of(A)] == ["belt", "rods"]
    assert maintenance.export() == {"belt": "OVERDUE"}
    assert take(maintenance, overdue, task("belt", OVERDUE)) == [("maintenance_overdue", "rods")]


def test_task_done_before_the_first_read_is_no_fault() -> None:
    maintenance = Maintenance()
    maintenance.mark_done(["rods"], NOON)
    assert (maintenance.items, maintenance.export()) == ({}, None)


def test_tasks_of_a_printer_are_its_own_the_most_urgent_first(maintenance: Maintenance) -> None:
    take(
        maintenance, task("one", SOON), task("two", OVERDUE), task("other", printer_id=B), task("none", printer_id=None)
    )
    assert [item.id for item in maintenance.of(A)] == ["two", "one"]
    assert [item.id for item in maintenance.of(B)] == ["other"]
    assert maintenance.of("x") == []
    maintenance.forget()
    assert (maintenance.of(A), maintenance.due(), maintenance.items) == ([], [], {})


def test_order_is_by_status_then_progress_then_name() -> None:
    ordered = [
        task("z", OVERDUE, progress=110.0, name="Z"),
        task("y", OVERDUE, progress=None, name="A"),
        task("x", SOON, progress=300.0),
        task("w", OK, progress=99.0),
        task("v", None, progress=50.0),
        task("u", None, progress=0.5, name="Z"),
        task("b", OK, progress=None, name=None),
        task("c", OK, progress=0.0, name=None),
        task("a", OK, progress=None, name="A"),
        task("t", None, progress=None, name="B"),
    ]
    by_id = {item.id: item for item in ordered}
    assert sorted((by_id[item_id] for item_id in "abctuvwxyz"), key=urgency) == ordered


def test_events_are_fired_once_across_a_restart(maintenance: Maintenance) -> None:
    take(maintenance, task("one", SOON), task("two", OVERDUE))
    restored = Maintenance()
    restored.restore(maintenance.export())
    items = task("one", OVERDUE), task("two", OVERDUE), task("three", SOON)
    assert take(restored, *items) == [("maintenance_overdue", "one"), ("maintenance_due_soon", "three")]


@pytest.mark.parametrize("saved", [None, [], "OVERDUE", 5, ["rods"]])
def test_saved_tasks_of_another_type_count_as_a_first_read(saved: object) -> None:
    maintenance = Maintenance()
    maintenance.restore(saved)
    assert maintenance.export() is None
    assert take(maintenance, task(status=OVERDUE)) == []


def test_far_too_many_saved_tasks_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_MOST_SAVED", 2)
    maintenance = Maintenance()
    maintenance.restore(dict.fromkeys("abc", "OVERDUE"))
    assert maintenance.export() is None
    maintenance.restore(dict.fromkeys("ab", "OVERDUE"))
    assert maintenance.export() == {"a": "OVERDUE", "b": "OVERDUE"}
