"""The period that a command is asked about, understood as REST understands its own; and single days."""

from collections.abc import Callable
from datetime import date, datetime

from api.vietnam_time import TimeError, since, until
from qttd.errors import UsageError
from qttd.output import told_as_usage
from store.lists import cells


def span(
    from_: str | None, to: str | None, options: tuple[str, str] = ("--from", "--to")
) -> tuple[datetime | None, datetime | None]:
    """The period in UTC, its end not included; None where it is open. A bare date as its end includes it.

    options: what beginning and end are called. Raises UsageError for what is no time, or an end that is not
    after its beginning.
    """
    begin, end = _moment(since, from_, options[0]), _moment(until, to, options[1])
    if begin is not None and end is not None and begin >= end:
        raise UsageError(f"{options[0]} {from_} is not before {options[1]} {to}")
    return begin, end


def day_named(text: str, option: str) -> date:
    """A day in Vietnam from 2000 up to 2100. Raises UsageError."""
    with told_as_usage(option):
        return cells.sane_day(text)


def _moment(
    understood: Callable[[str | None], datetime | None], text: str | None, option: str
) -> datetime | None:
    try:
        return understood(text)
    except TimeError as error:
        raise UsageError(f"{option}: {error}") from error
