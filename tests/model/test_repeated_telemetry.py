"""A farm with the payload cache has the same state as one that parses each message completely."""

from dataclasses import asdict
from datetime import datetime, timedelta
import json
from typing import Any

from hypothesis import example, given, settings, strategies as st

from custom_components.printago.api import Action, StatMessage, parse_message
from custom_components.printago.api.models.entity_event import read_event
from custom_components.printago.api.realtime.payload_cache import PayloadCache
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import NOON, record, snapshot

STORE = "s"
PRINTER = "p"
TOPIC = f"stores/{STORE}/printer-stats/{PRINTER}"

_CHANGES = st.one_of(
    st.fixed_dictionaries({"bedTemp": st.sampled_from([59.8, 60.2, 60.6, 61, None, 1, True, "60", -500, {}])}),
    st.fixed_dictionaries({"timeRemaining": st.sampled_from([0, 9, 10, 11, -3, True, "10", None])}),
    st.fixed_dictionaries({"percent": st.sampled_from([0, 1, 2, 101, 255, -1, True, False, "2", None, [2]])}),
    st.fixed_dictionaries({"state": st.sampled_from(["RUNNING", "PAUSE", "FINISH", "IDLE", None, 7, ""])}),
    st.fixed_dictionaries({"errors": st.sampled_from([[], None, ["Hot"], [{}], 7, [{"code": "0300-8013"}]])}),
    st.fixed_dictionaries({"print": st.sampled_from([{}, None, 7])}),
    st.fixed_dictionaries({"isOnline": st.booleans()}),
    st.just({}),
)
_STEPS = st.one_of(
    st.tuples(st.just("message"), _CHANGES),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 130, 400])),
    st.tuples(st.just("late"), st.integers(1, 40)),
    st.tuples(st.just("record"), st.fixed_dictionaries({"isOnline": st.booleans(), "isAvailable": st.booleans()})),
    st.tuples(st.just("look"), st.none()),
)


def payload(facts: dict[str, Any], now: datetime) -> bytes:
    stat = {
        "state": facts["state"],
        "isOnline": facts["isOnline"],
        "receivedAt": stamp(now),
        "expiresAt": stamp(now + timedelta(minutes=5)),
        "data": {
            "temps": {"bedTemp": facts["bedTemp"]},
            "print": facts["print"]
            if facts["print"] != {}
            else {"percent": facts["percent"], "timeRemaining": facts["timeRemaining"]},
            "health": {"errors": facts["errors"], "warnings": []},
        },
    }
    return json.dumps(stat, separators=(",", ":")).encode()


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def known_of(farm: Farm) -> dict[str, Any]:
    state = farm.printers[PRINTER]
    return {
        "telemetry": asdict(state.telemetry),
        "connection": (state.is_online, state.is_available, state.connection_at),
        "freshness": (state.stale, state.received_at, state.expires_at),
        "shows": (state.print_status, state.end_time, state.shown, state.counted),
        "dropped": farm.dropped,
    }


@settings(max_examples=300, deadline=None)
@given(st.lists(_STEPS, max_size=60))
@example(
    [
        ("message", {"isOnline": False}),
        ("record", {"isOnline": True, "isAvailable": False}),
        ("record", {"isOnline": False, "isAvailable": False}),
        ("message", {"bedTemp": 61}),
    ]
)
def test_cached_and_full_parse_give_the_same_state(steps: list[tuple[str, Any]]) -> None:
    now = NOON
    fast, slow = Farm(lambda: now), Farm(lambda: now)
    repeats = PayloadCache()
    for farm in (fast, slow):
        snapshot(farm, {PRINTER: record(isAvailable=False)})
    facts = {
        "state": "RUNNING",
        "isOnline": True,
        "bedTemp": 60,
        "percent": 0,
        "timeRemaining": 10,
        "print": {},
        "errors": [],
    }
    for what, how in steps:
        now += timedelta(seconds=1)
        match what:
            case "message" | "late":
                received_at = now
                if what == "late":
                    received_at -= timedelta(seconds=how)
                else:
                    facts |= how
                raw = payload(facts, received_at)
                message = repeats.read(TOPIC, raw) or parse_message(STORE, TOPIC, raw, repeats)
                assert isinstance(message, StatMessage)
                changes = fast.apply(message), slow.apply(parse_message(STORE, TOPIC, raw))
                assert changes[0] == changes[1]
            case "wait":
                now += timedelta(seconds=how)
            case "record":
                event = read_event(
                    kind="printer", action=Action.UPDATE, entities={PRINTER: {**how, "updatedAt": stamp(now)}}
                )
                assert fast.apply(event) == slow.apply(event)
            case "look":
                assert fast.expire() == slow.expire()
        assert known_of(fast) == known_of(slow)
