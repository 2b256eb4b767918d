"""An average as it is shown: one parameter of one station over one period, in both layers.

What is too little for an average has no number here. How the periods are found is store/averages/view.py's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from quality.averages import By, Spread, enough
from store.averages.averaged_parameters import Averaged
from store.network.station_view import StationEntry
from store.time_type import from_millis


@dataclass(frozen=True)
class SideItem:
    """An average in one layer."""

    mean: float | None
    """None where there is too little for an average, whatever there is."""
    count: int
    """Slots of an hour, hours of a day or of eight hours, days of a month or a year, that have a value."""
    sufficient: bool
    min: float | None
    min_at: datetime | None
    max: float | None
    max_at: datetime | None
    total: float | None
    """Of a flow, in `total_unit`: what was measured; time without a value counts nothing."""


class AverageItem(NamedTuple):
    """One parameter of one station over one period, in both layers."""

    code_key: str
    """What the stations are ordered by."""
    station: str
    parameter_id: int
    parameter: str
    unit: str
    by: By
    start: datetime
    """In +07:00, as `end`."""
    end: datetime
    expected: int
    """Of what `count` counts."""
    total_unit: str | None
    as_received: SideItem
    as_reviewed: SideItem


class AverageKey(NamedTuple):
    """Where a walk ended: the period's start in UTC, and the parameter."""

    start: datetime
    parameter_id: int


@dataclass(frozen=True)
class Span:
    """A period as it is shown."""

    by: By
    start: datetime
    end: datetime
    expected: int
    """Slots, hours or days that make it whole."""
    percent: float
    """The least share of them for an average."""

    def item(
        self, entry: StationEntry, parameter_id: int, name: Averaged, received: Spread, reviewed: Spread
    ) -> AverageItem:
        """What a parameter's spreads in both layers come to in this period."""
        return AverageItem(
            entry.code_key,
            entry.code,
            parameter_id,
            name.name,
            name.unit,
            self.by,
            self.start,
            self.end,
            self.expected,
            name.total_unit,
            self._side(received, name),
            self._side(reviewed, name),
        )

    def _side(self, spread: Spread, name: Averaged) -> SideItem:
        count = spread.slots if self.by == "hour" else spread.hours
        sufficient = spread.mean is not None and enough(count, self.expected, self.percent)
        return SideItem(
            spread.mean if sufficient else None,
            count,
            sufficient,
            spread.low,
            None if spread.low_at is None else from_millis(spread.low_at),
            spread.high,
            None if spread.high_at is None else from_millis(spread.high_at),
            self._total(spread, name),
        )

    def _total(self, spread: Spread, name: Averaged) -> float | None:
        if self.by == "hour":
            return name.volume(name.total_of_hour(self.expected, spread))
        return name.volume(spread.total)
