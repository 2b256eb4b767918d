"""Interruptions (mất kết nối): when nothing came of a station, and when nothing usable came of a channel.

Rules: docs/rulebook.md, section 4. A station is offline when for its interval and some minutes neither new
data nor any file came. What is judged is when files arrived, never when they were read: data that is
back-filled later shortens what is missing, and changes nothing of what was interrupted. So an interruption
is a function of the arrivals alone, whatever the order in which they were worked off.

It starts at the last good slot: the last that came in time before the silence. It ends at the first slot that
comes in time after it: within five minutes (a dated figure); or, where it was measured after the silence had
ended, before its station would be called offline. A logger that sends again, but whose times stay off by the
same, has a clock that is off: it is no longer interrupted.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from quality.completeness import EXCUSED_MARKS, Span
from quality.dated_rules import DatedRules
from quality.intervals import Intervals
from quality.slots import day_of, day_start, slot_of, slot_start
from quality.stretches import Stretch, covered

_PATIENCE = 2
"""So many times the silence that makes a station offline, a logger has time to catch up."""


class Arrival(NamedTuple):
    """A file that came. Times are aware."""

    at: datetime
    first: datetime | None
    """Earliest measured time in it; None: nothing could be read."""
    last: datetime | None


@dataclass(frozen=True)
class Terms:
    """By what a station's silence is judged."""

    intervals: Intervals
    """How long its slots are, by day."""
    rules: DatedRules
    """How long a station may be silent, a slot may be late and a clock ahead."""
    excused: Sequence[Stretch] = ()
    """Announced stops, our own outages, and time that does not count: silence in them is none."""

    def silence_at(self, moment: datetime) -> timedelta:
        """How long a station may be silent before it is offline."""
        return timedelta(minutes=self.interval_at(moment)) + self.rules.minutes("offline_minutes", moment)

    def interval_at(self, moment: datetime) -> int:
        """Minutes of a slot at a moment."""
        known = self.intervals
        return known.on(day_of(moment)) if known.earlier else known.newest

    def offline(self, begin: datetime, end: datetime) -> bool:
        """Whether a silence from `begin` to `end` is too long, excused time left out.

        Over the midnight on which another interval begins, the longer of the two is waited for; a silence
        that was too long before it stays so.
        """
        passed = self.silence_at(begin)
        known = self.intervals
        for day in known.changes(day_of(begin), day_of(end)) if known.earlier else ():
            change = day_start(day)
            if self._owed(begin, change) > passed:
                return True
            passed = max(passed, self.silence_at(change))
        return self._owed(begin, end) > passed

    def _owed(self, begin: datetime, end: datetime) -> timedelta:
        return end - begin - covered(self.excused, begin, end)

    def slot(self, moment: datetime) -> datetime:
        """The beginning of the slot that a moment lies in, in +07:00."""
        interval = self.interval_at(moment)
        return slot_start(*slot_of(moment, interval), interval)


class Silence(NamedTuple):
    """A station's interruption."""

    silent_from: datetime
    """The last arrival before it."""
    started_at: datetime
    """The last good slot, in +07:00."""
    ended_at: datetime | None
    """The first slot that came in time again; None: it goes on."""
    settled_at: datetime | None
    """The arrival by which its end is known."""


@dataclass
class _Open:
    silent_from: datetime
    started_at: datetime
    resumed: Arrival | None = None
    """The first file since the last silence."""
    newest: datetime | None = None
    """The newest time measured since then."""


def silences(arrivals: Iterable[Arrival], begin: datetime, terms: Terms, now: datetime) -> Iterator[Silence]:
    """The interruptions among arrivals, which come in order of time.

    begin: the arrival after which the first interruption may begin; those up to it (of one silence before it
    are enough) only tell which slot was the last good one. Where none of them is of that time, there was
    contact then all the same. now: aware; the moment up to which it is known what came.
    """
    recent: deque[Arrival] = deque()
    last_at = begin
    tolerated = terms.silence_at(begin)
    gap: _Open | None = None
    for arrival in arrivals:
        silence = terms.silence_at(arrival.at)
        if arrival.at > begin:
            # a logger may back-fill years within hours, so what nearly always suffices is asked first
            if arrival.at - last_at > tolerated and terms.offline(last_at, arrival.at):
                gap = gap or _Open(last_at, _last_good(recent, last_at, terms))
                gap.resumed = gap.newest = None
            if gap is not None:
                ended_at = _ended(gap, arrival, silence, terms)
                if ended_at is not None:
                    yield Silence(gap.silent_from, gap.started_at, max(ended_at, gap.started_at), arrival.at)
                    gap = None
            last_at, tolerated = arrival.at, silence
        while recent and recent[0].at <= arrival.at - silence:
            recent.popleft()
        recent.append(arrival)
    if gap is None and terms.offline(last_at, now):
        gap = _Open(last_at, _last_good(recent, last_at, terms))
    if gap is not None:
        yield Silence(gap.silent_from, gap.started_at, None, None)


