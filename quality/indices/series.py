"""What an index is computed from: the means of one parameter, with the unit they are in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from quality.units import Conversion, conversion


@dataclass(frozen=True)
class Series:
    """The means of one parameter at one station, as reviewed: only those that are enough for an average."""

    unit: str
    """The channel's; empty: none is declared."""
    molar_mass: float | None = None
    """g/mol, where a fraction (ppb) converts to mass at 25 °C."""
    hours: Mapping[datetime, float] = field(default_factory=dict)
    """By the start of the hour, in UTC."""
    day: float | None = None
    """The mean of the day that is asked for."""

    def into(self, unit: str) -> Conversion | None:
        """What turns the means into a unit; None where they do not convert, and nothing is computed."""
        return conversion(self.unit, unit, self.molar_mass) if self.unit else None
