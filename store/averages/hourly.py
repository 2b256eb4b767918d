"""Hourly averages: computed from the readings in force and from nothing else, and written where they changed.

Which hours are to be computed is decided in store/averages/keeping.py; what a spread is, in
quality/averages.py.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, FromClause, and_, case, false, func, not_, select

from quality.averages import HOUR, NOTHING, Averaging, hour_expects, hour_of_slot, of_readings
from quality.intervals import Intervals
from quality.slots import day_of
from store.averages.owed import StationDay, StationHour
from store.averages.rows import HOUR_CELLS, HOUR_COLUMNS, Sides, hour_cells, remove_rows
from store.bulk import tuples_of, upsert_rows
from store.key_list import key_list
from store.millis import millis
from store.tables import hourly, parameter, reading
from store.tables.metadata import Id
from store.time_type import UtcTime, from_millis

HourKey = tuple[int, int, int]
"""Station, the hour's start in milliseconds, parameter."""
_STRETCH = (Column("station_id", Id), Column("begins", UtcTime), Column("ends", UtcTime))
"""Stretches of stations' time to look into, `ends` not included."""


_NOTHING = Sides(NOTHING, NOTHING)


class _Stretch(NamedTuple):
    """Readings to look at: from `begin` up to `end`, not included, in milliseconds."""

    station_id: int
    begin: int
    end: int


def averagings_of(connection: Connection) -> defaultdict[int, Averaging]:
    """How each parameter is averaged, by its id."""
    found: defaultdict[int, Averaging] = defaultdict(lambda: "mean")
    special = select(parameter.c.id, parameter.c.averaging).where(parameter.c.averaging != "mean")
    found.update(connection.execute(special).all())
    return found


def spreads_of(
    connection: Connection,
    hours: Collection[StationHour],
    intervals: Mapping[int, Intervals],
    averagings: Mapping[int, Averaging],
) -> dict[HourKey, Sides]:
    """The spreads of the hours, from the readings in force; where there is none, there is no spread.

    intervals: by station.
    """
    alike: dict[HourKey, list[tuple[float, int]]] = defaultdict(list)
    apart: dict[HourKey, list[tuple[float | None, float | None, int]]] = defaultdict(list)
    crooked = {one for one, known in intervals.items() if any(60 % interval for interval in known.all)}
    for station_id, at, parameter_id, is_alike, received, reviewed in _readings(connection, hours, intervals):
        key = (station_id, at // HOUR * HOUR, parameter_id)
        if station_id in crooked:
            key = (station_id, hour_of_slot(at, intervals[station_id].at(at)), parameter_id)
            if key[:2] not in hours:
                continue
        if is_alike:
            alike[key].append((received, at))
        else:
            apart[key].append((received, reviewed, at))
    found = {}
    for key in alike.keys() | apart.keys():
        interval, averaging = intervals[key[0]].at(key[1]), averagings[key[2]]
        both, others = alike.get(key, []), apart.get(key, [])
        before = both + [(received, at) for received, _, at in others if received is not None]
        spread = of_readings(before, interval, averaging)
        if not others:  # mostly nothing was failed or corrected, and both layers are one
            found[key] = Sides(spread, spread)
            continue
        after = both + [(reviewed, at) for _, reviewed, at in others if reviewed is not None]
        found[key] = Sides(spread, of_readings(after, interval, averaging))
    return {key: sides for key, sides in found.items() if sides != _NOTHING} if apart else found


def write_hours(
    connection: Connection,
    hours: Collection[StationHour],
    intervals: Mapping[int, Intervals],
    averagings: Mapping[int, Averaging],
) -> set[StationDay]:
    """Computes the hours anew, and writes what differs from their rows; returns the days that changed."""
    if not hours:
        return set()
    known = _known(connection, hours)
    rows, changed = [], set()
    for key, sides in spreads_of(connection, hours, intervals, averagings).items():
        station_id, hour, _ = key
        cells = hour_cells(key, hour_expects(hour, intervals[station_id].at(hour)), sides)
        if known.pop(key, None) != cells:
            changed.add((station_id, day_of(from_millis(hour))))
            row = dict(zip(HOUR_COLUMNS, cells, strict=True))
            rows.append(row | {"hour": from_millis(hour)})
    upsert_rows(connection, hourly, rows)
    gone = [(station_id, from_millis(hour), parameter_id) for station_id, hour, parameter_id in known]
    remove_rows(connection, hourly, "hour", gone)
    return changed | {(station_id, day_of(hour)) for station_id, hour, _ in gone}


def _known(connection: Connection, hours: Collection[StationHour]) -> dict[HourKey, tuple[Any, ...]]:
    """The rows that stand for the hours: cells in the order of HOUR_COLUMNS, the hour in milliseconds."""
    stretches = _stretches(sorted(hours), defaultdict(lambda: Intervals(60)))
    return {(row[0], row[1], row[2]): tuple(row) for row in hours_within(connection, _as_keys(stretches))}


def hours_within(
    connection: Connection, stretches: Sequence[tuple[int, datetime, datetime]]
) -> Sequence[Sequence[Any]]:
    """HOUR_CELLS of the hours that begin in the stretches: (station, from, to), `to` not included."""
    listed = key_list(connection, _STRETCH, stretches)
    query = select(*HOUR_CELLS).select_from(listed).join(hourly, _in_stretch(hourly.c.hour, listed))
    return connection.execute(query).all()


def _in_stretch(moment: Column[Any], listed: FromClause) -> ColumnElement[bool]:
    """Whether a row of the moment's table lies in a listed stretch."""
    return and_(
        moment.table.c.station_id == listed.c.station_id, moment >= listed.c.begins, moment < listed.c.ends
    )


def _readings(
    connection: Connection, hours: Collection[StationHour], intervals: Mapping[int, Intervals]
) -> Sequence[Sequence[Any]]:
    """Station, moment in milliseconds, parameter, whether both layers have the same number, and each one's
    number (None: it has none there)."""
    moment = reading.c.measured_at
    listed = key_list(connection, _STRETCH, _as_keys(_stretches(sorted(hours), intervals)))
    came = and_(reading.c.status == "00", reading.c.value.is_not(None))
    corrected = func.coalesce(reading.c.review == "corrected", false())
    query = (
        select(
            reading.c.station_id,
            millis(moment),
            reading.c.parameter_id,
            and_(came, reading.c.valid, not_(corrected)),
            case((came, reading.c.value)),
            # valid with the review, as quality/review.py has it
            case((reading.c.valid, case((corrected, reading.c.reviewed_value), else_=reading.c.value))),
        )
        .select_from(listed)
        .join(reading, _in_stretch(moment, listed))
        .where(reading.c.value.is_not(None) | reading.c.reviewed_value.is_not(None))
    )
    return tuples_of(connection, query)


def _as_keys(stretches: Iterable[_Stretch]) -> list[tuple[int, datetime, datetime]]:
    return [(one.station_id, from_millis(one.begin), from_millis(one.end)) for one in stretches]


def _stretches(hours: Iterable[StationHour], intervals: Mapping[int, Intervals]) -> Iterator[_Stretch]:
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