def _last_good(recent: Iterable[Arrival], at: datetime, terms: Terms) -> datetime:
    """The last slot that came in time; where only late or wrong times came, the slot of the last contact."""
    silence = terms.silence_at(at)
    in_time = [
        measured
        for one in recent
        for measured in (one.first, one.last)
        if measured is not None
        and -terms.rules.minutes("future_minutes", one.at) <= one.at - measured <= silence
        and one.at > at - silence
    ]
    return terms.slot(max(in_time, default=at))


def _ended(gap: _Open, arrival: Arrival, silence: timedelta, terms: Terms) -> datetime | None:
    """The slot with which an interruption ends by this arrival; None: not yet.

    silence: how long the station may be silent then.
    """
    if gap.resumed is None:
        gap.resumed = arrival
    if arrival.first is None or arrival.last is None:
        return None
    earliest = arrival.at - terms.rules.minutes("on_time_minutes", arrival.at)
    newest = min(arrival.last, arrival.at + terms.rules.minutes("future_minutes", arrival.at))
    if arrival.first <= newest and newest >= earliest:
        return _slot_from(max(arrival.first, earliest), newest, terms)
    # measured after the silence had ended, and sent before the station would be called offline again
    if arrival.first <= newest and newest >= arrival.at - silence:
        again = terms.slot(gap.resumed.at)
        if terms.slot(newest) >= again:
            return max(terms.slot(arrival.first), again)
    gap.newest = arrival.last if gap.newest is None else max(gap.newest, arrival.last)
    return terms.slot(gap.resumed.at) if _clock_is_off(gap, gap.resumed, arrival, terms) else None


def _slot_from(earliest: datetime, newest: datetime, terms: Terms) -> datetime:
    """The first slot that begins from a moment on, or the one of `newest` where that would be too late."""
    slot = terms.slot(earliest)
    if slot < earliest:
        slot += timedelta(minutes=terms.interval_at(slot))
    return min(slot, terms.slot(newest))


def _clock_is_off(gap: _Open, resumed: Arrival, arrival: Arrival, terms: Terms) -> bool:
    """Whether times that are not in time do not come nearer to it: a buffer that is drained catches up."""
    passed = arrival.at - resumed.at
    if passed < _PATIENCE * terms.silence_at(resumed.at) or gap.newest is None or resumed.last is None:
        return False
    interval = timedelta(minutes=terms.interval_at(arrival.at))
    return gap.newest - resumed.last <= passed + interval


def clipped(silence: Silence, counted: Sequence[Stretch], terms: Terms, now: datetime) -> list[Silence]:
    """The parts of an interruption that lie in time that counts; what is left is long enough to be one."""
    found = []
    for part in counted:
        begin = max(silence.started_at, part.begin)
        end = min(silence.ended_at or now, part.end)
        if begin >= end:
            continue
        cut = begin > silence.started_at or (silence.ended_at or now) > part.end
        if cut and not terms.offline(begin, end):
            continue
        open_still = silence.ended_at is None and part.end >= now
        found.append(
            silence._replace(
                started_at=begin,
                ended_at=None if open_still else end,
                settled_at=None if open_still else silence.settled_at or part.end,
            )
        )
    return found


class Gap(NamedTuple):
    """A time in which a channel sent nothing usable. In +07:00."""

    started_at: datetime
    """Its last good slot, or where the counted time began."""
    ended_at: datetime | None
    """Its next good slot, or where the counted time ended; None: it goes on."""


USABLE = frozenset("VSFRvsfr")
"""Letters of slots in which a number came, whatever was thought of it."""
_USABLE_RUN = re.compile(f"[{re.escape(''.join(sorted(USABLE)))}]+")


def channel_gaps(counted: Sequence[tuple[Span, str]]) -> list[Gap]:
    """Where a channel was absent, without a value, calibrating or in error, of any length.

    counted: spans with their letters (quality/completeness.py), by time. Slots that are excused neither end
    a gap nor make one. The last span ends with the last slot that is due: a gap that reaches it goes on.
    """
    found: list[Gap] = []
    start: datetime | None = None
    bad = False
    reached: datetime | None = None
    for span, line in counted:
        begins = slot_start(span.day, span.first, span.interval)
        if reached is None or begins > reached:  # the counted time begins, or begins again
            if bad and start is not None:
                found.append(Gap(start, reached))
            start, bad = begins, False
        seen = 0
        for run in _USABLE_RUN.finditer(line):
            bad = bad or not EXCUSED_MARKS.issuperset(line[seen : run.start()])
            if bad and start is not None:
                found.append(Gap(start, slot_start(span.day, span.first + run.start(), span.interval)))
            seen = run.end()
            start, bad = slot_start(span.day, span.first + seen - 1, span.interval), False
        bad = bad or not EXCUSED_MARKS.issuperset(line[seen:])
        reached = slot_start(span.day, span.last, span.interval)
    if bad and start is not None:
        found.append(Gap(start, None))
    return found
