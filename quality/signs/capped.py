"""tamper_capped: values that climb towards a limit again and again, and never once pass it.

Data that moves by steps does not stop short of a line that it does not know of. Every time a channel comes
within a step and a half of its own highest value it would have gone beyond every second or third time; honest
months showed eight such visits at most. After a dozen, something holds it. It counts where that ceiling
lies just below the limit.
"""

from collections.abc import Sequence

from quality.signs.course import Points, between, digit, measured, spacing, usual_step
from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Sample, Sign

_REACH = 1.5
"""How near the ceiling counts as having reached it, in usual steps."""
_APART = HOUR
"""Visits to the ceiling that are nearer to one another are one."""
_VISITS = 12
_NEAR = 0.85
"""The ceiling lies between this share of the limit and the limit."""
_PERIODS = (7 * DAY, 10 * DAY, 14 * DAY, 20 * DAY, LOOK_BACK)
_LEAST_POINTS = 200


def capped(samples: Sequence[Sample], limit: float | None, judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: of it and LOOK_BACK before it, in order. limit: the upper one."""
    points = measured(samples)
    if limit is None or limit <= 0 or len(points) < _LEAST_POINTS:
        return []
    gap = spacing(points)
    step = usual_step(points, gap) if gap else 0.0
    if not step:
        return []
    reach = max(_REACH * step, 2 * digit(points))
    found: dict[int, Sign] = {}
    for end in range(judged.begin + DAY, judged.end + 1, DAY):
        for period in _PERIODS:
            begin = max(end - period, points[0][0])
            values = between(points, begin, end)
            if values and max(value for _, value in values) > limit:
                break  # a longer period has that value too
            sign = _in_period(values, limit, reach)
            if sign is not None and sign.end >= end - DAY:
                found[end] = sign
                break
    return _one(list(found.values()))


def _in_period(values: Points, limit: float, reach: float) -> Sign | None:
    if len(values) < _LEAST_POINTS:
        return None
    ceiling = max(value for _, value in values)
    if not _NEAR * limit <= ceiling <= limit:
        return None
    visits = visits_above(values, ceiling - reach)
    if len(visits) < _VISITS:
        return None
    near = sum(last - first + 1 for first, last in visits)
    return Sign(
        "tamper_capped",
        values[visits[0][0]][0],
        values[visits[-1][1]][0],
        min(30 + 2 * len(visits), 100),
        {
            "limit": limit,
            "highest": ceiling,
            "within": reach,
            "visits": len(visits),
            "readings": near,
            "passed": 0,
        },
    )


def visits_above(points: Points, floor: float) -> list[tuple[int, int]]:
    """First and last place of every time the values were above the floor."""
    visits: list[tuple[int, int]] = []
    for place, (at, value) in enumerate(points):
        if value < floor:
            continue
        if visits and at - points[visits[-1][1]][0] <= _APART:
            visits[-1] = (visits[-1][0], place)
        else:
            visits.append((place, place))
    return visits


def _one(signs: list[Sign]) -> list[Sign]:
    """What shows day after day is one sign."""
    if not signs:
        return []
    strongest = max(signs, key=lambda one: one.score)
    return [strongest._replace(begin=min(one.begin for one in signs), end=max(one.end for one in signs))]
