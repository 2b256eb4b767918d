"""Keeping hourly and daily averages right: marked hours, and the days they lie in, computed anew.

`settle_hours` is one step of settling (store/slots.py), in its transaction. It reads the readings in force
of the marked hours and nothing else, so the tables always hold what a computation from the beginning
would: never a sum that something was added to. Rows are written where they changed, and taken out
where no reading is left. Changed days of stations that have limits are put down to be judged.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, and_, bindparam, delete, select
from sqlalchemy import Table as SqlTable

from quality.averages import (
    HOUR,
    MINIMUM_PERCENT,
    Averaging,
    Part,
    day_expects,
    hour_expects,
    hour_of_slot,
    of_hours,
    of_readings,
)
from quality.figures import MINIMUM
from quality.intervals import Intervals
from quality.slots import day_of, day_start
from store import judge_days
from store.average_rows import DAY_COLUMNS, HOUR_COLUMNS, Sides, day_cells, hour_cells, sides_of
from store.bulk import upsert_rows
from store.dirty_hours import Mark
from store.figures import load_figures
from store.key_list import key_list, matches
from store.millis import millis
from store.tables import daily, hourly, parameter, reading
from store.time_type import UtcTime, from_millis, to_millis

StationDay = tuple[int, date]
HourKey = tuple[int, int, int]
"""Station, the hour's start in milliseconds, parameter."""

_WINDOW = (
    Column("station_id", reading.c.station_id.type),
    Column("begins", UtcTime),
    Column("ends", UtcTime),
)
YEARS = range(1971, 9990)
"""Beyond them no station measured or will: a clock that lost its year makes readings, which fail, but no
averages, and no day whose end cannot be told."""
_DAYS = 400
"""Station days per look-up: a day of ten parameters has 240 rows."""


class _Stretch(NamedTuple):
    """Readings to look at: from `begin` up to `end`, not included, in milliseconds."""

    station_id: int
    begin: int
    end: int


def settle_hours(
    connection: Connection, marks: Collection[Mark], intervals: Mapping[int, Intervals]
) -> set[StationDay]:
    """Computes the marked hours and their days anew; returns the station days of which anything changed.

    intervals: by station id; marks of other stations are passed over.
    """
    hours = {
        (mark.station_id, hour)
        for mark in marks
        if mark.station_id in intervals and mark.hour.year in YEARS
        for hour in _touched(to_millis(mark.hour), intervals[mark.station_id])
    }
    if not hours:
        return set()
    days = {(station_id, _day_of(hour)) for station_id, hour in hours}
    known_days = _known(connection, daily, days)
    hours |= _recut(known_days, intervals)
    averagings = _averagings(connection)
    spreads = _from_readings(connection, hours, intervals, averagings)
    known_hours = _hours_of(connection, days)
    changed = _write_hours(connection, hours, spreads, known_hours, intervals)
    changed |= _write_days(connection, days, known_hours, known_days, intervals, averagings)
    limited = judge_days.limited_stations(connection, {station_id for station_id, _ in changed})
    judge_days.ask(connection, {day for day in changed if day[0] in limited})
    return changed


def _averagings(connection: Connection) -> defaultdict[int, Averaging]:
    found: defaultdict[int, Averaging] = defaultdict(lambda: "mean")
    special = select(parameter.c.id, parameter.c.averaging).where(parameter.c.averaging != "mean")
    found.update(connection.execute(special).all())
    return found


def _day_of(hour: int) -> date:
    return day_of(from_millis(hour))


def _touched(hour: int, intervals: Intervals) -> set[int]:
    """The hours whose averages depend on the readings of a marked hour: slots may reach over its begin."""
    interval = intervals.at(hour)
    return {hour_of_slot(hour, interval), hour_of_slot(hour + HOUR - 1, interval)}


def _recut(
    known: Mapping[tuple[int, date, int], Any], intervals: Mapping[int, Intervals]
) -> set[tuple[int, int]]:
    """Every hour of the days that were counted by another interval than the station had then."""
    days = {key[:2] for key, row in known.items() if row.interval_minutes != intervals[key[0]].on(key[1])}
    return {
        (station_id, to_millis(day_start(day)) + hour * HOUR)
        for station_id, day in days
        for hour in range(24)
    }


