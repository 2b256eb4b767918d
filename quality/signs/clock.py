"""tamper_clock: a station's clock jumps, and stays where it jumped to.

Files come a little after they are measured. While a network is down they wait, and then come in one go, ever
less late; a logger that sends by the hour is up to an hour late and then not at all. A clock that was set
shows otherwise: every file is later (or earlier) by the same amount, for hours. What a station usually does
is taken from the days before.
"""

from collections.abc import Sequence
from statistics import median

from quality.signs.sample import DAY, HOUR, LOOK_BACK, Arrival, Judged, Sign, joined

_MINUTE = HOUR // 60
_WINDOW = 3 * HOUR
_LEAST_FILES = 4
_JUMP = 20 * _MINUTE
_AHEAD = 6 * _MINUTE
"""Beyond what any clock may be ahead (clock_future), with a minute for the way."""
_STEADY = 4 * _MINUTE
_LEAST_USUAL = 30
_JOIN = 6 * HOUR


def clock_jumped(arrivals: Sequence[Arrival], interval: int, judged: Judged) -> list[Sign]:
    """Signs among the files that came in the judged time. arrivals: of that time and LOOK_BACK before it, in
    the order in which they came. interval: the station's, in minutes."""
    window = max(_WINDOW, _LEAST_FILES * interval * _MINUTE)
    signs = []
    for day in range(judged.begin, judged.end, DAY):
        usual = [one.received - one.measured for one in arrivals if day - LOOK_BACK <= one.received < day]
        if len(usual) < _LEAST_USUAL:
            continue
        usual.sort()
        middle = median(usual)
        spread = usual[int(len(usual) * 0.9)] - usual[int(len(usual) * 0.1)]
        signs += _of_day(
            [one for one in arrivals if day - window <= one.received < day + DAY], middle, spread, window, day
        )
    return joined(signs, _JOIN)


def _of_day(arrivals: Sequence[Arrival], usual: float, spread: float, window: int, day: int) -> list[Sign]:
    """Windows that end with a file of the day, in which all files are off by the same."""
    signs = []
    first = 0
    for last, newest in enumerate(arrivals):
        while arrivals[first].received <= newest.received - window:
            first += 1
        if newest.received < day or last - first + 1 < _LEAST_FILES:
            continue
        inside = arrivals[first : last + 1]
        if inside[-1].received - inside[0].received < window // 2:
            continue
        lags = sorted(one.received - one.measured for one in inside)
        lag = lags[len(lags) // 2]
        steady = max(_STEADY, spread * 1.3)
        off = lag - usual
        jumped = abs(off) >= max(_JUMP, spread * 1.5) or (lag <= -_AHEAD and off <= -_AHEAD)
        if jumped and lags[-1] - lags[0] <= steady:
            signs.append(
                Sign(
                    "tamper_clock",
                    inside[0].received,
                    newest.received,
                    min(round(50 + abs(off) / HOUR * 10), 100),
                    {
                        "minutes_late": round(lag / _MINUTE, 1),
                        "usually": round(usual / _MINUTE, 1),
                        "jump_minutes": round(off / _MINUTE, 1),
                        "files": len(inside),
                    },
                )
            )
    return signs
