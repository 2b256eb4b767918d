"""The slot account of a channel over a period: which slots were expected, what became of each, and the rates.

Pure arithmetic over slot lines (quality/slot_line.py). Every figure of docs/rulebook.md, section 3 is
computed here and nowhere else, so that no page, report or command tells another story.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from quality import slot_line
from quality.rate_formula import DEFAULT, rate
from quality.service import ALWAYS, WHOLE_STATION, Service
from quality.slot_state import SLOT_STATES, SlotState
from quality.slots import day_of, day_start, first_slot_from, slot_start, slots_due, slots_per_day
from quality.stretches import Stretch

_NOT_RECEIVED: tuple[SlotState, ...] = ("absent", "planned_stop", "our_outage")
_NOT_OWED: tuple[SlotState, ...] = ("planned_stop", "our_outage")
_ABSENT_RUN = re.compile("-+")
PLANNED, OURS = "P", "O"
"""What an empty slot of an announced stop, and of an outage of ours, is told by in a line that is being
counted; such a letter is never kept."""
_EXCUSED: dict[str, SlotState] = {PLANNED: "planned_stop", OURS: "our_outage"}
EXCUSED_MARKS = frozenset(_EXCUSED)
_BITS = bytes.maketrans(b"-VSFCERMvsfcermPO", b"\0" + b"\1" * 16)
_MARKS = bytes.maketrans(b"\0\1", b"-V")


class Span(NamedTuple):
    """The slots of one day that count: from `first` up to `last`, not included."""

    day: date
    interval: int
    first: int
    last: int


class DayLines(NamedTuple):
    """What is known of one channel's day."""

    interval: int
    states: str
    relayed: Mapping[str, str] = {}
    """Target's name -> its relay line."""


class Excuses(NamedTuple):
    """What excuses empty slots of a channel, or of a whole station."""

    stops: Sequence[Stretch] = ()
    """Announced ones: the slots that begin in them."""
    outages: Sequence[Stretch] = ()
    """Ours: the slots that they touch, because a slot is sent some time after it begins."""

    def __bool__(self) -> bool:
        return bool(self.stops or self.outages)


NO_EXCUSES = Excuses()


def excuses_of(service: Service, parameter_id: int = WHOLE_STATION) -> Excuses:
    """What excuses a channel, or the whole station."""
    return (
        Excuses(service.stopped(parameter_id), service.outages)
        if service.stops or service.outages
        else NO_EXCUSES
    )


@dataclass(frozen=True)
class Account:
    """What became of the expected slots. Rates are fractions of 1; None where the divisor is 0."""

    expected: int
    states: Mapping[SlotState, int]
    """All ten states; they add up to `expected`."""
    on_time: int
    relayed: Mapping[str, int] = field(default_factory=dict)
    """Target's name -> slots it acknowledged."""
    longest_gap_minutes: int = 0
    """Longest run of slots in which nothing came."""

    @property
    def received(self) -> int:
        """Slots in which something came, a number or not."""
        return self.expected - sum(self.states[state] for state in _NOT_RECEIVED)

    @property
    def owed(self) -> int:
        """Slots that the station owes: announced stops and our own outages left out."""
        return self.expected - sum(self.states[state] for state in _NOT_OWED)

    @property
    def good(self) -> int:
        """Slots that count as valid: a suspect one is doubtful but valid."""
        return self.states["valid"] + self.states["suspect"]

    @property
    def received_rate(self) -> float | None:
        """Tỉ lệ dữ liệu nhận được."""
        return _rate(self.received, self.expected)

    @property
    def delivered_rate(self) -> float | None:
        """What came of what is owed: the first factor of the effective rate."""
        return _rate(self.received, self.owed)

    @property
    def valid_rate(self) -> float | None:
        """Tỉ lệ dữ liệu hợp lệ."""
        return _rate(self.good, self.expected)

    def effective_rate(self, formula: str = DEFAULT) -> float | None:
        """Transmission rate × validity, what was announced or was ours left out; or another formula.

        Where nothing was received of what is owed it is 0, where nothing is owed None.
        """
        if formula == DEFAULT:  # without rounding twice: received cancels out
            return _rate(self.good, self.owed)
        counts = {"expected": self.expected, "received": self.received, "on_time": self.on_time}
        return rate(formula, counts | dict(self.states))

    @property
    def on_time_rate(self) -> float | None:
        """Slots that came within five minutes of their time ÷ expected."""
        return _rate(self.on_time, self.expected)

    @property
    def relayed_rates(self) -> dict[str, float | None]:
        """Per target, acknowledged slots ÷ the slots that are owed to it: valid and suspect ones."""
        return {target: _rate(count, self.good) for target, count in self.relayed.items()}

    @property
    def relayed_rate(self) -> float | None:
        """The least of the targets' rates: a file is relayed when every target has it."""
        rates = [rate for rate in self.relayed_rates.values() if rate is not None]
        return min(rates, default=None)


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def spans(
    begin: datetime,
    end: datetime,
    now: datetime,
    interval_of: Callable[[date], int],
    service: Service = ALWAYS,
) -> list[Span]:
    """The slots that begin from `begin` up to `end` (not included) and are due at `now`, by day, in order.

    All three aware. Slots that begin in a phase that does not count are left out, and days without any slot.
    """
    if not service.phases:
        return _spans(begin, end, now, interval_of)
    parts = service.in_phase("official", begin, end)
    return [span for part in parts for span in _spans(part.begin, part.end, now, interval_of)]


