"""Periods held against the limits of their days, joined to runs: what exceedances are told from.

Periods are computed from the reviewed averages as they are now (store/limits/limit_values.py); which of them
to look at is decided in store/limits/exceedances.py.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from quality.averages import HOUR, MINIMUM_PERCENT
from quality.figures import MINIMUM, OXYGEN_CEILING, WARNING
from quality.limits.gas import NO, NO2, NOX, OXYGEN
from quality.limits.gas import OXYGEN_CEILING as CEILING
from quality.limits.judging import PREPARING, TENDENCY, Run, Warnings, runs_of
from quality.limits.records import Basis, InForce
from quality.limits.series import Measured, Period, Shares, hours_for, periods, why_not
from quality.slots import day_of, day_start
from store.limits.limit_values import long_period, reviewed_hours, valid_readings
from store.limits.limits_in_force import LimitedStation, Limits
from store.time_type import from_millis, to_millis

DAY = 24 * HOUR
REACH = 7 * HOUR
"""How long before a day an 8-hour period may begin that the day's hours count in."""


class Scope(NamedTuple):
    """Beginnings of periods: from `begin` up to `end`, in milliseconds."""

    begin: int
    end: int


def hours_of(
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


def runs_in(
    connection: Connection,
    limits: Limits,
    station: LimitedStation,
    name: str,
    basis: Basis,
    scope: Scope,
    measured: dict[str, Measured],
    now: datetime,
) -> list[Run]:
    """What the periods that begin in the scope come to, by the limits of their days."""
    by_limit: dict[InForce, list[tuple[Period, InForce, Warnings]]] = {}
    for day, part in _days(scope, basis):
        for limit in limits.on(station.id, day):
            own = limit.governs and (limit.parameter, limit.basis) == (name, basis)
            if own and why_not(limit, measured) is None:
                steps = _steps(limits, day)
                found = _periods(connection, limits, station, limit, day, part, measured)
                by_limit.setdefault(limit, []).extend((period, limit, steps) for period in found)
    return [run for judged in by_limit.values() for run in runs_of(judged, basis, to_millis(now))]


def _steps(limits: Limits, day: date) -> Warnings:
    """The warning steps of a day."""
    return Warnings(
        limits.figures.value(WARNING, "tendency", day, TENDENCY),
        limits.figures.value(WARNING, "preparing", day, PREPARING),
    )


def _days(scope: Scope, basis: str) -> list[tuple[date, Scope]]:
    """The days that a scope lies in, each with its part; a month or a year is of its first day."""
    if basis in ("month", "year"):
        return [(day_of(from_millis(scope.begin)), scope)]
    found = []
    at = scope.begin
    while at < scope.end:
        day = day_of(from_millis(at))
        following = to_millis(day_start(day)) + DAY
        found.append((day, Scope(at, min(following, scope.end))))
        at = following
    return found


def _periods(
    connection: Connection,
    limits: Limits,
    station: LimitedStation,
    limit: InForce,
    day: date,
    scope: Scope,
    measured: dict[str, Measured],
) -> Sequence[Period]:
    figures = limits.figures
    if limit.basis == "instant":
        own = station.channels[limit.parameter]
        values = valid_readings(
            connection, station.id, own.parameter_id, scope.begin, scope.end, station.intervals
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
    return list(periods(limit.basis, hours, scope.begin, scope.end, station.intervals, shares))


def _in_unit(period: Period, limit: InForce, measured: dict[str, Measured]) -> Period:
    own = measured[limit.parameter]
    hour = {0: period.value}
    (value,) = hours_for(limit, {limit.parameter: own._replace(hours=hour)}, 0).values()
    return period._replace(value=value)
