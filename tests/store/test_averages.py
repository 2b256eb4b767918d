"""Readings in, averages out: what settling a mark writes, and that it is what a fresh start would write."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, update

from quality.intervals import Intervals
from store.averages.items import AverageItem
from store.averages.keeping import settle_averages
from store.averages.owed import Due
from store.averages.view import averages
from store.engine import reading as looking
from store.engine import writing
from store.network.station_view import station_page
from store.readings.written import hour_of, mark_dirty
from store.slots.dirty_hours import Mark
from store.slots.settling import settle
from store.tables import daily, dirty_hour, figure, hourly, owed_day, owed_hour, reading, station

DAY = date(2026, 5, 30)


def at(clock: str, day: str = "2026-05-30") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}+07:00")


def fill(network: Any, station_id: int, first: datetime, values: list[float | None], **given: Any) -> None:
    """One reading of pH every five minutes; None: the slot stays empty."""
    interval = given.pop("interval", 5)
    code = given.pop("code", "pH")
    rows = []
    with writing(network.engine) as connection:
        parameter_id = network.parameter(connection, code)
        for number, value in enumerate(values):
            moment = first + timedelta(minutes=number * interval)
            if value is not None:
                rows.append(
                    {
                        "station_id": station_id, "measured_at": moment, "parameter_id": parameter_id,
                        "symbol": code, "text": str(value), "value": value, "unit": "", "status": "00",
                        "file_id": 1, "line": 1, "received_at": moment, "valid": True,
                        "release_at": moment, **given,
                    }
                )  # fmt: skip
        connection.execute(insert(reading), rows)
        mark_dirty(connection, [(station_id, row["measured_at"]) for row in rows])


def seen(engine: Engine, by: Any, **given: Any) -> list[AverageItem]:
    with looking(engine) as connection:
        return list(
            averages(connection, station_page(connection, None), by, given.get("since"), given.get("until"))
        )


def one(engine: Engine, by: Any, **given: Any) -> AverageItem:
    (item,) = seen(engine, by, **given)
    return item


def test_an_hour_needs_three_quarters_of_its_slots(network: Any) -> None:
    station_id = network.station()
    fill(network, station_id, at("10:00"), [7.0] * 4 + [8.0] * 4)
    network.settle()
    hour = one(network.engine, "hour")
    assert (hour.as_reviewed.mean, hour.as_reviewed.sufficient) == (None, False)
    assert (hour.as_reviewed.count, hour.expected) == (8, 12)
    assert (hour.as_reviewed.min, hour.as_reviewed.max) == (7.0, 8.0)
    fill(network, station_id, at("10:55"), [9.3])
    network.settle()
    hour = one(network.engine, "hour")
    assert hour.as_reviewed.mean == pytest.approx(69.3 / 9)
    assert (hour.as_reviewed.count, hour.as_reviewed.sufficient) == (9, True)
    assert (hour.start, hour.end) == (at("10:00"), at("11:00"))
    assert (hour.as_reviewed.max, hour.as_reviewed.max_at) == (9.3, at("10:55"))
    assert (hour.as_reviewed.min, hour.as_reviewed.min_at) == (7.0, at("10:00"))


def test_what_came_and_what_stands_are_side_by_side(network: Any) -> None:
    station_id = network.station()
    fill(network, station_id, at("10:00"), [6.0] * 9)
    fill(network, station_id, at("10:45"), [30.0] * 2, valid=False)  # failed a check: came, does not stand
    fill(network, station_id, at("10:55"), [99.0], valid=False, status="02")  # the device says it is broken
    network.settle()
    hour = one(network.engine, "hour")
    assert (hour.as_received.mean, hour.as_received.count) == (pytest.approx(114 / 11), 11)
    assert (hour.as_reviewed.mean, hour.as_reviewed.count) == (6.0, 9)
    assert (hour.as_received.max, hour.as_reviewed.max) == (30.0, 6.0)


def test_a_persons_word_counts_in_what_was_reviewed_only(network: Any) -> None:
    station_id = network.station()
    fill(network, station_id, at("10:00"), [6.0] * 8)
    fill(network, station_id, at("10:40"), [60.0], review="corrected", reviewed_value=15.0)
    fill(network, station_id, at("10:45"), [9.0], review="rejected", valid=False)
    fill(network, station_id, at("10:50"), [0.0], value=None, review="corrected", reviewed_value=7.0)
    fill(network, station_id, at("10:55"), [8.0], status="01", review="accepted")
    network.settle()
    hour = one(network.engine, "hour")
    assert (hour.as_received.mean, hour.as_received.count) == (11.7, 10)
    assert (hour.as_reviewed.mean, hour.as_reviewed.count) == (pytest.approx(78 / 11), 11)
    assert (hour.as_received.max, hour.as_reviewed.max) == (60.0, 15.0)


def test_a_day_needs_three_quarters_of_its_hours(network: Any) -> None:
    station_id = network.station()
    fill(network, station_id, at("00:00"), [7.0] * 12 * 17)
    network.settle()
    day = one(network.engine, "day")
    assert (day.as_reviewed.mean, day.as_reviewed.count, day.expected) == (None, 17, 24)
    fill(network, station_id, at("17:00"), [16.0] * 9)
    network.settle()
    day = one(network.engine, "day")
    # every hour weighs the same, however many slots it has: (17 x 7 + 16) / 18
    assert (day.as_reviewed.mean, day.as_reviewed.count) == (7.5, 18)
    assert (day.start, day.end) == (at("00:00"), at("00:00", "2026-05-31"))


@pytest.mark.parametrize(
    ("moment", "day", "month", "year"),
    [
        ("2026-05-30T23:55+07:00", "2026-05-30", "2026-05-01", "2026-01-01"),
        ("2026-05-31T00:00+07:00", "2026-05-31", "2026-05-01", "2026-01-01"),
        ("2026-05-31T23:59:59+07:00", "2026-05-31", "2026-05-01", "2026-01-01"),
        ("2026-06-01T00:00+07:00", "2026-06-01", "2026-06-01", "2026-01-01"),
        ("2025-12-31T23:55+07:00", "2025-12-31", "2025-12-01", "2025-01-01"),
        ("2026-01-01T00:00+07:00", "2026-01-01", "2026-01-01", "2026-01-01"),
        ("2024-02-29T23:55+07:00", "2024-02-29", "2024-02-01", "2024-01-01"),
    ],
)
def test_midnight_and_the_ends_of_months_and_years_are_vietnams(
    network: Any, moment: str, day: str, month: str, year: str
) -> None:
    fill(network, network.station(), datetime.fromisoformat(moment), [7.0])
    network.settle()
    for by, start in (("day", day), ("month", month), ("year", year)):
        assert one(network.engine, by).start == at("00:00", start), by


def test_a_month_and_a_year_are_means_of_days(network: Any) -> None:
    station_id = network.station(interval=60)
    for number in range(21):  # of February's 28 days exactly 75 %
        fill(network, station_id, at("00:00", f"2026-02-{number + 1:02}"), [float(number)] * 18, interval=60)
    network.settle(1000)
    month = one(network.engine, "month")
    assert (month.as_reviewed.mean, month.as_reviewed.count, month.expected) == (10.0, 21, 28)
    assert month.as_reviewed.max_at == at("00:00", "2026-02-21")
    year = one(network.engine, "year")
    assert (year.as_reviewed.mean, year.as_reviewed.count, year.expected) == (None, 21, 365)
    assert (year.start, year.end) == (at("00:00", "2026-01-01"), at("00:00", "2027-01-01"))


def test_eight_hours_move_by_an_hour_and_reach_over_midnight(network: Any) -> None:
    station_id = network.station(interval=60)
    fill(network, station_id, at("20:00"), [1, 2, 3, 4, 5, 6, 7, 8, 9], interval=60)
    network.settle(100)
    items = {item.start: item.as_reviewed for item in seen(network.engine, "8hour")}
    assert items[at("20:00")].mean == 4.5
    assert items[at("21:00")].mean == 5.5
    assert (items[at("18:00")].mean, items[at("18:00")].count) == (3.5, 6)  # 18:00 and 19:00 are missing
    assert (items[at("17:00")].mean, items[at("17:00")].sufficient) == (None, False)
    assert (items[at("23:00")].mean, items[at("23:00")].count) == (6.5, 6)
    assert items[at("00:00", "2026-05-31")].mean is None
    assert min(items) == at("13:00")
    assert max(items) == at("04:00", "2026-05-31")
    part = seen(network.engine, "8hour", since=at("20:00"), until=at("22:00"))
    assert [item.start for item in part] == [at("20:00"), at("21:00")]


def test_wind_from_the_north(network: Any) -> None:
    station_id = network.station(channels="WindDir")
    fill(network, station_id, at("10:00"), [350.0, 10.0] * 6, code="WindDir")
    network.settle()
    hour = one(network.engine, "hour")
    assert hour.as_reviewed.mean == pytest.approx(0.0, abs=1e-9)
    assert (hour.as_reviewed.min, hour.as_reviewed.max_at) == (None, None)


def test_a_flow_has_totals_in_the_units_volume(network: Any) -> None:
    station_id = network.station(channels="Flow")
    fill(network, station_id, at("10:00"), [36.0] * 9, code="Flow")
    fill(network, station_id, at("11:00"), [12.0] * 6, code="Flow")
    network.settle()
    first, second = seen(network.engine, "hour")
    assert (first.as_reviewed.mean, first.as_reviewed.total, first.total_unit) == (36.0, 27.0, "m3")
    assert (second.as_reviewed.mean, second.as_reviewed.total) == (None, 6.0)
    day = one(network.engine, "day")
    assert (day.as_reviewed.mean, day.as_reviewed.total) == (None, 33.0)
    assert one(network.engine, "month").as_reviewed.total == 33.0


def test_what_is_no_longer_there_leaves_no_average(network: Any) -> None:
    station_id = network.station()
    fill(network, station_id, at("10:00"), [7.0] * 12)
    network.settle()
    with writing(network.engine) as connection:
        connection.execute(delete(reading))
        mark_dirty(connection, [(station_id, at("10:00"))])
    network.settle()
    with looking(network.engine) as connection:
        assert connection.execute(select(hourly)).all() == []
        assert connection.execute(select(daily)).all() == []


def test_another_interval_counts_the_whole_day_anew(network: Any) -> None:
    station_id = network.station(interval=5)
    fill(network, station_id, at("10:00"), [7.0] * 4, interval=15)
    fill(network, station_id, at("14:00"), [8.0] * 4, interval=15)
    network.settle()
    assert [item.as_reviewed.sufficient for item in seen(network.engine, "hour")] == [False, False]
    with writing(network.engine) as connection:
        connection.execute(update(station).values(interval_minutes=15))
        mark_dirty(connection, [(station_id, at("00:00"))])
    network.settle()
    assert [item.as_reviewed.mean for item in seen(network.engine, "hour")] == [7.0, 8.0]


def test_slots_that_reach_over_an_hour_belong_to_where_they_begin(network: Any) -> None:
    """At 45 minutes the slots begin at 9:45, 10:30, 11:15, 12:00: 10:20 is a reading of the hour from 9."""
    station_id = network.station(interval=45)
    fill(network, station_id, at("10:20"), [5.0])
    network.settle()
    hour = one(network.engine, "hour")
    assert (hour.start, hour.expected, hour.as_reviewed.mean) == (at("09:00"), 2, None)
    fill(network, station_id, at("09:01"), [7.0])
    network.settle()
    first = one(network.engine, "hour")
    assert (first.start, first.as_reviewed.mean, first.as_reviewed.count) == (at("09:00"), 6.0, 2)


def test_a_clock_that_lost_its_year_makes_no_average(network: Any) -> None:
    station_id = network.station()
    with writing(network.engine) as connection:
        marks = [Mark(station_id, *[at("10:00", "9999-12-31")] * 3)]
        settle_averages(connection, marks, Due(set(), set()), {station_id: Intervals(5)}, at("10:00"))
        for table in (hourly, daily, owed_hour, owed_day):
            assert connection.execute(select(table)).all() == []


def test_the_least_share_is_that_of_the_day(network: Any) -> None:
    station_id = network.station(interval=60)
    fill(network, station_id, at("00:00", "2025-12-31"), [1.0] * 18, interval=60)
    fill(network, station_id, at("00:00", "2026-01-01"), [1.0] * 18, interval=60)
    with writing(network.engine) as connection:
        new = {"name": "minimum_percent", "case": "day", "value": 80, "valid_from": date(2026, 1, 1)}
        connection.execute(insert(figure).values(confidence="confirmed", **new))
    network.settle(1000)
    assert [item.as_reviewed.mean for item in seen(network.engine, "day")] == [1.0, None]


moments = st.builds(
    lambda minutes: at("22:00", "2026-05-31") + timedelta(minutes=minutes),
    st.integers(0, 60 * 5),
)
changes = st.lists(
    st.tuples(
        moments,
        st.sampled_from(["pH", "Flow", "WindDir"]),
        st.sampled_from(["came", "failed", "calibrating", "gone", "corrected", "filled in"]),
        st.floats(0, 360, allow_nan=False),
        # settled when the clock says so many minutes from the first moment on: while hours are under way,
        # just before and after they are over, long after; and set back again. None: not settled
        st.none() | st.sampled_from([59, 64, 65, 125, 129, 130, 245, 1565, 99999]) | st.integers(0, 60 * 8),
    ),
    max_size=25,
)


def tables(connection: Connection) -> list[Any]:
    return [
        *connection.execute(select(hourly).order_by(*hourly.primary_key)),
        *connection.execute(select(daily).order_by(*daily.primary_key)),
    ]


def shown(connection: Connection) -> list[AverageItem]:
    stations = station_page(connection, None)
    return [
        item for by in ("hour", "day", "month") for item in averages(connection, stations, by, None, None)
    ]


def from_scratch(connection: Connection, interval: int) -> None:
    """Averages everything there is, in one go, long after; the caller undoes it."""
    for table in (hourly, daily, owed_hour, owed_day):
        connection.execute(delete(table))
    keys = connection.execute(select(reading.c.station_id, reading.c.measured_at)).all()
    hours = {(station_id, hour_of(moment)) for station_id, moment in keys}
    marks = [Mark(station_id, hour, hour, hour) for station_id, hour in sorted(hours)]
    intervals = {station_id: Intervals(interval) for station_id, _ in hours}
    settle_averages(connection, marks, Due(set(), set()), intervals, at("00:00", "2030-01-01"))


def check(engine: Engine, interval: int, *, over: bool) -> None:
    """What is shown is what a computation from all readings shows; when all is over, so are the tables."""
    with engine.connect() as connection, connection.begin() as undone:
        seen_now, kept = shown(connection), tables(connection)
        from_scratch(connection, interval)
        assert seen_now == shown(connection)
        if over:
            assert kept == tables(connection)
        undone.rollback()


@pytest.mark.parametrize("interval", [5, 45])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_comes_and_whenever_it_is_settled_averages_are_those_of_a_fresh_start(
    network: Any, interval: int, changes: list[Any]
) -> None:
    """Late files, reviews, withdrawals in any order, settled now and then by a clock that stands in the
    hours, behind them, or runs back: what is shown is what one computation from all readings gives, over the
    end of a day and a month."""
    with writing(network.engine) as connection:
        for table in (hourly, daily, owed_hour, owed_day, reading, dirty_hour):
            connection.execute(delete(table))
        known = connection.scalar(select(station.c.id))
    station_id = known or network.station(interval=interval, channels="pH Flow WindDir")
    for moment, code, what, value, minutes in changes:
        with writing(network.engine) as connection:
            parameter_id = network.parameter(connection, code)
            here = (
                reading.c.station_id == station_id,
                reading.c.measured_at == moment,
                reading.c.parameter_id == parameter_id,
            )
            connection.execute(delete(reading).where(*here))
            if what != "gone":
                connection.execute(
                    insert(reading).values(
                        station_id=station_id, measured_at=moment, parameter_id=parameter_id, symbol=code,
                        text="x", value=None if what == "filled in" else value, unit="",
                        status="01" if what == "calibrating" else "00",
                        file_id=1, line=1, received_at=moment, valid=what not in ("failed", "calibrating"),
                        review="corrected" if what in ("corrected", "filled in") else None,
                        reviewed_value=value / 2 if what in ("corrected", "filled in") else None,
                    )
                )  # fmt: skip
            mark_dirty(connection, [(station_id, moment)])
        if minutes is not None:
            while settle(network.engine, 3, at("22:00", "2026-05-31") + timedelta(minutes=minutes)):
                pass
            check(network.engine, interval, over=False)
    while settle(network.engine, 3, at("00:00", "2026-06-03")):
        pass
    with looking(network.engine) as connection:
        assert connection.execute(select(owed_hour)).all() == []
        assert connection.execute(select(owed_day)).all() == []
    check(network.engine, interval, over=True)
