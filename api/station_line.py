"""A station as its line on the overview: what it is doing now, and its account of one day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from api.condition import Condition, Group, condition_of, group_of, place_of
from api.station_now import StationNow
from api.strip import Stretches, Strip, day_strip
from quality.completeness import (
    Account,
    DayLines,
    Span,
    account,
    counted_line,
    excuses_of,
    spans,
    station_account,
)
from quality.events import EventKind
from quality.service import FIRST_PHASE, PHASES, WHOLE_STATION
from quality.slots import day_start, first_slot_from, slots_due, slots_per_day
from store.network.station_view import StationEntry
from store.slots.view import ChannelDay


class Day(NamedTuple):
    """The day that is shown, as far as it has gone."""

    date: date
    now: datetime
    """Aware."""

    @property
    def begin(self) -> datetime:
        """Its midnight."""
        return day_start(self.date)

    @property
    def end(self) -> datetime:
        """The next midnight."""
        return self.begin + timedelta(days=1)


@dataclass(frozen=True)
class StationLine:
    """A station as its line in the table. What only shown lines need is made when it is asked for."""

    entry: StationEntry
    present: StationNow
    channels: Sequence[ChannelDay]
    in_service: bool
    """Whether the day lies in the station's service at all."""
    waiting: int
    """Items that wait for any relay target."""
    unsolved: Mapping[EventKind, int]
    """Events that nobody has dealt with yet, by kind."""
    day: Day

    @cached_property
    def condition(self) -> Condition:
        """What is said of it first."""
        now = self.day.now
        stop_now = any(stop.begin <= now < stop.end for stop in self.present.service.stopped())
        return condition_of(self.present.state, self.present.phase, stop_now)

    @cached_property
    def place(self) -> int:
        """Where it stands among the others."""
        return place_of(self.condition, self.unsolved)

    @property
    def group(self) -> Group:
        """Under which heading it is listed."""
        return group_of(self.place)

    @property
    def received_rate(self) -> float | None:
        """What came of what it owes: announced stops and our own outages are charged to nobody."""
        return self.account.delivered_rate

    @property
    def interval(self) -> int:
        """Minutes of the day's slots."""
        return self.entry.intervals.on(self.day.date)

    @cached_property
    def strip(self) -> Strip:
        """The day in one line of slots."""
        interval = self.interval
        due = slots_due(self.day.now, self.day.date, interval)
        expected = self.in_service and bool(self.channels)
        slots = slots_per_day(interval)
        return day_strip(self._lines(slots), slots, due, expected, self._uncounted())

    @cached_property
    def account(self) -> Account:
        """Of the day's slots that are due and counted; out of service and under test it owes nothing."""
        service, interval = self.present.service, self.interval
        counted: list[Span] = []
        if self.in_service:
            counted = spans(self.day.begin, self.day.end, self.day.now, lambda _day: interval, service)
        # Most channels of a station have the same line, and a line has one account.
        known: dict[ChannelDay, Account] = {}
        accounts = []
        for channel in self.channels:
            alike = channel if service.stops else channel._replace(parameter_id=WHOLE_STATION)
            if alike not in known:
                lines = {self.day.date: DayLines(channel.interval, channel.states)} if channel.states else {}
                known[alike] = account(counted, lines, (), excuses_of(service, alike.parameter_id))
            accounts.append(known[alike])
        return station_account(counted, accounts, ())

    def _lines(self, slots: int) -> set[str]:
        """The channels' letters, their empty slots told by what excuses them."""
        service, interval = self.present.service, self.interval
        whole = Span(self.day.date, interval, 0, slots)
        return {
            counted_line(
                # what came while the day was cut by another interval says nothing of these slots
                DayLines(interval, channel.states) if channel.interval == interval else None,
                whole,
                excuses_of(service, channel.parameter_id),
            )
            for channel in self.channels
        }

    def _uncounted(self) -> Stretches:
        """The slots that begin in a phase that does not count, whether they are due or not."""
        interval, date = self.interval, self.day.date
        return tuple(
            (first_slot_from(stretch.begin, date, interval), first_slot_from(stretch.end, date, interval))
            for phase in PHASES
            if phase != FIRST_PHASE
            for stretch in self.present.service.in_phase(phase, self.day.begin, self.day.end)
        )
