"""Properties of merging for any messages: the newest timestamp of each group wins; invalid data changes nothing valid."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
import json
from typing import Any

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.printago.api import Action, Listing, MalformedMessageError, parse_message
from custom_components.printago.api.models.entity_event import read_event
from custom_components.printago.api.models.telemetry import Telemetry, read_stat
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.printer import PrinterState
from tests.api.payloads import ANYTHING, STORE
from tests.fuzz.seeds import PRINTER, PRINTER_RECORD, STAT
from tests.fuzz.target import NOON, check_printer
from tests.support.farm_model import listed_printers

_BAD = ANYTHING | st.sampled_from([True, False, 0, 1, -1, 101, 255, "", {}])
LATER = NOON + timedelta(minutes=10)

type Stamped = tuple[str, int, int]
"""A group, a timestamp in seconds after noon, and the group's value from then on."""


def farm() -> Farm:
    """Return a farm of one printer whose groups have a timestamp of noon."""
    farm = Farm(lambda: LATER)
    farm.apply_snapshot(listed_printers({PRINTER: PRINTER_RECORD}), Listing({}, True))
    return farm


def send(farm: Farm, group: str, seconds: int, value: int) -> None:
    """Send a value of a group with a timestamp."""
    stamp = (NOON + timedelta(seconds=seconds)).isoformat()
    match group:
        case "telemetry":
            data = {"temps": {"bedTemp": value}, "print": {"currentLayer": value}}
            farm.apply(read_stat(PRINTER, {"receivedAt": stamp, "data": data}))
        case "record":
            entities = {PRINTER: {"name": f"Printer {value}", "updatedAt": stamp}}
            farm.apply(read_event(kind="printer", action=Action.UPDATE, entities=entities))
        case "flags":
            farm.apply(read_stat(PRINTER, {"receivedAt": stamp, "isAvailable": value % 2 == 0}))
        case "job":
            job = {"status": "pending", "partName": "Benchy", "label": f"Job {value}", "updatedAt": stamp}
            farm.apply(read_event(kind="printjob", action=Action.UPDATE, entities={"j": job}))


def facts(farm: Farm) -> tuple[Any, ...]:
    """Return the values of the groups."""
    state = farm.printers[PRINTER]
    job = farm.jobs.get("j")
    layer = state.telemetry.current_layer
    return (state.telemetry.bed_temp, layer, state.name, state.is_available, job.label if job else None)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["telemetry", "record", "flags", "job"]), st.integers(1, 500), st.integers(0, 300)),
        max_size=12,
        unique_by=lambda message: message[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_of_messages_ends_with_the_newest(messages: list[Stamped], random: Any) -> None:
    in_order, shuffled = farm(), farm()
    # Telemetry and flags share a message's timestamp: a flag between two readings is in one of them.
    for message in sorted(messages, key=lambda message: message[1]):
        send(in_order, *message)
    mixed = [*messages, *random.sample(messages, len(messages) // 2)]
    random.shuffle(mixed)
    for message in mixed:
        send(shuffled, *message)
    newest = {group: value for group, _, value in sorted(messages, key=lambda message: message[1])}
    record, job = facts(shuffled)[2], facts(shuffled)[4]
    assert (record, job) == (facts(in_order)[2], facts(in_order)[4])
    assert record == (f"Printer {newest['record']}" if "record" in newest else PRINTER_RECORD["name"])
    assert job == (f"Job {newest['job']}" if "job" in newest else None)
    assert facts(shuffled)[3] == facts(in_order)[3]
    if "flags" not in newest:
        assert facts(shuffled) == facts(in_order)


@pytest.mark.parametrize("group", ["telemetry", "record", "flags", "job"])
def test_older_data_never_overwrites_newer(group: str) -> None:
    farm_ = farm()
    send(farm_, group, 100, 7)
    before = facts(farm_)
    send(farm_, group, 99, 8)
    assert facts(farm_) == before


def leaves(shape: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of all values in nested objects."""
    if not isinstance(shape, dict):
        return [path]
    return [leaf for key, value in shape.items() for leaf in leaves(value, (*path, key))]


def with_leaf(shape: Mapping[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """Return nested objects with another value at a path."""
    changed: dict[str, Any] = deepcopy(dict(shape))
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def payload(body: object) -> bytes:
    """Write JSON with NaN, infinities and lone surrogates, which the standard forbids."""
    return json.dumps(body, ensure_ascii=True).encode()


@settings(max_examples=100, deadline=None)
@example(path=("temps", "bedTemp"), value=float("nan"))
@given(path=st.sampled_from(leaves(STAT["data"])), value=ANYTHING)
def test_invalid_reading_does_not_affect_others(path: tuple[str, ...], value: object) -> None:
    farm_ = farm()
    good = {**STAT, "printerId": PRINTER, "storeId": STORE}
    farm_.apply(read_stat(PRINTER, good))
    before = readings(farm_.printers[PRINTER])
    bad = {**good, "receivedAt": "2026-11-24T12:00:09Z", "data": with_leaf(STAT["data"], path, value)}
    try:
        farm_.apply(parse_message(STORE, f"stores/{STORE}/printer-stats/{PRINTER}", payload(bad)))
    except MalformedMessageError:
        # With NaN and the like, the whole message is dropped.
        assert readings(farm_.printers[PRINTER]) == before
        return
    after = readings(farm_.printers[PRINTER])
    assert sum(after[name] != before[name] for name in after) <= 1
    check_printer(farm_.printers[PRINTER])


def readings(state: PrinterState) -> dict[str, Any]:
    """Return all readings of a printer."""
    return {name: getattr(state.telemetry, name) for name in Telemetry.__slots__}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PRINTER_RECORD.keys() - {"id", "updatedAt"})), ANYTHING)
def test_invalid_field_of_a_record_does_not_affect_others(field: str, value: object) -> None:
    farm_ = farm()
    before = farm_.printers[PRINTER].record
    event = {"action": "UPDATE", "entities": {PRINTER: {**PRINTER_RECORD, field: value}}}
    try:
        farm_.apply(parse_message(STORE, f"stores/{STORE}/entities/printers", payload(event)))
    except MalformedMessageError:
        assert farm_.printers[PRINTER].record == before
        return
    after = farm_.printers[PRINTER].record
    changed = [name for name in before.__slots__ if getattr(before, name) != getattr(after, name)]
    assert len(changed) <= (2 if field == "metadata" else 1)
    check_printer(farm_.printers[PRINTER])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(leaves(STAT["data"])), _BAD), max_size=4), min_size=2, max_size=6))
def test_complete_message_replaces_all_readings(
    messages: list[list[tuple[tuple[str, ...], object]]],
) -> None:
    farm_ = farm()
    data = STAT["data"]
    farm_.apply(read_stat(PRINTER, {"receivedAt": NOON.isoformat(), "data": data}))
    for second, damages in enumerate(messages, 1):
        data = STAT["data"]
        for path, value in damages:
            data = with_leaf(data, path, value)
        farm_.apply(read_stat(PRINTER, {"receivedAt": (NOON + timedelta(seconds=second)).isoformat(), "data": data}))
    fresh = farm()
    fresh.apply(read_stat(PRINTER, {"data": data}))
    after, alone = readings(farm_.printers[PRINTER]), readings(fresh.printers[PRINTER])
    for name, value in alone.items():
        steady = name.endswith("_temp") and None not in (value, after[name])
        assert after[name] == value or (steady and abs(after[name] - value) <= 1), name
