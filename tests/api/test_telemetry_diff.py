"""Only what differs from the previous message is read, and what that is depends on how complete the message is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.printago.api.models import fields as f
from custom_components.printago.api.models.filament import Tray
from custom_components.printago.api.models.telemetry import HealthMessage, Severity, TelemetryDiff, read_stat

WHOLE: dict[str, Any] = {"temps": {}, "print": {}, "health": {}}


@pytest.fixture
def known() -> TelemetryDiff:
    return TelemetryDiff()


def data(**groups: Any) -> dict[str, Any]:
    return {"data": groups}


def test_repeated_values_are_no_news(known: TelemetryDiff) -> None:
    sent = {
        "state": "RUNNING",
        **data(
            fans={"part": 40, "aux": 0},
            lights={"chamber": "on"},
            print={"percent": 4, "stage": "Printing"},
            health={"errors": ["Hot"]},
            filament={"spool": {"type": "PLA"}},
        ),
    }
    first = known.news(sent)
    assert first.keys() == {
        "state", "part_fan", "aux_fan", "chamber_light", "percent", "stage", "errors", "external_spool",
    }  # fmt: skip
    assert known.news({"state": "RUNNING", "data": {group: {**value} for group, value in sent["data"].items()}}) == {}
    assert known.source is not sent
    assert known.news(data(fans={"part": 41, "aux": 0})) == {"part_fan": 41}
    assert known.news(data(lights={"chamber": "off"}, health={"errors": []})) == {"chamber_light": "off", "errors": ()}


def test_unknown_names_and_groups_do_not_hide_the_others(known: TelemetryDiff) -> None:
    sent = data(camera={"on": True}, print={"activity": "print", "percent": 4, "taskId": "1", "currentLayer": 2})
    assert known.news(sent) == {"percent": 4, "current_layer": 2}


def test_same_value_among_changed_ones_does_not_hide_the_others(known: TelemetryDiff) -> None:
    known.news(data(print={"percent": 4, "currentLayer": 2}))
    assert known.news(data(print={"percent": 4, "currentLayer": 3, "totalLayers": 9})) == {
        "current_layer": 3,
        "total_layers": 9,
    }


def test_same_object_of_a_group_does_not_hide_the_next_ones(known: TelemetryDiff) -> None:
    fans = {"part": 40}
    known.news(data(fans=fans, print={"percent": 4}))
    sent = data(fans=fans, print={"percent": 5})
    assert known.news(sent) == {"percent": 5}
    assert known.source is sent


def test_null_is_unknown_and_a_value_after_it_is_news(known: TelemetryDiff) -> None:
    assert known.news(data(print={"percent": None})) == {"percent": None}
    assert known.news(data(print={"percent": None})) == {}
    assert known.news(data(print={"percent": 4})) == {"percent": 4}


def test_readable_value_beside_an_unreadable_one_is_compared(known: TelemetryDiff) -> None:
    sent = data(print={"percent": "many", "currentLayer": 2})
    assert known.news(sent) == {"percent": None, "current_layer": 2}
    assert known.news(data(print={"percent": "many", "currentLayer": 2})) == {"percent": None}


def test_remaining_time_is_repeated_only_by_a_message_that_has_it(known: TelemetryDiff) -> None:
    for sent, repeats in (
        (data(print={"timeRemaining": 5}), True),
        (data(print={"timeRemaining": 5}), True),
        (data(print={"timeRemaining": None}), True),
        (data(fans={"part": 1}), False),
        (data(print={"percent": 4}), False),
        (data(print={"timeRemaining": "soon", "percent": 4}), False),
        (data(print=None), False),
        ({"state": "IDLE"}, False),
        ({"data": None}, False),
    ):
        known.news(sent)
        assert known.repeats_time_remaining is repeats, sent


@pytest.mark.parametrize("missing", ["temps", "print", "health"])
def test_message_that_lacks_a_group_does_not_mean_that_there_is_no_ams(known: TelemetryDiff, missing: str) -> None:
    groups = {name: value for name, value in WHOLE.items() if name != missing}
    spool = {"spool": {"type": "PLA"}}
    assert known.news(data(**groups, filament=spool)) == {"external_spool": Tray(type="PLA")}
    assert known.news(data(**groups, filament={**spool})) == {}
    # The same filament in a complete message means more.
    assert known.news(data(**WHOLE, filament={**spool})) == {"ams": (), "external_spool": Tray(type="PLA")}
    assert known.news(data(**WHOLE, filament={**spool})) == {}


def test_severity_and_limit_of_problems(known: TelemetryDiff) -> None:
    news = known.news(data(health={"errors": [None, *map(str, range(60))], "warnings": ("Cold",), "infos": ["Hello"]}))
    assert [problem.message for problem in news["errors"]] == [str(number) for number in range(49)]
    assert {problem.severity for problem in news["errors"]} == {Severity.ERROR}
    assert news["warnings"] == (HealthMessage(None, "Cold", Severity.WARNING),)
    assert known.news(data(health={"infos": []})) == {}


@pytest.mark.parametrize(
    ("one", "other", "worse"),
    [("error", "warning", True), ("error", "error", False), ("warning", "warning", False), ("warning", "error", False)],
)
def test_warning_that_becomes_an_error_is_worse(one: str, other: str, worse: bool) -> None:
    problems = [HealthMessage("0300-8000", "", Severity(severity)) for severity in (one, other)]
    assert problems[0].is_worse_than(problems[1]) is worse


def test_problem_without_letters_or_digits_in_its_code_is_its_text() -> None:
    texts = [HealthMessage(code, "Hot  bed", Severity.ERROR).key for code in ("--", None, "")]
    assert texts == [" hot bed"] * 3
    assert HealthMessage("HMS_0300-0d00", "", Severity.ERROR).key == "03000D00"


@pytest.mark.parametrize(
    ("payload", "temps"),
    [
        ({"data": {"temps": {"bedTemp": 1}}}, {"bedTemp": 1}),
        ({"data": {"temps": None}}, None),
        ({"data": {}}, f.ABSENT),
        ({}, f.ABSENT),
        ({"data": None}, None),
        ({"data": [7]}, None),
    ],
)
def test_temperatures_that_a_message_does_not_mention_are_not_null(payload: dict[str, Any], temps: object) -> None:
    message = read_stat("p1", {**payload, "isOnline": True, "receivedAt": "2026-11-24T12:00:00Z", "expiresAt": 7})
    assert message.temps == temps
    assert (message.printer_id, message.connection) == ("p1", {"is_online": True})
    assert (message.received_at, message.expires_at) == (datetime(2026, 11, 24, 12, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("sent", "news"),
    [
        ({"timeRemaining": 1_000_000}, {"time_remaining": 1_000_000}),
        ({"timeRemaining": 1_000_001}, {"time_remaining": None}),
        ({"currentLayer": 10_000_000, "totalLayers": 0}, {"current_layer": 10_000_000, "total_layers": 0}),
        ({"currentLayer": 10_000_001}, {"current_layer": None}),
        ({"stage": "T-3"}, {"stage": "T-3"}),
        ({"stage": "3 %"}, {"stage": None}),
    ],
)
def test_readings_have_plausible_limits(known: TelemetryDiff, sent: dict[str, Any], news: dict[str, Any]) -> None:
    assert known.news(data(print=sent)) == news
