"""Times at the interface's edge: ISO 8601 with +07:00 out, what people and programs write in.

A span of time is half open: `from` is included, `to` is not. A bare date is 00:00 in Vietnam,
but as `to` it includes that day. A time without a zone is Vietnam's. In a query an unencoded
`+` arrives as a space, and is still understood.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema

VN = timezone(timedelta(hours=7))


class TimeError(ValueError):
    """A text that is no time; its message says what is expected."""


def since(text: str | None) -> datetime | None:
    """The moment from which on, in UTC; None for an empty text. Raises TimeError."""
    if not text:
        return None
    day = _bare_date(text)
    return _moment(text) if day is None else _start_of(day, text)


def until(text: str | None) -> datetime | None:
    """The moment before which, in UTC: the end of the day for a bare date. Raises TimeError."""
    if not text:
        return None
    day = _bare_date(text)
    return _moment(text) if day is None else _start_of(day, text) + timedelta(days=1)


def in_vietnam(moment: datetime) -> str:
    """A moment as the interface writes it, to the second, or to the millisecond where it has any."""
    local = moment.astimezone(VN)
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


VietnamTime = Annotated[
    datetime,
    PlainSerializer(in_vietnam, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-05-30T10:15:00+07:00"]},
        mode="serialization",
    ),
]
"""A field of an answer that holds a moment."""


def _bare_date(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text.strip()):
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise _error(text) from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_with_plus(text.strip()))
    except ValueError:
        raise _error(text) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VN)
    return _in_utc(moment, text)


def _with_plus(text: str) -> str:
    """Puts back the + of a zone that query decoding has made a space; the one between date and time stays."""
    head, space, zone = text.rpartition(" ")
    if space and re.fullmatch(r"\d{2}:?\d{2}|\d{2}", zone) and re.search(r"[T ]\d{2}", head):
        return f"{head}+{zone}"
    return text


def _start_of(day: date, text: str) -> datetime:
    return _in_utc(datetime.combine(day, time(), VN), text)


def _in_utc(moment: datetime, text: str) -> datetime:
    # Two days from either end of what a datetime can hold, so that adding a day or a zone never fails.
    if not 2 <= moment.year <= 9998:
        raise _error(text)
    return moment.astimezone(UTC)


def _error(text: str) -> TimeError:
    return TimeError(f"{text!r} is not a time: write 2026-05-30 or 2026-05-30T10:15:00+07:00")
