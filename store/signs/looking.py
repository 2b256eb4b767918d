"""Looking a station's days through for signs of manipulation, and keeping what is found as events.

A day is looked through once it is over, and again when data of it comes late or its readings are reviewed or
judged anew (store/signs/days.py). What becomes of what is found is store/signs/events.py.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from quality.signs.all_signs import ChannelMonth, channel_signs, station_signs
from quality.signs.sample import Judged
from quality.signs.still import FLOWS, still_times
from quality.slots import day_start
from store.engine import reading as looking
from store.engine import writing_along
from store.network.intervals import load_intervals
from store.signs.data import arrivals_of, names_of, rewrites_of, samples_of, units_of
from store.signs.days import LOOK_BACK, days_to_look_at, last_look, looked, stretches
from store.signs.events import Found, keep, withdraw_others
from store.signs.limits import upper_limits
from store.time_type import to_millis


def look_through(engine: Engine, station_id: int, now: datetime) -> int:
    """Looks through the days of a station that are over and on which something changed since the last time.

    Returns how many signs it found. Reading and looking hold up nobody; only the keeping writes.
    """
    with looking(engine) as connection:
        last = last_look(connection, station_id)
        days = days_to_look_at(connection, station_id, last, now)
    found = look_at(engine, station_id, days, now)
    with writing_along(engine) as connection:
        looked(connection, station_id, last, now)
    return found


def look_at(engine: Engine, station_id: int, days: Collection[date], now: datetime) -> int:
    """Looks through some days, a month at a time; returns how many signs it found.

    Signs that no person has decided on, and that lie within those days and do not show any more, are
    withdrawn.
    """
    found: list[Found] = []
    for first, following in stretches(days):
        with looking(engine) as connection:
            found += _signs(connection, station_id, first, following)
    if days:
        with writing_along(engine) as connection:
            shown = {keep(connection, station_id, one, days) for one in found}
            withdraw_others(connection, station_id, shown, sorted(days), now)
    return len(found)


def _signs(connection: Connection, station_id: int, first: date, following: date) -> list[Found]:
    begin, end = day_start(first), day_start(following)
    intervals = load_intervals(connection, [station_id]).get(station_id)
    if intervals is None:
        return []
    last = following - timedelta(days=1)
    interval = max(map(intervals.on, (first, *intervals.changes(first, last))))
    judged = Judged(to_millis(begin), to_millis(end))
    units = units_of(connection, station_id)
    samples = samples_of(connection, station_id, begin - LOOK_BACK, end)
    rewrites = rewrites_of(connection, station_id, begin - LOOK_BACK, end)
    names = {name: number for number, name in names_of(connection, samples).items()}
    limits = upper_limits(connection, station_id, following, names, samples)
    flow = next((names[name] for name in FLOWS if name in names), None)
    still = still_times(samples[flow]) if flow is not None else []
    found: list[Found] = []
    for parameter_id in sorted(units.keys() & samples.keys()):
        month = ChannelMonth(samples[parameter_id], None, rewrites.get(parameter_id, ()), still)
        limit = limits.get(parameter_id)
        if limit is not None:
            month = limit.held_against(month)
        for sign in channel_signs(month, judged):
            evidence = {**sign.evidence, "unit": units[parameter_id]}
            found.append(Found(parameter_id, sign._replace(evidence=evidence)))
    arrivals = arrivals_of(connection, station_id, begin - LOOK_BACK, end)
    return [*found, *(Found(None, sign) for sign in station_signs(arrivals, interval, judged))]
