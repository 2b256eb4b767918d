"""A station whose interval changed: by what a day is cut, owes, is averaged and is judged."""

import random
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, update

from parsers.vietnam_time import VN
from quality.slots import day_start
from quality.verdict import flags_from_json
from store.audit import Act
from store.averages.view import averages
from store.engine import reading as looking
from store.engine import writing
from store.lists.csv_table import ListError
from store.lists.stations_csv import read_stations, write_stations
from store.network.station_view import station_page
from store.network.stations import Changes, all_stations, put_stations
from store.readings.written import mark_dirty
from store.service.interruption_marks import mark_arrivals
from store.service.interruption_watch import notice_silence, watch
from store.slots.completeness import completeness
from store.tables import archive, channel, daily, dirty_hour, hourly, interruption, reading, slot_day

ACT = Act("cli:test", datetime.fromisoformat("2026-05-31T12:00+07:00"))
LATER = datetime.fromisoformat("2026-06-15T12:00+07:00")
MAY30, MAY31, JUNE1 = date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}+07:00")


def change(network: Any, minutes: int, valid_from: date | None, code: str = "QN_THUB_NUODAU") -> Changes:
    text = f"code,name,kind,interval_minutes\n{code},{code},wastewater,{minutes}\n"
    with writing(network.engine) as connection:
        return put_stations(connection, read_stations(text.encode()), ACT, valid_from)


def settled(network: Any) -> None:
    while network.settle():
        pass


def days(
    network: Any, first: date, last: date, now: datetime = LATER
) -> dict[str, tuple[int, dict[str, int]]]:
    """Expected slots and states that are not 0, by day, of the station as a whole."""
    settled(network)
    with looking(network.engine) as connection:
        found = completeness(
            connection,
            station_page(connection, None),
            day_start(first),
            day_start(last + timedelta(days=1)),
            "day",
            now,
        )
        items = [one for one in found if one.parameter is None]
    assert all(sum(one.states.values()) == one.expected for one in items)
    return {
        one.period: (one.expected, {state: count for state, count in one.states.items() if count})
        for one in items
    }


def counted(network: Any) -> dict[str, list[Any]]:
    """Everything that is computed from readings."""
    settled(network)
    with looking(network.engine) as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for table in (slot_day, hourly, daily)
        }


def marked(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(dirty_hour)) or 0


def test_a_day_owes_the_slots_of_its_own_interval(network: Any) -> None:
    """Either side of the midnight in Vietnam, which here ends a month."""
    station_id = network.station(channels="pH", in_service_from=MAY30)
    for moment in ("05-31 00:00", "05-31 23:55", "06-01 00:00", "06-01 00:14", "06-01 23:45"):
        network.came(station_id, at(moment))
    settled(network)
    assert change(network, 15, JUNE1).changed == ("QN_THUB_NUODAU",)
    assert days(network, MAY31, JUNE1) == {
        "2026-05-31": (288, {"valid": 2, "absent": 286}),
        "2026-06-01": (96, {"valid": 2, "absent": 94}),
    }
    may, june = network.line(station_id, day=MAY31), network.line(station_id, day=JUNE1)
    assert [place for place, mark in enumerate(may) if mark != "-"] == [0, 287]
    assert [place for place, mark in enumerate(june) if mark != "-"] == [0, 95]
    with looking(network.engine) as connection:
        (month,) = [
            one
            for one in completeness(
                connection, station_page(connection, None), at("05-31 00:00"), at("06-02 00:00"), None, LATER
            )
            if one.parameter == "pH"
        ]
    assert (month.expected, sum(month.states.values())) == (288 + 96, 288 + 96)
    # nothing came from 00:05 to 23:55 of the day with slots of five minutes
    assert month.longest_gap_minutes == 286 * 5


