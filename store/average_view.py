"""Averages as they are shown: hours and days from their tables, 8 hours, months and years computed from them.

A walk goes station by station, in the order of time, a day, a month or a year in memory at a time, and
skips stretches in which there is nothing. What is too little for an average has no number here.
"""

from calendar import isleap, monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from quality.averages import (
    HOUR,
    MINIMUM_PERCENT,
    Averaging,
    By,
    Part,
    Spread,
    enough,
    hour_expects,
    of_days,
    of_hours,
)
from quality.figures import MINIMUM, Figures
from quality.slots import day_of, day_start
from quality.units import conversion
from store.average_rows import DAY_COLUMNS, HOUR_COLUMNS, Sides, day_sides, sides_of
from store.figures import load_figures
from store.millis import millis
from store.station_view import StationEntry
from store.tables import channel, daily, hourly, parameter
from store.time_type import from_millis, to_millis

_WINDOW_HOURS = 8
_UNIT_OF_TOTAL = {"m3/h": "m3", "Nm3/h": "Nm3"}


@dataclass(frozen=True)
class SideItem:
    """An average in one layer."""

    mean: float | None
    """None where there is too little for an average, whatever there is."""
    count: int
    """Slots of an hour, hours of a day or of eight hours, days of a month or a year, that have a value."""
    sufficient: bool
    min: float | None
    min_at: datetime | None
    max: float | None
    max_at: datetime | None
    total: float | None
    """Of a flow, in `total_unit`: what was measured; time without a value counts nothing."""


class AverageItem(NamedTuple):
    """One parameter of one station over one period, in both layers."""

    code_key: str
    """What the stations are ordered by."""
    station: str
    parameter_id: int
    parameter: str
    unit: str
    by: By
    start: datetime
    """In +07:00, as `end`."""
    end: datetime
    expected: int
    """Of what `count` counts."""
    total_unit: str | None
    as_received: SideItem
    as_reviewed: SideItem


class AverageKey(NamedTuple):
    """Where a walk ended: the period's start in UTC, and the parameter."""

    start: datetime
    parameter_id: int


@dataclass(frozen=True)
class _Parameter:
    name: str
    unit: str
    averaging: Averaging
    total_factor: float | None
    total_unit: str | None


def averages(
    connection: Connection,
    stations: Iterable[StationEntry],
    by: By,
    since: datetime | None,
    until: datetime | None,
    parameter_id: int | None = None,
    after: AverageKey | None = None,
) -> Iterator[AverageItem]:
    """The averages of the stations: in their order, then of time, then of parameters.

    since, until: aware; periods that lie at least partly in that stretch, and of moving 8-hour ones those
    that begin in it. after: of the first station, only what comes after it.
    """
    figures = load_figures(connection, MINIMUM)
    for entry in stations:
        names = _parameters(connection, entry.id)
        begin = since
        if after is not None and (begin is None or after.start > begin):
            begin = after.start
        for period in _WALKS[by](connection, entry, names, figures, begin, until):
            if parameter_id is not None and period.parameter_id != parameter_id:
                continue
            if after is None or (period.start, period.parameter_id) > (after.start, after.parameter_id):
                yield period
        after = None


def _parameters(connection: Connection, station_id: int) -> dict[int, _Parameter]:
    own = and_(channel.c.parameter_id == parameter.c.id, channel.c.station_id == station_id)
    rows = connection.execute(
        select(
            parameter.c.id,
            parameter.c.code,
            parameter.c.averaging,
            channel.c.id.label("channel_id"),
            channel.c.unit,
            parameter.c.unit.label("usual"),
        ).outerjoin(channel, own)
    )
    found = {}
    for row in rows:
        # what nobody declared came in units that nobody knows
        unit = (row.unit or row.usual) if row.channel_id is not None else ""
        factor, total_unit = _total_of(unit) if row.averaging == "total" else (None, None)
        found[row.id] = _Parameter(row.code, unit, row.averaging, factor, total_unit)
    return found


def _total_of(unit: str) -> tuple[float | None, str | None]:
    """What turns unit x hours into a volume, and the volume's unit; (None, None) where it is no flow."""
    for per_hour, volume in _UNIT_OF_TOTAL.items():
        known = conversion(unit, per_hour)
        if known is not None:
            return known.apply(1.0), volume
    return None, None


