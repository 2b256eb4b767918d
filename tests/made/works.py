"""Stations at work: a dye house by shifts, a boiler with soot blowing, a dosed pH, nitrification, an estuary
with its tides, a town's dust that rain washes out.

The third and freshest set: its processes, devices, ways of sending and manners of faking share nothing with
the other makers but the tuples, and it was written before it was asked. What is faked is a fake: a limit that
is hidden was passed at several times that lie apart, as of one single time that was hidden nobody could say
that it was no chance; and a clock is set while files come.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from random import Random

from quality.signs.sample import DAY, HOUR, Arrival, Rewrite, Sample, SignRule
from tests.made.honest import BEGIN, MINUTE, Made

NAME = "Z"
_TIMES = 4
"""So often at the least a limit was passed that is hidden, more than six hours apart."""


def _dye_house(draw: Random, slots: int, minutes: int) -> list[float]:
    """Two shifts, six days; baths are let go into a tank that is drawn off evenly. Two holidays a month."""
    tank, rest = 90.0, {draw.randrange(31) for _ in range(2)}
    found = []
    for slot in range(slots):
        day, hour = divmod(slot * minutes / 60, 24)
        works = 6 <= hour < 22 and day % 7 and day not in rest
        inflow = 1.0 if works else 0.25
        strength = 70.0
        if works and draw.random() < minutes / 90:
            strength += draw.expovariate(1 / 900) * 30 / minutes
        tank += (strength - tank) * inflow * minutes / 420
        found.append(tank)
    return found


def _boiler(draw: Random, slots: int, minutes: int) -> list[float]:
    """Sulphur of coal that changes by the heap, load by the hour of day, and soot blown every eight hours."""
    heap, wander, blown = 1.0, 0.0, 0.0
    found = []
    for slot in range(slots):
        at = slot * minutes
        if draw.random() < minutes / 2900:
            heap = draw.uniform(0.7, 1.4)
        wander = 0.96 * wander + draw.gauss(0, 0.03)
        blown = blown * math.exp(-minutes / 12) + (0.5 if at % 480 < minutes else 0.0)
        load = 0.8 + 0.15 * math.tanh(2 * math.sin((at / 60 - 8) * math.pi / 12))
        found.append(260 * heap * load * math.exp(wander) * (1 + blown * 0.4))
    return found


def _dosed(draw: Random, slots: int, minutes: int) -> list[float]:
    """pH between two switches of a dosing pump, pulled up by the feed of the day."""
    value, doses, pull = 7.4, False, 0.02
    found = []
    for slot in range(slots):
        if slot * minutes % 1440 < minutes:
            pull = draw.uniform(0.01, 0.05)
        doses = value > 8.0 or (doses and value > 7.3)
        hour = slot * minutes / 60 % 24
        value += minutes / 5 * (pull * (1.3 if 7 < hour < 18 else 0.6) - (0.09 if doses else 0.0))
        value += draw.gauss(0, 0.02)
        found.append(value)
    return found


def _nitrification(draw: Random, slots: int, minutes: int) -> list[float]:
    """Ammonium behind an aeration that goes on and off by the hour, and weakens on cool days."""
    found, inside, cool = [], 4.0, 0.0
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        cool += -cool * minutes / 3000 + draw.gauss(0, 0.35) * math.sqrt(minutes / 3000)
        feed = 24 * (1 + 0.45 * math.sin((hour - 10) * math.pi / 12) ** 3)
        air = 1.6 if slot * minutes % 120 < 70 else 0.5
        inside += minutes / 60 * (feed / 8 - air * inside * math.exp(-cool) / 1.6)
        found.append(max(inside, 0.05))
    return found


def _estuary(draw: Random, slots: int, minutes: int) -> list[float]:
    """Mud that the tide stirs up: twice a day and more at springs, and a spate now and then."""
    phase, spate = draw.uniform(0, 7), 0.0
    found = []
    for slot in range(slots):
        hours = slot * minutes / 60
        tide = 1 + 0.35 * math.cos(2 * math.pi * hours / 354.4)
        stream = abs(math.sin(2 * math.pi * hours / 12.42 + phase)) * tide
        spate *= math.exp(-minutes / 2200)
        if draw.random() < minutes / 9000:
            spate += draw.uniform(0.5, 2.5)
        found.append((14 + 30 * stream**2) * (1 + spate) * math.exp(draw.gauss(0, 0.05)))
    return found


def _dust(draw: Random, slots: int, minutes: int) -> list[float]:
    """Builds up in dry weather, is washed out by rain, and straw is burnt on some evenings."""
    air, rain, smoke = 40.0, 0.0, 0.0
    found = []
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        rain = max(rain - minutes, 0.0) or (draw.uniform(30, 300) if draw.random() < minutes / 4000 else 0.0)
        if 17 <= hour < 21 and draw.random() < minutes / 1100:
            smoke += draw.uniform(20, 90)
        smoke *= math.exp(-minutes / 110)
        air += (
            minutes
            / 60
            * (6.5 + 2.5 * math.cos((hour - 7) * math.pi / 6) - air * (0.14 + (1.2 if rain else 0.0)))
        )
        found.append(max(air + smoke, 2.0) * math.exp(draw.gauss(0, 0.06)))
    return found


SITES: tuple[Callable[[Random, int, int], list[float]], ...] = (
    _dye_house, _boiler, _dosed, _nitrification, _estuary, _dust,
)  # fmt: skip


def _read(draw: Random, values: list[float], minutes: int) -> tuple[list[float], int, float]:
    """As the device says it, its digits, and its noise: it answers slowly, drifts about, holds its result."""
    middle = sorted(values)[len(values) // 2]
    answers = draw.choice((1.0, 1.0, minutes / (minutes + 10)))
    noise = draw.choice((0.002, 0.006, 0.015)) * middle
    places = max(draw.choice((1, 2, 3)) - math.floor(math.log10(middle)), 0)
    holds = draw.choice((1, 1, 1, 2, max(60 // minutes, 1)))
    drift, shown, found = 0.0, values[0], []
    for slot, value in enumerate(values):
        shown += (value - shown) * answers
        drift = 0.9995 * drift + draw.gauss(0, 0.0003)
        if slot % holds == 0:
            found.append(round(max(shown * (1 + drift) + draw.gauss(0, noise), 0.0), places))
        else:
            found.append(found[-1])
    return found, places, noise


def honest(seed: str, channels: int = 4) -> Made:
    """A station with devices of several kinds."""
    draw = Random(f"works {seed}")
    minutes, days = draw.choice((5, 5, 10, 15)), draw.choice((40, 50, 60))
    slots = days * 1440 // minutes
    times = [BEGIN + slot * minutes * MINUTE for slot in range(slots)]
    made = Made(minutes, BEGIN, days, {}, {}, _sent(draw, times))
    gone = {
        slot + more for slot in draw.sample(range(slots), days // 8) for more in range(draw.randrange(1, 40))
    }
    for number in range(channels):
        name = NAME if channels == 1 else f"{NAME}{number}"
        values, places, _ = _read(draw, draw.choice(SITES)(draw, slots, minutes), minutes)
        ordered = sorted(values)
        made.limits[name] = draw.choice(
            (ordered[-1] * 1.3, ordered[-1] * 1.01, ordered[-slots // 200], ordered[-slots // 20])
        )
        visits = _visits(draw, slots, minutes)
        shows, gas = draw.choice(("gas", "nothing", "process")), ordered[-1] * draw.uniform(0.7, 1.2)
        made.channels[name] = [
            Sample(at, _shown(shows, round(gas, places), values[slot], slot), "01", at + MINUTE)
            if slot in visits
            else Sample(at, None if draw.random() < 0.001 else values[slot], "00", at + MINUTE)
            for slot, at in enumerate(times)
            if slot not in gone
        ]
        if draw.random() < 0.25:
            first = draw.randrange(slots // 2, slots - 100)
            made.rewrites[name] = [
                Rewrite(
                    one.at, one.value, round(one.value * draw.uniform(0.97, 1.03), places), one.at + 3 * DAY
                )
                for one in made.channels[name][first : first + 60]
                if one.value
            ]
    return made


def _shown(shows: str, gas: float, value: float, slot: int) -> float | None:
    return {"gas": (0.0 if slot % 4 == 0 else gas), "nothing": None, "process": value}[shows]


def _visits(draw: Random, slots: int, minutes: int) -> set[int]:
    """Slots of cleaning and calibrating: every other week by a technician, or every night by itself."""
    found: set[int] = set()
    nightly = draw.random() < 0.4
    for day in range(draw.randrange(5), slots * minutes // 1440, 1 if nightly else draw.choice((7, 10, 14))):
        begin = day * 1440 + (150 if nightly else draw.uniform(8, 17) * 60)
        lasts = 20 if nightly else draw.uniform(30, 180)
        found |= set(range(int(begin / minutes), int((begin + lasts) / minutes) + 1))
    return found


def _sent(draw: Random, times: list[int]) -> list[Arrival]:
    """At once or three files at a time, with a tail of slow ones; a line that is down, or nobody's power."""
    together = draw.choice((1, 1, 1, 3))
    usual, wild = draw.choice((4_000, 25_000, 70_000)), draw.choice((0.3, 0.8))
    down, found = 0, []
    for number, at in enumerate(times):
        if draw.random() < 0.0004:
            down = at + int(draw.expovariate(1 / 3) * HOUR)
        last = times[min(number - number % together + together - 1, len(times) - 1)]
        comes = max(last + int(usual * draw.lognormvariate(0, wild)), down + 300 * (number % 1000))
        found.append(Arrival(at, comes))
    return sorted(found, key=lambda one: one.received)


