"""Judging averages against limits, and keeping the events that come of it right.

A station day that is due (store/judge_days.py) is judged in one transaction: its periods are computed from
the reviewed averages as they are now, held against the limits of that day, and joined to runs; the events
that touch the day are then made to say exactly that. An event that no longer holds is withdrawn, and stays
to be seen; one that holds longer, higher or from another time is amended, and keeps what people wrote on it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select

from parsers.vietnam_time import VN
from quality.averages import HOUR, MINIMUM_PERCENT
from quality.events import EventKind, EventLevel
from quality.figures import MINIMUM, OXYGEN_CEILING, WARNING
from quality.limits.gas import NO, NO2, NOX, OXYGEN
from quality.limits.gas import OXYGEN_CEILING as CEILING
from quality.limits.judging import PREPARING, STEPS, TENDENCY, Run, Warnings, runs_of
from quality.limits.records import Basis, InForce
from quality.limits.series import Measured, Period, Shares, hours_for, periods, why_not
from quality.slots import day_of, day_start
from store import judge_days
from store.engine import reading, writing_along
from store.events import EVENT_COLUMNS, Event, Happening, amend, of_row, open_event, withdraw_event
from store.judge_days import DueDay
from store.limit_values import long_period, reviewed_hours, valid_readings
from store.limits_in_force import LimitedStation, Limits, load_limits
from store.postgres import JUDGING, take_lock
from store.tables import event
from store.time_type import from_millis, to_millis

_DAY = 24 * HOUR
_REACH = 7 * HOUR
"""How long before a day an 8-hour period may begin that the day's hours count in."""
KINDS: tuple[EventKind, EventKind] = ("limit_exceeded", "limit_warning")
_LEVELS: dict[str, EventLevel] = {"exceeded": "alarm", "preparing": "warning", "tendency": "notice"}
_WITHDRAWN = {
    "en": "the averages as they are now no longer say so: readings, a review or a limit changed",
    "vi": "giá trị trung bình hiện nay không còn như vậy:"
    " dữ liệu, kết quả kiểm duyệt hoặc giới hạn đã thay đổi",
}


class _Scope(NamedTuple):
    """Beginnings of periods: from `begin` up to `end`, in milliseconds."""

    begin: int
    end: int


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
    known = _events(connection, station.id, begin - _REACH, begin + _DAY)
    names = {(one.parameter, one.basis) for one in (*governing, *before)}
    names |= {(one.detail["parameter"], one.detail["basis"]) for one in known}
    hours = _hours(connection, limits, station, begin - _REACH, begin + _DAY + _REACH)
    for name, basis in sorted(names):
        own = [one for one in known if (one.detail["parameter"], one.detail["basis"]) == (name, basis)]
        scope = _widened(_base(basis, due.day, begin), own, basis)
        if scope.begin < begin - _REACH or scope.end > begin + _DAY:
            measured = _hours(connection, limits, station, scope.begin, scope.end + _REACH, name)
            own = [
                one
                for one in _events(connection, station.id, scope.begin, scope.end)
                if (one.detail["parameter"], one.detail["basis"]) == (name, basis)
            ]
        else:
            measured = hours
        runs = _runs(connection, limits, station, name, basis, scope, measured, now)
        _write(connection, station, name, basis, [one for one in own if _inside(one, scope)], runs, now)
    again = _next_look(due.day, {basis for _, basis in names}, now)
    if again is not None:
        judge_days.ask_later(connection, due, again)


def _base(basis: str, day: date, begin: int) -> _Scope:
    """The beginnings of the periods that a day's values count in."""
    if basis == "8hour":
        return _Scope(begin - _REACH, begin + _DAY)
    if basis == "month":
        return _Scope(to_millis(day_start(day.replace(day=1))), begin + _DAY)
    if basis == "year":
        return _Scope(to_millis(day_start(day.replace(month=1, day=1))), begin + _DAY)
    return _Scope(begin, begin + _DAY)


def _widened(scope: _Scope, events: Iterable[Event], basis: str) -> _Scope:
    """With the whole of the events that touch it: a run is told as one."""
    if basis in ("month", "year"):
        return scope
    pause = HOUR if basis == "instant" else 0
    begin, end = scope
    for one in events:
        first, last = _span(one)
        if first <= scope.end + pause and last >= scope.begin - pause:
            begin, end = min(begin, first), max(end, last)
    return _Scope(begin, end)


def _span(one: Event) -> tuple[int, int]:
    """From the beginning of an event's first period to where the period after its last one begins."""
    until = to_millis(datetime.fromisoformat(one.detail["until"]))
    return to_millis(one.started_at), until - (_REACH if one.detail["basis"] == "8hour" else 0)


