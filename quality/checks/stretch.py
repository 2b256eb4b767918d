"""What a change of readings means for the neighbour checks of one parameter: which readings, which flags.

A value that comes, goes or becomes another can only concern itself, the neighbour before it (whose spike has
another next value), the neighbour after it, and the runs of equal values that it joins or breaks. A
run of which N values are known on one side is flagged whatever else happens to it, so however long a
sensor stands still, N readings to either side are all that is looked at. Pure: what lies outside of the
loaded readings is asked for (`lacking`), and the caller asks the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quality.checks.cell import ChannelChecks
from quality.checks.flat_line import flat_line, run_of
from quality.checks.neighbours import Series, gap_millis
from quality.checks.rate_of_change import rate_of_change
from quality.checks.spike import spike
from quality.verdict import Flag

DatedChecks = Sequence[tuple[int, ChannelChecks]]
"""Checks with the millisecond from which they hold, ascending; the first one's is before everything."""


class Findings(NamedTuple):
    """The flags of the readings that were judged anew. Indices are the series'."""

    stepped: range
    """Readings of which rate_of_change and spike were judged."""
    ran: range
    """Readings of which flat_line was judged; holds `stepped` where the channel has that check."""
    flags: dict[int, list[Flag]]
    """Readings that did not pass, in the order of the rules."""


@dataclass(slots=True)
class Stretch:
    """One parameter's readings around a change, as far as they are loaded."""

    series: Series
    begin: int
    end: int
    """What changed lies within, both included; milliseconds, like all times here."""
    loaded_from: int
    loaded_to: int
    """Every reading of these times is in `series`, both included."""
    interval_minutes: int
    checks: DatedChecks
    longest_run: int
    """The largest N of flat_line at any date (`longest_run`); 0: the check is off."""

    def lacking(self) -> tuple[bool, bool]:
        """Whether readings before `loaded_from`, and behind `loaded_to`, must be known to judge."""
        gap = gap_millis(self.interval_minutes)
        times = self.series.times
        earlier = (not times or times[0] >= self.begin) and self.loaded_from > self.begin - gap
        later = (not times or times[-1] <= self.end) and self.loaded_to < self.end + gap
        first, last = self._concerned(gap)
        if first == last:
            return earlier, later
        earlier = earlier or (self.loaded_from > times[0] - gap and self._first_of_run(first, gap) == 0)
        later = later or (
            self.loaded_to < times[-1] + gap and self._last_of_run(last - 1, gap) == len(times) - 1
        )
        return earlier, later

    def findings(self) -> Findings:
        """The flags. Everything that was lacking is loaded."""
        gap = gap_millis(self.interval_minutes)
        first, last = self._concerned(gap)
        flags: dict[int, list[Flag]] = {}
        ran = range(first, first)
        if first < last and self.longest_run:
            ran = range(self._first_of_run(first, gap), self._last_of_run(last - 1, gap) + 1)
            self._find_runs(ran, gap, flags)
        self._find_steps(first, last, gap, flags)
        return Findings(range(first, last), ran, flags)

    def _concerned(self, gap: int) -> tuple[int, int]:
        """The changed readings and their neighbours: first index, and last index + 1."""
        times = self.series.times
        first, last = self.series.between(self.begin, self.end)
        if first > 0 and times[first - 1] >= self.begin - gap:
            first -= 1
        if last < len(times) and times[last] <= self.end + gap:
            last += 1
        return first, last

    def _first_of_run(self, index: int, gap: int) -> int:
        if not index or not self.longest_run:
            return index
        return run_of(self.series, index, gap, self.longest_run - 1)[0]

    def _last_of_run(self, index: int, gap: int) -> int:
        if index + 1 == len(self.series.times) or not self.longest_run:
            return index
        return run_of(self.series, index, gap, self.longest_run - 1)[1]

    def _find_runs(self, ran: range, gap: int, flags: dict[int, list[Flag]]) -> None:
        times, values = self.series
        start, end = ran.start, ran.stop
        while start < end:
            stop = start + 1
            value = values[start]
            while stop < end and values[stop] == value and times[stop] - times[stop - 1] <= gap:
                stop += 1
            if stop - start > 1:
                for index in range(start, stop):
                    check = self._checks_at(times[index]).flat_line
                    flag = None if check is None else flat_line(value, stop - start, check)
                    if flag is not None:
                        flags[index] = [flag]
            start = stop

    def _find_steps(self, first: int, last: int, gap: int, flags: dict[int, list[Flag]]) -> None:
        times, values = self.series
        interval = self.interval_minutes * 60_000
        count = len(times)
        checks = self.checks[-1][1]
        dated = len(self.checks) > 1
        for index in range(max(first, 1), last):
            apart = times[index] - times[index - 1]
            if apart > gap:
                continue
            if dated:
                checks = self._checks_at(times[index])
            change, peak = checks.rate_of_change, checks.spike
            if change is not None:
                flag = rate_of_change(values[index - 1], values[index], apart, interval, change)
                if flag is not None:
                    flags.setdefault(index, []).append(flag)
            if peak is not None and index + 1 < count and times[index + 1] - times[index] <= gap:
                flag = spike(values[index - 1], values[index], values[index + 1], peak)
                if flag is not None:
                    flags.setdefault(index, []).append(flag)

    def _checks_at(self, time: int) -> ChannelChecks:
        checks = self.checks
        at = len(checks) - 1
        while at and checks[at][0] > time:
            at -= 1
        return checks[at][1]


def longest_run(checks: DatedChecks) -> int:
    """The largest N of flat_line at any date; 0: the check is off."""
    return max((one.flat_line.at_least for _, one in checks if one.flat_line), default=0)