def _from_readings(
    connection: Connection,
    hours: Collection[tuple[int, int]],
    intervals: Mapping[int, Intervals],
    averagings: Mapping[int, Averaging],
) -> dict[HourKey, Sides]:
    """The spreads of the hours, from the readings in force; where there is none, there is no spread."""
    received: dict[HourKey, list[tuple[float, int]]] = defaultdict(list)
    reviewed: dict[HourKey, list[tuple[float, int]]] = defaultdict(list)
    crooked = {one for one, known in intervals.items() if any(60 % interval for interval in known.all)}
    for station_id, at, parameter_id, value, status, valid, review, corrected in _readings(
        connection, hours, intervals
    ):
        hour = at // HOUR * HOUR
        if station_id in crooked:
            hour = hour_of_slot(at, intervals[station_id].at(at))
            if (station_id, hour) not in hours:
                continue
        key = (station_id, hour, parameter_id)
        if status == "00" and value is not None:
            received[key].append((value, at))
        if valid:  # with the review, as quality/review.py has it
            reviewed[key].append((corrected if review == "corrected" else value, at))
    found = {}
    for key in received.keys() | reviewed.keys():
        interval, averaging = intervals[key[0]].at(key[1]), averagings[key[2]]
        before, after = received.get(key, []), reviewed.get(key, [])
        spread = of_readings(before, interval, averaging)
        # mostly nothing was failed or corrected, and both layers are one
        found[key] = Sides(spread, spread if before == after else of_readings(after, interval, averaging))
    return found


def _readings(
    connection: Connection, hours: Collection[tuple[int, int]], intervals: Mapping[int, Intervals]
) -> Sequence[Sequence[Any]]:
    stretches = _stretches(sorted(hours), intervals)
    moment = reading.c.measured_at
    keys = [(one.station_id, from_millis(one.begin), from_millis(one.end)) for one in stretches]
    listed = key_list(connection, _WINDOW, keys)
    query = (
        select(
            reading.c.station_id,
            millis(moment),
            reading.c.parameter_id,
            reading.c.value,
            reading.c.status,
            reading.c.valid,
            reading.c.review,
            reading.c.reviewed_value,
        )
        .select_from(listed)
        .join(
            reading,
            and_(
                reading.c.station_id == listed.c.station_id,
                moment >= listed.c.begins,
                moment < listed.c.ends,
            ),
        )
        .where(reading.c.value.is_not(None) | reading.c.reviewed_value.is_not(None))
    )
    return connection.execute(query).all()


def _stretches(hours: Iterable[tuple[int, int]], intervals: Mapping[int, Intervals]) -> Iterator[_Stretch]:
    """The hours' readings as stretches of time; hours that follow one another are one."""
    open_: _Stretch | None = None
    for station_id, hour in hours:
        interval = intervals[station_id].at(hour)
        # the last slot that begins in the hour may reach beyond it
        end = hour + HOUR + (interval * 60_000 if 60 % interval else 0)
        if open_ is not None and open_.station_id == station_id and hour <= open_.end:
            open_ = open_._replace(end=end)
            continue
        if open_ is not None:
            yield open_
        open_ = _Stretch(station_id, hour, end)
    if open_ is not None:
        yield open_


def _known(
    connection: Connection, table: SqlTable, days: Collection[StationDay]
) -> dict[tuple[int, date, int], Any]:
    """The rows of `daily` for the days, by their key."""
    key = (table.c.station_id, table.c.day)
    listed = key_list(connection, key, sorted(days))
    rows = connection.execute(
        select(*(table.c[name] for name in DAY_COLUMNS)).select_from(listed).join(table, matches(key, listed))
    )
    return {(row.station_id, row.day, row.parameter_id): row for row in rows}


