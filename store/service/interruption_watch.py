"""The watch over interruptions: looks again where a mark says so, and at who has fallen silent.

A station is looked at from the last arrival before the mark on, or from the beginning of an interruption
that was not settled by then; a channel from its last usable slot before the day that changed. Nothing is
remembered between two looks but the rows, so a restart changes nothing, nor does the order in which files
were worked off.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from quality.dated_rules import DatedRules
from quality.interruptions import Arrival, Silence, Terms, clipped, silences
from quality.intervals import Intervals
from quality.service import Service
from quality.slots import day_of, day_start
from quality.stretches import Stretch, united, without
from store.engine import reading, writing_along
from store.limits.dated_rules import load_rules
from store.network.intervals import load_intervals, minutes_on
from store.postgres import WATCHING, take_lock
from store.service.channel_gaps import look_at_channels
from store.service.interruption_marks import mark_arrivals, mark_slots_since, take_marks
from store.service.interruption_rows import Found, Row, replace_rows, rows_of
from store.service.known_until import known_until
from store.service.service_view import services
from store.tables import arrival_mark, channel_mark, data_file, event, interruption, station

STATIONS = 10
"""Stations of one transaction: others wait for it."""
_AHEAD = timedelta(days=1)
_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


class Duty(NamedTuple):
    """By what one station is judged."""

    begins: datetime | None
    """From when on it can be interrupted; None: nothing ever came of it, and nobody said when it is to."""
    counted: Sequence[Stretch]
    """Time that counts, from then on."""
    service: Service
    terms: Terms
    rules: DatedRules

    def reportable(self, started_at: datetime, ended_at: datetime) -> bool:
        """Whether an interruption is long enough to be reported, what excuses it left out."""
        return is_reportable(self.service, self.rules, started_at, ended_at)


def is_reportable(
    service: Service, rules: DatedRules, started_at: datetime, ended_at: datetime, parameter_id: int = 0
) -> bool:
    """Whether an interruption is longer than the figure that was in force when it began."""
    minutes = owed_minutes(service, started_at, ended_at, parameter_id)
    return minutes > rules.number("reportable_hours", started_at) * 60


def owed_minutes(service: Service, started_at: datetime, ended_at: datetime, parameter_id: int = 0) -> int:
    """Whole minutes of an interruption that neither an announced stop nor an outage of ours excuses."""
    excused = united([*service.stopped(parameter_id), *service.outages])
    left = without([Stretch(started_at, ended_at)], excused) if started_at < ended_at else []
    return sum((one.length for one in left), timedelta()) // timedelta(minutes=1)


def watch(engine: Engine, now: datetime, limit: int = STATIONS) -> bool:
    """Works off the marks of up to so many stations; whether there may be more.

    Looks first without asking for the right to write, so that an idle watch disturbs nobody.
    """
    with reading(engine) as connection:
        marked = connection.scalar(select(arrival_mark.c.station_id).limit(1)) is not None
        if not marked and connection.scalar(select(channel_mark.c.station_id).limit(1)) is None:
            return False
    with writing_along(engine) as connection:
        take_lock(connection, WATCHING)
        marks = take_marks(connection, limit)
        known = known_until(connection, now)
        rules = load_rules(connection)
        duties = _duties(connection, {*marks.arrivals, *marks.days}, rules, now)
        for station_id, since in marks.arrivals.items():
            if station_id in duties:
                _look_at_station(connection, station_id, since, duties[station_id], now, known)
        for station_id, days in marks.days.items():
            if station_id in duties:
                duty = duties[station_id]
                look_at_channels(connection, station_id, days, duty.counted, duty.service, rules, now)
        return len(marks.arrivals) == limit or len(marks.days) == limit


def notice_silence(engine: Engine, now: datetime) -> int:
    """Marks the stations that have fallen silent, or whose interruption has become reportable; how many."""
    with reading(engine) as connection:
        found = _silent(connection, now)
    if found:
        with writing_along(engine) as connection:
            mark_arrivals(connection, found)
    return len(found)


def _silent(connection: Connection, now: datetime) -> dict[int, datetime]:
    """Stations that ought to have an open interruption and have none, or one of another level."""
    last = (
        select(func.max(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    minutes = minutes_on(day_of(now)).label("minutes")
    query = select(station.c.id, last.label("last_at"), station.c.created_at, minutes)
    rules, known = load_rules(connection), known_until(connection, now)
    tolerated = rules.number("offline_minutes", now)
    quiet = {
        row.id: row.last_at or row.created_at
        for row in connection.execute(query)
        if known - (row.last_at or row.created_at) > timedelta(minutes=row.minutes + tolerated)
    }
    if not quiet:
        return {}
    open_rows = (
        select(interruption.c.station_id, interruption.c.started_at, event.c.level)
        .join(event, event.c.id == interruption.c.event_id)
        .where(
            interruption.c.ended_at.is_(None),
            interruption.c.withdrawn_at.is_(None),
            interruption.c.parameter_id == 0,
        )
    )
    going_on = {row.station_id: row for row in connection.execute(open_rows)}
    duties = _duties(connection, quiet, rules, now)
    found = {}
    for station_id, last_at in quiet.items():
        duty, row = duties[station_id], going_on.get(station_id)
        if duty.begins is None or not any(part.begin <= now < part.end for part in duty.counted):
            continue
        silent = duty.terms.offline(max(last_at, duty.begins), known)
        if (row is None and silent) or (
            row is not None and row.level != "alarm" and duty.reportable(row.started_at, known)
        ):
            found[station_id] = last_at
    return found


def _duties(
    connection: Connection, station_ids: Iterable[int], rules: DatedRules, now: datetime
) -> dict[int, Duty]:
    """By what the given stations are judged; those that are not there are left out."""
    ids = sorted(station_ids)
    first = (
        select(func.min(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    query = select(
        station.c.id,
        station.c.created_at,
        station.c.in_service_from,
        first.label("first_at"),
    )
    known = services(connection, ids, None, None, now)
    intervals = load_intervals(connection, ids)
    found = {}
    for row in connection.execute(query.where(station.c.id.in_(ids))):
        found[row.id] = _duty(
            row.created_at,
            row.in_service_from,
            row.first_at,
            known[row.id],
            intervals[row.id],
            rules,
            now,
        )
    return found


def _duty(
    created_at: datetime,
    in_service_from: date | None,
    first_at: datetime | None,
    service: Service,
    intervals: Intervals,
    rules: DatedRules,
    now: datetime,
) -> Duty:
    begins = first_at
    if in_service_from is not None:
        # what was before the station was told to us, or sent for the first time, nobody here can know
        known_at = created_at if first_at is None else min(created_at, first_at)
        begins = max(day_start(in_service_from), known_at)
    end = now + _AHEAD
    counted = [] if begins is None or begins >= end else service.in_phase("official", begins, end)
    out_of_service = without([Stretch(_EVER, end)], counted)
    terms = Terms(
        intervals=intervals,
        rules=rules,
        excused=united([*service.stopped(), *service.outages, *out_of_service]),
    )
    return Duty(begins, counted, service, terms, rules)


def _look_at_station(
    connection: Connection, station_id: int, since: datetime, duty: Duty, now: datetime, known: datetime
) -> None:
    rows = rows_of(connection, station_id)
    found: list[Found] = []
    begin = duty.begins
    if begin is not None:
        begin = _begin(connection, station_id, rows, since, begin)
        since_silence = begin - duty.terms.silence_at(begin)
        arrivals = _arrivals(connection, station_id, since_silence)
        spells = silences(arrivals, begin, duty.terms, known)
        found = [
            _found(part, duty, now) for one in spells for part in clipped(one, duty.counted, duty.terms, now)
        ]
    old = [row for row in rows if begin is None or row.silent_from >= begin]
    if replace_rows(connection, station_id, 0, old, found, now):
        starts = [row.started_at for row in old] + [one.started_at for one in found]
        mark_slots_since(connection, station_id, min(starts))


def _begin(
    connection: Connection, station_id: int, rows: Sequence[Row], since: datetime, begins: datetime
) -> datetime:
    """The arrival from which on the station is looked at."""
    unsettled = [
        row.silent_from
        for row in rows
        if row.silent_from < since and (row.settled_at is None or row.settled_at >= since)
    ]
    query = select(func.max(data_file.c.received_at)).where(
        data_file.c.station_id == station_id, data_file.c.received_at < since
    )
    before: datetime | None = connection.scalar(query)
    return max(min(unsettled, default=before or begins), begins)


def _arrivals(connection: Connection, station_id: int, after: datetime) -> Iterable[Arrival]:
    query = (
        select(data_file.c.received_at, data_file.c.first_at, data_file.c.last_at)
        .where(data_file.c.station_id == station_id, data_file.c.received_at > after)
        .order_by(data_file.c.received_at, data_file.c.id)
    )
    return (Arrival(*row) for row in connection.execute(query))


def _found(silence: Silence, duty: Duty, now: datetime) -> Found:
    reportable = duty.reportable(silence.started_at, silence.ended_at or now)
    return Found(silence.started_at, silence.ended_at, silence.silent_from, silence.settled_at, reportable)
