"""The figures of the rules that are dated data: least shares, warning steps, and the tables of k factors.

The law changes them, and provinces set their own, so each row says from which day until which day it
holds, and how sure its source is. What is asked for one day is answered by what held on that day.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple, get_args

Confidence = Literal["seen", "single_source", "recalled", "confirmed"]
"""seen: in a text of law; single_source and recalled: not certain until a person confirms it; confirmed:
a person did, or set it."""
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
SURE: frozenset[str] = frozenset({"seen", "confirmed"})

MINIMUM = "minimum_percent"
"""Least share of an hour's slots (hour), of eight hours (8hour) and a day's hours (day), and of the days
of a month and a year that an average needs."""
WARNING = "warning_percent"
"""Shares of a limit from which on a value is a tendency or preparing to exceed."""
OXYGEN_CEILING = "oxygen_ceiling"
"""%V of oxygen above which nothing is corrected to the reference oxygen."""


class Figure(NamedTuple):
    """One row: what holds for a case, within a range of an amount, from a day until a day."""

    name: str
    case: str
    above: float | None
    """The amount is more than this; None: from the least on."""
    up_to: float | None
    """… and at most this; None: without end."""
    value: float
    valid_from: date | None
    valid_to: date | None
    """The last day on which it holds."""
    confidence: str = "confirmed"

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def covers(self, amount: float | None) -> bool:
        """Whether the amount lies in its range; a row without a range covers any."""
        if self.above is None and self.up_to is None:
            return True
        if amount is None:
            return False
        return (self.above is None or amount > self.above) and (self.up_to is None or amount <= self.up_to)


class Figures:
    """All figures, to be asked by day."""

    def __init__(self, rows: Iterable[Figure]) -> None:
        self._rows: dict[tuple[str, str], list[Figure]] = {}
        for row in rows:
            self._rows.setdefault((row.name, row.case), []).append(row)
        for known in self._rows.values():
            known.sort(key=lambda row: row.valid_from or date.min, reverse=True)

    def find(self, name: str, case: str, day: date, amount: float | None = None) -> Figure | None:
        """The row in force on the day; of several the one that came into force last."""
        for row in self._rows.get((name, case), ()):
            if row.holds_on(day) and row.covers(amount):
                return row
        return None

    def value(self, name: str, case: str, day: date, default: float) -> float:
        """The figure in force on the day; the default where no row says anything."""
        found = self.find(name, case, day)
        return default if found is None else found.value
