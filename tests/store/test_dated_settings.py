"""A change of an interval, or of a figure: the days before stay as they are, those from it on follow."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from quality.intervals import Intervals
from quality.slot_line import empty_line
from quality.verdict import flags_from_json
from store.audit import Act
from store.averages.view import averages
from store.engine import reading as looking
from store.engine import writing
from store.limits.dated_rules import set_rule
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.snapshot import load_network
from store.network.station_now_view import newest
from store.network.station_view import station_page
from store.network.stations import Changes, interval_histories, put_stations
from store.readings.recheck import Period, judge_period
from store.service.interruption_marks import mark_arrivals
from store.service.interruption_watch import watch
from store.slots.completeness import completeness
from store.tables import audit_log, daily, interruption, reading, slot_day, station, station_interval

BEFORE, DAY, AFTER = date(2026, 5, 29), date(2026, 5, 30), date(2026, 5, 31)
CODE = "QN_THUB_NUODAU"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ACT = Act("cli:test", NOW)


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}+07:00")


def put(
    engine: Engine, minutes: int | None, since: date | None = None, code: str = "QN_THUB_NUODAU"
) -> Changes:
    extra = ("", "") if minutes is None else (",interval_minutes", f",{minutes}")
    text = f"code,name,kind{extra[0]}\n{code},{code},wastewater{extra[1]}\n"
    with writing(engine) as connection:
        return put_stations(connection, read_stations(text.encode()), ACT, since)


def intervals(engine: Engine) -> Intervals:
    with looking(engine) as connection:
        (entry,) = station_page(connection, None)
        return entry.intervals


def every(network: Any, station_id: int, day: date, minutes: int, value: float = 1.0) -> None:
    for number in range(1440 // minutes):
        moment = at("00:00", day) + timedelta(minutes=number * minutes)
        network.came(station_id, moment, value=value)


def cuts(engine: Engine) -> dict[date, tuple[int, str]]:
    with looking(engine) as connection:
        query = select(slot_day.c.day, slot_day.c.interval_minutes, slot_day.c.states)
        return {day: (minutes, states) for day, minutes, states in connection.execute(query)}


def means(engine: Engine) -> dict[date, tuple[int, int]]:
    """Day -> its interval and how many hours it expects."""
    with looking(engine) as connection:
        query = select(daily.c.day, daily.c.interval_minutes, daily.c.expected)
        return {row.day: (row.interval_minutes, row.expected) for row in connection.execute(query)}


def test_only_days_from_the_change_on_are_cut_by_it(network: Any) -> None:
    station_id = network.station(channels="pH")
    for day in (BEFORE, DAY, AFTER):
        every(network, station_id, day, 180)
    network.settle(1000)
    before = cuts(network.engine)
    assert {minutes for minutes, _ in before.values()} == {5}
    changes = put(network.engine, 180, DAY)
    assert (changes.intervals, changes.taken_back) == ((CODE,), 0)
    network.settle(1000)
    after = cuts(network.engine)
    assert after[BEFORE] == before[BEFORE]
    assert after[DAY] == after[AFTER] == (180, "V" * 8)
    assert means(network.engine) == {BEFORE: (5, 24), DAY: (180, 8), AFTER: (180, 8)}


def test_late_data_of_a_day_before_the_change_is_counted_by_the_interval_of_then(network: Any) -> None:
    station_id = network.station(channels="pH")
    put(network.engine, 60, DAY)
    network.came(station_id, at("10:05", BEFORE))
    network.came(station_id, at("10:05", DAY))
    network.settle()
    lines = cuts(network.engine)
    assert lines[BEFORE] == (5, empty_line(288)[:121] + "V" + empty_line(288)[122:])
    assert lines[DAY] == (60, empty_line(24)[:10] + "V" + empty_line(24)[11:])


def test_the_account_expects_by_the_interval_of_each_day(network: Any) -> None:
    station_id = network.station(channels="pH", in_service_from=BEFORE)
    network.came(station_id, at("00:00", AFTER))
    network.settle()
    put(network.engine, 15, DAY)
    network.settle()
    with looking(network.engine) as connection:
        entries = station_page(connection, None)
        items = completeness(connection, entries, None, at("00:00", date(2026, 6, 1)), "day", NOW)
        expected = {item.period: item.expected for item in items if item.parameter == "pH"}
    assert expected == {"2026-05-29": 288, "2026-05-30": 96, "2026-05-31": 96}


def test_an_hour_needs_its_share_of_the_slots_of_its_day(network: Any) -> None:
    station_id = network.station(channels="pH")
    put(network.engine, 30, DAY)
    for day in (BEFORE, DAY):
        network.came(station_id, at("10:00", day))
        network.came(station_id, at("10:30", day))
    network.settle()
    with looking(network.engine) as connection:
        (entry,) = station_page(connection, None)
        hours = list(averages(connection, [entry], "hour", None, None))
    assert [hour.as_received.mean for hour in hours] == [None, 1.0]


def flags(engine: Engine) -> dict[datetime, list[str]]:
    with looking(engine) as connection:
        rows = connection.execute(select(reading.c.measured_at, reading.c.flags)).all()
    return {moment: [flag.rule for flag in flags_from_json(text)] for moment, text in rows}


def check(engine: Engine, text: str) -> None:
    with writing(engine) as connection:
        rows = f"station_code,symbol,parameter,checks\nQN_THUB_NUODAU,pH,pH,{text}\n"
        put_channels(connection, read_channels(rows.encode()), ACT, at("00:00", date(2020, 1, 1)))


@pytest.mark.parametrize(("since", "flagged"), [(DAY, True), (AFTER, False)])
def test_neighbours_lie_apart_by_the_interval_of_their_day(network: Any, since: date, flagged: bool) -> None:
    station_id = network.station(channels="pH")
    check(network.engine, "flat_line=2")
    put(network.engine, 60, since)
    for clock in ("10:00", "11:00"):
        network.came(station_id, at(clock))
    network.settle()
    assert set(map(bool, flags(network.engine).values())) == {flagged}


def test_neighbours_of_what_is_there_are_judged_anew_by_a_recheck_alone(network: Any) -> None:
    station_id = network.station(channels="pH")
    check(network.engine, "flat_line=2")
    for day in (BEFORE, DAY):
        for clock in ("10:00", "11:00"):
            network.came(station_id, at(clock, day))
    network.settle()
    put(network.engine, 60, DAY)
    network.settle()
    assert not any(flags(network.engine).values())
    with writing(network.engine) as connection:
        period = Period(station_id, at("00:00", BEFORE), at("00:00", AFTER), None)
        judge_period(connection, load_network(connection), period, NOW)
    network.settle()
    assert [bool(told) for _, told in sorted(flags(network.engine).items())] == [False, False, True, True]


def gaps(engine: Engine) -> list[tuple[datetime, datetime | None]]:
    with looking(engine) as connection:
        query = select(interruption.c.started_at, interruption.c.ended_at).where(
            interruption.c.parameter_id == 0, interruption.c.withdrawn_at.is_(None)
        )
        return [(row.started_at, row.ended_at) for row in connection.execute(query.order_by("started_at"))]


def test_a_silence_is_judged_by_the_interval_of_its_day(network: Any) -> None:
    station_id = network.station(channels="pH")
    for day in (BEFORE, DAY):
        for clock in ("20:00", "21:00"):
            network.came(station_id, at(clock, day))
    with writing(network.engine) as connection:
        mark_arrivals(connection, {station_id: at("00:00", BEFORE)})
    watch(network.engine, at("21:15"))
    # the first arrival opened the service
    earlier = [(at("20:01", BEFORE), at("21:00", BEFORE)), (at("21:00", BEFORE), at("20:00"))]
    assert gaps(network.engine) == [*earlier, (at("20:00"), at("21:00"))]
    put(network.engine, 60, DAY)
    watch(network.engine, at("21:15"))
    assert gaps(network.engine) == earlier


def test_now_is_told_by_the_interval_of_today(network: Any) -> None:
    station_id = network.station(channels="pH COD")
    put(network.engine, 60, DAY)
    network.came(station_id, at("10:00"), "COD")
    network.came(station_id, at("10:30"), "pH")
    with looking(network.engine) as connection:
        today = newest(connection, [station_id], at("10:31"), timedelta(minutes=5))[station_id]
        assert len(today.latest) == 2
    put(network.engine, 5, date(2026, 6, 30))
    with looking(network.engine) as connection:
        assert newest(connection, [station_id], at("10:31"), timedelta(minutes=5))[station_id] == today


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(10, DAY)], Intervals(10, ((DAY, 5),))),
        ([(10, BEFORE), (15, AFTER)], Intervals(15, ((BEFORE, 5), (AFTER, 10)))),
        ([(10, AFTER), (15, BEFORE)], Intervals(15, ((BEFORE, 5),))),
        ([(10, DAY), (15, DAY)], Intervals(15, ((DAY, 5),))),
        ([(10, DAY), (5, DAY)], Intervals(5)),
        ([(10, AFTER), (10, BEFORE)], Intervals(10, ((BEFORE, 5),))),
        ([(10, None)], Intervals(10, ((date(2026, 6, 1), 5),))),
        ([(10, date(2026, 7, 1)), (10, None)], Intervals(10, ((date(2026, 7, 1), 5),))),
        ([(5, DAY)], Intervals(5)),
        ([(10, AFTER), (None, DAY)], Intervals(10, ((AFTER, 5),))),
    ],
    ids=str,
)
def test_what_was_said_makes_the_history(
    network: Any, said: Sequence[tuple[int | None, date | None]], expected: Intervals
) -> None:
    network.came(network.station(), at("10:00", BEFORE))
    for minutes, since in said:
        put(network.engine, minutes, since)
    assert intervals(network.engine) == expected


def test_the_first_declaration_holds_from_ever(engine: Engine) -> None:
    put(engine, 15, DAY)
    assert intervals(engine) == Intervals(15)
    with looking(engine) as connection:
        assert connection.execute(select(station_interval)).all() == []
        assert [one.minutes for one in interval_histories(connection)["qn_thub_nuodau"]] == [15]


def test_what_is_taken_back_is_told_and_kept_in_the_audit_log(network: Any) -> None:
    network.station()
    put(network.engine, 10, AFTER)
    assert put(network.engine, 15, DAY).taken_back == 1
    with looking(network.engine) as connection:
        query = select(audit_log.c.detail).where(audit_log.c.action == "station.change")
        newest_first = connection.scalars(query.order_by(audit_log.c.id.desc())).all()
        assert connection.scalar(select(station.c.interval_minutes)) == 15
    assert newest_first[0] == {"interval_minutes": [10, 15], "valid_from": "2026-05-30"}


def test_what_is_on_time_is_a_dated_figure(network: Any) -> None:
    """Slots of days that are there are told anew from the figure's date on, and none before it."""
    station_id = network.station(interval=720, channels="pH")
    for day in (BEFORE, DAY, AFTER):
        for clock in ("00:00", "12:00"):
            network.came(station_id, at(clock, day), after=timedelta(minutes=10))
    network.settle()
    assert {states for _, states in cuts(network.engine).values()} == {"vv"}
    with writing(network.engine) as connection:
        set_rule(connection, "on_time_minutes", "10", at("12:00"), ACT)
        set_rule(connection, "on_time_minutes", "9", at("12:00", AFTER), ACT)
    network.settle()
    assert [states for _, (_, states) in sorted(cuts(network.engine).items())] == ["vv", "vV", "Vv"]


def test_the_target_is_that_of_the_periods_last_day(network: Any) -> None:
    network.station(channels="pH", in_service_from=BEFORE)
    with writing(network.engine) as connection:
        set_rule(connection, "target_percent", "90", at("00:00"), ACT)
    with looking(network.engine) as connection:
        entries = station_page(connection, None)
        items = list(completeness(connection, entries, at("00:00", BEFORE), at("00:00", AFTER), "day", NOW))
    assert [(item.period, item.target_rate) for item in items if item.parameter] == [
        ("2026-05-29", 0.8),
        ("2026-05-30", 0.9),
    ]
