"""Stations of a town and its industry: an arc furnace, a landfill's pond, a kiln with its mill, a hospital, a
cannery, a power plant on call, a street in the wind, a quarry.

Written to be held out: its processes, devices, ways of sending and manners of faking were thought of anew,
after all that the rules had been chosen on, and it was not asked before they were done. As a sign cannot be
told from chance by one case, what is hidden was passed at several times that lie apart.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from random import Random

from quality.signs.sample import DAY, HOUR, Arrival, Rewrite, Sample, SignRule
from tests.made.honest import BEGIN, MINUTE, Made

NAME = "T"
_OCCASIONS = 5
"""Times, more than four hours apart, at which a limit that is hidden was passed."""

Course = list[float]


def _furnace(draw: Random, slots: int, minutes: int) -> Course:
    """Dust of heats of about an hour: charging, melting, tapping; a stop for repairs once a week or so."""
    found: Course = []
    left, heat, hot, stop = 0.0, 60.0, 1.0, 0.0
    for _ in range(slots):
        stop = max(stop - minutes, 0.0)
        if left <= 0:
            heat = left = max(draw.gauss(62, 9), 30.0)
            hot = draw.lognormvariate(0, 0.3)
            if draw.random() < 0.006:
                stop = draw.uniform(300, 1200)
        left -= minutes
        part = 1 - left / heat
        shape = 1.5 * math.exp(-((part - 0.08) ** 2) / 0.004) + 0.6 + math.exp(-((part - 0.9) ** 2) / 0.008)
        found.append(3.0 if stop else 9 * hot * shape + 2)
    return found


def _leachate(draw: Random, slots: int, minutes: int) -> Course:
    """A pond that dries out and is thinned by showers, and stirred by an aerator by day."""
    strength, shower, stir, found = 400.0, 0.0, 0.0, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        shower = max(shower - minutes, 0.0)
        if not shower and draw.random() < minutes / 5200:
            shower = draw.uniform(40, 200)
        strength += (
            minutes / 1440 * (14 - (150 * strength / 400 * 8 if shower else 0.0) - 0.02 * (strength - 400))
        )
        stir = 0.98 * stir + draw.gauss(0, 2.2 if 7 <= hour < 18 else 0.9)
        found.append(max(strength + stir, 20.0))
    return found


def _kiln(draw: Random, slots: int, minutes: int) -> Course:
    """Nitrogen oxides that ammonia holds at a set value, with a raw mill that goes off for hours each day."""
    off, raw, dose, found = 0.0, 700.0, 1.0, []
    value = 380.0
    for _ in range(slots):
        off = max(off - minutes, 0.0)
        if not off and draw.random() < minutes / 1500:
            off = draw.uniform(60, 360)
        raw += (720 - raw) * minutes / 240 + draw.gauss(0, 26) * math.sqrt(minutes / 5)
        dose = min(max(dose + 0.25 * (value - 370) / 370 * minutes / 10, 0.2), 1.8)
        goal = raw * (1.15 if off else 1.0) / (1 + 0.9 * dose)
        value += (goal - value) * min(minutes / 15, 1.0)
        found.append(max(value, 10.0))
    return found


def _hospital(draw: Random, slots: int, minutes: int) -> Course:
    """Organic load by the hour of day over a small tank, with the laundry's days and odd discharges."""
    tank, odd, found = 40.0, 0.0, []
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        people = 0.55 + 0.5 * math.exp(-((hour - 9) ** 2) / 8) + 0.35 * math.exp(-((hour - 19) ** 2) / 10)
        laundry = 0.35 if day % 7 in (0, 3) and 8 <= hour < 14 else 0.0
        odd *= math.exp(-minutes / 100)
        if draw.random() < minutes / 2000:
            odd += draw.expovariate(1 / 0.6)
        load = 42 * (people + laundry + odd) * math.exp(draw.gauss(0, 0.08))
        tank += (load - tank) * minutes / 180
        found.append(tank)
    return found


