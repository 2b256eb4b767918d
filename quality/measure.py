"""From a channel's number back to the number of a logger's line: what a correction is written as.

Readings are kept in the channel's unit, times the channel's factor; a line that goes to the ministry is in
the logger's own. Pure, and the inverse of what quality/judge.py does to a number that arrives.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from quality.units import conversion


class Measure(NamedTuple):
    """How a channel keeps its numbers."""

    unit: str
    factor: float
    molar_mass: float | None
    """g/mol, where ppm and mass convert."""

    def as_written(self, value: float, unit: str) -> str:
        """The text of a channel's number in a line of that unit: ten digits at most, never an exponent.

        A unit that is not convertible is taken for the channel's own, as it is when a reading arrives.
        """
        number = value / self.factor
        known = conversion(unit, self.unit, self.molar_mass) if unit and self.unit else None
        if known is not None:
            number = known.undo(number)
        return format(Decimal(f"{number:.10g}"), "f")


class DatedMeasure(NamedTuple):
    """How a channel keeps its numbers, by the time at which they were measured."""

    present: Measure
    earlier: tuple[tuple[datetime, Measure], ...] = ()
    """Those that held before, each with the moment from which it no longer did, ascending."""

    def at(self, moment: datetime) -> Measure:
        """What a number that was measured then was kept by."""
        for until, measure in self.earlier:
            if moment < until:
                return measure
        return self.present
