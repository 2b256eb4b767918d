"""The values that are held against a limit: hours in the limit's unit, and the periods made of them.

An hour is a station's reviewed hourly mean. Correction to the reference oxygen and NOx from its two parts
are done hour by hour, before anything is averaged further, since a day's oxygen is not that of its hours.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from quality.averages import HOUR, day_expects, enough, hour_expects, mean_of
from quality.intervals import Intervals
from quality.limits.gas import NO, NO2, NOX, OXYGEN, at_reference, nitrogen_oxides
from quality.limits.records import Basis, InForce, Words
from quality.units import conversion

_WINDOW_HOURS = 8
_PLAIN_ONLY = ("instant", "month", "year")
_DAY = 24 * HOUR
_VIETNAM = 7 * HOUR


class Period(NamedTuple):
    """A value and the time it speaks of; moments in milliseconds since 1970-01-01T00:00Z."""

    start: int
    end: int
    value: float


class Measured(NamedTuple):
    """What a station has of a parameter."""

    unit: str
    molar_mass: float | None
    hours: Mapping[int, float]
    """Hour -> reviewed mean, of hours with enough values only."""


class Shares(NamedTuple):
    """Least percentages that held on a day."""

    eight_hours: float
    day: float


def why_not(limit: InForce, station: Mapping[str, Measured]) -> Words | None:
    """Why a station's values cannot be held against the limit; None where they can."""
    if limit.problem is not None:
        return limit.problem
    own = station.get(limit.parameter)
    if limit.basis in _PLAIN_ONLY and (own is None or limit.oxygen_reference is not None):
        return Words(
            f"only hours can be corrected or derived, and this limit is of each {limit.basis}",
            "chỉ hiệu chỉnh hoặc tính từ giá trị trung bình giờ",
        )
    if own is not None and conversion(own.unit, limit.unit, own.molar_mass) is None:
        return Words(
            f"the channel's unit {own.unit!r} does not convert to {limit.unit}",
            f"đơn vị của kênh {own.unit!r} không đổi được sang {limit.unit}",
        )
    if own is None and not (limit.parameter == NOX and NO in station and NO2 in station):
        return Words(
            f"the station does not measure {limit.parameter}", f"trạm không quan trắc {limit.parameter}"
        )
    if limit.oxygen_reference is not None and OXYGEN not in station:
        return Words(
            "the station does not measure O2, which the correction needs",
            "trạm không quan trắc O2 nên không hiệu chỉnh được",
        )
    return None


def hours_for(limit: InForce, station: Mapping[str, Measured], ceiling: float) -> dict[int, float]:
    """Hour -> the value that counts, in the limit's unit; hours in which it cannot be told are left out."""
    own = station.get(limit.parameter)
    values: dict[int, float] = {}
    if own is not None:
        known = conversion(own.unit, limit.unit, own.molar_mass)
        if known is not None:
            values = {hour: known.apply(value) for hour, value in own.hours.items()}
    elif limit.parameter == NOX and NO in station and NO2 in station:
        values = dict(_nitrogen(limit.unit, station[NO], station[NO2]))
    if limit.oxygen_reference is None:
        return values
    oxygen = station.get(OXYGEN)
    corrected = {
        hour: at_reference(
            value, None if oxygen is None else oxygen.hours.get(hour), limit.oxygen_reference, ceiling
        )
        for hour, value in values.items()
    }
    return {hour: value for hour, value in corrected.items() if value is not None}


def periods(
    basis: Basis, hours: Mapping[int, float], begin: int, end: int, intervals: Intervals, shares: Shares
) -> Iterator[Period]:
    """The periods that begin from `begin` up to `end`, of hours, 8 hours or days, in order."""
    if basis == "hour":
        for hour in sorted(hours):
            if begin <= hour < end:
                yield Period(hour, hour + HOUR, hours[hour])
    elif basis == "8hour":
        for first in range(-(-begin // HOUR) * HOUR, end, HOUR):
            window = range(first, first + _WINDOW_HOURS * HOUR, HOUR)
            expected = sum(1 for hour in window if hour_expects(hour, intervals.at(hour)))
            yield from _mean(window, hours, expected, shares.eight_hours)
    elif basis == "day":
        first = -(-(begin + _VIETNAM) // _DAY) * _DAY - _VIETNAM
        for midnight in range(first, end, _DAY):
            expected = day_expects(intervals.at(midnight))
            yield from _mean(range(midnight, midnight + _DAY, HOUR), hours, expected, shares.day)


def _mean(hours_: range, hours: Mapping[int, float], expected: int, percent: float) -> Iterator[Period]:
    values = [hours[hour] for hour in hours_ if hour in hours]
    mean = mean_of(values, "mean")
    if mean is not None and enough(len(values), expected, percent):
        yield Period(hours_.start, hours_.stop, mean)


def _nitrogen(unit: str, no: Measured, no2: Measured) -> Iterator[tuple[int, float]]:
    for hour, value in no.hours.items():
        if hour in no2.hours:
            sum_ = nitrogen_oxides(value, no.unit, no2.hours[hour], no2.unit, unit)
            if sum_ is not None:
                yield hour, sum_
