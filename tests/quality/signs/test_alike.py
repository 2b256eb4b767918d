"""Replays under noise: found by the bends of those scales that the noise leaves; and not where days are alike
of themselves."""

import math
from random import Random

import pytest

from quality.signs.alike import alike
from quality.signs.sample import DAY, HOUR, Judged

QUARTER = 15 * 60_000
SLOTS = DAY // QUARTER
DAYS = 12
LAST = Judged(10 * DAY, 11 * DAY)


def wandering(seed: str, keep: float = 0.97, noise: float = 0.02) -> list[float]:
    """Twelve days of a value that wanders about 30, every quarter of an hour."""
    chance, off, values = Random(seed), 0.0, []
    for _ in range(DAYS * SLOTS):
        off = keep * off + chance.gauss(0, 1)
        values.append(30 + off + chance.gauss(0, noise))
    return values


def found(values: list[float]) -> list[tuple[int, str, int]]:
    """How the signs of the last day were seen, and how many days before what they are like was."""
    points = [(at * QUARTER, value) for at, value in enumerate(values)]
    return [
        (sign.begin, sign.evidence["how"], (sign.begin - sign.evidence["same_as"]) // DAY)
        for sign in alike(points, QUARTER, LAST)
    ]


def replayed(values: list[float], days: int, tremble: float, slots: int = SLOTS) -> list[float]:
    """The same with the day from LAST on as it was so many days before, and noise on top."""
    chance, first = Random("tremble"), 10 * SLOTS
    again = [value + chance.gauss(0, tremble) for value in values[first - days * SLOTS :][:slots]]
    return [*values[:first], *again, *values[first + slots :]]


def test_days_of_their_own_are_not_alike() -> None:
    assert found(wandering("own")) == []


@pytest.mark.parametrize("days", [1, 4, 9])
def test_small_noise_is_seen_through(days: int) -> None:
    seen = found(replayed(wandering("changes"), days, 0.1))
    assert [(how, back) for _, how, back in seen] == [("alike", days)] * 5
    assert [begin for begin, _, _ in seen] == [LAST.begin + hours * HOUR for hours in (0, 3, 6, 9, 12)]


def test_an_earlier_day_that_was_multiplied_is_seen_through() -> None:
    values = replayed(wandering("factor"), 5, 0.0)
    day = slice(10 * SLOTS, 11 * SLOTS)
    values[day] = [round(value * 0.9, 2) for value in values[day]]
    assert {(how, back) for _, how, back in found(values)} == {("alike", 5)}


def gliding() -> list[float]:
    """A value that goes far, by changes that are small and alike."""
    chance, speed, off, values = Random("gliding"), 0.0, 0.0, []
    for _ in range(DAYS * SLOTS):
        speed = 0.9 * speed + chance.gauss(0, 1)
        off = 0.98 * off + speed
        values.append(300 + off)
    return values


def test_noise_that_hides_the_finest_bends_is_seen_through_by_the_larger() -> None:
    assert {(how, back) for _, how, back in found(replayed(gliding(), 3, 0.5))} == {("alike", 3)}
    assert found(gliding()) == []


def test_noise_as_large_as_the_course_hides_it() -> None:
    assert found(replayed(gliding(), 3, 40.0)) == []


def test_a_quarter_of_the_half_day_is_not_enough() -> None:
    assert found(replayed(wandering("part"), 4, 0.1, slots=SLOTS // 8)) == []


def test_what_is_every_day_the_same_is_no_replay() -> None:
    chance = Random("daily")
    values = [
        30 + 8 * math.sin(2 * math.pi * at / SLOTS) + chance.gauss(0, 0.2) for at in range(DAYS * SLOTS)
    ]
    assert found(values) == []


def test_one_basin_that_empties_as_it_did_before_is_no_replay() -> None:
    """Two equal decays, to the last digit, among days that wander: one event, however smooth and long."""
    values = wandering("decay", keep=0.8)
    for day in (4, 10):
        for slot in range(SLOTS):
            values[day * SLOTS + slot] = 30 + 60 * math.exp(-slot / 20)
    chance = Random("device")
    assert found([value + chance.gauss(0, 0.3) for value in values]) == []


def test_two_earlier_days_are_too_few_to_know_what_is_usual() -> None:
    values = replayed(wandering("few"), 1, 0.0)
    points = [(at * QUARTER, value) for at, value in enumerate(values) if at >= 8 * SLOTS]
    assert alike(points, QUARTER, LAST) == []
    points = [(at * QUARTER, value) for at, value in enumerate(values) if at >= 7 * SLOTS]
    assert alike(points, QUARTER, LAST)


def test_slots_that_do_not_divide_a_day_are_not_compared() -> None:
    values = replayed(wandering("seven"), 1, 0.0)
    assert alike([(at * 420_001, value) for at, value in enumerate(values)], 420_001, LAST) == []
