"""What is held against limits: reviewed hourly means, days of a month or a year, and single readings."""

from calendar import isleap, monthrange
from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import Connection, case, select

from quality.averages import MINIMUM_PERCENT, enough, mean_of
from quality.figures import MINIMUM, Figures
from quality.intervals import Intervals
from quality.limits.series import Period
from quality.slots import day_of, day_start
from store.millis import millis
from store.tables import daily, hourly, reading
from store.time_type import from_millis, to_millis


def reviewed_hours(
    connection: Connection,
    station_id: int,
    begin: int,
    end: int,
    parameter_ids: Collection[int],
    figures: Figures,
) -> dict[int, dict[int, float]]:
    """Parameter -> hour (ms) -> mean, of hours from `begin` up to `end` that have enough reviewed values."""
    query = select(
        hourly.c.parameter_id,
        millis(hourly.c.hour),
        hourly.c.expected,
        hourly.c.reviewed_count,
        hourly.c.reviewed_mean,
    ).where(
        hourly.c.station_id == station_id,
        hourly.c.hour >= from_millis(begin),
        hourly.c.hour < from_millis(end),
        hourly.c.parameter_id.in_(parameter_ids),
        hourly.c.reviewed_mean.is_not(None),
    )
    percents: dict[date, float] = {}
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for parameter_id, hour, expected, count, mean in connection.execute(query):
        day = day_of(from_millis(hour))
        if day not in percents:
            percents[day] = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
        if enough(count, expected, percents[day]):
            found[parameter_id][hour] = mean
    return found


def valid_readings(
    connection: Connection, station_id: int, parameter_id: int, begin: int, end: int, intervals: Intervals
) -> list[Period]:
    """Each value that stands, as the period of its slot's length, in the order of time."""
    value = case((reading.c.review == "corrected", reading.c.reviewed_value), else_=reading.c.value)
    query = select(millis(reading.c.measured_at), value).where(
        reading.c.station_id == station_id,
        reading.c.measured_at >= from_millis(begin),
        reading.c.measured_at < from_millis(end),
        reading.c.parameter_id == parameter_id,
        reading.c.valid,
    )
    rows = connection.execute(query.order_by(reading.c.measured_at))
    return [Period(at, at + intervals.at(at) * 60_000, number) for at, number in rows]


def long_period(
    connection: Connection, station_id: int, parameter_id: int, basis: str, day: date, figures: Figures
) -> Period | None:
    """The month or year that a day lies in; None where too few of its days have an average."""
    if basis == "month":
        first = day.replace(day=1)
        days = monthrange(first.year, first.month)[1]
    else:
        first = day.replace(month=1, day=1)
        days = 366 if isleap(first.year) else 365
    last = first + timedelta(days=days - 1)
    query = select(daily.c.day, daily.c.expected, daily.c.reviewed_hours, daily.c.reviewed_mean).where(
        daily.c.station_id == station_id,
        daily.c.parameter_id == parameter_id,
        daily.c.day >= first,
        daily.c.day <= last,
        daily.c.reviewed_mean.is_not(None),
    )
    means = [
        mean
        for one, expected, hours, mean in connection.execute(query)
        if enough(hours, expected, figures.value(MINIMUM, "day", one, MINIMUM_PERCENT))
    ]
    mean = mean_of(means, "mean")
    percent = figures.value(MINIMUM, basis, first, MINIMUM_PERCENT)
    if mean is None or not enough(len(means), days, percent):
        return None
    return Period(to_millis(day_start(first)), to_millis(day_start(last + timedelta(days=1))), mean)