def _spans(begin: datetime, end: datetime, now: datetime, interval_of: Callable[[date], int]) -> list[Span]:
    found: list[Span] = []
    stop = min(end, now)
    day = day_of(begin)
    while day_start(day) < stop:
        interval = interval_of(day)
        first = first_slot_from(begin, day, interval)
        last = min(first_slot_from(end, day, interval), slots_due(now, day, interval))
        if first < last:
            found.append(Span(day, interval, first, last))
        day += timedelta(days=1)
    return found


def account(
    counted: Sequence[Span],
    days: Mapping[date, DayLines],
    targets: Iterable[str] = (),
    excuses: Excuses = NO_EXCUSES,
) -> Account:
    """The account of one channel. A day that is not in `days`, or is cut otherwise, is absent."""
    states: dict[SlotState, int] = dict.fromkeys(SLOT_STATES, 0)
    relayed = dict.fromkeys(targets, 0)
    expected = on_time = 0
    gap = _Gap()
    for span in counted:
        expected += span.last - span.first
        lines = _lines_of(days, span)
        line = counted_line(lines, span, excuses)
        gap.add(line, span)
        if lines is None and not excuses:
            continue
        counts, in_time = _tally(line)
        for state, count in counts:
            states[state] += count
        on_time += in_time
        for target, marks in lines.relayed.items() if lines is not None else ():
            if target in relayed:
                relayed[target] += slot_line.count_relayed(marks[span.first : span.last])
    states["absent"] = expected - sum(states.values())
    return Account(expected, states, on_time, relayed, gap.longest)


def station_account(
    counted: Sequence[Span],
    accounts: Sequence[Account],
    channels: Sequence[Mapping[date, DayLines]],
    excuses: Excuses = NO_EXCUSES,
) -> Account:
    """A station as a whole: the sum of its accounts; its gap is of slots in which no channel came.

    excuses: of the whole station.
    """
    return together(accounts, _shared_gap(counted, channels, excuses) if channels else 0)


def together(accounts: Sequence[Account], longest_gap_minutes: int) -> Account:
    """The sum of accounts; of their gaps no sum can be made."""
    targets = dict.fromkeys(target for one in accounts for target in one.relayed)
    return Account(
        sum(one.expected for one in accounts),
        {state: sum(one.states[state] for one in accounts) for state in SLOT_STATES},
        sum(one.on_time for one in accounts),
        {target: sum(one.relayed.get(target, 0) for one in accounts) for target in targets},
        longest_gap_minutes,
    )


def _bits(line: str) -> int:
    return int.from_bytes(line.encode("ascii").translate(_BITS), "big")