def _hours_of(
    connection: Connection, days: Collection[StationDay]
) -> dict[StationDay, dict[HourKey, tuple[Any, ...]]]:
    """The rows of `hourly` for whole days: cells in the order of HOUR_COLUMNS, the hour in milliseconds."""
    found: dict[StationDay, dict[HourKey, tuple[Any, ...]]] = {day: {} for day in days}
    columns = [millis(hourly.c.hour) if name == "hour" else hourly.c[name] for name in HOUR_COLUMNS]
    wanted = sorted(days)
    for start in range(0, len(wanted), _DAYS):
        begins = {
            (station_id, to_millis(day_start(day))): (station_id, day)
            for station_id, day in wanted[start : start + _DAYS]
        }
        keys = [
            (station_id, from_millis(begin), from_millis(begin + 24 * HOUR)) for station_id, begin in begins
        ]
        listed = key_list(connection, _WINDOW, keys)
        query = (
            select(*columns)
            .select_from(listed)
            .join(
                hourly,
                and_(
                    hourly.c.station_id == listed.c.station_id,
                    hourly.c.hour >= listed.c.begins,
                    hourly.c.hour < listed.c.ends,
                ),
            )
        )
        for row in connection.execute(query).all():
            station_id, hour, parameter_id = row[:3]
            begin = (hour + 7 * HOUR) // (24 * HOUR) * (24 * HOUR) - 7 * HOUR
            found[begins[station_id, begin]][station_id, hour, parameter_id] = tuple(row)
    return found


def _write_hours(
    connection: Connection,
    hours: Collection[tuple[int, int]],
    spreads: Mapping[HourKey, Sides],
    known: dict[StationDay, dict[HourKey, tuple[Any, ...]]],
    intervals: Mapping[int, Intervals],
) -> set[StationDay]:
    """Writes what differs from `known`, and brings `known` up to date; returns the days that changed."""
    changed: set[StationDay] = set()
    rows = []
    for key, sides in spreads.items():
        station_id, hour, _ = key
        cells = hour_cells(key, hour_expects(hour, intervals[station_id].at(hour)), sides)
        day = (station_id, _day_of(hour))
        if known[day].get(key) != cells:
            known[day][key] = cells
            changed.add(day)
            row = dict(zip(HOUR_COLUMNS, cells, strict=True))
            rows.append(row | {"hour": from_millis(hour)})
    gone = []
    for day, of_day in known.items():
        for key in [key for key in of_day if key[:2] in hours and key not in spreads]:
            del of_day[key]
            gone.append(key)
            changed.add(day)
    upsert_rows(connection, hourly, rows)
    _remove(connection, hourly, "hour", [(key[0], from_millis(key[1]), key[2]) for key in gone])
    return changed


def _write_days(
    connection: Connection,
    days: Collection[StationDay],
    hours: Mapping[StationDay, Mapping[HourKey, tuple[Any, ...]]],
    known: Mapping[tuple[int, date, int], Any],
    intervals: Mapping[int, Intervals],
    averagings: Mapping[int, Averaging],
) -> set[StationDay]:
    """Writes the days' rows where they differ from `known`; returns those days."""
    changed: set[StationDay] = set()
    rows = []
    present = set()
    figures = load_figures(connection, MINIMUM)
    for station_id, day in days:
        begin = to_millis(day_start(day))
        percent = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
        interval = intervals[station_id].on(day)
        parts: dict[int, list[tuple[int, Sides]]] = defaultdict(list)
        for (_, _, parameter_id), cells in hours[station_id, day].items():
            parts[parameter_id].append(sides_of(cells))
        for parameter_id, of_parameter in parts.items():
            key = (station_id, day, parameter_id)
            present.add(key)
            averaging = averagings[parameter_id]
            received = of_hours(
                (Part(expected, sides.received) for expected, sides in of_parameter), averaging, percent
            )
            alike = all(sides.received == sides.reviewed for _, sides in of_parameter)
            reviewed = (
                received
                if alike
                else of_hours(
                    (Part(expected, sides.reviewed) for expected, sides in of_parameter), averaging, percent
                )
            )
            cells = day_cells(key, begin, interval, day_expects(interval), Sides(received, reviewed))
            if key not in known or tuple(known[key]) != cells:
                rows.append(dict(zip(DAY_COLUMNS, cells, strict=True)))
                changed.add((station_id, day))
    gone = [key for key in known if key not in present]
    changed.update(key[:2] for key in gone)
    upsert_rows(connection, daily, rows)
    _remove(connection, daily, "day", gone)
    return changed


def _remove(connection: Connection, table: SqlTable, when: str, keys: Sequence[tuple[Any, ...]]) -> None:
    if keys:
        connection.execute(
            delete(table).where(
                table.c.station_id == bindparam("of_station"),
                table.c[when] == bindparam("at"),
                table.c.parameter_id == bindparam("of_parameter"),
            ),
            [dict(zip(("of_station", "at", "of_parameter"), key, strict=True)) for key in keys],
        )