def _inside(one: Event, scope: _Scope) -> bool:
    first, last = _span(one)
    return first < scope.end and last > scope.begin


def _events(connection: Connection, station_id: int, begin: int, end: int) -> list[Event]:
    """The station's excesses and warnings that touch a stretch of time, also those that begin or end with it,
    and those of the year it lies in, whose periods are that long; withdrawn ones are not among them."""
    pause = timedelta(hours=1)
    query = select(*EVENT_COLUMNS).where(
        event.c.station_id == station_id,
        event.c.kind.in_(KINDS),
        event.c.started_at <= from_millis(end) + pause,
        event.c.ended_at.is_(None) | (event.c.ended_at >= from_millis(begin) - pause),
        event.c.withdrawn_at.is_(None),
    )
    return [of_row(row) for row in connection.execute(query.order_by(event.c.started_at, event.c.id))]


def _hours(
    connection: Connection,
    limits: Limits,
    station: LimitedStation,
    begin: int,
    end: int,
    name: str | None = None,
) -> dict[str, Measured]:
    """What the station has of its parameters; of one (and what it is corrected by or derived from) only."""
    wanted = (
        station.channels
        if name is None
        else {
            one: station.channels[one]
            for one in (name, OXYGEN, *((NO, NO2) if name == NOX else ()))
            if one in station.channels
        }
    )
    ids = [measures.parameter_id for measures in wanted.values()]
    found = reviewed_hours(connection, station.id, begin, end, ids, limits.figures) if ids else {}
    return {
        one: Measured(measures.unit, measures.molar_mass, found.get(measures.parameter_id, {}))
        for one, measures in wanted.items()
    }


def _runs(
    connection: Connection,
    limits: Limits,
    station: LimitedStation,
    name: str,
    basis: Basis,
    scope: _Scope,
    measured: dict[str, Measured],
    now: datetime,
) -> list[Run]:
    """What the periods that begin in the scope come to, by the limits of their days."""
    by_limit: dict[InForce, list[Period]] = {}
    for day, part in _days(scope, basis):
        for limit in limits.on(station.id, day):
            own = limit.governs and (limit.parameter, limit.basis) == (name, basis)
            if own and why_not(limit, measured) is None:
                found = _periods(connection, limits, station, limit, day, part, measured)
                by_limit.setdefault(limit, []).extend(found)
    day = day_of(from_millis(scope.begin))
    warnings = Warnings(
        limits.figures.value(WARNING, "tendency", day, TENDENCY),
        limits.figures.value(WARNING, "preparing", day, PREPARING),
    )
    return [
        run
        for limit, values in by_limit.items()
        for run in runs_of(((value, limit) for value in values), basis, warnings, to_millis(now))
    ]


def _days(scope: _Scope, basis: str) -> list[tuple[date, _Scope]]:
    """The days that a scope lies in, each with its part; a month or a year is of its first day."""
    if basis in ("month", "year"):
        return [(day_of(from_millis(scope.begin)), scope)]
    found = []
    at = scope.begin
    while at < scope.end:
        day = day_of(from_millis(at))
        following = to_millis(day_start(day)) + _DAY
        found.append((day, _Scope(at, min(following, scope.end))))
        at = following
    return found


def _periods(
    connection: Connection,
    limits: Limits,
    station: LimitedStation,
    limit: InForce,
    day: date,
    scope: _Scope,
    measured: dict[str, Measured],
) -> Sequence[Period]:
    figures = limits.figures
    if limit.basis == "instant":
        own = station.channels[limit.parameter]
        values = valid_readings(
            connection, station.id, own.parameter_id, scope.begin, scope.end, station.interval
        )
        return [_in_unit(value, limit, measured) for value in values]
    if limit.basis in ("month", "year"):
        own = station.channels[limit.parameter]
        found = long_period(connection, station.id, own.parameter_id, limit.basis, day, figures)
        return [] if found is None else [_in_unit(found, limit, measured)]
    shares = Shares(
        figures.value(MINIMUM, "8hour", day, MINIMUM_PERCENT),
        figures.value(MINIMUM, "day", day, MINIMUM_PERCENT),
    )
    ceiling = figures.value(OXYGEN_CEILING, "", day, CEILING)
    hours = hours_for(limit, measured, ceiling)
    return list(periods(limit.basis, hours, scope.begin, scope.end, station.interval, shares))


def _in_unit(period: Period, limit: InForce, measured: dict[str, Measured]) -> Period:
    own = measured[limit.parameter]
    hour = {0: period.value}
    (value,) = hours_for(limit, {limit.parameter: own._replace(hours=hour)}, 0).values()
    return period._replace(value=value)


