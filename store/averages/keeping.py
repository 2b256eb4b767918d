"""Keeping hourly and daily averages right: which of them are computed when something changed.

One step of settling (store/slots/settling.py), in its transaction. An hour or day that is over is computed
anew from the readings in force when a mark touches it; one that is under way is owed, and computed once when
it is over (store/averages/owed.py). So the tables always hold what a computation from the beginning would
hold of what is over: never a sum that something was added to. Changed days of stations that have limits are
put down to be judged; so are days of stations with a limit for single readings, without waiting for the hour.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from quality.averages import HOUR, hour_of_slot
from quality.intervals import Intervals
from quality.slots import day_of, day_start
from store.averages.daily import DayRows, day_rows_of, write_days
from store.averages.hourly import averagings_of, write_hours
from store.averages.owed import Due, StationDay, StationHour, day_due_at, hour_due_at, owe
from store.limits import judge_days
from store.slots.dirty_hours import Mark
from store.time_type import from_millis, to_millis

YEARS = range(1971, 9990)
"""Beyond them no station measured or will: a clock that lost its year makes readings, which fail, but no
averages, and no day whose end cannot be told."""


def settle_averages(
    connection: Connection,
    marks: Collection[Mark],
    due: Due,
    intervals: Mapping[int, Intervals],
    now: datetime,
) -> None:
    """Averages what is due, and what is over of the marked hours and their days; owes the rest.

    marks: of readings that changed. intervals: by station; one that is gone is not in it, and has nothing to
    average. now: aware.
    """
    moment = to_millis(now)
    marked = _hours_of(marks, intervals)
    over = {one for one in marked if hour_due_at(one[1], intervals[one[0]].at(one[1])) <= moment}
    over |= {one for one in due.hours if one[0] in intervals}
    touched = _days_of(over)
    days = {one for one in touched if day_due_at(one[1], intervals[one[0]].on(one[1])) <= moment}
    owe(connection, marked - over, touched - days, intervals)
    days |= {one for one in due.days if one[0] in intervals}
    changed = _average(connection, over, days, intervals) if over or days else set()
    limited = judge_days.limited_stations(connection, {station_id for station_id, _ in changed})
    # a limit for single readings does not wait for the hour
    instant = judge_days.instant_stations(connection, {station_id for station_id, _ in marked})
    at_once = _days_of({hour for hour in marked if hour[0] in instant})
    judge_days.ask(connection, at_once | {day for day in changed if day[0] in limited})


def _average(
    connection: Connection,
    hours: set[StationHour],
    days: set[StationDay],
    intervals: Mapping[int, Intervals],
) -> set[StationDay]:
    """Computes hours, then days, anew; returns the station days of which anything changed."""
    averagings = averagings_of(connection)
    known = day_rows_of(connection, days)
    hours = hours | _recut(known, intervals)
    changed = write_hours(connection, hours, intervals, averagings)
    return changed | write_days(connection, days, known, intervals, averagings)


def _hours_of(marks: Collection[Mark], intervals: Mapping[int, Intervals]) -> set[StationHour]:
    """The hours whose averages depend on what is marked: slots may reach over an hour's begin."""
    found = set()
    for mark in marks:
        known = intervals.get(mark.station_id)
        if known is not None and mark.hour.year in YEARS:
            hour = to_millis(mark.hour)
            interval = known.at(hour)
            found.add((mark.station_id, hour_of_slot(hour, interval)))
            found.add((mark.station_id, hour_of_slot(hour + HOUR - 1, interval)))
    return found


def _days_of(hours: Collection[StationHour]) -> set[StationDay]:
    return {(station_id, day_of(from_millis(hour))) for station_id, hour in hours}


def _recut(known: DayRows, intervals: Mapping[int, Intervals]) -> set[StationHour]:
    """Every hour of the days that were counted by another interval than the station had then."""
    days = {key[:2] for key, row in known.items() if row[3] != intervals[key[0]].on(key[1])}
    return {
        (station_id, to_millis(day_start(day)) + hour * HOUR)
        for station_id, day in days
        for hour in range(24)
    }
