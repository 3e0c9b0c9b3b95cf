"""The plan of faults: it depends only on its seed, so that each run can be repeated."""

from dataclasses import dataclass
from enum import StrEnum
import random

_FEWEST_AT_ONCE, _MOST_AT_ONCE = 3, 8


class Fault(StrEnum):
    """Faults between Home Assistant and the farm, or at either end."""

    BROKER_RESTART = "broker restarted"
    STREAM_CUT = "stream cut"
    STREAM_FROZEN = "stream half-open"
    STREAM_REFUSED = "stream refused"
    STREAM_SLOW = "stream slow"
    LOGIN_REFUSED = "login refused by the broker"
    REST_CUT = "REST cut"
    REST_FROZEN = "REST half-open"
    REST_REFUSED = "REST refused"
    REST_SLOW = "REST slow"
    HTTP_500 = "HTTP 500"
    HTTP_502_HTML = "HTTP 502 with a page"
    HTTP_503 = "HTTP 503"
    HTTP_429 = "HTTP 429"
    HTML = "HTTP 200 with a page"
    TRUNCATED = "JSON cut off"
    NO_ANSWER = "no answer"
    DNS = "DNS failed"
    DNS_SLOW = "DNS slow"
    NETWORK_DOWN = "network down"
    PRINTER_ADDED = "printer added"
    PRINTER_REMOVED = "printer removed"
    PRINTER_RENAMED = "printer renamed"
    PRINTER_LOST = "printer offline"
    CLOCK = "clock jumped"
    RELOAD = "reload"
    COLD_RELOAD = "reload from nothing"
    KEY_REVOKED = "key revoked"
    KEY_REPLACED = "key replaced"


_WEIGHTS = dict.fromkeys(Fault, 4) | {
    # Each takes seconds to be detected.
    Fault.STREAM_FROZEN: 2,
    Fault.COLD_RELOAD: 2,
    Fault.KEY_REVOKED: 1,
    Fault.KEY_REPLACED: 1,
}


class Work(StrEnum):
    """The normal work of a farm."""

    BUILD = "parts submitted"
    TIME = "time passed"
    FINISH = "print finished"
    FAIL = "print failed"
    PAUSE = "print paused"
    RESUME = "print resumed"
    CANCEL = "job canceled"
    RETRY = "job retried"
    CLEAR = "job cleared"
    CONFIRM = "bed confirmed"
    PRESS = "bed confirmed by a button"
    OUTSIDE = "print from outside"
    HMS = "HMS message"
    HMS_GONE = "HMS message gone"
    ORDER = "order taken"
    ORDER_CLOSED = "order closed"
    ORDER_CANCELED = "order canceled"
    RECONNECT = "printer online"
    AMS = "AMS attached or detached"
    FLAGS = "printer switched"


_WORK_WEIGHTS = dict.fromkeys(Work, 2) | {Work.BUILD: 5, Work.TIME: 8, Work.CONFIRM: 6, Work.FINISH: 4}


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, and the work during it; numbers are shares from 0 to 1 that decide details."""

    fault: Fault
    strength: float
    choice: float
    gap: float
    """Seconds until the next one."""
    work: tuple[tuple[Work, float], ...]


type Episode = tuple[Step, ...]
"""Overlapping faults, followed by a time without faults."""


def make_plan(seed: int, faults: int) -> list[Episode]:
    """Return episodes with this number of faults in all: first single ones; a long plan has every kind of them."""
    rng = random.Random(f"chaos:{seed}")  # noqa: S311, it has to be repeatable
    alone = list(Fault)
    rng.shuffle(alone)
    plan: list[Episode] = [(_step(rng, fault),) for fault in alone[: faults // 15]]
    left = faults - len(plan)
    while left > 0:
        size = min(left, rng.randint(_FEWEST_AT_ONCE, _MOST_AT_ONCE))
        kinds = rng.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()), k=size)
        plan.append(tuple(_step(rng, fault) for fault in kinds))
        left -= size
    return plan


def _step(rng: random.Random, fault: Fault) -> Step:
    work = rng.choices(list(_WORK_WEIGHTS), weights=list(_WORK_WEIGHTS.values()), k=rng.randint(1, 4))
    return Step(
        fault=fault,
        strength=rng.random(),
        choice=rng.random(),
        gap=rng.uniform(0.0, 0.25),
        work=tuple((kind, rng.random()) for kind in work),
    )
