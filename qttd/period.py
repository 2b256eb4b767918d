"""The period that a command is asked about, by --from and --to, understood as REST understands them."""

from datetime import datetime

from api.vietnam_time import TimeError, since, until
from qttd.errors import UsageError


def span(from_: str | None, to: str | None) -> tuple[datetime | None, datetime | None]:
    """The period in UTC, its end not included; None where it is open. A bare date as --to includes that day.

    Raises UsageError for what is no time, or an end that is not after its beginning.
    """
    try:
        begin, end = since(from_), until(to)
    except TimeError as error:
        raise UsageError(str(error)) from error
    if begin is not None and end is not None and begin >= end:
        raise UsageError(f"--from {from_} is not before --to {to}")
    return begin, end
