"""The time of a station file: `yyyyMMddHHmmss`, or without seconds, in Vietnam time.

Used for the time cell of a line and for the time in a file's name. Whether a time is plausible
(in the future, years ago) is for the checks; here it only has to exist.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

from parsers.vietnam_time import VN

_DIGITS = re.compile(r"[0-9]{12}(?:[0-9]{2})?")

WITH_SECONDS = 14
WITHOUT_SECONDS = 12


def looks_like_time(cell: str) -> bool:
    """Whether a stripped cell is 14 or 12 ASCII digits, be the time real or not."""
    return _DIGITS.fullmatch(cell) is not None


@lru_cache(maxsize=4096)
def vietnam_time(digits: str) -> datetime | None:
    """The aware time (+07:00) that 14 or 12 digits stand for, or None when there is no such time.

    A time that has no twin in UTC (the first hours of the year 1) counts as not existing, since all
    times are kept in UTC. Remembered, because all lines of a file and all files of a slot share one time.
    """
    if not looks_like_time(digits):
        return None
    try:
        time = datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:8]),
            int(digits[8:10]), int(digits[10:12]), int(digits[12:] or 0), tzinfo=VN,
        )  # fmt: skip
        time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time


def digits_of(time: datetime) -> str:
    """The 14 digits of an aware time, in Vietnam time; fractions of a second are cut off.

    Raises ValueError for a time without a zone: nobody can say which hour it means.
    """
    if time.tzinfo is None:
        raise ValueError(f"the time {time.isoformat()} has no zone; give an aware datetime")
    local = time.astimezone(VN)
    return f"{local.year:04}{local:%m%d%H%M%S}"
