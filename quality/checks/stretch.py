"""What a change of readings means for the neighbour checks of one parameter: which readings, which flags.

A value that comes, goes or becomes another can only concern itself, the neighbour before it (whose spike has
another next value), the neighbour after it, and the runs of equal values that it joins or breaks. A
run of which N values are known on one side is flagged whatever else happens to it, so however long a
sensor stands still, N readings to either side are all that is looked at. Pure: what lies outside of the
loaded readings is asked for (`lacking`), and the caller asks the store.
"""

from dataclasses import dataclass
from typing import NamedTuple

from quality.checks.eras import Eras
from quality.checks.flat_line import flat_line, run_of
from quality.checks.neighbours import Series
from quality.checks.rate_of_change import rate_of_change
from quality.checks.spike import spike
from quality.verdict import Flag


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
    eras: Eras
    """By what the readings are judged."""

    def lacking(self) -> tuple[bool, bool]:
        """Whether readings before `loaded_from`, and behind `loaded_to`, must be known to judge."""
        gap = self.eras.reach(self.begin, self.end)
        times = self.series.times
        earlier = (not times or times[0] >= self.begin) and self.loaded_from > self.begin - gap
        later = (not times or times[-1] <= self.end) and self.loaded_to < self.end + gap
        first, last = self._concerned(gap)
        if first == last:
            return earlier, later
        before = self.loaded_from > times[0] - self.eras.at(times[0]).gap
        behind = self.loaded_to < times[-1] + self.eras.reach(times[-1], times[-1])
        earlier = earlier or (before and self._first_of_run(first) == 0)
        later = later or (behind and self._last_of_run(last - 1) == len(times) - 1)
        return earlier, later

    def findings(self) -> Findings:
        """The flags. Everything that was lacking is loaded."""
        first, last = self._concerned(self.eras.reach(self.begin, self.end))
        flags: dict[int, list[Flag]] = {}
        ran = range(first, first)
        if first < last and self.eras.longest_run:
            ran = range(self._first_of_run(first), self._last_of_run(last - 1) + 1)
            self._find_runs(ran, flags)
        self._find_steps(first, last, flags)
        return Findings(range(first, last), ran, flags)

    def _concerned(self, gap: int) -> tuple[int, int]:
        """The changed readings and their neighbours: first index, and last index + 1.

        gap: the longest there is around them. One that is looked at though it is no neighbour is judged as
        it was before.
        """
        times = self.series.times
        first, last = self.series.between(self.begin, self.end)
        if first > 0 and times[first - 1] >= self.begin - gap:
            first -= 1
        if last < len(times) and times[last] <= self.end + gap:
            last += 1
        return first, last

    def _first_of_run(self, index: int) -> int:
        if not index or not self.eras.longest_run:
            return index
        return run_of(self.series, index, self.eras, self.eras.longest_run - 1)[0]

    def _last_of_run(self, index: int) -> int:
        if index + 1 == len(self.series.times) or not self.eras.longest_run:
            return index
        return run_of(self.series, index, self.eras, self.eras.longest_run - 1)[1]

    def _find_runs(self, ran: range, flags: dict[int, list[Flag]]) -> None:
        times, values = self.series
        era_at = self.eras.at
        start, end = ran.start, ran.stop
        while start < end:
            stop = start + 1
            value = values[start]
            while (
                stop < end
                and values[stop] == value
                and times[stop] - times[stop - 1] <= era_at(times[stop]).gap
            ):
                stop += 1
            if stop - start > 1:
                for index in range(start, stop):
                    check = era_at(times[index]).checks.flat_line
                    flag = None if check is None else flat_line(value, stop - start, check)
                    if flag is not None:
                        flags[index] = [flag]
            start = stop

    def _find_steps(self, first: int, last: int, flags: dict[int, list[Flag]]) -> None:
        times, values = self.series
        count = len(times)
        era = self.eras.each[-1]
        dated = len(self.eras.each) > 1
        for index in range(max(first, 1), last):
            if dated:
                era = self.eras.at(times[index])
            apart = times[index] - times[index - 1]
            if apart > era.gap:
                continue
            change, peak = era.checks.rate_of_change, era.checks.spike
            if change is not None:
                flag = rate_of_change(values[index - 1], values[index], apart, era.interval, change)
                if flag is not None:
                    flags.setdefault(index, []).append(flag)
            if peak is not None and index + 1 < count and self._linked(index + 1):
                flag = spike(values[index - 1], values[index], values[index + 1], peak)
                if flag is not None:
                    flags.setdefault(index, []).append(flag)

    def _linked(self, index: int) -> bool:
        """Whether a reading is a neighbour of the one before it."""
        times = self.series.times
        return times[index] - times[index - 1] <= self.eras.at(times[index]).gap
