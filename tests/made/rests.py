"""Plants that rest and rivers that are let go: a brewery, a glass tank, a paper mill, a waste burner that is
out over a week's end, a pumping station, a river below a dam, a pond's oxygen, ammonia of stables.

Written to be held out for `tamper_frozen` after its rule had learnt that plants rest, and not asked before.
So its fakes are values that are kept, and no others.
"""

import math
from collections.abc import Callable
from random import Random

from quality.signs.sample import DAY, HOUR, Arrival, Sample
from tests.made.honest import BEGIN, MINUTE, Made

NAME = "R"
Course = list[float]


def _brewery(draw: Random, slots: int, minutes: int) -> Course:
    """Brews and the washing after them, five days a week; at week's end what seeps."""
    value, wash, found = 30.0, 0.0, []
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        busy = day % 7 < 5 and 5 <= hour < 23
        wash = max(wash - minutes, 0.0)
        if busy and not wash and draw.random() < minutes / 170:
            wash = draw.uniform(20, 60)
        goal = 18 + (45 * draw.lognormvariate(0, 0.3) if busy else 0) + (80 if wash else 0)
        value += (goal - value) * min(minutes / 110, 1)
        found.append(value)
    return found


def _glass(draw: Random, slots: int, minutes: int) -> Course:
    """Nitrogen oxides of burners that change sides every twenty minutes, under a slow wander of the load."""
    load, found = 0.0, []
    for slot in range(slots):
        load += -load * minutes / 2500 + draw.gauss(0, 0.2) * math.sqrt(minutes / 2500)
        side = slot * minutes % 20 / 20
        found.append(600 * math.exp(load) * (0.88 + 0.2 * math.sin(math.pi * side)))
    return found


def _paper(draw: Random, slots: int, minutes: int) -> Course:
    """Another sort of paper every few hours, breaks of the web, and a day of cleaning now and then."""
    sort, value, breaks, clean, found = 90.0, 90.0, 0.0, 0.0, []
    for _ in range(slots):
        clean, breaks = max(clean - minutes, 0.0), max(breaks - minutes, 0.0)
        if draw.random() < minutes / 420:
            sort = draw.uniform(60, 150)
        if draw.random() < minutes / 700:
            breaks = draw.uniform(10, 50)
        if not clean and draw.random() < minutes / 20000:
            clean = draw.uniform(600, 1500)
        goal = 12.0 if clean else sort * (1.35 if breaks else 1.0)
        value += (goal - value) * min(minutes / 60, 1) + draw.gauss(0, 0.7) * (0.1 if clean else 1.0)
        found.append(max(value, 1.0))
    return found


