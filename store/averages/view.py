"""Averages as they are shown: hours and days from their tables, 8 hours, months and years computed from them.

A walk goes station by station, in the order of time, a day, a month or a year in memory at a time, and
skips stretches in which there is nothing.
"""

from calendar import isleap, monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from quality.averages import (
    HOUR,
    MINIMUM_PERCENT,
    By,
    Part,
    Spread,
    enough,
    hour_expects,
    of_days,
    of_hours,
)
from quality.figures import MINIMUM, Figures
from quality.periods import next_period
from quality.slots import day_start
from store.averages.averaged_parameters import Averaged, averaged_parameters
from store.averages.items import AverageItem, AverageKey, Span
from store.averages.lookup import (
    day_rows,
    days_with_hours,
    hour_rows,
    starts_with_days,
)
from store.limits.figures import load_figures
from store.network.station_view import StationEntry
from store.time_type import from_millis, to_millis

_WINDOW_HOURS = 8


@dataclass(frozen=True)
class _Asked:
    """What of one station is asked for, and what it takes to tell it."""

    connection: Connection
    entry: StationEntry
    names: Mapping[int, Averaged]
    figures: Figures
    since: datetime | None
    until: datetime | None

    def percent(self, of: By, day: date) -> float:
        """The least share for such an average on a day."""
        return self.figures.value(MINIMUM, of, day, MINIMUM_PERCENT)

    def begins_inside(self, start: datetime) -> bool:
        """Whether a moment lies in the stretch that is asked for."""
        return (self.since is None or start >= self.since) and (self.until is None or start < self.until)

    def item(self, span: Span, parameter_id: int, received: Spread, reviewed: Spread) -> AverageItem:
        """One parameter over one period."""
        return span.item(self.entry, parameter_id, self.names[parameter_id], received, reviewed)


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
        begin = since
        if after is not None and (begin is None or after.start > begin):
            begin = after.start
        asked = _Asked(connection, entry, averaged_parameters(connection, entry.id), figures, begin, until)
        for period in _WALKS[by](asked):
            if parameter_id is not None and period.parameter_id != parameter_id:
                continue
            if after is None or (period.start, period.parameter_id) > (after.start, after.parameter_id):
                yield period
        after = None


def _hours(asked: _Asked) -> Iterator[AverageItem]:
    floor = None if asked.since is None else from_millis(to_millis(asked.since) // HOUR * HOUR)
    until = asked.until
    for day in days_with_hours(asked.connection, asked.entry.id, floor, until, timedelta(0)):
        percent = asked.percent("hour", day)
        rows = hour_rows(asked.connection, asked.entry, day_start(day), 24)
        for (hour, parameter_id), (expected, sides) in rows.items():
            start = from_millis(hour)
            if (floor is None or start >= floor) and (until is None or start < until):
                span = Span("hour", start, start + timedelta(hours=1), expected, percent)
                yield asked.item(span, parameter_id, *sides)


def _moving(asked: _Asked) -> Iterator[AverageItem]:
    """Eight hours from each full hour on."""
    reach = timedelta(hours=_WINDOW_HOURS - 1)
    for day in days_with_hours(asked.connection, asked.entry.id, asked.since, asked.until, reach):
        of_hour, percent = asked.percent("hour", day), asked.percent("8hour", day)
        begin = to_millis(day_start(day))
        rows = hour_rows(asked.connection, asked.entry, day_start(day), 24 + _WINDOW_HOURS - 1)
        parameter_ids = sorted({parameter_id for _, parameter_id in rows})
        for hour in range(begin, begin + 24 * HOUR, HOUR):
            start = from_millis(hour)
            if not asked.begins_inside(start):
                continue
            window = range(hour, hour + _WINDOW_HOURS * HOUR, HOUR)
            expected = sum(1 for one in window if hour_expects(one, asked.entry.intervals.at(one)))
            span = Span("8hour", start, start + timedelta(hours=_WINDOW_HOURS), expected, percent)
            for parameter_id in parameter_ids:
                parts = [rows[one, parameter_id] for one in window if (one, parameter_id) in rows]
                if parts:
                    averaging = asked.names[parameter_id].averaging
                    received, reviewed = (
                        of_hours([Part(slots, sides[layer]) for slots, sides in parts], averaging, of_hour)
                        for layer in (0, 1)
                    )
                    yield asked.item(span, parameter_id, received, reviewed)


def _days(asked: _Asked) -> Iterator[AverageItem]:
    for first in starts_with_days(asked.connection, asked.entry.id, asked.since, asked.until, "month"):
        rows = day_rows(asked.connection, asked.entry, first, next_period(first, "month"), asked.figures)
        for (day, parameter_id), (expected, sides) in rows.items():
            start = day_start(day)
            end = start + timedelta(days=1)
            if (asked.since is None or end > asked.since) and (asked.until is None or start < asked.until):
                span = Span("day", start, end, expected, asked.percent("day", day))
                yield asked.item(span, parameter_id, *sides)


def _months(asked: _Asked) -> Iterator[AverageItem]:
    for first in starts_with_days(asked.connection, asked.entry.id, asked.since, asked.until, "month"):
        yield from _long(
            asked, "month", first, next_period(first, "month"), monthrange(first.year, first.month)[1]
        )


def _years(asked: _Asked) -> Iterator[AverageItem]:
    for first in starts_with_days(asked.connection, asked.entry.id, asked.since, asked.until, "year"):
        yield from _long(asked, "year", first, next_period(first, "year"), 366 if isleap(first.year) else 365)


def _long(asked: _Asked, by: By, first: date, following: date, expected: int) -> Iterator[AverageItem]:
    found: dict[int, tuple[list[tuple[Spread, bool]], list[tuple[Spread, bool]]]] = defaultdict(
        lambda: ([], [])
    )
    rows = day_rows(asked.connection, asked.entry, first, following, asked.figures)
    for (day, parameter_id), (hours, sides) in rows.items():
        of_day = asked.percent("day", day)
        for side, spread in zip(found[parameter_id], sides, strict=True):
            side.append((spread, enough(spread.hours, hours, of_day)))
    span = Span(by, day_start(first), day_start(following), expected, asked.percent(by, first))
    for parameter_id, layers in sorted(found.items()):
        averaging = asked.names[parameter_id].averaging
        received, reviewed = (of_days(days, averaging) for days in layers)
        yield asked.item(span, parameter_id, received, reviewed)


_WALKS: dict[By, Callable[[_Asked], Iterator[AverageItem]]] = {
    "hour": _hours,
    "8hour": _moving,
    "day": _days,
    "month": _months,
    "year": _years,
}
