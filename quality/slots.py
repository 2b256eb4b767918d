"""Where slots lie: days in Vietnam cut into equal intervals from midnight, each named by its start.

A time off the grid belongs to the slot that contains it. Vietnam has no daylight saving, so every
day has the same slots: 288 at 5 minutes. A slot is due when its end has passed.
"""

from datetime import date, datetime, time, timedelta

from parsers.vietnam_time import VN

DAY_MINUTES = 1440
_MICROSECONDS = timedelta(microseconds=1)
_MINUTE = 60_000_000
_VN_MILLIS = 7 * 3_600_000
_EPOCH = date(1970, 1, 1).toordinal()


def slots_per_day(interval: int) -> int:
    """How many slots of `interval` minutes a day has; ValueError where they do not fill it evenly."""
    if interval < 1 or DAY_MINUTES % interval:
        raise ValueError(f"an interval must divide the 1440 minutes of a day: {interval}")
    return DAY_MINUTES // interval


def day_of(moment: datetime) -> date:
    """The day in Vietnam that an aware moment lies in."""
    return moment.astimezone(VN).date()


def day_start(day: date) -> datetime:
    """The midnight that a day in Vietnam begins with, in +07:00."""
    return datetime.combine(day, time(), VN)


def slot_of(moment: datetime, interval: int) -> tuple[date, int]:
    """The day in Vietnam and the index of the slot that contains an aware moment."""
    day = day_of(moment)
    return day, (moment - day_start(day)) // _MICROSECONDS // (interval * _MINUTE)


def slot_of_millis(millis: int, interval: int) -> tuple[date, int]:
    """slot_of for a moment in milliseconds since 1970-01-01T00:00Z: for loops over many readings."""
    days, past = divmod(millis + _VN_MILLIS, 86_400_000)
    return date.fromordinal(_EPOCH + days), past // (interval * 60_000)


def slot_start(day: date, index: int, interval: int) -> datetime:
    """A slot's label, in +07:00."""
    return day_start(day) + timedelta(minutes=index * interval)


def first_slot_from(moment: datetime, day: date, interval: int) -> int:
    """The index of the day's first slot that begins at or after an aware moment, from 0 to slots_per_day."""
    past = (moment - day_start(day)) // _MICROSECONDS
    return min(max(-(-past // (interval * _MINUTE)), 0), slots_per_day(interval))


def slots_due(now: datetime, day: date, interval: int) -> int:
    """How many of the day's slots have ended at `now` (aware)."""
    past = (now - day_start(day)) // _MICROSECONDS
    return min(max(past // (interval * _MINUTE), 0), slots_per_day(interval))