def _hours(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AverageItem]:
    floor = None if since is None else from_millis(to_millis(since) // HOUR * HOUR)
    for day in _days_with_hours(connection, entry.id, floor, until, timedelta(0)):
        percent = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
        begin = day_start(day)
        for (hour, parameter_id), (expected, sides) in _hour_rows(connection, entry.id, begin, 24).items():
            start = from_millis(hour)
            if (floor is None or start >= floor) and (until is None or start < until):
                name = names[parameter_id]
                received, reviewed = (
                    _side(
                        spread,
                        spread.slots,
                        expected,
                        percent,
                        _hour_total(spread, expected, name),
                    )
                    for spread in sides
                )
                yield _item(
                    entry,
                    parameter_id,
                    name,
                    "hour",
                    start,
                    start + timedelta(hours=1),
                    expected,
                    received,
                    reviewed,
                )


def _moving(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AverageItem]:
    """Eight hours from each full hour on."""
    for day in _days_with_hours(connection, entry.id, since, until, timedelta(hours=_WINDOW_HOURS - 1)):
        of_hour = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
        percent = figures.value(MINIMUM, "8hour", day, MINIMUM_PERCENT)
        begin = to_millis(day_start(day))
        rows = _hour_rows(connection, entry.id, day_start(day), 24 + _WINDOW_HOURS - 1)
        parameter_ids = sorted({parameter_id for _, parameter_id in rows})
        for hour in range(begin, begin + 24 * HOUR, HOUR):
            start = from_millis(hour)
            if (since is not None and start < since) or (until is not None and start >= until):
                continue
            window = range(hour, hour + _WINDOW_HOURS * HOUR, HOUR)
            expected = sum(1 for one in window if hour_expects(one, entry.interval_minutes))
            for parameter_id in parameter_ids:
                parts = [rows[one, parameter_id] for one in window if (one, parameter_id) in rows]
                if not parts:
                    continue
                name = names[parameter_id]
                received, reviewed = (
                    _of_parts(
                        [Part(slots, sides[layer]) for slots, sides in parts],
                        expected,
                        name,
                        of_hour,
                        percent,
                    )
                    for layer in (0, 1)
                )
                end = start + timedelta(hours=_WINDOW_HOURS)
                yield _item(entry, parameter_id, name, "8hour", start, end, expected, received, reviewed)


def _of_parts(parts: list[Part], expected: int, name: _Parameter, of_hour: float, percent: float) -> SideItem:
    spread = of_hours(parts, name.averaging, of_hour)
    return _side(spread, spread.hours, expected, percent, _volume(spread.total, name))


def _days(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AverageItem]:
    for first in _starts_with_days(connection, entry.id, since, until, _next_month):
        rows = _day_rows(connection, entry.id, first, _next_month(first))
        for (day, parameter_id), (expected, sides) in rows.items():
            start = day_start(day)
            end = start + timedelta(days=1)
            if (since is not None and end <= since) or (until is not None and start >= until):
                continue
            name = names[parameter_id]
            percent = figures.value(MINIMUM, "day", day, MINIMUM_PERCENT)
            received, reviewed = (
                _side(spread, spread.hours, expected, percent, _volume(spread.total, name))
                for spread in sides
            )
            yield _item(entry, parameter_id, name, "day", start, end, expected, received, reviewed)


def _months(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AverageItem]:
    for first in _starts_with_days(connection, entry.id, since, until, _next_month):
        days = monthrange(first.year, first.month)[1]
        yield from _long(connection, entry, names, figures, "month", first, _next_month(first), days)


def _years(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AverageItem]:
    for first in _starts_with_days(connection, entry.id, since, until, _next_year):
        days = 366 if isleap(first.year) else 365
        yield from _long(connection, entry, names, figures, "year", first, _next_year(first), days)


def _long(
    connection: Connection,
    entry: StationEntry,
    names: Mapping[int, _Parameter],
    figures: Figures,
    by: By,
    first: date,
    following: date,
    expected: int,
) -> Iterator[AverageItem]:
    percent = figures.value(MINIMUM, by, first, MINIMUM_PERCENT)
    found: dict[int, tuple[list[tuple[Spread, bool]], list[tuple[Spread, bool]]]] = defaultdict(
        lambda: ([], [])
    )
    for (day, parameter_id), (hours, sides) in _day_rows(connection, entry.id, first, following).items():
        of_day = figures.value(MINIMUM, "day", day, MINIMUM_PERCENT)
        for side, spread in zip(found[parameter_id], sides, strict=True):
            side.append((spread, enough(spread.hours, hours, of_day)))
    for parameter_id, layers in sorted(found.items()):
        name = names[parameter_id]
        received, reviewed = (
            _side(spread, spread.hours, expected, percent, _volume(spread.total, name))
            for spread in (of_days(days, name.averaging) for days in layers)
        )
        start, end = day_start(first), day_start(following)
        yield _item(entry, parameter_id, name, by, start, end, expected, received, reviewed)


_Walk = Callable[
    [
        Connection,
        StationEntry,
        Mapping[int, _Parameter],
        Figures,
        datetime | None,
        datetime | None,
    ],
    Iterator[AverageItem],
]
_WALKS: dict[By, _Walk] = {
    "hour": _hours,
    "8hour": _moving,
    "day": _days,
    "month": _months,
    "year": _years,
}


def _side(spread: Spread, count: int, expected: int, percent: float, total: float | None) -> SideItem:
    sufficient = spread.mean is not None and enough(count, expected, percent)
    return SideItem(
        spread.mean if sufficient else None,
        count,
        sufficient,
        spread.low,
        None if spread.low_at is None else from_millis(spread.low_at),
        spread.high,
        None if spread.high_at is None else from_millis(spread.high_at),
        total,
    )


def _item(
    entry: StationEntry,
    parameter_id: int,
    name: _Parameter,
    by: By,
    start: datetime,
    end: datetime,
    expected: int,
    received: SideItem,
    reviewed: SideItem,
) -> AverageItem:
    return AverageItem(
        entry.code_key,
        entry.code,
        parameter_id,
        name.name,
        name.unit,
        by,
        start,
        end,
        expected,
        name.total_unit,
        received,
        reviewed,
    )


def _hour_total(spread: Spread, expected: int, name: _Parameter) -> float | None:
    if name.averaging != "total":
        return None
    return _volume(of_hours([Part(expected, spread)], "total", 0).total, name)


def _volume(total: float | None, name: _Parameter) -> float | None:
    return None if total is None or name.total_factor is None else total * name.total_factor


def _hour_rows(
    connection: Connection, station_id: int, begin: datetime, hours: int
) -> dict[tuple[int, int], tuple[int, Sides]]:
    """(Hour in milliseconds, parameter) -> expected slots and both layers, in that order."""
    columns = [millis(hourly.c.hour) if name == "hour" else hourly.c[name] for name in HOUR_COLUMNS]
    rows = connection.execute(
        select(*columns)
        .where(
            hourly.c.station_id == station_id,
            hourly.c.hour >= begin,
            hourly.c.hour < begin + timedelta(hours=hours),
        )
        .order_by(hourly.c.hour, hourly.c.parameter_id)
    )
    return {(row[1], row[2]): sides_of(tuple(row)) for row in rows}


def _day_rows(
    connection: Connection, station_id: int, first: date, following: date
) -> dict[tuple[date, int], tuple[int, Sides]]:
    """(Day, parameter) -> expected hours and both layers, in that order."""
    rows = connection.execute(
        select(*(daily.c[name] for name in DAY_COLUMNS))
        .where(daily.c.station_id == station_id, daily.c.day >= first, daily.c.day < following)
        .order_by(daily.c.day, daily.c.parameter_id)
    )
    return {
        (row.day, row.parameter_id): (row.expected, day_sides(tuple(row), to_millis(day_start(row.day))))
        for row in rows
    }


def _days_with_hours(
    connection: Connection,
    station_id: int,
    since: datetime | None,
    until: datetime | None,
    reach: timedelta,
) -> Iterator[date]:
    """The days in which a period may begin that holds an hour of the table, `reach` after its own hour."""
    at = since
    while True:
        query = select(func.min(hourly.c.hour)).where(hourly.c.station_id == station_id)
        if at is not None:
            query = query.where(hourly.c.hour >= at)
        found = connection.scalar(query)
        if found is None:
            return
        first = found - reach
        day = day_of(first if at is None else max(first, at))
        if until is not None and day_start(day) >= until:
            return
        yield day
        at = day_start(day + timedelta(days=1))


def _starts_with_days(
    connection: Connection,
    station_id: int,
    since: datetime | None,
    until: datetime | None,
    following: Callable[[date], date],
) -> Iterator[date]:
    """The first days of the months or years that hold a day of the table."""
    at = None if since is None else _first(day_of(since), following)
    while True:
        query = select(func.min(daily.c.day)).where(daily.c.station_id == station_id)
        if at is not None:
            query = query.where(daily.c.day >= at)
        day = connection.scalar(query)
        if day is None:
            return
        first = _first(day, following)
        if until is not None and day_start(first) >= until:
            return
        yield first
        at = following(first)


def _first(day: date, following: Callable[[date], date]) -> date:
    return day.replace(day=1) if following is _next_month else day.replace(month=1, day=1)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _next_year(day: date) -> date:
    return date(day.year + 1, 1, 1)