def faked(rule: SignRule, seed: str) -> tuple[Made, str]:
    """A station of one channel with `rule`'s fake in its last thirty days, and the channel's name."""
    for attempt in range(100):
        made = honest(f"{rule} {seed} {attempt}", channels=1)
        made.rewrites.clear()
        if FAKES[rule](Random(f"works fake {rule} {seed} {attempt}"), made, made.channels[NAME]):
            return made, NAME
    raise ValueError(f"nothing to fake in 100 stations: {rule} {seed}")


def _over(draw: Random, made: Made, samples: list[Sample]) -> list[int]:
    """The places at which a limit that is set here was passed, at several times; none where there is no
    such limit."""
    first = BEGIN + (made.days - draw.choice((15, 22, 30))) * DAY
    mine = [
        (one.value, place)
        for place, one in enumerate(samples)
        if one.value and one.status == "00" and one.at >= first
    ]
    mine.sort()
    for share in sorted(draw.sample((0.02, 0.05, 0.1, 0.2), 2)):
        limit = mine[-int(len(mine) * share) - 1][0]
        over = sorted(place for value, place in mine if value > limit)
        apart = 1 + sum(samples[b].at - samples[a].at > 6 * HOUR for a, b in pairwise(over))
        if apart >= _TIMES:
            made.limits[NAME] = limit
            return over
    return []


