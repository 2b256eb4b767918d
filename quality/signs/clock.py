"""tamper_clock: a station's clock jumps, and stays where it jumped to.

Files come a little after they are measured, each station in its own way: at once, by a slow modem, by the
hour. While a network is down they wait, and then come in one go, ever less late. A clock that was set shows
otherwise: the whole distribution of how late files are, its early end as well as its late one, lies
elsewhere by the same amount for hours.

What a station usually does is the middle of its windows of the days before, not of its files: thousands of
files that waited for a network are then a few windows of many. How far its windows usually lie from their
middle says how steady its way is.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from quality.signs.sample import DAY, HOUR, LOOK_BACK, Arrival, Judged, Sign, joined

_MINUTE = HOUR // 60
_WINDOW = 3 * HOUR
_LEAST_FILES = 4
_JUMP = 8 * _MINUTE
_JUMP_SHARE = 0.15
"""Of the usual spread: where lateness is spread wide, so much more must a jump be."""
_AHEAD = 6 * _MINUTE
"""Beyond what any clock may be ahead (clock_future), with a minute for the way."""
_STEADY = 4 * _MINUTE
_STEADY_SHARE = 0.4
"""Of the usual spread: how differently the early and the late end may have moved."""
_LEAST_WINDOWS = 6
"""Of the days before: most of a day."""
_SCATTER = 6.0
"""A jump is that many times as far as windows usually lie from their middle (in the median)."""
_JOIN = 6 * HOUR

Lags = tuple[int, int, int]
"""How late files are: the tenth part that is the earliest, the middle, the tenth part that is the latest."""


class Usual(NamedTuple):
    """What a station's windows do."""

    lags: Lags
    scatter: float
    """How far the middle one of a window lies from the middle of all, in the median."""


def clock_jumped(arrivals: Sequence[Arrival], interval: int, judged: Judged) -> list[Sign]:
    """Signs among the files that came in the judged time. arrivals: of that time and LOOK_BACK before it, in
    the order in which they came. interval: the station's, in minutes."""
    window = max(_WINDOW, _LEAST_FILES * interval * _MINUTE)
    received = [one.received for one in arrivals]
    windows = _windows(arrivals, window)
    signs = []
    for day in range(judged.begin, judged.end, DAY):
        usual = _usual([lags for begin, lags in windows.items() if day - LOOK_BACK <= begin <= day - window])
        first, end = bisect_left(received, day - window), bisect_left(received, day + DAY)
        if usual is not None and end > first:
            signs += _of_day(arrivals[first:end], usual, window, day)
    return joined(signs, _JOIN)


def _windows(arrivals: Sequence[Arrival], window: int) -> Mapping[int, Lags]:
    """One after another, by when they begin, those in which files enough came."""
    inside: dict[int, list[Arrival]] = {}
    for one in arrivals:
        inside.setdefault(one.received // window * window, []).append(one)
    return {begin: _lags(mine) for begin, mine in inside.items() if len(mine) >= _LEAST_FILES}


def _usual(windows: Sequence[Lags]) -> Usual | None:
    if len(windows) < _LEAST_WINDOWS:
        return None
    early, middle, late = (round(median(one[part] for one in windows)) for part in range(3))
    return Usual((early, middle, late), median(abs(one[1] - middle) for one in windows))


def _lags(arrivals: Sequence[Arrival]) -> Lags:
    late = sorted(one.received - one.measured for one in arrivals)
    return late[len(late) // 10], late[len(late) // 2], late[len(late) - 1 - len(late) // 10]


def _of_day(arrivals: Sequence[Arrival], usual: Usual, window: int, day: int) -> list[Sign]:
    """Windows that end with a file of the day, in which early and late files are off by the same."""
    spread = usual.lags[2] - usual.lags[0]
    least = max(_JUMP, _JUMP_SHARE * spread, _SCATTER * usual.scatter)
    steady = max(_STEADY, _STEADY_SHARE * spread)
    signs = []
    first = 0
    for last, newest in enumerate(arrivals):
        while arrivals[first].received <= newest.received - window:
            first += 1
        if newest.received < day or last - first + 1 < _LEAST_FILES:
            continue
        if newest.received - arrivals[first].received < window // 2:
            continue
        lags = _lags(arrivals[first : last + 1])
        off = [mine - theirs for mine, theirs in zip(lags, usual.lags, strict=True)]
        jumped = min(off) >= least or max(off) <= -least or (lags[1] <= -_AHEAD and off[1] <= -_AHEAD)
        if jumped and max(off) - min(off) <= steady:
            signs.append(
                Sign(
                    "tamper_clock",
                    arrivals[first].received,
                    newest.received,
                    min(round(50 + abs(off[1]) / HOUR * 10), 100),
                    {
                        "minutes_late": round(lags[1] / _MINUTE, 1),
                        "usually": round(usual.lags[1] / _MINUTE, 1),
                        "jump_minutes": round(off[1] / _MINUTE, 1),
                        "files": last - first + 1,
                    },
                )
            )
    return signs
