"""get_history and get_statistics: which prints and sums they return, and when Printago is asked for more."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.order import Order
from custom_components.printago.const import DOMAIN
from custom_components.printago.history import search
from custom_components.printago.history.breakdown import Group, GroupBy
from custom_components.printago.history.ledger import Ledger
from custom_components.printago.history.past_print import PastPrint
from custom_components.printago.model.print_status import Result
from custom_components.printago.services import get_history, get_statistics
from custom_components.printago.services.get_history import GET_HISTORY_SCHEMA, async_get_history, last_days
from custom_components.printago.services.get_statistics import GET_STATISTICS_SCHEMA, async_get_statistics
from tests.support.farm_model import NOON

PRINTER = "p" * 24


def past(minutes: float, job_id: str | None = None, **fields: Any) -> PastPrint:
    """Return a print that ended some minutes after noon."""
    ended_at = NOON + timedelta(minutes=minutes)
    return PastPrint(**{"job_id": job_id or f"{minutes}", "result": Result.FINISHED, "ended_at": ended_at} | fields)


class Recent(list[PastPrint]):
    """The prints that are known in detail."""

    oldest: datetime | None = None


class Store:
    """A store with some past prints; Printago knows more."""

    def __init__(self, *known: PastPrint) -> None:
        self.recent = Recent(known)
        self.older: list[PastPrint | None] = []
        self.orders: list[Any] = []
        self.asked: list[Any] = []
        self.complete = True
        queue = SimpleNamespace(newest_past=self._newest_past)
        products = SimpleNamespace(newest_orders=self._newest_orders)
        farm = SimpleNamespace(printers={PRINTER: SimpleNamespace(name="Left")})
        client = SimpleNamespace(queue=queue, products=products)
        self.open_orders: dict[str, Any] = {}
        facts = SimpleNamespace(orders=self.open_orders)
        self.coordinator = SimpleNamespace(
            farm=farm, client=client, async_call=self._call, store_state=SimpleNamespace(facts=facts)
        )
        self.history = SimpleNamespace(
            complete=True,
            past=SimpleNamespace(recent=self.recent, currency="EUR", ledger=Ledger()),
            made_of=self._made_of,
        )

    def _made_of(self, job: Any) -> Any:
        found = self.older[int(job.id)]
        return None if found is None else (found,)

    async def _call(self, calling: Any, *, reads: bool) -> Any:
        assert reads
        return await calling

    async def _newest_past(self, filters: Any, accept: Callable[[PrintJob], bool], most: int) -> Any:
        self.asked.append((filters, most))
        taken = [number for number in range(len(self.older)) if accept(PrintJob(id=f"{number}"))]
        return SimpleNamespace(rows=dict.fromkeys(taken), complete=self.complete)

    async def _newest_orders(
        self, accept: Callable[[Any], bool], most: int, *, numbers: Collection[str] | None = None
    ) -> Any:
        assert most == 2
        listed = [order for order in self.orders if numbers is None or order.number in numbers]
        return SimpleNamespace(rows={order.id: order for order in listed if accept(order)})


@pytest.fixture(autouse=True)
def read_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "past_print_of", lambda _, made: made)


async def history(hass: HomeAssistant, store: Store, **data: Any) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(get_history, "async_runtime", lambda _: store)
        call = ServiceCall(hass, DOMAIN, "get_history", GET_HISTORY_SCHEMA(data), return_response=True)
        answer: Any = await async_get_history(call)
    return dict(answer)


def ids(answer: dict[str, Any]) -> str:
    return " ".join(row["job_id"] for row in answer["prints"])


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({}, "c b a"),
        ({"start": at(1)}, "c b"),
        ({"start": at(1.01)}, "c"),
        ({"end": at(1)}, "a"),
        ({"end": at(1.01)}, "b a"),
        ({"start": at(1), "end": at(2)}, "b"),
        ({"result": "failed"}, "b"),
        ({"result": ["failed", "canceled"]}, "c b"),
        ({"part": "Benchy"}, "b a"),
        ({"part": "benchy"}, "b a"),
        ({"part": "part"}, "a"),
        ({"part": "Cube"}, ""),
        ({"sku": "SET"}, "b"),
        ({"sku": "sku"}, "b"),
        ({"sku": "sku", "part": "part"}, ""),
        ({"order": "order"}, "c"),
        ({"limit": 2}, "c b"),
        ({"limit": 3}, "c b a"),
    ],
    ids=str,
)
async def test_prints_match_all_filters_the_last_one_first(
    hass: HomeAssistant, data: dict[str, Any], found: str
) -> None:
    store = Store(
        past(0, "a", part_id="part", part="Benchy"),
        past(2, "c", result=Result.CANCELED, order_id="order", started_at=NOON),
        past(1, "b", result=Result.FAILED, part="Benchy", sku_id="sku", sku="SET"),
    )
    answer = await history(hass, store, **data)
    assert ids(answer) == found
    assert answer["complete"] is (data.get("limit") != 2)
    assert store.asked == []


async def test_period_must_not_be_empty(hass: HomeAssistant) -> None:
    for end in (1, 0):
        with pytest.raises(ServiceValidationError) as refused:
            await history(hass, Store(), start=at(1), end=at(end))
        assert refused.value.translation_key == "end_before_start"
    assert ids(await history(hass, Store(past(1)), start=at(1), end=at(1.01))) == "1"


@pytest.mark.parametrize(
    ("complete", "oldest", "data", "asked"),
    [
        (True, None, {}, False),
        (False, None, {}, True),
        (True, 0, {}, True),
        (True, 0, {"start": at(0.5)}, False),
        # A print that ended at the same moment may be one of those that are not known.
        (True, 0, {"start": at(0)}, True),
        (True, 0, {"start": at(-1)}, True),
        (True, 0, {"limit": 2}, True),
        (True, 0, {"limit": 1}, False),
        (True, 0, {"limit": 3}, True),
        (False, 0, {"start": at(0.5)}, True),
        (False, 0, {"limit": 1}, True),
    ],
)
async def test_printago_is_asked_unless_all_that_match_are_known(
    hass: HomeAssistant, complete: bool, oldest: float | None, data: dict[str, Any], asked: bool
) -> None:
    store = Store(past(0), past(1))
    store.history.complete = complete
    store.recent.oldest = None if oldest is None else NOON + timedelta(minutes=oldest)
    await history(hass, store, **data)
    assert bool(store.asked) is asked


async def test_older_prints_are_added_once_if_they_match(hass: HomeAssistant) -> None:
    # Printago's list has whole milliseconds.
    store = Store(past(3 + 1e-7, "known", order_id="order"))
    store.history.complete = False
    store.older = [
        past(3, "known", order_id="order"),
        past(2, "known", order_id="order", attempt=2),
        past(1, "canceled in the queue", order_id="order", result=Result.CANCELED),
        past(1, "of another order"),
        None,
        past(0.5, "old", order_id="order"),
    ]
    answer = await history(hass, store, order="order", start=at(0), limit=5)
    assert ids(answer) == "known known old"
    ((filters, most),) = store.asked
    assert (filters.order_id, filters.since, filters.printer_id, most) == ("order", NOON, None, 6)
    assert answer["complete"]
    store.complete = False
    assert not (await history(hass, store, order="order", limit=5))["complete"]


async def test_order_is_named_by_its_id_or_number(hass: HomeAssistant) -> None:
    store = Store(past(1, "a", order_id="known"), past(2, "b", order_id="o1"), past(3, "c"))
    store.orders = [
        Order(id="o1", number="#1001"),
        Order(id="o2", number="1002"),
        Order(id="o3"),
        Order(id="1004", number="9"),
    ]
    for name, found in (("known", "a"), ("1001", "b"), ("# 1001", "b"), ("o1", "b"), ("o3", ""), ("1004", "")):
        assert ids(await history(hass, store, order=name)) == found, name
    # An order without a number is not the one with the number "#".
    for name in ("77", "#"):
        with pytest.raises(ServiceValidationError) as refused:
            await history(hass, store, order=name)
        assert refused.value.translation_key == "any_order_not_found"
        assert refused.value.translation_placeholders == {"name": name}
    store.orders.append(Order(id="o5", number="1002"))
    with pytest.raises(ServiceValidationError) as refused:
        await history(hass, store, order="1002")
    assert refused.value.translation_key == "order_ambiguous"
    assert refused.value.translation_placeholders == {"name": "1002", "candidates": "o2, o5"}


async def test_prints_of_an_order_that_is_younger_than_all_forgotten_prints_are_known(hass: HomeAssistant) -> None:
    store = Store(past(5, "new", order_id="o1"), past(1))
    store.recent.oldest = NOON + timedelta(minutes=1)
    store.open_orders |= {
        "o1": Order(id="o1", created_at=NOON + timedelta(minutes=2)),
        "o2": Order(id="o2", created_at=NOON + timedelta(minutes=1)),
        "o3": Order(id="o3"),
    }
    for order, asked in (("o1", 0), ("o2", 1), ("o3", 2)):
        await history(hass, store, order=order)
        assert len(store.asked) == asked, order
    # Nor does a period that begins before it.
    await history(hass, store, order="o1", start=at(0))
    assert len(store.asked) == 2
    # The prints of an order before it was imported again are its prints, too.
    assert ids(await history(hass, Store(past(5, order_id="o1")), order="o1")) == "5"


async def test_total_adds_up_what_is_known(hass: HomeAssistant) -> None:
    store = Store(
        past(4, "d", cost=2.004, currency="USD", grams=10, started_at=NOON),
        past(3, "c", result=Result.FAILED, cost=1.001, currency="USD", grams=0.06, energy=0.25),
        past(2, "b", result=Result.CANCELED, started_at=NOON + timedelta(minutes=1)),
        past(1, "a", cost=5, currency="EUR"),
    )
    expected = {
        "finished": 2,
        "failed": 1,
        "canceled": 1,
        "duration": 300,
        "grams": 10.1,
        "cost": 3.0,
        "currency": "USD",
        "without_cost": 2,
        "energy": 0.25,
    }
    assert (await history(hass, store))["total"] == expected
    # Only of what is returned.
    total = (await history(hass, store, limit=1))["total"]
    assert (total["finished"], total["failed"], total["cost"], total["without_cost"]) == (1, 0, 2.0, 0)
    total = (await history(hass, Store(past(1))))["total"]
    assert [total[name] for name in ("grams", "cost", "currency", "energy")] == [None] * 4
    assert (total["without_cost"], total["duration"]) == (1, 0)


async def test_row_has_rounded_amounts_and_a_currency_only_with_a_cost(hass: HomeAssistant) -> None:
    full = past(
        1,
        "full",
        attempt=2,
        printer_id=PRINTER,
        started_at=NOON,
        grams=12.3456,
        cost=1.23456,
        currency="USD",
        energy=0.123456,
        reason="Spaghetti",
        material="PLA",
        label="Rush",
    )
    answer = await history(hass, Store(full, past(0, "empty", currency="USD", printer_id="gone")))
    first, second = answer["prints"]
    assert {key: value for key, value in first.items() if value is not None} == {
        "job_id": "full",
        "attempt": 2,
        "label": "Rush",
        "printer": "Left",
        "result": "finished",
        "reason": "Spaghetti",
        "started_at": "2026-11-24T12:00:00+00:00",
        "ended_at": "2026-11-24T12:01:00+00:00",
        "duration": 60,
        "material": "PLA",
        "grams": 12.3,
        "cost": 1.23,
        "currency": "USD",
        "energy": 0.123,
    }
    assert {key for key, value in second.items() if value is not None} == {
        "job_id",
        "attempt",
        "printer",
        "result",
        "ended_at",
    }
    assert second["printer"] == "gone"


async def statistics(hass: HomeAssistant, store: Store, **data: Any) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(get_statistics, "async_runtime", lambda _: store)
        call = ServiceCall(hass, DOMAIN, "get_statistics", GET_STATISTICS_SCHEMA(data), return_response=True)
        answer: Any = await async_get_statistics(call)
    return dict(answer)


async def test_statistics_have_rounded_sums_and_names_of_printers(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods: list[tuple[Any, ...]] = []
    group = Group(name=PRINTER, hours=1.23456, grams=12.3456, cost=1.23456, energy=0.123456)
    group.outcomes.finished, group.outcomes.failed, group.outcomes.canceled = 2, 1, 4
    group.outcomes.reasons["Spaghetti"] += 1
    part = Group(name="Benchy", id="part")

    def broken_down(_: Any, by: GroupBy, *period: Any) -> Any:
        periods.append(period)
        return [group if by is GroupBy.PRINTER else part], Group()

    monkeypatch.setattr(get_statistics, "break_down", broken_down)
    answer = await statistics(hass, Store())
    assert answer["groups"] == [
        {
            "name": "Left",
            "finished": 2,
            "failed": 1,
            "canceled": 4,
            "success_rate": 66.7,
            "reasons": [{"reason": "Spaghetti", "count": 1}],
            "print_time": 1.23,
            "grams": 12.3,
            "cost": 1.23,
            "energy": 0.123,
        }
    ]
    assert (answer["currency"], answer["complete"]) == ("EUR", True)
    assert {key for key, value in answer["total"].items() if value is None} == {
        "success_rate",
        "grams",
        "cost",
        "energy",
    }
    assert periods[0][0] == pytest.approx((datetime.now(UTC) - timedelta(days=30)).timestamp(), abs=60)
    assert periods[0][1] is None
    (row,) = (await statistics(hass, Store(), by="part", start=at(0), end=at(1)))["groups"]
    assert (row["name"], row["id"]) == ("Benchy", "part")
    assert periods[1][:2] == (NOON.timestamp(), NOON.timestamp() + 60)
    for end in (0, -1):
        with pytest.raises(ServiceValidationError) as refused:
            await statistics(hass, Store(), start=at(0), end=at(end))
        assert refused.value.translation_key == "end_before_start"


def test_last_days_begin_before_now() -> None:
    assert abs(datetime.now(UTC) - last_days(2) - timedelta(days=2)) < timedelta(minutes=1)
