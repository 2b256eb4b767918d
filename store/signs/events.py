"""Signs of manipulation as events: kept once, told as they show now, taken back when the data no longer say
so.

A sign that goes on, or shows once more within a week, is one event of kind `tamper` with the rule as its
subject. Whether it is one, a person says; from then on nothing here changes or withdraws it. Until then it
is judged anew with the days that it rests on, and one that is not found again is withdrawn with the reason
in its history.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from parsers.vietnam_time import VN
from quality.signs.sample import Sign
from quality.slots import day_of, day_start
from store.events.writing import Event, Happening, amend, events_between, open_event, withdraw_event
from store.signs.days import undecided
from store.time_type import from_millis

_AGAIN = timedelta(days=7)
_MOMENTS = ("same_as",)
"""Evidence that is a moment."""
_WITHDRAWN = {
    "vi": "Số liệu của những ngày này đã thay đổi (đến muộn, được kiểm duyệt hoặc được xét lại);"
    " xét lại thì không còn dấu hiệu này.",
    "en": "Readings of these days changed (they came late, were reviewed, or were judged anew);"
    " judged again, they no longer show this sign.",
}


class Found(NamedTuple):
    """A sign of a station; parameter_id None: of the station as a whole."""

    parameter_id: int | None
    sign: Sign


def keep(connection: Connection, station_id: int, found: Found, days: Collection[date]) -> int:
    """Keeps a sign, as an event of its own or as more of one that is there; returns the event's id.

    days: those that were looked through. An event that lies within them says what is found now; of one that
    reaches beyond them, the strongest showing stays.
    """
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
        number = open_event(connection, happening)
        amend(connection, number, ended_at=end)
        return number
    event = known[-1]
    if not undecided(event):
        return event.id
    last = end if event.ended_at is None else max(end, event.ended_at)
    whole = _within(event, days)
    if whole or sign.score >= event.detail.get("score", 0):
        history = {"history": event.detail["history"]} if "history" in event.detail else {}
        amend(connection, event.id, ended_at=end if whole else last, detail=detail | history)
    else:
        amend(connection, event.id, ended_at=last)
    return event.id


def withdraw_others(
    connection: Connection, station_id: int, shown: Collection[int], days: Sequence[date], now: datetime
) -> int:
    """Withdraws the undecided signs that lie wholly within the days that were looked through and are not
    among those shown (their ids); returns how many."""
    withdrawn = 0
    begin, end = day_start(min(days)), day_start(max(days)) + timedelta(days=1)
    for event in events_between(connection, "tamper", station_id, begin, end):
        if event.id in shown or not undecided(event) or not _within(event, days):
            continue
        entry = {"what": "withdrawn", "at": now.astimezone(VN).isoformat(timespec="seconds")}
        kept = {name: value for name, value in event.detail.items() if name != "history"}
        detail: dict[str, Any] = {
            **event.detail,
            "withdrawn_because": _WITHDRAWN,
            "history": [*event.detail.get("history", ()), {**entry, **kept}],
        }
        amend(connection, event.id, detail=detail)
        withdraw_event(connection, event.id, now)
        withdrawn += 1
    return withdrawn


def _within(event: Event, days: Collection[date]) -> bool:
    """Whether every day of the event is among the days."""
    day = day_of(event.started_at)
    last = day_of(event.ended_at) if event.ended_at is not None else day
    while day <= last:
        if day not in days:
            return False
        day += timedelta(days=1)
    return True


def _plain(name: str, value: object) -> object:
    if name in _MOMENTS and isinstance(value, int):
        return from_millis(value).astimezone(VN).isoformat(timespec="seconds")
    return value
