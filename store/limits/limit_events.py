"""The events that say of a limit that it was exceeded, or nearly: made to say what the runs are.

An event that no longer holds is withdrawn, and stays to be seen; one that holds longer, higher or from
another time is amended, and keeps what people wrote on it. Which runs there are is
store/limits/limit_runs.py's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from parsers.vietnam_time import VN
from quality.events import EventKind, EventLevel
from quality.limits.gas import NO2
from quality.limits.judging import Run
from quality.limits.records import Basis
from store.events.writing import EVENT_COLUMNS, Event, Happening, amend, of_row, open_event, withdraw_event
from store.limits.limit_runs import REACH, Scope
from store.limits.limits_in_force import LimitedStation
from store.tables import event
from store.time_type import from_millis, to_millis

KINDS: tuple[EventKind, EventKind] = ("limit_exceeded", "limit_warning")
_LEVELS: dict[str, EventLevel] = {"exceeded": "alarm", "preparing": "warning", "tendency": "notice"}
_WITHDRAWN = {
    "en": "the averages as they are now no longer say so: readings, a review or a limit changed",
    "vi": "giá trị trung bình hiện nay không còn như vậy:"
    " dữ liệu, kết quả kiểm duyệt hoặc giới hạn đã thay đổi",
}


def events_touching(connection: Connection, station_id: int, begin: int, end: int) -> list[Event]:
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


def touches(one: Event, scope: Scope) -> bool:
    """Whether a period of the event begins in the scope."""
    first, last = span_of(one)
    return first < scope.end and last > scope.begin


def span_of(one: Event) -> tuple[int, int]:
    """From the beginning of an event's first period to where the period after its last one begins."""
    until = to_millis(datetime.fromisoformat(one.detail["until"]))
    return to_millis(one.started_at), until - (REACH if one.detail["basis"] == "8hour" else 0)


def write_events(
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
