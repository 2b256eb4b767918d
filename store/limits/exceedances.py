"""Judging averages against limits: which days are due, and which periods of them are looked at.

A station day that is due (store/limits/judge_days.py) is judged in one transaction: its periods are computed
from the reviewed averages as they are now, held against the limits of that day, and joined to runs
(store/limits/limit_runs.py); the events that touch the day are then made to say exactly that
(store/limits/limit_events.py).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from quality.averages import HOUR
from quality.limits.judging import STEPS
from quality.slots import day_start
from store.engine import reading, writing_along
from store.events.writing import Event
from store.limits import judge_days
from store.limits.judge_days import DueDay
from store.limits.limit_events import events_touching, span_of, touches, write_events
from store.limits.limit_runs import DAY, REACH, Scope, hours_of, runs_in
from store.limits.limits_in_force import Limits, load_limits
from store.postgres import JUDGING, take_lock
from store.time_type import to_millis


def judge_due(engine: Engine, now: datetime, limit: int, station_ids: Collection[int] | None = None) -> int:
    """Judges up to `limit` station days that are due; returns how many it took: 0, none is left.

    Looks first without asking for the right to write, so that an idle watch disturbs nobody.
    """
    with reading(engine) as connection:
        if not judge_days.any_due(connection, now):
            return 0
    with writing_along(engine) as connection:
        take_lock(connection, JUDGING)
        days = judge_days.take(connection, now, limit, station_ids)
        limits = load_limits(connection, {one.station_id for one in days})
        for one in days:
            if one.station_id in limits.stations:
                _judge_day(connection, limits, one, now)
        return len(days)


def _judge_day(connection: Connection, limits: Limits, due: DueDay, now: datetime) -> None:
    """Judges one station day, and asks for it again at the end of the next period, while one is under way."""
    station = limits.stations[due.station_id]
    governing = [one for one in limits.on(station.id, due.day) if one.governs]
    before = [one for one in limits.on(station.id, due.day - timedelta(days=1)) if one.governs]
    begin = to_millis(day_start(due.day))
    known = events_touching(connection, station.id, begin - REACH, begin + DAY)
    names = {(one.parameter, one.basis) for one in (*governing, *before)}
    names |= {(one.detail["parameter"], one.detail["basis"]) for one in known}
    hours = hours_of(connection, limits, station, begin - REACH, begin + DAY + REACH)
    for name, basis in sorted(names):
        own = [one for one in known if (one.detail["parameter"], one.detail["basis"]) == (name, basis)]
        scope = _widened(_base(basis, due.day, begin), own, basis)
        if scope.begin < begin - REACH or scope.end > begin + DAY:
            measured = hours_of(connection, limits, station, scope.begin, scope.end + REACH, name)
            own = [
                one
                for one in events_touching(connection, station.id, scope.begin, scope.end)
                if (one.detail["parameter"], one.detail["basis"]) == (name, basis)
            ]
        else:
            measured = hours
        runs = runs_in(connection, limits, station, name, basis, scope, measured, now)
        write_events(connection, station, name, basis, [one for one in own if touches(one, scope)], runs, now)
    again = _next_look(due.day, {basis for _, basis in names}, now)
    if again is not None:
        judge_days.ask_later(connection, due, again)


def _base(basis: str, day: date, begin: int) -> Scope:
    """The beginnings of the periods that a day's values count in."""
    if basis == "8hour":
        return Scope(begin - REACH, begin + DAY)
    if basis == "month":
        return Scope(to_millis(day_start(day.replace(day=1))), begin + DAY)
    if basis == "year":
        return Scope(to_millis(day_start(day.replace(month=1, day=1))), begin + DAY)
    return Scope(begin, begin + DAY)


def _widened(scope: Scope, events: Iterable[Event], basis: str) -> Scope:
    """With the whole of the events that touch it: a run is told as one."""
    if basis in ("month", "year"):
        return scope
    pause = HOUR if basis == "instant" else 0
    begin, end = scope
    for one in events:
        first, last = span_of(one)
        if first <= scope.end + pause and last >= scope.begin - pause:
            begin, end = min(begin, first), max(end, last)
    return Scope(begin, end)


def _next_look(day: date, bases: Collection[str], now: datetime) -> datetime | None:
    """When the day is to be judged again though nothing changes: at the end of a period that is under way,
    or that follows one of the day's."""
    if now < day_start(day):
        return day_start(day)
    end = day_start(day) + timedelta(days=1)
    short = any(basis in STEPS and basis != "day" for basis in bases)
    if short and now < end + timedelta(hours=9):
        whole_hour = now.replace(minute=0, second=0, microsecond=0)
        return whole_hour + timedelta(hours=1)
    if bases and now < end:
        return end
    if "day" in bases and now < end + timedelta(days=1):
        return end + timedelta(days=1)
    return None