def _cannery(draw: Random, slots: int, minutes: int) -> Course:
    """One long shift whose start moves, lines that are washed every few hours, nothing on rest days."""
    found: Course = []
    level, wash, begin, works = 15.0, 0.0, 6.0, True
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        if slot * minutes % 1440 < minutes:
            begin, works = draw.gauss(6, 0.7), day % 7 != 6 and draw.random() > 0.07
        busy = works and begin <= hour < begin + 12
        wash = max(wash - minutes, 0.0)
        if busy and not wash and draw.random() < minutes / 200:
            wash = draw.uniform(15, 45)
        goal = 15 + (55 if busy else 0) + (90 if wash else 0)
        level += (goal - level) * min(minutes / 70, 1.0) + draw.gauss(0, 0.5)
        found.append(max(level, 1.0))
    return found


def _on_call(draw: Random, slots: int, minutes: int) -> Course:
    """Sulphur dioxide of a plant that goes up and down in steps as it is called, behind a scrubber."""
    load, called, fuel, film, found = 0.6, 0.6, 1.0, 0.0, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        if slot % max(30 // minutes, 1) == 0:
            peak = 0.9 if 9 <= hour < 12 or 17 <= hour < 21 else 0.62
            called = min(max(round((peak + draw.gauss(0, 0.1)) * 20) / 20, 0.4), 1.0)
        load += max(min(called - load, 0.01 * minutes), -0.01 * minutes)
        fuel += (1 - fuel) * minutes / 4000 + draw.gauss(0, 0.012) * math.sqrt(minutes / 5)
        film += 0.05 * (0 - film) + draw.gauss(0, 0.02)
        found.append(max(160 * fuel * load**1.6 * math.exp(film), 1.0))
    return found


def _street_wind(draw: Random, slots: int, minutes: int) -> Course:
    """Nitrogen dioxide of a road, of which the station gets more or less as the wind turns."""
    angle, gusts, found = draw.uniform(0, 6), 0.0, []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        angle += draw.gauss(0, 0.05) * math.sqrt(minutes / 5) + 0.002 * math.cos((hour - 14) * math.pi / 12)
        gusts = 0.8 * gusts + draw.gauss(0, 0.1)
        cars = 0.3 + 0.8 * math.exp(-((hour - 7) ** 2) / 3) + 0.7 * math.exp(-((hour - 17.5) ** 2) / 5)
        lee = 0.35 + 0.65 * (0.5 + 0.5 * math.cos(angle)) ** 2
        found.append(6 + 70 * cars * lee * math.exp(gusts))
    return found


def _quarry(draw: Random, slots: int, minutes: int) -> Course:
    """Coarse dust: a blast at noon on work days, lorries by day, and the ground's, as the wind is."""
    cloud, wind, found = 0.0, 0.0, []
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        wind += -wind * minutes / 300 + draw.gauss(0, 0.5) * math.sqrt(minutes / 300)
        cloud *= math.exp(-minutes / 25)
        if day % 7 < 6 and 12 <= hour < 12 + minutes / 60:
            cloud += draw.lognormvariate(4.2, 0.6)
        lorries = draw.expovariate(1 / 12) if 7 <= hour < 17 and day % 7 < 6 else 0.0
        found.append((25 + lorries) * math.exp(0.7 * wind) + cloud)
    return found


SITES: tuple[Callable[[Random, int, int], Course], ...] = (
    _furnace, _leachate, _kiln, _hospital, _cannery, _on_call, _street_wind, _quarry,
)  # fmt: skip


def _shown(draw: Random, course: Course, minutes: int) -> Course:
    """As the device says it: smoothed over some readings, with noise of its own that is part of the value or
    not, fouled till it is wiped, in three or four digits that count, or by the hour."""
    smooth = draw.choice((1, 1, 2, 3))
    share, own = draw.choice(((0.004, 0.0), (0.012, 0.0), (0.0, 0.005), (0.003, 0.008)))
    middle = sorted(course)[len(course) // 2]
    fouls, wiped = draw.choice((0.0, 0.0, 0.0004)), draw.randrange(4, 15) * 1440 // minutes
    every = draw.choice((1, 1, 1, 1, max(30 // minutes, 1), max(60 // minutes, 1)))
    figures = draw.choice((3, 3, 4))
    places = max(figures - 1 - math.floor(math.log10(middle)), 0)
    found: Course = []
    for slot in range(len(course)):
        if slot % every:
            found.append(found[-1])
            continue
        value = sum(course[max(slot - smooth + 1, 0) : slot + 1]) / min(smooth, slot + 1)
        value *= (1 + fouls * (slot % wiped) * minutes / 60) * (1 + draw.gauss(0, share))
        found.append(round(max(value + draw.gauss(0, own * middle), 0.0), places))
    return found


def honest(seed: str, channels: int = 4) -> Made:
    """A station; some limits are never come near, some are passed, some lie just above all that was."""
    draw = Random(f"towns {seed}")
    minutes, days = draw.choice((5, 5, 5, 10, 15)), draw.choice((45, 60, 60))
    slots = days * 1440 // minutes
    times = [BEGIN + slot * minutes * MINUTE for slot in range(slots)]
    made = Made(minutes, BEGIN, days, {}, {}, _sent(draw, times))
    down: set[int] = set()
    for first in draw.sample(range(slots), 6):
        down |= set(range(first, first + draw.randrange(1, 500 // minutes)))
    for number in range(channels):
        name = NAME if channels == 1 else f"{NAME}{number}"
        shown = _shown(draw, draw.choice(SITES)(draw, slots, minutes), minutes)
        ordered = sorted(shown)
        made.limits[name] = draw.choice(
            (
                2 * ordered[-1],
                1.2 * ordered[-1],
                1.02 * ordered[-1],
                ordered[-slots // 500],
                ordered[-slots // 30],
            )
        )
        checks, kind = _checks(draw, slots, minutes), draw.choice(("gases", "none", "process"))
        gases = (0.0, ordered[-1] * draw.uniform(0.6, 1.3))
        samples = []
        for slot, (at, value) in enumerate(zip(times, shown, strict=True)):
            if slot in down:
                continue
            if slot not in checks:
                samples.append(Sample(at, value, "00", at + MINUTE))
            else:
                seen = {"gases": round(gases[slot % 2], 2), "none": None, "process": value}[kind]
                samples.append(Sample(at, seen, "01", at + MINUTE))
        made.channels[name] = samples
        if draw.random() < 0.25:
            made.rewrites[name] = _mended(draw, samples)
    return made


def _checks(draw: Random, slots: int, minutes: int) -> set[int]:
    """Weekly by a technician in the morning, every other night by itself, or now and then at any hour."""
    manner, found = draw.choice(("weekly", "nights", "any")), set[int]()
    if manner == "any":
        begins = [draw.uniform(0, slots * minutes) for _ in range(draw.randrange(3, 12))]
    elif manner == "weekly":
        begins = [day * 1440 + draw.gauss(570, 50) for day in range(2, slots * minutes // 1440, 7)]
    else:
        begins = [day * 1440 + 185.0 for day in range(0, slots * minutes // 1440, 2)]
    lasts = draw.choice((20, 40, 90))
    for begin in begins:
        found |= set(range(int(begin / minutes), int((begin + lasts) / minutes) + 1))
    return found


def _mended(draw: Random, samples: list[Sample]) -> list[Rewrite]:
    """A day sent again after a factor was put right by a little, up or down, or with other rounding."""
    first = draw.randrange(len(samples) - 60)
    factor = draw.choice((0.99, 1.0, 1.015))
    return [
        Rewrite(one.at, one.value, one.value * factor * (1 + draw.gauss(0, 0.003)), one.at + 9 * HOUR)
        for one in samples[first : first + draw.randrange(5, 60)]
        if one.value is not None and one.status == "00"
    ]


def _sent(draw: Random, times: list[int]) -> list[Arrival]:
    """By a script that runs every few minutes, with a router that hangs until somebody pulls the plug."""
    runs = draw.choice((1, 1, 5, 10)) * MINUTE
    way, hangs, found = draw.choice((2_000, 15_000, 45_000)), 0, []
    for at in times:
        if draw.random() < 0.0003:
            hangs = at + int(draw.uniform(0.3, 14) * HOUR)
        comes = (at // runs + 1) * runs + int(way * draw.uniform(0.5, 2.5))
        found.append(Arrival(at, comes if comes > hangs else hangs + len(found) % 700 * 400))
    return sorted(found, key=lambda one: one.received)


def faked(rule: SignRule, seed: str) -> tuple[Made, str]:
    """A station of one channel with `rule`'s fake in its last thirty days, and the channel's name."""
    for attempt in range(200):
        made = honest(f"{rule} {seed} {attempt}", channels=1)
        made.rewrites.clear()
        if FAKES[rule](Random(f"towns fake {rule} {seed} {attempt}"), made, made.channels[NAME]):
            return made, NAME
    raise ValueError(f"nothing to fake in 200 stations: {rule} {seed}")


def _places(samples: list[Sample]) -> int:
    return max(len(f"{one.value:.6f}".rstrip("0").split(".")[1]) for one in samples if one.value is not None)


def _passed(draw: Random, made: Made, samples: list[Sample]) -> list[int]:
    """Sets a limit and says at which places it was passed since the faking began; none where at too few
    occasions."""
    first = BEGIN + (made.days - draw.choice((12, 20, 29))) * DAY
    mine = [
        (one.value, place)
        for place, one in enumerate(samples)
        if one.value is not None and one.status == "00" and one.at >= first
    ]
    limit = sorted(mine)[-int(len(mine) * draw.choice((0.015, 0.03, 0.06, 0.12, 0.2))) - 1][0]
    over = [place for value, place in mine if value > limit]
    occasions = 1 + sum(samples[b].at - samples[a].at > 4 * HOUR for a, b in pairwise(over))
    if not over or occasions < _OCCASIONS:
        return []
    made.limits[NAME] = limit
    return over


def _cap(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, places = _passed(draw, made, samples), _places(samples)
    limit, level = made.limits[NAME], draw.uniform(0.93, 0.99)
    manner, width = draw.choice(("level", "mirror", "shrink", "pick")), draw.choice((0.0, 0.002, 0.006))
    for place in over:
        value = samples[place].value or 0.0
        beyond = value / limit - 1
        shown = {
            "level": limit * (level + draw.uniform(-width, width)),
            "mirror": limit * max(1 - 0.3 * beyond, 0.9 + 0.05 * draw.random()),
            "shrink": limit * (level + 0.03 * beyond / (1 + beyond)),
            "pick": limit * draw.triangular(0.9, 0.998, level),
        }[manner]
        cut = math.floor(min(shown, limit) * 10**places) / 10**places
        samples[place] = samples[place]._replace(value=cut)
    return bool(over)


def _freeze(draw: Random, made: Made, samples: list[Sample]) -> bool:
    begin = BEGIN + (made.days - draw.randrange(4, 28)) * DAY + draw.randrange(DAY)
    end = begin + draw.choice((13, 20, 30, 60)) * HOUR
    before = [one.value for one in samples if begin - 2 * HOUR <= one.at < begin and one.value is not None]
    places = _places(samples)
    if not before or sum(before) == 0:
        return False
    kept, off = sum(before) / len(before), 0.0
    tremble = max(draw.choice((0.0004, 0.001, 0.002)) * kept, 0.5 * 10**-places)
    forgets = draw.choice((0.0, 0.0, 0.3))
    for place, one in enumerate(samples):
        if begin <= one.at < end and one.status == "00":
            off = forgets * off + draw.uniform(-1.7, 1.7) * tremble
            samples[place] = one._replace(value=round(kept + off, places))
    return True


def _replay(draw: Random, made: Made, samples: list[Sample]) -> bool:
    back = draw.choice((1, 2, 3, 5, 7, 10, 14)) * DAY
    begin = BEGIN + (made.days - draw.randrange(3, 28)) * DAY + draw.choice((0, 6, 10)) * HOUR
    end = begin + min(draw.choice((12, 18, 24, 48)) * HOUR, back)
    factor, raised = draw.choice((1.0, 1.0, 0.93)), draw.choice((0.0, 0.0, 0.03))
    tremble, places = draw.choice((0.0, 0.0, 0.001, 0.003)), _places(samples)
    middle = sorted(one.value for one in samples if one.value is not None)[len(samples) // 3]
    known = {one.at: one for one in samples}
    moves = 0
    for place, one in enumerate(samples):
        other = known.get(one.at - back)
        if begin <= one.at < end and other is not None and other.value is not None:
            value = other.value * factor * (1 + draw.gauss(0, tremble)) + raised * middle
            samples[place] = one._replace(value=round(value, places), status=other.status)
            moves += samples[place].value != samples[place - 1].value
    return moves >= 20


def _hide(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, shows = _passed(draw, made, samples), draw.choice(("value", "value", "none", "zero", "before"))
    manner = draw.choice(("readings", "half hours", "longer"))
    places = set(over)
    if manner == "half hours":
        halves = {samples[place].at // (HOUR // 2) for place in over}
        first = samples[over[0]].at if over else 0
        places = {
            place for place, one in enumerate(samples) if one.at >= first and one.at // (HOUR // 2) in halves
        }
    elif manner == "longer":
        places = {min(place + more, len(samples) - 1) for place in over for more in range(-1, 4)}
    before = 0.0
    for place in sorted(places):
        if samples[place - 1].status == "00":
            before = samples[place - 1].value or 0.0
        seen = {"value": samples[place].value, "none": None, "zero": 0.0, "before": before}[shows]
        samples[place] = samples[place]._replace(status="01", value=seen)
    return bool(over)


def _rewrite(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, places = _passed(draw, made, samples), _places(samples)
    limit, late = made.limits[NAME], draw.choice((HOUR // 2, 8 * HOUR, 3 * DAY))
    manner, factor = draw.choice(("factor", "below", "other day")), draw.uniform(0.5, 0.85)
    known = {one.at: one.value for one in samples}
    again = []
    for place in over:
        one = samples[place]
        value = one.value or 0.0
        earlier = known.get(one.at - DAY) or value
        second = {
            "factor": value * factor,
            "below": limit * draw.uniform(0.85, 0.99),
            "other day": min(earlier, limit * draw.uniform(0.9, 0.98)),
        }[manner]
        again.append(Rewrite(one.at, value, round(second, places), one.received + late))
    made.rewrites[NAME] = again
    return len(over) >= 8


def _shift(draw: Random, made: Made, samples: list[Sample]) -> bool:
    off = draw.choice((12, 25, 50, 90, 420, 1440)) * draw.choice((-1, 1)) * MINUTE
    begin = BEGIN + (made.days - draw.randrange(4, 28)) * DAY + draw.randrange(DAY)
    end = begin + draw.choice((7 * HOUR, 20 * HOUR, 6 * DAY))
    return made.is_live(made.set_clock(begin, end, off), end - begin)


FAKES: dict[SignRule, Callable[[Random, Made, list[Sample]], bool]] = {
    "tamper_capped": _cap,
    "tamper_frozen": _freeze,
    "tamper_replayed": _replay,
    "tamper_calibrating": _hide,
    "tamper_rewritten": _rewrite,
    "tamper_clock": _shift,
}
