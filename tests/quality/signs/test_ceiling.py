"""What holds a channel below a line: judged by days, by the bands below and by what was before; and which
ceilings are asked at all."""

import math
from random import Random

import pytest

from quality.signs.capped import capped
from quality.signs.ceiling import held, visits_to
from quality.signs.course import Points
from quality.signs.sample import DAY, HOUR, Judged, Sample

QUARTER = HOUR // 4


def days(heights: list[float]) -> Points:
    """A hill from 20 to so high on each day, by quarters."""
    return [
        (day * DAY + slot * QUARTER, 20 + (height - 20) * math.sin(math.pi * slot / 96))
        for day, height in enumerate(heights)
        for slot in range(96)
    ]


def test_days_at_a_ceiling_are_judged_by_what_they_did_before() -> None:
    before, now = [58.0, 62.0, 70.0, 66.0, 61.0, 64.0, 52.0, 71.0], [59.9, 60.0, 59.8, 59.9, 60.0, 59.9]
    points = days(before + now)
    never = held(points[8 * 96 :], points, 60.0, 2.0)
    assert never.days == 6
    # Of seven days that came to 58 six went above 60: 7 in 9 by T. Bayes; five days more do not.
    assert never.by_earlier == pytest.approx(math.prod((2 + more) / (9 + more) for more in range(5)))
    assert never.expected == pytest.approx(6 * max(7 / 9, never.expected / 6))
    assert held(points[8 * 96 :], points[8 * 96 :], 60.0, 2.0).by_earlier == 1.0


@pytest.mark.parametrize(("count", "says"), [(2, False), (3, True)])
def test_so_many_days_must_come_to_it(count: int, says: bool) -> None:
    points = days([65.0, 70.0] * 5 + [60.0] * count)
    assert (held(points[10 * 96 :], points, 60.0, 2.0).by_earlier < 1) is says


def test_many_visits_of_one_day_are_one_day() -> None:
    points = [(at * QUARTER, 60.0 if at % 2 else 50.0) for at in range(96)]
    assert len(visits_to(points, 58.0, 2.0)) == 48
    assert held(points, points, 60.0, 2.0).days == 1


def thinning(held_at: float) -> list[Sample]:
    """Sixty days whose highest values differ from day to day, from the 40th day on no higher than that."""
    chance, found = Random("thinning"), []
    for day in range(60):
        height = 40 + chance.gauss(0, 7)
        for slot in range(96):
            value = 20 + (height - 20) * math.sin(math.pi * slot / 96) + chance.gauss(0, 0.5)
            at = day * DAY + slot * QUARTER
            shown = min(value, held_at) if day >= 40 else value
            found.append(Sample(at, round(shown, 2), "00", at))
    return found


@pytest.mark.parametrize(("held_at", "limit", "found"), [(99.0, 60.0, False), (42.0, 43.0, True)])
def test_a_top_that_thins_out_below_the_limit_is_not_capped(
    held_at: float, limit: float, found: bool
) -> None:
    assert bool(capped(thinning(held_at), limit, Judged(30 * DAY, 60 * DAY))) is found
