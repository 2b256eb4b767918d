"""What the neighbour checks have to know of each station: its channels' checks, by date, and whom they name.

Taken from the network's snapshot and kept until the network's revision moves, because settling asks for
it several times a second.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from quality.checks.cell import Companion, Comparison
from quality.checks.eras import EVER, Eras, eras_of
from quality.intervals import Intervals
from quality.units import Conversion, conversion
from store.network.snapshot import ChannelEntry, Network, load_network, network_revision
from store.time_type import to_millis


class Compared(NamedTuple):
    """A comparison with another channel of the station."""

    since: int
    check: Comparison
    parameter_id: int
    convert: Conversion


class Accompanied(NamedTuple):
    """A channel without which this one's values say nothing."""

    since: int
    check: Companion
    parameter_id: int


class ChannelPlan(NamedTuple):
    """The neighbour checks of one channel."""

    eras: Eras
    comparisons: tuple[Compared, ...]
    """Those of every era; `since` tells them apart."""
    companions: tuple[Accompanied, ...]


class StationPlan(NamedTuple):
    """What settling has to know of a station."""

    declared: frozenset[int]
    """Parameters that have a channel."""
    channels: dict[int, ChannelPlan]
    """By parameter: those that need neighbours, now or at an earlier date."""
    named: frozenset[int]
    """Parameters that a comparison or a companion asks for."""
    names: dict[int, str]
    """Every declared parameter's own name."""
    has_companions: bool
    longest_run: int
    """The most equal values that a flat_line counts; 0: none does."""
    intervals: Intervals
    steady_gap: int | None
    """The longest gap between neighbours where no channel's ever changed; milliseconds."""

    def reach(self, begin: int, end: int) -> int:
        """The longest gap between neighbours, of any channel, around a stretch of time; in milliseconds."""
        if self.steady_gap is not None:
            return self.steady_gap
        return max(channel.eras.reach(begin, end) for channel in self.channels.values())


class PlanBook:
    """The plans of all stations, as the newest revision of the network has them. One thread uses it."""

    def __init__(self) -> None:
        self._network: Network | None = None
        self._plans: dict[int, StationPlan] = {}

    def refresh(self, connection: Connection) -> None:
        """Makes sure that the plans are those of the settings that this transaction sees."""
        if self._network is None or self._network.revision != network_revision(connection):
            self._network = load_network(connection)
            self._plans.clear()

    def plan_of(self, station_id: int) -> StationPlan | None:
        """A station's plan; of one without channels it has none; None: there is no such station."""
        plan = self._plans.get(station_id)
        if plan is None and self._network is not None and station_id in self._network.intervals:
            entries = self._network.channels.get(station_id, {})
            plan = self._plans[station_id] = plan_of_channels(entries, self._network.intervals[station_id])
        return plan


def plan_of_channels(symbols: dict[str, ChannelEntry], intervals: Intervals) -> StationPlan:
    """The plan of a station, from its channels by symbol."""
    entries = {entry.parameter_id: entry for entry in symbols.values()}
    by_name = {symbol: entry.parameter_id for symbol, entry in symbols.items()}
    by_name |= {entry.channel.parameter: entry.parameter_id for entry in entries.values()}
    channels = {}
    for parameter_id, entry in entries.items():
        plan = _channel_plan(entry, entries, by_name, intervals)
        if any(era.checks.need_neighbours for era in plan.eras.each):
            channels[parameter_id] = plan
    named = {item.parameter_id for plan in channels.values() for item in plan.comparisons}
    named |= {item.parameter_id for plan in channels.values() for item in plan.companions}
    return StationPlan(
        frozenset(entries),
        channels,
        frozenset(named),
        {parameter_id: entry.channel.parameter for parameter_id, entry in entries.items()},
        any(plan.companions for plan in channels.values()),
        max((plan.eras.longest_run for plan in channels.values()), default=0),
        intervals,
        _steady_gap(channels.values()),
    )


def _steady_gap(plans: Collection[ChannelPlan]) -> int | None:
    if not plans or any(len(plan.eras.each) > 1 for plan in plans):
        return None
    return max(plan.eras.each[0].gap for plan in plans)


def _channel_plan(
    entry: ChannelEntry,
    entries: dict[int, ChannelEntry],
    by_name: dict[str, int],
    intervals: Intervals,
) -> ChannelPlan:
    since = EVER
    dated = []
    for until, settings in entry.earlier:
        dated.append((since, settings.checks))
        since = to_millis(until)
    dated.append((since, entry.channel.checks))
    eras = eras_of(dated, intervals)
    comparisons, companions = [], []
    for begin, _, _, checks in eras.each:
        for check in checks.comparisons:
            other = by_name.get(check.parameter)
            if other is None or other == entry.parameter_id:
                continue
            of_other = entries[other].channel
            convert = conversion(of_other.unit, entry.channel.unit, of_other.molar_mass)
            if not of_other.unit or not entry.channel.unit:
                convert = Conversion()
            if convert is not None:
                comparisons.append(Compared(begin, check, other, convert))
        for companion in checks.companions:
            other = by_name.get(companion.parameter)
            if other is not None and other != entry.parameter_id:
                companions.append(Accompanied(begin, companion, other))
    return ChannelPlan(eras, tuple(comparisons), tuple(companions))