def counted_line(lines: DayLines | None, span: Span, excuses: Excuses) -> str:
    """The span's letters, its empty slots told by what excuses them."""
    line = (
        slot_line.empty_line(span.last - span.first)
        if lines is None
        else lines.states[span.first : span.last]
    )
    if not excuses or slot_line.ABSENT not in line:
        return line
    begin = slot_start(span.day, span.first, span.interval)
    end = slot_start(span.day, span.last, span.interval)
    for mark, stretches in ((PLANNED, excuses.stops), (OURS, excuses.outages)):
        for stretch in stretches:
            if stretch.end <= begin or stretch.begin >= end:
                continue  # years have many, a day has none
            first, last = _slots_in(stretch, span, touched=mark == OURS)
            if first < last:
                part = line[first:last].replace(slot_line.ABSENT, mark)
                line = line[:first] + part + line[last:]
    return line


def _slots_in(stretch: Stretch, span: Span, *, touched: bool) -> tuple[int, int]:
    """Which of the span's slots, counted from its first, begin in a stretch; or are touched by it."""
    begin, interval = stretch.begin, span.interval
    if touched:
        begin -= timedelta(minutes=interval) - timedelta(microseconds=1)
    first = first_slot_from(begin, span.day, interval) - span.first
    last = first_slot_from(stretch.end, span.day, interval) - span.first
    return max(first, 0), min(last, span.last - span.first)


def _lines_of(days: Mapping[date, DayLines], span: Span) -> DayLines | None:
    lines = days.get(span.day)
    return lines if lines is not None and lines.interval == span.interval else None


@lru_cache(maxsize=4096)
def _tally(line: str) -> tuple[tuple[tuple[SlotState, int], ...], int]:
    """States and slots in time. Remembered: the channels of a station mostly have the same line."""
    excused = {state: line.count(mark) for mark, state in _EXCUSED.items() if mark in line}
    for mark in _EXCUSED:
        line = line.replace(mark, slot_line.ABSENT)
    return (*slot_line.count_states(line).items(), *excused.items()), slot_line.count_on_time(line)


class _Gap:
    """The longest run of absent slots, in minutes, told line after line."""

    __slots__ = ("_before", "_running", "longest")

    def __init__(self) -> None:
        self.longest = 0
        self._running = 0
        self._before: Span | None = None

    def add(self, line: str, span: Span) -> None:
        """The next counted slots. Where they do not follow the ones before, a run does not go on."""
        if self._running and not _follow(self._before, span):
            self._running = 0
        self._before, interval = span, span.interval
        if slot_line.ABSENT not in line:
            self._running = 0
            return
        for run in _ABSENT_RUN.finditer(line):
            minutes = (run.end() - run.start()) * interval + (self._running if run.start() == 0 else 0)
            self.longest = max(self.longest, minutes)
            # Only a run that reaches the line's last slot goes on into the next.
            self._running = minutes if run.end() == len(line) else 0


def _follow(before: Span | None, span: Span) -> bool:
    if before is None:
        return False
    if before.day == span.day:
        return before.last == span.first
    ended = before.last == slots_per_day(before.interval)
    return ended and span.first == 0 and span.day - before.day == timedelta(days=1)


def _shared_gap(
    counted: Sequence[Span], channels: Sequence[Mapping[date, DayLines]], excuses: Excuses
) -> int:
    """Minutes of the longest run of counted slots in which none of the channels came."""
    gap = _Gap()
    for span in counted:
        gap.add(_anything(span, channels, excuses), span)
    return gap.longest


def _anything(span: Span, channels: Sequence[Mapping[date, DayLines]], excuses: Excuses) -> str:
    """The day's counted slots, - where no channel came and the station is not excused."""
    width = span.last - span.first
    came = _bits(counted_line(None, span, excuses)) if excuses else 0
    for days in channels:
        lines = _lines_of(days, span)
        if lines is None:
            continue
        line = lines.states[span.first : span.last]
        if slot_line.ABSENT not in line:
            return line
        came |= _bits(line)
    return came.to_bytes(width, "big").translate(_MARKS).decode("ascii")