def _write(
    connection: Connection,
    station: LimitedStation,
    name: str,
    basis: Basis,
    known: Sequence[Event],
    runs: Sequence[Run],
    now: datetime,
) -> None:
    """Makes the events say what the runs are."""
    left = list(known)
    for run in runs:
        kind: EventKind = "limit_exceeded" if run.level == "exceeded" else "limit_warning"
        what = run.side if run.level == "exceeded" else run.level
        happening = Happening(
            kind,
            station.id,
            _parameter_id(station, name),
            f"{basis} {what} {run.limit.name}",
            from_millis(run.start),
            _LEVELS[run.level],
            _detail(name, run, None, now),
        )
        ended = None if run.going_on else from_millis(run.end)
        old = _overlapping(left, happening, run)
        if old is not None:
            left.remove(old)
        if old is None or old.started_at != happening.started_at:
            there = _there(connection, happening)
            if old is None or there is not None:
                # it begins where one was withdrawn (and happens after all), or where none ever was
                before = None if there is None else there.detail
                happening = replace(happening, detail=_detail(name, run, before, now))
                number = open_event(connection, happening)
                amend(
                    connection,
                    number,
                    ended_at=ended,
                    level=happening.level,
                    detail=happening.detail,
                )
                if old is not None:
                    _withdraw(connection, old, now)
                continue
        amend(
            connection,
            old.id,
            started_at=happening.started_at,
            ended_at=ended,
            level=happening.level,
            detail=_detail(name, run, old.detail, now),
        )
    for one in left:
        _withdraw(connection, one, now)


def _overlapping(events: Iterable[Event], happening: Happening, run: Run) -> Event | None:
    """The event that a run is: the one that begins alike, else the first that it overlaps."""
    same = [
        one
        for one in events
        if (one.kind, one.subject) == (happening.kind, happening.subject) and _meets(one, run)
    ]
    alike = (one for one in same if one.started_at == happening.started_at)
    return next(alike, same[0] if same else None)


def _parameter_id(station: LimitedStation, name: str) -> int | None:
    """The parameter's id; of NOx that is derived from two others, NO2's: it is told as NO2."""
    own = station.channels.get(name) or station.channels.get(NO2)
    return None if own is None else own.parameter_id


def _meets(one: Event, run: Run) -> bool:
    first, last = to_millis(one.started_at), to_millis(datetime.fromisoformat(one.detail["until"]))
    return first < run.end and last > run.start


def _there(connection: Connection, happening: Happening) -> Event | None:
    """The event that begins there already, withdrawn or not."""
    query = select(*EVENT_COLUMNS).where(
        event.c.station_id == (happening.station_id or 0),
        event.c.kind == happening.kind,
        event.c.parameter_id == (happening.parameter_id or 0),
        event.c.subject == happening.subject,
        event.c.started_at == happening.started_at,
    )
    row = connection.execute(query).first()
    return None if row is None else of_row(row)


def _withdraw(connection: Connection, one: Event, now: datetime) -> None:
    history = [*one.detail.get("history", ()), _entry("withdrawn", one.detail, now)]
    amend(connection, one.id, detail={**one.detail, "withdrawn_because": _WITHDRAWN, "history": history})
    withdraw_event(connection, one.id, now)


def _detail(name: str, run: Run, before: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    limit = run.limit
    detail: dict[str, Any] = {
        "parameter": name,
        "basis": limit.basis,
        "level": run.level,
        "side": run.side,
        "limit": limit.high if run.side == "max" else limit.low,
        "unit": limit.unit,
        "peak": run.peak,
        "peak_at": _shown(run.peak_at),
        "multiple": run.multiple,
        "periods": run.periods,
        "until": _shown(run.end),
        "code": limit.code,
        "column": limit.column,
        "source": limit.source,
        "oxygen_reference": limit.oxygen_reference,
        "confirmed": limit.confirmed,
        "formula": limit.formula._asdict(),
        "derivation": limit.derivation._asdict(),
    }
    history = list((before or {}).get("history", ()))
    if before is None:
        history.append(_entry("found", detail, now))
    elif "withdrawn_because" in before:
        history.append(_entry("found again", detail, now))
    elif any(before.get(key) != detail[key] for key in ("limit", "code", "column", "confirmed")):
        history.append(_entry("limit changed", detail, now))
    return {**detail, "history": history}


def _entry(what: str, detail: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A line of the event's history: what it said when that happened."""
    kept = {key: detail.get(key) for key in ("limit", "unit", "peak", "peak_at", "periods", "until")}
    return {"what": what, "at": now.astimezone(VN).isoformat(timespec="seconds"), **kept}


def _shown(moment: int) -> str:
    return from_millis(moment).astimezone(VN).isoformat()


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