def _burner(draw: Random, slots: int, minutes: int) -> Course:
    """Hydrogen chloride that lime holds, with a fire that is out over some week's ends."""
    out = [draw.random() < 0.5 for _ in range(12)]
    waste, value, found = 1.0, 8.0, []
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        rest = out[int(day // 7) % 12] and (day % 7 == 6 or (day % 7 == 5 and hour >= 14))
        waste += (1 - waste) * minutes / 90 + draw.gauss(0, 0.35) * math.sqrt(minutes / 90)
        value += ((0.4 if rest else 8 * max(waste, 0.2)) - value) * min(minutes / 25, 1)
        found.append(value)
    return found


def _pumps(draw: Random, slots: int, minutes: int) -> Course:
    """A well that fills and is pumped empty: fast by day, slow at night."""
    inside, pumps, strength, found = 1.0, False, 250.0, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        comes = 0.012 * (0.25 + 0.75 * max(math.sin((hour - 5) * math.pi / 18), 0)) * draw.uniform(0.7, 1.3)
        pumps = inside > 2.5 or (pumps and inside > 0.6)
        inside += minutes * (comes - (0.05 if pumps else 0.0))
        strength += (230 + 90 * math.sin((hour - 8) * math.pi / 12) - strength) * minutes / 200
        found.append(strength * (1.25 if pumps else 1.0) + draw.gauss(0, 4))
    return found


def _dam(draw: Random, slots: int, minutes: int) -> Course:
    """Conductivity below a dam: low while water is let go, by the power that is asked for."""
    value, lets, found = 300.0, False, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        if slot % max(60 // minutes, 1) == 0:
            lets = draw.random() < (0.8 if 17 <= hour < 22 else 0.15)
        value += ((180 if lets else 320) - value) * minutes / 240 + draw.gauss(0, 0.8)
        found.append(value)
    return found


def _oxygen(draw: Random, slots: int, minutes: int) -> Course:
    """Oxygen of a pond with algae: up in the sun, down at night."""
    value, sun, found = 6.0, 1.0, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        if slot * minutes % 1440 < minutes:
            sun = draw.uniform(0.4, 1.2)
        light = max(math.sin((hour - 6) * math.pi / 12), 0) * sun * draw.uniform(0.85, 1.1)
        value += minutes / 60 * (1.6 * light - 0.45 + 0.12 * (7 - value))
        found.append(max(value, 0.2))
    return found


def _stables(draw: Random, slots: int, minutes: int) -> Course:
    """Ammonia by wind: near nothing for hours while it blows from elsewhere, and never quite still."""
    side, found = 0.0, []
    for _ in range(slots):
        side += -side * minutes / 500 + draw.gauss(0, 1.2) * math.sqrt(minutes / 500)
        found.append(2 + 25 / (1 + math.exp(-3 * (side - 0.3))) * draw.lognormvariate(0, 0.12))
    return found


SITES: tuple[Callable[[Random, int, int], Course], ...] = (
    _brewery, _glass, _paper, _burner, _pumps, _dam, _oxygen, _stables,
)  # fmt: skip


def honest(seed: str, channels: int = 4) -> Made:
    """A station whose channels are of several kinds, with devices of several sorts of noise."""
    draw = Random(f"rests {seed}")
    minutes, days = draw.choice((5, 5, 10, 15)), draw.choice((38, 50, 60))
    slots = days * 1440 // minutes
    times = [BEGIN + slot * minutes * MINUTE for slot in range(slots)]
    arrivals = [Arrival(at, at + MINUTE + int(draw.expovariate(1 / 9000))) for at in times]
    made = Made(minutes, BEGIN, days, {}, {}, arrivals)
    for number in range(channels):
        name = NAME if channels == 1 else f"{NAME}{number}"
        course = draw.choice(SITES)(draw, slots, minutes)
        middle = sorted(course)[slots // 2]
        noise = draw.choice((0.0015, 0.004, 0.01)) * middle
        places = max(draw.choice((1, 2, 2)) - math.floor(math.log10(middle)), 0) + draw.choice((0, 1))
        shown = [round(max(value + draw.gauss(0, noise), 0.0), places) for value in course]
        ordered = sorted(shown)
        made.limits[name] = draw.choice((1.5, 1.05, 0.9)) * ordered[-slots // 1000]
        made.channels[name] = [
            Sample(at, value, "00", at + MINUTE)
            for at, value in zip(times, shown, strict=True)
            if draw.random() > 0.002
        ]
    return made


def frozen(seed: str) -> tuple[Made, str]:
    """A station of one channel whose value is kept for 12 to 80 hours, and the channel's name."""
    draw = Random(f"rests frozen {seed}")
    made = honest(f"frozen {seed}", channels=1)
    samples = made.channels[NAME]
    begin = BEGIN + (made.days - draw.randrange(5, 29)) * DAY + draw.randrange(DAY)
    end = begin + draw.choice((12, 16, 24, 36, 80)) * HOUR
    earlier = sorted(one.value for one in samples if begin - DAY <= one.at < begin and one.value is not None)
    middle = earlier[len(earlier) // 2]
    kept = draw.choice((middle, earlier[len(earlier) // 4], 0.97 * middle))
    places = max(
        len(f"{one.value:.6f}".rstrip("0").split(".")[1]) for one in samples if one.value is not None
    )
    tremble = max(draw.choice((0.0006, 0.0012, 0.002)) * kept, 0.5 * 10**-places)
    swing = draw.choice((0.0, 0.0, 0.5)) * tremble
    for place, one in enumerate(samples):
        if begin <= one.at < end:
            off = swing * math.sin(one.at / HOUR) + draw.gauss(0, tremble)
            samples[place] = one._replace(value=round(kept + off, places))
    return made, NAME
