"""The upper limits that signs of manipulation are looked for below, with what is compared with them.

A limit for gas at a reference oxygen is held against the corrected value: C × (21 − O2ref) ÷ (21 − O2) of the
oxygen that the station measured at the same time; where there is none, or too much, that reading is
compared with nothing. A channel that has both kinds of limits is held against the plain one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from quality.figures import OXYGEN_CEILING
from quality.limits.gas import OXYGEN, at_reference
from quality.limits.gas import OXYGEN_CEILING as CEILING
from quality.signs.all_signs import ChannelMonth
from quality.signs.sample import Rewrite, Sample
from quality.units import convert
from store.limits.limits_in_force import load_limits


class UpperLimit(NamedTuple):
    """An upper limit in the channel's unit."""

    high: float
    reference: float | None
    """%V of oxygen that values are corrected to; None: they are compared as they are."""
    oxygen: Mapping[int, float]
    """What was measured, by moment; only of a limit with a reference."""
    ceiling: float
    """%V above which nothing is corrected."""

    def held_against(self, month: ChannelMonth) -> ChannelMonth:
        """The month with its limit, and with the values that are compared with it."""
        if self.reference is None:
            return month._replace(limit=self.high)
        return month._replace(
            limit=self.high,
            compared=[one._replace(value=self._corrected(one.at, one.value)) for one in month.samples],
            rewrites=[again for one in month.rewrites if (again := self._rewrite(one)) is not None],
        )

    def _corrected(self, at: int, value: float | None) -> float | None:
        if value is None or self.reference is None:
            return value
        return at_reference(value, self.oxygen.get(at), self.reference, self.ceiling)

    def _rewrite(self, one: Rewrite) -> Rewrite | None:
        first, second = self._corrected(one.at, one.first), self._corrected(one.at, one.second)
        return None if first is None or second is None else one._replace(first=first, second=second)


def upper_limits(
    connection: Connection,
    station_id: int,
    following: date,
    names: Mapping[str, int],
    samples: Mapping[int, Sequence[Sample]],
) -> dict[int, UpperLimit]:
    """The lowest upper limit of every limited parameter, by its id, on the day before `following`.

    names: the ids of the parameters that were measured. samples: what was measured.
    """
    limits = load_limits(connection, [station_id])
    if station_id not in limits.stations:
        return {}
    day = following - timedelta(days=1)
    channels = limits.stations[station_id].channels
    ceiling = limits.figures.value(OXYGEN_CEILING, "", day, CEILING)
    measured = samples.get(names[OXYGEN], ()) if OXYGEN in names else ()
    oxygen = {one.at: one.value for one in measured if one.status == "00" and one.value is not None}
    found: dict[int, UpperLimit] = {}
    for limit in limits.on(station_id, day):
        measures = channels.get(limit.parameter)
        if measures is None or limit.high is None:
            continue
        high = convert(limit.high, limit.unit, measures.unit, measures.molar_mass)
        if high is None:
            continue
        this = UpperLimit(high, limit.oxygen_reference, oxygen, ceiling)
        known = found.get(measures.parameter_id)
        if known is None or _goes_before(this, known):
            found[measures.parameter_id] = this
    return found


def _goes_before(one: UpperLimit, other: UpperLimit) -> bool:
    if (one.reference is None) != (other.reference is None):
        return one.reference is None
    return one.high < other.high
