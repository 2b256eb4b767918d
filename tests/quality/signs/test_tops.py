"""How flat tops are: held against other tops, with a tail that does not take one long stay for a proof."""

import pytest

from quality.signs.course import Points
from quality.signs.sample import DAY, HOUR
from quality.signs.tops import flatness, tops_of

QUARTER = HOUR // 4


def hills(flat: int, every: int = 1) -> Points:
    """Twenty days of a hill every six hours, to 50 and a little more each time; each `every`th of the last
    three days' is cut at 60 after a steeper rise, and stays there for so many quarters."""
    points: Points = []
    for block in range(80):
        cut = block >= 68 and block % every == 0
        for slot in range(24):
            height = 60.0 if cut and slot < flat else 50 + block % 7 * 0.3 - abs(slot - 12) * 2.0
            points.append((block * 6 * HOUR + slot * QUARTER, height))
    return points


def test_of_every_six_hours_there_is_one_top_with_the_stay_about_it() -> None:
    top = tops_of(hills(0), [1.0, 5.0])[0]
    assert (top.value, top.at) == (50.0, 12 * QUARTER)
    assert top.stays == {1.0: (12 * QUARTER, 12 * QUARTER), 5.0: (10 * QUARTER, 14 * QUARTER)}


@pytest.mark.parametrize(("flat", "below"), [(1, 1.0), (20, 1e-3)])
def test_long_stays_at_the_ceiling_are_unlikely(flat: int, below: float) -> None:
    points = hills(flat, every=3)
    chance = flatness(tops_of(points, [1.0]), 60.0, 1.0, 17 * DAY, 20 * DAY)
    assert chance <= below
    assert (chance > 1e-3) == (flat == 1)


def test_where_nothing_reaches_the_ceiling_nothing_is_said() -> None:
    assert flatness(tops_of(hills(0), [1.0]), 60.0, 1.0, 17 * DAY, 20 * DAY) == 1.0


def test_few_lower_tops_are_no_measure() -> None:
    points = [point for point in hills(20, every=3) if point[0] >= 13 * DAY]
    assert flatness(tops_of(points, [1.0]), 60.0, 1.0, 17 * DAY, 20 * DAY) < 1.0
    points = [point for point in hills(20, every=3) if point[0] >= 15 * DAY]
    assert flatness(tops_of(points, [1.0]), 60.0, 1.0, 17 * DAY, 20 * DAY) == 1.0