def test_an_hours_average_needs_its_share_of_the_slots_of_its_day(network: Any) -> None:
    station_id = network.station(channels="pH", in_service_from=MAY30)
    change(network, 15, MAY31)
    for hour, slots in ((8, 8), (9, 9)):  # of 12
        for slot in range(slots):
            network.came(station_id, at(f"05-30 {hour:02}:{slot * 5:02}"))
    for hour, slots in ((8, 2), (9, 3)):  # of 4
        for slot in range(slots):
            network.came(station_id, at(f"05-31 {hour:02}:{slot * 15:02}"))
    settled(network)
    with looking(network.engine) as connection:
        found = {
            f"{one.start.astimezone(VN):%d %H}": (one.expected, one.as_reviewed.count, one.as_reviewed.mean)
            for one in averages(connection, station_page(connection, None), "hour", None, None)
        }
    assert found == {
        "30 08": (12, 8, None),
        "30 09": (12, 9, 1.0),
        "31 08": (4, 2, None),
        "31 09": (4, 3, 1.0),
    }


@pytest.mark.parametrize("before", [5, 90])
def test_a_change_into_the_past_counts_as_if_it_had_always_been_so(network: Any, before: int) -> None:
    """Slots, hours and days; and so does taking it back, whatever was in between."""
    for code, interval in (("Slow", 20), ("Other", before)):
        network.station(code=code, interval=interval, channels="pH", in_service_from=MAY30)
    with looking(network.engine) as connection:
        ids = {entry.code: entry.id for entry in station_page(connection, None)}
    for station_id in ids.values():
        for number in range(36):
            network.came(station_id, at("05-30 04:00") + number * 70 * MINUTE)
    first = counted(network)
    assert change(network, 20, MAY31, "Other").changed == ("Other",)
    after = counted(network)
    slow, other = ids["Slow"], ids["Other"]
    begin = day_start(MAY31)
    for name in after:
        of_slow = [row[1:] for row in after[name] if row[0] == slow and _from(row[1], begin)]
        of_other = [row[1:] for row in after[name] if row[0] == other and _from(row[1], begin)]
        assert of_slow == of_other, name
        assert [row for row in after[name] if row[0] == other and not _from(row[1], begin)] == [
            row for row in first[name] if row[0] == other and not _from(row[1], begin)
        ], "earlier days stay as they were"
    change(network, 30, date(2026, 5, 30), "Other")
    assert counted(network) != first
    change(network, before, date(2026, 5, 30), "Other")
    assert counted(network) == first


def _from(when: date | datetime, begin: datetime) -> bool:
    return when >= begin if isinstance(when, datetime) else when >= begin.date()


def test_a_receipt_that_waits_does_not_keep_averages_from_being_counted_anew(network: Any) -> None:
    station_id = network.station(channels="pH", in_service_from=MAY30)
    for minute in (0, 15, 30):
        network.came(station_id, at(f"05-30 00:{minute:02}"))
    settled(network)
    with writing(network.engine) as connection:
        mark_dirty(connection, [(station_id, at("05-30 00:00"))], readings=False)
    change(network, 15, MAY30)
    settled(network)
    with looking(network.engine) as connection:
        (hour,) = averages(connection, station_page(connection, None), "hour", None, None)
    assert (hour.expected, hour.as_reviewed.mean) == (4, 1.0)


def test_the_hours_of_a_day_under_way_follow_too(network: Any) -> None:
    station_id = network.station(channels="pH", in_service_from=MAY30)
    for clock in ("00:00", "00:15", "00:30", "05:00", "05:15", "05:30"):  # it is seven
        network.came(station_id, at(f"06-01 {clock}"))
    settled(network)
    change(network, 15, JUNE1)
    settled(network)
    with looking(network.engine) as connection:
        hours = list(averages(connection, station_page(connection, None), "hour", None, None))
    assert [(hour.expected, hour.as_reviewed.mean) for hour in hours] == [(4, 1.0), (4, 1.0)]


def test_marks_and_change_are_one(network: Any) -> None:
    """A crash before the commit leaves nothing, one after it nothing to be remembered."""
    station_id = network.station(channels="pH", in_service_from=MAY30)
    network.came(station_id, at("05-30 10:00"))
    before = counted(network)

    text = b"code,name,kind,interval_minutes\nQN_THUB_NUODAU,x,wastewater,60\n"

    def killed() -> None:
        with writing(network.engine) as connection:
            put_stations(connection, read_stations(text), ACT, MAY30)
            assert marked(connection) == 1
            raise SystemExit

    with pytest.raises(SystemExit):
        killed()
    with looking(network.engine) as connection:
        assert marked(connection) == 0
    assert counted(network) == before
    with writing(network.engine) as connection:
        put_stations(connection, read_stations(text), ACT, MAY30)
    assert days(network, MAY30, MAY30) == {"2026-05-30": (24, {"valid": 1, "absent": 23})}


