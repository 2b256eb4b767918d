"""tamper_calibrating: the status turns to "calibrating" whenever the limit is about to be passed.

A calibration comes by the clock or when a technician comes, not when the value is high. So of every
stretch with status 01 it is asked whether the values just before or just after it were near the limit, and
how often that would happen if calibrations knew nothing of the values. Standards that are measured
during a calibration may lie above any limit and say nothing.
"""

from collections.abc import Sequence
from math import comb, log10

from quality.signs.capped import visits_above
from quality.signs.course import MEASURING, Points, between, measured, spacing, usual_step
from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Sample, Sign

_STATUS = "01"
_AROUND = HOUR
"""How far from it a value may lie to be just before or after."""
_NEAR_STEPS = 4.0
_NEAR_SHARE = 0.03
_EPISODES = 5
_CHANCE = 1e-6
_MOST_ABOVE = 0.15
"""Readings above the limit that were shown as measured, as a share of those hidden."""
_NONE_ABOVE = 0.02
_VISITS = 12
_LIKELY = 0.05
"""Where the values came near the limit so often and (nearly) none was shown above it, regular calibrations
in between may make the episodes as likely as this."""
_PERIODS = (7 * DAY, 10 * DAY, 14 * DAY, 20 * DAY, LOOK_BACK)


def calibrating(samples: Sequence[Sample], limit: float | None, judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: of it and LOOK_BACK before it, in order. limit: upper."""
    points = measured(samples)
    gap = spacing(points)
    if limit is None or limit <= 0 or gap is None:
        return []
    near = limit - max(_NEAR_STEPS * usual_step(points, gap), _NEAR_SHARE * limit)
    episodes = _episodes(samples, near)
    if sum(episode[3] for episode in episodes) < _EPISODES:
        return []
    signs = []
    for end in range(judged.begin + DAY, judged.end + 1, DAY):
        for period in _PERIODS:
            sign = _in_period(points, episodes, limit, near, end - period, end)
            if sign is not None and sign.end >= end - DAY:
                signs.append(sign)
                break
    if not signs:
        return []
    strongest = max(signs, key=lambda one: one.score)
    return [strongest._replace(begin=min(one.begin for one in signs), end=max(one.end for one in signs))]


def _episodes(samples: Sequence[Sample], near: float) -> list[tuple[int, int, int, bool]]:
    """(begin, end, readings, whether it was near the limit) of every stretch with status 01 that has values
    around it."""
    found: list[tuple[int, int, int, bool]] = []
    place = 0
    before: tuple[int, float] | None = None
    while place < len(samples):
        sample = samples[place]
        if sample.status == MEASURING and sample.value is not None:
            before = (sample.at, sample.value)
        if sample.status != _STATUS:
            place += 1
            continue
        first = place
        while place < len(samples) and samples[place].status == _STATUS:
            place += 1
        begin, end = samples[first].at, samples[place - 1].at
        around = [before[1]] if before is not None and begin - before[0] <= _AROUND else []
        after = next(
            (one for one in samples[place : place + 12] if one.status == MEASURING and one.value is not None),
            None,
        )
        if after is not None and after.value is not None and after.at - end <= _AROUND:
            around.append(after.value)
        if around:
            found.append((begin, end, place - first, max(around) >= near))
    return found


def _in_period(
    points: Points,
    episodes: Sequence[tuple[int, int, int, bool]],
    limit: float,
    near: float,
    begin: int,
    end: int,
) -> Sign | None:
    mine = [episode for episode in episodes if begin <= episode[0] < end]
    hits = [episode for episode in mine if episode[3]]
    inside = between(points, begin, end)
    if len(hits) < _EPISODES or not inside:
        return None
    values = [value for _, value in inside]
    hidden = sum(episode[2] for episode in hits)
    above = sum(value > limit for value in values)
    if above > _MOST_ABOVE * hidden:
        return None
    # Both sides of an episode are asked, so it has two chances of being near.
    share = min(2 * (sum(value >= near for value in values) + 1) / len(values), 1.0)
    chance = _at_least(len(hits), len(mine), share)
    never_above = above <= _NONE_ABOVE * hidden and len(visits_above(inside, near)) >= _VISITS
    if chance > (_LIKELY if never_above else _CHANCE):
        return None
    return Sign(
        "tamper_calibrating",
        hits[0][0],
        hits[-1][1],
        min(round(30 - log10(max(chance, 1e-300)) * 3), 100),
        {
            "limit": limit,
            "calibrations": len(mine),
            "near_the_limit": len(hits),
            "expected_near": round(share * len(mine), 2),
            "readings_hidden": hidden,
            "readings_above_shown": above,
        },
    )


def _at_least(hits: int, count: int, share: float) -> float:
    """The probability of so many hits or more, were they drawn by chance."""
    return sum(
        comb(count, number) * share**number * (1 - share) ** (count - number)
        for number in range(hits, count + 1)
    )
