"""What an energy meter has counted between two times."""

import pytest

from custom_components.printago.model.meter_readings import MeterReadings

HOUR = 3600.0


def used(readings: MeterReadings, start: float, end: float) -> float | None:
    before, after = readings.total_at(start), readings.total_at(end)
    return None if before is None or after is None else round(after - before, 6)


def counted(*steps: tuple[float, float | None]) -> MeterReadings:
    """Return the readings of a meter at these times; None is a time from which it shows nothing."""
    readings = MeterReadings()
    for at, kwh in steps:
        if kwh is None:
            readings.lose(at)
        else:
            readings.add(kwh, at)
    return readings


def test_difference_between_start_and_end_is_the_energy() -> None:
    readings = counted((0, 100), (HOUR, 100.5), (2 * HOUR, 101.25))
    assert used(readings, HOUR, 2 * HOUR) == 0.75
    assert used(readings, 1.5 * HOUR, 2 * HOUR) == 0.75, "the last reading before the start"
    assert used(readings, HOUR, 5 * HOUR) == 0.75, "it still shows the same"


@pytest.mark.parametrize("restarted", [0, 0.2])
def test_reset_is_counted_from_zero(restarted: float) -> None:
    readings = counted((0, 100), (HOUR, 101), (2 * HOUR, restarted), (3 * HOUR, restarted + 0.5))
    assert used(readings, 0, 3 * HOUR) == 1 + restarted + 0.5


def test_small_step_back_is_an_inaccuracy() -> None:
    assert used(counted((0, 100), (HOUR, 99.9), (2 * HOUR, 101)), 0, 2 * HOUR) == 1


def test_new_date_of_reset_is_a_reset_though_the_meter_shows_more() -> None:
    readings = MeterReadings()
    readings.add(1, 0, "monday")
    readings.add(3, HOUR, "tuesday")
    assert used(readings, 0, HOUR) == 3


def test_new_date_of_reset_is_a_reset_though_the_meter_shows_hardly_less() -> None:
    readings = MeterReadings()
    readings.add(10, 0, "monday")
    readings.add(9.5, HOUR, "tuesday")
    assert readings.total_at(HOUR) == 9.5


def test_gap_in_the_middle_of_a_print_loses_nothing() -> None:
    readings = counted((0, 10), (600, None), (5 * HOUR, 12), (6 * HOUR, 13))
    assert used(readings, 0, 6 * HOUR) == 3


def test_short_gap_at_the_start_or_the_end_hardly_matters() -> None:
    readings = counted((0, 10), (600, None), (1200, 10.1), (HOUR, 11), (HOUR + 60, None))
    assert used(readings, 800, HOUR + 300) == 1


def test_long_gap_at_the_start_or_the_end_makes_it_unknown() -> None:
    readings = counted((0, 10), (600, None), (5 * HOUR, 12), (6 * HOUR, None))
    assert used(readings, 2 * HOUR, 5 * HOUR) is None
    assert used(readings, 5 * HOUR - 60, 6 * HOUR) == 0, "the first reading after it is near enough"
    assert readings.is_waiting(9 * HOUR)
    assert used(readings, 5 * HOUR, 9 * HOUR) is None
    readings.add(14, 9 * HOUR + 60)
    assert not readings.is_waiting(9 * HOUR)
    assert used(readings, 5 * HOUR, 9 * HOUR) == 2


def test_start_before_the_first_reading_is_unknown() -> None:
    readings = counted((5 * HOUR, 1), (6 * HOUR, 2))
    assert used(readings, HOUR, 6 * HOUR) is None
    assert used(MeterReadings(), 0, 1) is None


def test_restart_goes_on_where_it_was() -> None:
    before = counted((0, 100), (HOUR, 101))
    start = before.total_at(HOUR)
    after = MeterReadings.restore(before.export(2 * HOUR))
    after.add(103, 2 * HOUR + 300)
    assert after.total_at(2 * HOUR + 300) == (start or 0) + 2
    assert used(after, 2 * HOUR + 60, 2 * HOUR + 400) == 2, "a short restart"
    reset = MeterReadings.restore(before.export(2 * HOUR))
    reset.add(0.5, 9 * HOUR)
    assert reset.total_at(9 * HOUR) == (start or 0) + 0.5
    assert reset.total_at(5 * HOUR) is None


@pytest.mark.parametrize("saved", [None, 7, {}, {"raw": "x"}, {"raw": 1, "total": float("nan"), "seen_at": 1}])
def test_damaged_storage_starts_anew(saved: object) -> None:
    readings = MeterReadings.restore(saved)
    readings.add(5, HOUR)
    assert used(readings, HOUR, HOUR) == 0


@pytest.mark.parametrize("kwh", [float("nan"), float("inf"), -1])
def test_what_no_meter_shows_is_no_reading(kwh: float) -> None:
    assert used(counted((0, 1), (HOUR, kwh), (2 * HOUR, 2)), 0, 2 * HOUR) == 1