def test_a_list_that_says_nothing_new_moves_no_date(network: Any) -> None:
    network.came(network.station(channels="pH", in_service_from=MAY30), at("05-29 10:00"))
    settled(network)
    change(network, 15, MAY30)
    before = counted(network)
    with looking(network.engine) as connection:
        exported = write_stations(all_stations(connection))
    for text, day in (
        (exported, None),
        ("code,name,kind\nQN_THUB_NUODAU,x,wastewater\n", None),
        ("code,name,kind\nQN_THUB_NUODAU,x,wastewater\n", date(2026, 5, 1)),
    ):
        with writing(network.engine) as connection:
            put_stations(connection, read_stations(text.encode()), ACT, day)
    assert days(network, date(2026, 5, 29), MAY31).keys() == {"2026-05-30", "2026-05-31"}
    assert days(network, MAY30, MAY31)["2026-05-30"][0] == 96
    assert counted(network) == before


def test_of_a_station_that_never_measured_it_holds_from_ever(network: Any) -> None:
    station_id = network.station(channels="pH", in_service_from=MAY30)
    change(network, 15, None)
    network.came(station_id, at("05-30 10:00"))
    assert days(network, MAY30, MAY30)["2026-05-30"][0] == 96


def test_days_whose_readings_left_the_store_keep_their_interval(network: Any) -> None:
    """Counted anew they would be empty."""
    station_id = network.station(channels="pH", in_service_from=date(2026, 4, 1))
    network.came(station_id, at("04-30 10:00"))
    before = counted(network)
    with writing(network.engine) as connection:
        connection.execute(
            insert(archive).values(
                station_id=station_id, month=date(2026, 4, 1), part=1, path="/a.zip", sha256="00", size=1,
                files=1, readings=1, other_values=0, newest_file_id=1, made_at=LATER, made_by="cli:test",
                verified_at=LATER, verified_by="cli:test", readings_removed_at=LATER,
            )
        )  # fmt: skip
        connection.execute(delete(reading))
    with pytest.raises(ListError) as refused:
        change(network, 15, date(2026, 4, 30))
    assert [str(problem) for problem in refused.value.problems] == [
        "line 2: interval_minutes: it may change from 2026-05-01 on;"
        " readings of days before left the store and are not counted anew"
    ]
    change(network, 15, date(2026, 5, 1))
    assert counted(network) == before
    owed = days(network, date(2026, 4, 30), date(2026, 5, 1))
    assert owed == {"2026-04-30": (288, {"valid": 1, "absent": 287}), "2026-05-01": (96, {"absent": 96})}


def test_an_interruption_is_judged_by_the_interval_of_its_time(network: Any) -> None:
    """25 minutes of silence: too long with slots of 5 minutes, and not with those of 15."""
    station_id = network.station(channels="pH", in_service_from=MAY30)
    came = ("05-30 10:00", "05-30 10:25", "05-30 10:30", "05-31 10:00", "05-31 10:25", "05-31 10:59")
    for moment in came:
        network.came(station_id, at(moment))
        with writing(network.engine) as connection:
            mark_arrivals(connection, {station_id: at(moment) + MINUTE})

    def look() -> list[str]:
        settled(network)
        now = at("05-31 11:00")
        notice_silence(network.engine, now)
        while watch(network.engine, now):
            pass
        with looking(network.engine) as connection:
            rows = connection.execute(
                select(interruption.c.started_at)
                .where(interruption.c.parameter_id == 0, interruption.c.withdrawn_at.is_(None))
                .order_by(interruption.c.started_at)
            )
            return [f"{row.started_at.astimezone(VN):%d %H:%M}" for row in rows]

    by_five = look()
    assert by_five[-2:] == ["31 10:00", "31 10:25"]
    change(network, 15, MAY31)
    assert look() == [*by_five[:-2], "31 10:15"], "the day before stays as it was"
    change(network, 5, MAY31)
    assert look() == by_five