def _places(samples: list[Sample]) -> int:
    return max(len(f"{one.value:.6f}".rstrip("0").split(".")[1]) for one in samples if one.value is not None)


def _cap(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, places = _over(draw, made, samples), _places(samples)
    limit, manner = made.limits[NAME], draw.choice(("clip", "anywhere", "squash"))
    level, width = draw.uniform(0.93, 0.99), draw.choice((0.0, 0.003, 0.008))
    for place in over:
        value = samples[place].value or 0.0
        shown = {
            "clip": limit * draw.gauss(level, width),
            "anywhere": limit * draw.uniform(0.9, 0.995),
            "squash": limit * (level + (1 - level) * math.tanh(value / limit - 1) * draw.random()),
        }[manner]
        samples[place] = samples[place]._replace(
            value=math.floor(min(shown, limit) * 10**places) / 10**places
        )
    return bool(over)


def _freeze(draw: Random, made: Made, samples: list[Sample]) -> bool:
    begin = BEGIN + (made.days - draw.randrange(5, 29)) * DAY + draw.randrange(DAY)
    end = begin + draw.choice((14, 24, 48, 72)) * HOUR
    places = _places(samples)
    kept = next((one.value for one in samples if one.at >= begin and one.value and one.status == "00"), 0.0)
    tremble = max(draw.choice((0.0005, 0.002)) * kept, 0.5 * 10**-places)
    for place, one in enumerate(samples):
        if begin <= one.at < end and one.status == "00":
            samples[place] = one._replace(value=round(kept + draw.gauss(0, tremble), places))
    return kept > 0


def _replay(draw: Random, made: Made, samples: list[Sample]) -> bool:
    back = draw.randrange(1, 15) * DAY
    begin = BEGIN + (made.days - draw.randrange(3, 28)) * DAY + draw.choice((0, 0, 7 * HOUR))
    end = begin + min(draw.choice((12, 24, 36)) * HOUR, back)
    scale, tremble, places = (
        draw.choice((1.0, 1.0, 0.96)),
        draw.choice((0.0, 0.0, 0.001, 0.003)),
        _places(samples),
    )
    known = {one.at: one for one in samples}
    count = 0
    for place, one in enumerate(samples):
        other = known.get(one.at - back)
        if begin <= one.at < end and other is not None and other.value is not None:
            value = round(other.value * scale * (1 + draw.gauss(0, tremble)), places)
            samples[place] = one._replace(value=value, status=other.status)
            count += one.value != value
    return count > 20


def _hide(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, shows = _over(draw, made, samples), draw.choice(("value", "nothing", "last"))
    wider = draw.choice((0, 0, 1, 2))
    last = None
    for place in sorted(
        {min(one + more, len(samples) - 1) for one in over for more in range(-wider, wider + 1)}
    ):
        if samples[place - 1].status == "00":
            last = samples[place - 1].value
        shown = {"value": samples[place].value, "nothing": None, "last": last}[shows]
        samples[place] = samples[place]._replace(status="01", value=shown)
    return bool(over)


def _rewrite(draw: Random, made: Made, samples: list[Sample]) -> bool:
    over, later, places = (
        _over(draw, made, samples),
        draw.choice((HOUR, 20 * HOUR, 5 * DAY)),
        _places(samples),
    )
    limit, factor = made.limits[NAME], draw.choice((0.5, 0.8, None))
    made.rewrites[NAME] = [
        Rewrite(
            one.at,
            value,
            round(limit * draw.uniform(0.8, 0.97) if factor is None else value * factor, places),
            one.at + later,
        )
        for one in (samples[place] for place in over)
        if (value := one.value) is not None
    ]
    return len(over) >= 6


def _shift(draw: Random, made: Made, samples: list[Sample]) -> bool:
    off = draw.choice((10, 18, 33, 75, 300, 1440)) * draw.choice((-1, 1)) * MINUTE
    begin = BEGIN + (made.days - draw.randrange(4, 28)) * DAY + draw.randrange(DAY)
    end = begin + draw.choice((6 * HOUR, DAY, 10 * DAY))
    return made.is_live(made.set_clock(begin, end, off), end - begin)


FAKES: dict[SignRule, Callable[[Random, Made, list[Sample]], bool]] = {
    "tamper_capped": _cap,
    "tamper_frozen": _freeze,
    "tamper_replayed": _replay,
    "tamper_calibrating": _hide,
    "tamper_rewritten": _rewrite,
    "tamper_clock": _shift,
}
