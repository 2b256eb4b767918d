"""tamper_replayed: a stretch of data that came before comes again.

Two ways to see it. The changes from reading to reading are compared, so that a shifted level does not hide
it: a run of changes that occurred before, exactly, counts by how much it says, in bits, given how often
the channel changes so. An hour that does not move says nothing; fifty changes that are all as before cannot
be chance. Where noise lies on top, half days are compared with the same hours before (alike.py).
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from math import log2

from quality.signs.alike import alike
from quality.signs.course import digit, measured, spacing
from quality.signs.sample import HOUR, LOOK_BACK, Judged, Sample, Sign, joined

_LONGEST = 200
"""Readings that the changes that are looked up together may be spread over."""
_LEAST_MOVES = 4
_GRAM_BITS = 16.0
"""What they must say to be worth looking up."""
_BITS = 90.0
_LEAST_RUN = 10
_MOST_PLACES = 40
_JOIN = 6 * HOUR

Change = int | None
"""In the device's last digits; None where a reading is missing in between."""


def replayed(samples: Sequence[Sample], judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: that time and LOOK_BACK before it, in order."""
    points = measured(samples)
    gap = spacing(points)
    unit = digit(points)
    if gap is None or not unit:
        return []
    changes: list[Change] = [
        round((later[1] - point[1]) / unit) if later[0] - point[0] == gap else None
        for point, later in itertools.pairwise(points)
    ]
    times = [point[0] for point in points[1:]]
    return joined([*_exact(times, changes, judged), *alike(points, gap, judged)], _JOIN)


def _exact(times: Sequence[int], changes: Sequence[Change], judged: Judged) -> list[Sign]:
    bits = _bits(changes)
    grams = _grams(changes, bits)
    known: dict[_Gram, list[int]] = {}
    signs = []
    done = 0
    for place, gram in grams:
        earlier = known.setdefault(gram, [])
        if place >= done and judged.begin <= times[place] < judged.end:
            length, before = max(
                (
                    (_run(changes, one, place), one)
                    for one in earlier[-_MOST_PLACES:]
                    if times[one] >= times[place] - LOOK_BACK
                ),
                default=(0, 0),
            )
            said = sum(bits[place : place + length])
            if length >= _LEAST_RUN and said >= _BITS:
                evidence = {"readings": length, "bits": round(said), "same_as": times[before], "how": "exact"}
                end = times[place + length - 1]
                score = min(round(said / _BITS * 50), 100)
                signs.append(Sign("tamper_replayed", times[place], end, score, evidence))
                done = place + length
        earlier.append(place)
    return signs


_Gram = tuple[Change, ...]
"""Changes in a row, from one that is not 0 on."""


def _grams(changes: Sequence[Change], bits: Sequence[float]) -> list[tuple[int, _Gram]]:
    """From each change that is not 0 on as many as say enough to be worth looking up, with its place.

    Four at the least move: an analyser that holds its value changes once an hour, and one with a coarse last
    digit says little by each.
    """
    moves = [place for place, change in enumerate(changes) if change]
    before = [0.0, *itertools.accumulate(bits)]
    found: list[tuple[int, _Gram]] = []
    last = 0
    for number, place in enumerate(moves):
        last = max(last, number + _LEAST_MOVES - 1)
        # What the first one says depends on the change before it, which is not looked up.
        while last < len(moves) and before[moves[last] + 1] - before[place + 1] < _GRAM_BITS:
            last += 1
        if last == len(moves):
            break
        if moves[last] - place <= _LONGEST:
            found.append((place, tuple(changes[place : moves[last] + 1])))
    return found


def _run(changes: Sequence[Change], before: int, place: int) -> int:
    """How many changes from `place` on are those from `before` on, up to where they would meet."""
    length = 0
    while (
        place + length < len(changes)
        and before + length < place
        and changes[before + length] is not None
        and changes[before + length] == changes[place + length]
    ):
        length += 1
    return length


def _bits(changes: Sequence[Change]) -> list[float]:
    """What each change says, given the one before it: -log2 of how often that follows that here."""
    pairs = Counter(itertools.pairwise(changes))
    firsts = Counter(changes[:-1])
    singles = Counter(changes)
    said: dict[tuple[Change, Change], float] = {}
    for (before, change), count in pairs.items():
        if change is None or before is None:
            said[before, change] = 0.0
            continue
        # A pair that occurred once or twice is no estimate: what the change says by itself is the bound.
        alone = -log2(singles[change] / len(changes))
        follows = -log2(count / firsts[before])
        said[before, change] = min(alone, follows) if firsts[before] > 30 else alone
    return [0.0, *(said[pair] for pair in itertools.pairwise(changes))]