def test_a_comparison_goes_on_over_a_change(network: Any) -> None:
    station_id = network.station(channels="pH COD", in_service_from=MAY30)
    with writing(network.engine) as connection:
        connection.execute(
            update(channel)
            .where(channel.c.parameter_id == network.parameter(connection, "pH"))
            .values(checks="compare<=1.0*COD;flat_line=3")
        )
    network.came(station_id, at("05-29 10:00"), "pH COD")
    settled(network)
    change(network, 15, MAY31)
    for moment in ("05-30 23:50", "05-30 23:55", "05-31 00:00", "05-31 00:40"):
        network.came(station_id, at(moment), "pH", value=2.0)
        network.came(station_id, at(moment), "COD", value=1.0)
    settled(network)
    with looking(network.engine) as connection:
        flagged = {
            f"{row.measured_at.astimezone(VN):%d %H:%M}": [flag.rule for flag in flags_from_json(row.flags)]
            for row in connection.execute(
                select(reading).where(
                    reading.c.measured_at >= at("05-30 00:00"),
                    reading.c.parameter_id == network.parameter(connection, "pH"),
                )
            )
        }
    both = ["flat_line", "compare"]
    assert flagged == dict.fromkeys(("30 23:50", "30 23:55", "31 00:00", "31 00:40"), both)


EPOCH = date(2026, 5, 25)
CHANGES = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([1, 5, 15, 45, 60, 90, 1440])), max_size=4)
MOMENTS = st.lists(st.integers(0, 7 * 1440 - 1), max_size=12, unique=True)


NUMBERS = count()


def bring(network: Any, station_id: int, file_id: int, moments: list[datetime]) -> None:
    """Many readings of pH in one transaction."""
    with writing(network.engine) as connection:
        parameter_id = network.parameter(connection, "pH")
        for moment in moments:
            connection.execute(
                insert(reading).values(
                    station_id=station_id, measured_at=moment, parameter_id=parameter_id, symbol="pH",
                    text="1", value=1.0, unit="", status="00", file_id=file_id, line=1, received_at=moment,
                    valid=True,
                )
            )  # fmt: skip
        mark_dirty(connection, [(station_id, moment) for moment in moments])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.one_of(CHANGES, MOMENTS), st.booleans()), max_size=4))
def test_states_add_up_to_what_each_days_interval_expects(network: Any, steps: Any) -> None:
    """Whatever changed when, and came when: a model that knows nothing of settling says the same."""
    number = next(NUMBERS)
    random.seed(number)  # the numbers of files are drawn by chance, which is always the same here
    station_id = network.station(code=f"S{number}", channels="pH", in_service_from=EPOCH)
    file_id = network.came(station_id, day_start(date(2026, 5, 1)))
    held = dict.fromkeys(range(7), 5)
    came: set[int] = set()
    for step, settling in steps:
        for first, minutes in (one for one in step if isinstance(one, tuple)):
            change(network, minutes, EPOCH + timedelta(days=first), f"S{number}")
            held.update(dict.fromkeys(range(first, 7), minutes))
        new = {one for one in step if isinstance(one, int)} - came
        bring(network, station_id, file_id, [day_start(EPOCH) + one * MINUTE for one in sorted(new)])
        came |= new
        if settling:
            settled(network)
    settled(network)
    with looking(network.engine) as connection:
        entries = [entry for entry in station_page(connection, None) if entry.id == station_id]
        until = EPOCH + timedelta(days=7)
        found = [
            one
            for one in completeness(connection, entries, day_start(EPOCH), day_start(until), "day", LATER)
            if one.parameter == "pH"
        ]
    assert [one.expected for one in found] == [1440 // held[day] for day in range(7)]
    for day, item in enumerate(found):
        slots = {(moment % 1440) // held[day] for moment in came if moment // 1440 == day}
        assert sum(item.states.values()) == item.expected
        assert (item.states["valid"], item.states["absent"]) == (len(slots), item.expected - len(slots))
