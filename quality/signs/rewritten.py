"""tamper_rewritten: what was uploaded is uploaded again, lower.

The first value stays in force, so nothing is lost; but who sends a stretch again with other numbers has
them from somewhere. Corrections go both ways and are small. Numbers that nearly all become lower, and by
much or from above the limit to below it, are for a person to ask about.
"""

from collections.abc import Sequence
from statistics import median

from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Rewrite, Sign

_LEAST = 6
_LOWER = 0.9
_CROSSED = 0.3
_LEAST_CROSSED = 3
_DROP = 0.1
"""The median drop that needs no limit to be noticed."""


def rewritten(rewrites: Sequence[Rewrite], limit: float | None, judged: Judged) -> list[Sign]:
    """Signs among what came again in the judged time, or is of it, with the LOOK_BACK before it."""
    signs = []
    for end in range(judged.begin + DAY, judged.end + 1, DAY):
        if any(_within(one, end - DAY, end) for one in rewrites):
            sign = _of([one for one in rewrites if _within(one, end - LOOK_BACK, end)], limit)
            if sign is not None:
                signs.append(sign)
    if not signs:
        return []
    strongest = max(signs, key=lambda one: one.score)
    return [strongest._replace(begin=min(one.begin for one in signs), end=max(one.end for one in signs))]


def _within(one: Rewrite, begin: int, end: int) -> bool:
    return begin <= one.received < end or begin <= one.at < end


def _of(rewrites: Sequence[Rewrite], limit: float | None) -> Sign | None:
    lower = [one for one in rewrites if one.second < one.first]
    crossed = [one for one in lower if limit is not None and one.second <= limit < one.first]
    # What crosses the limit is looked at for itself: honest corrections beside it do not hide it.
    suspects = crossed if len(crossed) >= _LEAST and len(lower) < _LOWER * len(rewrites) else lower
    if len(suspects) < _LEAST or (len(suspects) < _LOWER * len(rewrites) and suspects is not crossed):
        return None
    drop = median((one.first - one.second) / abs(one.first) if one.first else 0.0 for one in suspects)
    many = len(crossed) >= _LEAST_CROSSED and len(crossed) >= _CROSSED * len(suspects)
    if not many and drop < _DROP:
        return None
    return Sign(
        "tamper_rewritten",
        min(one.at for one in suspects),
        max(one.at for one in suspects) + HOUR // 60,
        min(round(40 + 30 * min(drop / 0.3, 1) + 30 * len(crossed) / len(suspects)), 100),
        {
            "rewritten": len(rewrites),
            "lower": len(lower),
            "median_drop": round(drop, 4),
            "from_above_the_limit": len(crossed),
            "limit": limit,
        },
    )
