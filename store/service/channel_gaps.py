"""Channels that send nothing usable for long, found again from the slot account where that changed.

However alive its neighbours are, a parameter that was absent, without a value, calibrating or in error for
longer than is reportable is listed. Time in which the whole station was interrupted is not the channel's:
it neither ends its gap nor makes it longer.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from quality.completeness import DayLines, Excuses, Span, counted_line, spans
from quality.dated_rules import DatedRules
from quality.interruptions import USABLE, Gap, channel_gaps
from quality.intervals import Intervals
from quality.service import Service
from quality.slots import day_of, day_start, slot_start
from quality.stretches import Stretch, united, without
from store.network.intervals import load_intervals
from store.service.interruption_rows import Found, replace_rows, rows_of
from store.tables import channel, slot_day

_DAY = timedelta(days=1)
_STEP = timedelta(days=31)
"""How much further a gap's beginning or end is looked for at a time."""


class _Lines:
    """The slot lines of a station, loaded as they are asked for."""

    def __init__(self, connection: Connection, station_id: int, first: date, last: date) -> None:
        self._connection, self._station_id = connection, station_id
        self._first, self._last = first, last
        self._known: dict[int, dict[date, DayLines]] = {}
        self._load(first, last)

    def of(self, parameter_id: int, first: date, last: date) -> dict[date, DayLines]:
        """A channel's days, those from `first` to `last` among them; a day without anything is left out."""
        if first < self._first:
            self._load(first, self._first - _DAY)
            self._first = first
        if last > self._last:
            self._load(self._last + _DAY, last)
            self._last = last
        return self._known.get(parameter_id, {})

    def _load(self, first: date, last: date) -> None:
        query = select(
            slot_day.c.parameter_id, slot_day.c.day, slot_day.c.interval_minutes, slot_day.c.states
        ).where(slot_day.c.station_id == self._station_id, slot_day.c.day >= first, slot_day.c.day <= last)
        for parameter_id, day, interval, states in self._connection.execute(query):
            self._known.setdefault(parameter_id, {})[day] = DayLines(interval, states)


class _Look:
    """One channel's counted slots, as far as they were asked for."""

    def __init__(
        self,
        lines: _Lines,
        parameter_id: int,
        counted: Sequence[Stretch],
        excuses: Excuses,
        intervals: Intervals,
        now: datetime,
    ) -> None:
        self._lines, self._parameter_id, self._counted = lines, parameter_id, counted
        self._excuses, self._now = excuses, now
        self._intervals = intervals

    def told(self, first: date, last: date) -> list[tuple[Span, str]]:
        """The counted slots from one day to another, both included, with their letters."""
        known = self._lines.of(self._parameter_id, first, last)

        def interval_on(day: date) -> int:
            return known[day].interval if day in known else self._intervals.on(day)

        found: list[tuple[Span, str]] = []
        for part in self._counted:
            begin = max(part.begin, day_start(first))
            end = min(part.end, day_start(last) + _DAY)
            found += [
                (span, counted_line(known.get(span.day), span, self._excuses))
                for span in spans(begin, end, self._now, interval_on)
            ]
        return found

    def whole_gaps(self, first: date, last: date) -> tuple[date, list[tuple[Span, str]]]:
        """The same, widened so that no gap is cut by its edges; and the day it begins with."""
        oldest = day_of(self._counted[0].begin)
        newest = day_of(self._now)
        told = self.told(first, last)
        while first > oldest and not (told and told[0][1][0] in USABLE):
            first = max(oldest, first - (_DAY if first == last else _STEP))
            told = self.told(first, last)
        while last < newest and not (told and told[-1][1][-1] in USABLE):
            last = min(newest, last + _STEP)
            told = self.told(first, last)
        return first, told


def look_at_channels(
    connection: Connection,
    station_id: int,
    days: Sequence[date],
    counted: Sequence[Stretch],
    service: Service,
    rules: DatedRules,
    now: datetime,
) -> None:
    """Finds the gaps of a station's channels that touch the given days in Vietnam, and writes them.

    counted: the time in which the station can be interrupted. now: aware.
    """
    first, last = min(days), min(max(days), day_of(now))
    if not counted or last < day_of(counted[0].begin):
        return
    intervals = load_intervals(connection, [station_id])[station_id]
    silent = [Stretch(row.started_at, row.ended_at or now) for row in rows_of(connection, station_id)]
    lines = _Lines(connection, station_id, first - _DAY, last)
    declared = select(channel.c.parameter_id).where(channel.c.station_id == station_id)
    for parameter_id in connection.scalars(declared).all():
        # a silence begins with a slot that came
        excuses = Excuses(united([*service.stopped(parameter_id), *silent]), service.outages)
        look = _Look(lines, parameter_id, counted, excuses, intervals, now)
        begin, told = look.whole_gaps(max(first, day_of(counted[0].begin)), last)
        _write(connection, station_id, parameter_id, begin, told, excuses, rules, now)


def _write(
    connection: Connection,
    station_id: int,
    parameter_id: int,
    begin: date,
    told: Sequence[tuple[Span, str]],
    excuses: Excuses,
    rules: DatedRules,
    now: datetime,
) -> None:
    if not told:
        return
    last = told[-1][0]
    # a gap that begins with the very last slot lies beyond
    end = slot_start(last.day, last.last - 1, last.interval)
    old = [
        row
        for row in rows_of(connection, station_id, parameter_id)
        if row.started_at < end and (row.ended_at is None or row.ended_at > day_start(begin))
    ]
    found = [
        Found(gap.started_at, gap.ended_at, gap.started_at, gap.ended_at, True)
        for gap in channel_gaps(told)
        if _is_long(gap, excuses, rules, now)
    ]
    if old or found:
        replace_rows(connection, station_id, parameter_id, old, found, now)


def _is_long(gap: Gap, excuses: Excuses, rules: DatedRules, now: datetime) -> bool:
    excused = united([*excuses.stops, *excuses.outages])
    left = without([Stretch(gap.started_at, gap.ended_at or now)], excused)
    length = sum((one.length for one in left), timedelta())
    return length > timedelta(hours=rules.number("reportable_hours", gap.started_at))
