"""Looking a station's days through for signs of manipulation, and keeping what is found as events.

A day is looked through once it is over, and again when data of it comes late. Looking twice finds the same
event again: a sign that goes on, or shows once more within a week, is one event of kind `tamper`, with the
rule as its subject. Whether it is one, a person says; nothing here ever takes it back.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from parsers.vietnam_time import VN
from quality.signs.all_signs import ChannelMonth, channel_signs, station_signs
from quality.signs.sample import Judged, Sign
from quality.signs.still import FLOWS, still_times
from quality.slots import day_of, day_start
from store.engine import reading as looking
from store.engine import writing_along
from store.events import Happening, amend, events_between, open_event
from store.intervals import load_intervals
from store.sign_data import arrivals_of, names_of, rewrites_of, samples_of, upper_limits
from store.tables import channel, data_file, sign_look, station
from store.time_type import from_millis, to_millis
from store.upsert import insert_for

LOOK_BACK = timedelta(days=31)
_LONGEST = 31
"""Days that are looked through at once."""
_AGAIN = timedelta(days=7)
_OLDEST = timedelta(days=400)
"""Data that comes later than this is not looked through by itself."""
_MOMENTS = ("same_as",)
"""Evidence that is a moment."""


class Found(NamedTuple):
    """A sign of a station; parameter_id None: of the station as a whole."""

    parameter_id: int | None
    sign: Sign


def stations_to_look_at(connection: Connection, before: datetime) -> list[int]:
    """The stations that were not looked through since `before` (aware), by id."""
    query = (
        select(station.c.id)
        .outerjoin(sign_look, sign_look.c.station_id == station.c.id)
        .where((sign_look.c.looked_at.is_(None)) | (sign_look.c.looked_at < before))
    )
    return list(connection.scalars(query.order_by(station.c.id)))


def look_through(engine: Engine, station_id: int, now: datetime) -> int:
    """Looks through the days of a station that are over and of which data came since the last time.

    Returns how many signs it kept. Reading and looking hold up nobody; only the keeping writes.
    """
    with looking(engine) as connection:
        last = connection.scalar(select(sign_look.c.looked_at).where(sign_look.c.station_id == station_id))
        stretches = list(_stretches(_days(connection, station_id, last, now)))
    kept = 0
    for first, following in stretches:
        kept += look_at(engine, station_id, first, following)
    with writing_along(engine) as connection:
        statement = insert_for(connection, sign_look).values(station_id=station_id, looked_at=now)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["station_id"], set_={"looked_at": now})
        )
    return kept


def look_at(engine: Engine, station_id: int, first: date, following: date) -> int:
    """Looks through the days from `first` up to `following` (not included, a month later at most)."""
    with looking(engine) as connection:
        found = _signs(connection, station_id, first, following)
    if found:
        with writing_along(engine) as connection:
            for one in found:
                _keep(connection, station_id, one)
    return len(found)


def _days(connection: Connection, station_id: int, last: datetime | None, now: datetime) -> set[date]:
    today = day_of(now)
    yesterday = today - timedelta(days=1)
    since = last if last is not None else now - timedelta(days=1)
    days = {day_of(since) + timedelta(days=n) for n in range((today - day_of(since)).days)} or set()
    if last is None:
        days.add(yesterday)
        return days
    rows = connection.execute(
        select(data_file.c.first_at, data_file.c.last_at).where(
            data_file.c.station_id == station_id,
            data_file.c.received_at >= last,
            data_file.c.first_at < day_start(today),
            data_file.c.first_at >= now - _OLDEST,
        )
    )
    for begin, end in rows:
        for number in range((min(day_of(end), yesterday) - day_of(begin)).days + 1):
            days.add(day_of(begin) + timedelta(days=number))
    return {day for day in days if day < today}


def _stretches(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow one another, a month at a time."""
    first = following = None
    for day in sorted(days):
        if (
            first is not None
            and following is not None
            and (day != following or (day - first).days >= _LONGEST)
        ):
            yield first, following
            first = None
        first = day if first is None else first
        following = day + timedelta(days=1)
    if first is not None and following is not None:
        yield first, following


def _signs(connection: Connection, station_id: int, first: date, following: date) -> list[Found]:
    begin, end = day_start(first), day_start(following)
    intervals = load_intervals(connection, [station_id]).get(station_id)
    if intervals is None:
        return []
    last = following - timedelta(days=1)
    interval = max(map(intervals.on, (first, *intervals.changes(first, last))))
    judged = Judged(to_millis(begin), to_millis(end))
    declared = set(
        connection.scalars(select(channel.c.parameter_id).where(channel.c.station_id == station_id))
    )
    samples = samples_of(connection, station_id, begin - LOOK_BACK, end)
    rewrites = rewrites_of(connection, station_id, begin - LOOK_BACK, end)
    limits = upper_limits(connection, station_id, last)
    names = {name: number for number, name in names_of(connection, samples).items()}
    flow = next((names[name] for name in FLOWS if name in names), None)
    still = still_times(samples[flow]) if flow is not None else []
    found = [
        Found(parameter_id, sign)
        for parameter_id in sorted(declared & samples.keys())
        for sign in channel_signs(
            ChannelMonth(
                samples[parameter_id], limits.get(parameter_id), rewrites.get(parameter_id, ()), still
            ),
            judged,
        )
    ]
    arrivals = arrivals_of(connection, station_id, begin - LOOK_BACK, end)
    return [*found, *(Found(None, sign) for sign in station_signs(arrivals, interval, judged))]


def _keep(connection: Connection, station_id: int, found: Found) -> None:
    sign = found.sign
    begin, end = from_millis(sign.begin), from_millis(sign.end)
    known = [
        event
        for event in events_between(connection, "tamper", station_id, begin - _AGAIN, end + _AGAIN)
        if event.subject == sign.rule and event.parameter_id == found.parameter_id
    ]
    detail = {"score": sign.score, **{name: _plain(name, value) for name, value in sign.evidence.items()}}
    if not known:
        happening = Happening("tamper", station_id, found.parameter_id, sign.rule, begin, "warning", detail)
        amend(connection, open_event(connection, happening), ended_at=end)
        return
    event = known[-1]
    last = end if event.ended_at is None else max(end, event.ended_at)
    if sign.score >= event.detail.get("score", 0):
        amend(connection, event.id, ended_at=last, detail=detail)
    else:
        amend(connection, event.id, ended_at=last)


def _plain(name: str, value: object) -> object:
    if name in _MOMENTS and isinstance(value, int):
        return from_millis(value).astimezone(VN).isoformat(timespec="seconds")
    return value