def test_frequent_readings_take_little_memory_and_stay_exact() -> None:
    readings = MeterReadings()
    for second in range(100_000):
        readings.add(second / 1000, second)
    assert len(readings._times) == 5_000
    assert used(readings, 90_000, 99_999) == pytest.approx(9.999, abs=0.02)
    assert readings.total_at(29_800) == pytest.approx(30, abs=0.1), "the oldest that is kept"
    assert readings.total_at(1000) is None


def test_first_reading_may_be_zero() -> None:
    assert counted((0, 0), (HOUR, 1.5)).total_at(HOUR) == 1.5
    assert counted((0, 7)).total_at(0) == 0, "what it showed before is not counted"


@pytest.mark.parametrize(("shown", "total"), [(90, 0), (89.9, 89.9), (100, 0)])
def test_reading_is_a_reset_below_nine_tenths_of_the_last_one(shown: float, total: float) -> None:
    assert counted((0, 100), (HOUR, shown)).total_at(HOUR) == total


def test_date_of_reset_that_comes_or_goes_is_no_reset() -> None:
    readings = MeterReadings()
    for at, (kwh, reset) in enumerate([(1, None), (3, "monday"), (5, "monday"), (7, None)]):
        readings.add(kwh, at * HOUR, reset)
    assert readings.total_at(3 * HOUR) == 6
    readings.add(9, 4 * HOUR, "tuesday")
    assert readings.total_at(4 * HOUR) == 15


@pytest.mark.parametrize(("last", "between"), [(15, 1), (14.9, 0)])
def test_reading_replaces_the_last_one_within_fifteen_seconds(last: float, between: float) -> None:
    readings = counted((0, 1), (10, 2), (last, 3))
    assert readings.total_at(12) == between
    assert readings.total_at(last) == 2


def test_value_in_a_gap_is_known_up_to_fifteen_minutes_from_its_ends() -> None:
    readings = counted((0, 10), (600, None), (5 * HOUR, 12))
    assert [readings.total_at(at) for at in (1500, 1501, 5 * HOUR - 901, 5 * HOUR - 900, 5 * HOUR)] == [
        0,
        None,
        None,
        2,
        2,
    ]


def test_value_is_known_up_to_fifteen_minutes_before_the_first_reading() -> None:
    readings = counted((HOUR, 5), (2 * HOUR, 6))
    assert [readings.total_at(HOUR - before) for before in (0, 900, 901)] == [0, 0, None]


def test_gap_begins_when_the_meter_is_first_lost() -> None:
    readings = counted((0, 1), (600, None), (3000, None))
    assert readings.is_waiting(1501)
    assert not readings.is_waiting(1500)
    readings.add(2, 4000)
    assert readings.total_at(2000) is None
    assert readings.total_at(4000) == 1


def test_meter_that_never_had_a_value_is_not_waited_for() -> None:
    assert not counted((0, None)).is_waiting(HOUR)


def test_last_hundred_gaps_are_remembered() -> None:
    readings = counted((0, 1))
    for number in range(1, 103):
        readings.lose(number * HOUR)
        readings.add(1, (number + 0.9) * HOUR)
    middles = [readings.total_at((number + 0.4) * HOUR) for number in range(1, 103)]
    assert middles == [0.0] + [None] * 101


def test_gap_before_a_restart_goes_on() -> None:
    before = counted((0, 100), (HOUR, 101), (2 * HOUR, None))
    after = MeterReadings.restore(before.export(5 * HOUR))
    assert after.is_waiting(2 * HOUR + 901)
    assert not after.is_waiting(2 * HOUR + 900)
    after.add(102, 6 * HOUR)
    assert after.total_at(4 * HOUR) is None
    assert after.total_at(6 * HOUR) == 2


def test_date_of_reset_is_known_after_a_restart() -> None:
    before = MeterReadings()
    before.add(1, 0, "monday")
    after = MeterReadings.restore(before.export(HOUR))
    after.add(3, HOUR + 60, "tuesday")
    assert after.total_at(HOUR + 60) == 3
    damaged = MeterReadings.restore({**before.export(HOUR), "last_reset": 7})
    damaged.add(3, HOUR + 60, "tuesday")
    assert damaged.total_at(HOUR + 60) == 2


@pytest.mark.parametrize("damaged", ["raw", "total", "seen_at"])
@pytest.mark.parametrize("value", [None, "1", True, float("inf")])
def test_stored_readings_with_a_damaged_number_are_ignored(damaged: str, value: object) -> None:
    readings = MeterReadings.restore({"raw": 5.0, "total": 3.0, "seen_at": HOUR, damaged: value})
    readings.add(7, HOUR + 60)
    assert readings.total_at(HOUR + 60) == 0


@pytest.mark.parametrize("kwh", [float("nan"), -1])
def test_meter_is_waited_for_once_it_shows_what_no_meter_shows(kwh: float) -> None:
    assert counted((0, 1), (600, kwh)).is_waiting(1501)
