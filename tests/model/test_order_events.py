"""Events of orders: each step once, and none whose time is unknown."""

from typing import Any

from custom_components.printago.api import Action
from tests.support.farm_model import JOB, A, event, job, listed_jobs, listed_printers, record, stamp
from tests.support.watched import Watched

ORDER = "o" * 24


def send(watched: Watched, action: Action = Action.UPDATE, **fields: Any) -> list[str]:
    """Apply an event of the order; return the resulting events."""
    return watched.see(event(watched.farm, "order", action, {ORDER: fields}))


def test_canceled_order_fires_once_despite_later_changes() -> None:
    watched = Watched()
    assert send(watched, Action.INSERT, orderNumber="7", status="open") == ["order_created"]
    assert send(watched, cancelledAt=stamp(2)) == ["order_canceled"]
    assert send(watched, note="Refunded") == []
    assert send(watched, cancelledAt=stamp(2)) == []


def test_closed_order_fires_once_and_again_after_it_was_reopened() -> None:
    watched = Watched()
    send(watched, Action.INSERT, orderNumber="7", status="open")
    assert [send(watched, status=status) for status in ("closed", "closed", "open", "closed")] == [
        ["order_closed"],
        [],
        [],
        ["order_closed"],
    ]


def test_order_never_seen_open_fires_no_close() -> None:
    watched = Watched()
    assert send(watched, note="Gift") == []
    assert send(watched, status="closed") == []


def test_order_is_completed_with_its_last_job() -> None:
    order, other = "o" * 24, "k" * 24
    watched = Watched(
        jobs={
            JOB: job(status="printing", assignedPrinterId=A, orderId=order),
            other: job(status="pending", orderId=order),
        }
    )
    assert watched.job(1, status="completed", assignedPrinterId=A, orderId=order)[-1] == "print_finished"
    changes = event(watched.farm, "printjob", Action.UPDATE, {other: job(2, status="completed", orderId=order)})
    assert "order_completed" in watched.see(changes)


def test_snapshot_does_not_repeat_events_of_an_order() -> None:
    order = "o" * 24
    watched = Watched()
    watched.farm.begin_snapshot()
    kinds = [
        kind
        for action, fields in (
            (Action.INSERT, {"orderNumber": "7", "status": "open", "createdAt": stamp(1)}),
            (Action.UPDATE, {"status": "open", "processedAt": stamp(2)}),
            (Action.UPDATE, {"status": "closed"}),
        )
        for kind in watched.see(event(watched.farm, "order", action, {order: fields}))
    ]
    assert kinds == ["order_created", "order_closed"]

    assert watched.see(watched.farm.apply_snapshot(listed_printers({A: record()}), listed_jobs({}))) == []


def test_orders_fire_events_once_known() -> None:
    order = "o" * 24
    watched = Watched()

    def send_event(action: Action, **fields: Any) -> list[str]:
        return watched.see(event(watched.farm, "order", action, {order: fields}))

    assert send_event(Action.UPDATE, status="open") == []
    assert send_event(Action.UPDATE, status="closed") == ["order_closed"]
    assert send_event(Action.UPDATE, note="?") == []
    assert send_event(Action.DELETE) == []
    assert send_event(Action.INSERT, orderNumber="7", status="open", createdAt=stamp(1)) == ["order_created"]
    assert send_event(Action.UPDATE, cancelledAt=stamp(2)) == ["order_canceled"]
    assert watched.last[0].data == {"order_id": order, "order_number": "7"}
