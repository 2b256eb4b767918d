"""Stations by mechanism: a basin that fills and mixes, a stack with load and lime, a street with wind and
sun.

The set that is held out: nothing in quality/signs was chosen on it, and docs/signs.md says what it showed the
one time that it was asked, when all was done. It shares nothing with the other makers but the tuples.
"""

import math
from collections.abc import Callable, Iterator
from random import Random

from quality.signs.sample import DAY, HOUR, Arrival, Rewrite, Sample, SignRule
from tests.made.honest import BEGIN, MINUTE, Made

NAME = "Y"
SITES = ("basin", "batches", "stack", "street", "ozone", "river")


def process(draw: Random, site: str, slots: int, minutes: int) -> Iterator[float]:
    """What is there to be measured, slot by slot."""
    match site:
        case "basin":
            return _basin(draw, slots, minutes)
        case "batches":
            return _batches(draw, slots, minutes)
        case "stack":
            return _stack(draw, slots, minutes)
        case "street":
            return _street(draw, slots, minutes)
        case "ozone":
            return _ozone(draw, slots, minutes)
        case _:
            return _river(draw, slots, minutes)


def _basin(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """Inflow in shifts, a basin of half a day or more, and now and then an upset of the treatment."""
    mixes = minutes / (60 * draw.uniform(4, 24))
    inside, upset, gust = 40.0, 0.0, 0.0
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        load = (1.6 if 7 <= hour < 17 else 0.7) * (0.75 if slot * minutes // 10080 % 7 == 6 else 1)
        gust = 0.9 * gust + draw.gauss(0, 0.25)
        upset *= math.exp(-minutes / 900)
        if draw.random() < minutes / (6 * 1440):
            upset += draw.expovariate(1) * 0.8
        inside += mixes * (40 * load * (1 + gust * 0.5 + upset) - inside)
        yield inside


def _batches(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """Batches that are discharged one after another, each with its strength, which decays while it runs."""
    left, strength, level = 0.0, 0.0, 12.0
    for _ in range(slots):
        if left <= 0:
            left, strength = draw.uniform(90, 420), draw.lognormvariate(2.6, 0.35)
        left -= minutes
        strength *= 1 - minutes / 2000
        level += (strength - level) * min(minutes / 25, 1)
        yield level


def _stack(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """The load follows what is ordered; lime is dosed after the value, and its pump hunts."""
    ordered, load, lime, value = 0.8, 0.8, 1.0, 120.0
    for _ in range(slots):
        if draw.random() < minutes / 500:
            ordered = draw.uniform(0.5, 1.0)
        load += (ordered - load) * min(minutes / 40, 1) + draw.gauss(0, 0.006)
        raw = 420 * load * (1 + draw.gauss(0, 0.05))
        lime = min(max(lime + (value - 130) / 130 * minutes / 60, 0.3), 2.5)
        value += (raw / (1 + 1.6 * lime) - value) * min(minutes / 12, 1)
        yield value


def _street(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """Fine dust: traffic, a mixing height that rises by day, wind of hours, and days of still air."""
    wind, still = 0.0, 0.0
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        wind += -wind * minutes / 400 + draw.gauss(0, 0.45) * math.sqrt(minutes / 400)
        still += -still * minutes / 4000 + draw.gauss(0, 0.5) * math.sqrt(minutes / 4000)
        traffic = math.exp(-((hour - 7.5) ** 2) / 4) + 0.8 * math.exp(-((hour - 18) ** 2) / 6)
        mixing = 1 + 0.8 * max(math.sin(math.pi * (hour - 6) / 12), 0) if 6 <= hour < 18 else 1.0
        yield 28 * (1 + 0.5 * traffic) / mixing * math.exp(0.8 * still - 0.8 * wind)


def _ozone(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """Nothing at night, a hill by day, whose height is the day's sun's, with clouds that cut it."""
    sun, cloud = 1.0, 0.0
    for slot in range(slots):
        hour = slot * minutes / 60 % 24
        if slot * minutes % 1440 < minutes:
            sun = min(max(0.5 * sun + 0.5 + draw.gauss(0, 0.3), 0.2), 2.0)
        cloud = 0.93 * cloud + draw.gauss(0, 0.05)
        hill = max(math.sin(math.pi * (hour - 7) / 13), 0) ** 1.4 if 7 <= hour < 20 else 0.0
        yield max(6 + 110 * sun * hill * (1 - abs(cloud)), 0.0) + abs(draw.gauss(0, 1.0))


def _river(draw: Random, slots: int, minutes: int) -> Iterator[float]:
    """Turbid after rain, and slow between; the tide comes and goes twice a day."""
    mud = 0.0
    for slot in range(slots):
        mud *= math.exp(-minutes / 1800)
        if draw.random() < minutes / (5 * 1440):
            mud += draw.expovariate(1 / 25)
        tide = math.sin(2 * math.pi * slot * minutes / 745)
        yield (18 + mud) * (1 + 0.12 * tide) + draw.gauss(0, 0.4)


class _Device:
    """An instrument: noise of its own, a drift that each calibration takes back, digits, an end."""

    def __init__(self, draw: Random, ordinary: float) -> None:
        self.noise = draw.choice((0.003, 0.01, 0.02)) * ordinary
        self.digits = max(draw.choice((1, 2)) - int(math.log10(ordinary)) + 1, 0)
        self.drifts = draw.choice((0.0, 0.0, 0.01))
        self.holds = draw.choice((1, 1, 1, 1, 4))
        """Readings for which an analyser says the same."""

    def reads(self, draw: Random, values: list[float], minutes: int) -> list[float]:
        found: list[float] = []
        for slot, value in enumerate(values):
            if slot % self.holds:
                found.append(found[-1])
                continue
            drift = 1 + self.drifts * (slot * minutes % 10080) / 10080
            found.append(round(max(value * drift + draw.gauss(0, self.noise), 0.0), self.digits))
        return found


def honest(seed: str, channels: int = 4) -> Made:
    """A station; its channels are of one site's kind or of several."""
    draw = Random(f"plants {seed}")
    minutes, days = draw.choice((5, 5, 5, 15)), draw.choice((31, 45, 60))
    slots = days * 1440 // minutes
    times = [BEGIN + slot * minutes * MINUTE for slot in range(slots)]
    away = {
        slot for begin in draw.sample(range(slots), 5) for slot in range(begin, begin + draw.randrange(1, 60))
    }
    made = Made(minutes, BEGIN, days, {}, {}, _sent(draw, times))
    weekly = draw.random() < 0.5
    for number in range(channels):
        name = NAME if channels == 1 else f"{NAME}{number}"
        values = list(process(draw, draw.choice(SITES), slots, minutes))
        device = _Device(draw, sum(values) / slots)
        read = device.reads(draw, values, minutes)
        made.limits[name] = round(
            max(read) * draw.choice((0.6, 0.75, 0.9, 0.97, 1.02, 1.1, 1.4)), device.digits
        )
        technician = _calibrations(draw, slots, minutes, weekly)
        gas = max(read) * draw.uniform(0.6, 1.5)
        samples = []
        for slot, (at, value) in enumerate(zip(times, read, strict=True)):
            if slot in away:
                continue
            if slot in technician:
                shown: float | None = round((0.0, gas, gas)[technician[slot] % 3], device.digits)
                samples.append(Sample(at, shown, "01", at + MINUTE))
            else:
                samples.append(Sample(at, value, "00", at + MINUTE))
        made.channels[name] = samples
        if draw.random() < 0.2:
            made.rewrites[name] = [
                Rewrite(
                    one.at,
                    one.value,
                    round(one.value * draw.uniform(0.96, 1.04), device.digits),
                    one.at + 2 * DAY,
                )
                for one in draw.sample(samples, 25)
                if one.value is not None
            ]
    return made


def _calibrations(draw: Random, slots: int, minutes: int, weekly: bool) -> dict[int, int]:
    """The slots of a technician's visits in working hours, or of the device's own check every day."""
    found: dict[int, int] = {}
    hour = draw.uniform(0, 24)
    for day in range(0, slots * minutes // 1440, 7 if weekly else 1):
        begin = day * 1440 + (draw.uniform(8, 16) if weekly else hour) * 60
        for number in range(draw.randrange(4, 16) if weekly else 4):
            found[int(begin / minutes) + number] = number
    return found


def _sent(draw: Random, times: list[int]) -> list[Arrival]:
    """Files by a modem that is quick or slow; when the network is gone for hours they wait."""
    slow = draw.choice((5_000, 40_000, 120_000))
    until = 0
    found = []
    for at in times:
        if draw.random() < 0.0006:
            until = at + draw.randrange(20 * MINUTE, 20 * HOUR)
        comes = max(at + int(draw.expovariate(1 / slow)), until)
        if comes == until:
            comes += (len(found) % 500) * 900
        found.append(Arrival(at, comes))
    return sorted(found, key=lambda one: one.received)


def faked(rule: SignRule, seed: str) -> tuple[Made, str]:
    """A station of one channel with `rule`'s fake in its last thirty days, and the channel's name."""
    draw = Random(f"plants {rule} {seed}")
    made = honest(f"{rule} {seed}", channels=1)
    made.rewrites.clear()
    FAKES[rule](draw, made, made.channels[NAME])
    return made, NAME


def _passed(draw: Random, made: Made, samples: list[Sample], first: int) -> float:
    """Sets a limit that was passed for one to twenty-five per cent of the time since."""
    values = sorted(
        one.value for one in samples if one.value is not None and one.status == "00" and one.at >= first
    )
    made.limits[NAME] = values[-int(len(values) * draw.choice((0.02, 0.04, 0.08, 0.15, 0.25))) - 1]
    return made.limits[NAME]


def _places(samples: list[Sample]) -> int:
    return max(len(f"{one.value:.6f}".rstrip("0").split(".")[1]) for one in samples if one.value is not None)


def _first(draw: Random, made: Made) -> int:
    return BEGIN + (made.days - draw.choice((14, 21, 30))) * DAY


def _cap(draw: Random, made: Made, samples: list[Sample]) -> None:
    first = _first(draw, made)
    limit, places = _passed(draw, made, samples, first), _places(samples)
    share, tremble = draw.choice((0.95, 0.98, 0.99)), draw.choice((0.0, 0.002, 0.01))
    soft = draw.random() < 0.3
    for place, one in enumerate(samples):
        if one.at >= first and one.status == "00" and one.value is not None and one.value > limit * share:
            shown = limit * share + ((one.value - limit * share) * 0.02 if soft else 0.0)
            shown = min(shown + draw.uniform(-tremble, tremble) * limit, limit)
            samples[place] = one._replace(value=math.floor(shown * 10**places) / 10**places)


def _freeze(draw: Random, made: Made, samples: list[Sample]) -> None:
    lasts = draw.choice((12, 24, 36, 96)) * HOUR
    begin = BEGIN + (made.days - draw.randrange(6, 28)) * DAY + draw.randrange(DAY)
    places = _places(samples)
    ordinary = sorted(one.value for one in samples if one.value)[len(samples) // 2]
    kept, tremble = (
        ordinary * draw.uniform(0.8, 1.2),
        max(ordinary * draw.choice((0.001, 0.004)), 0.6 * 10**-places),
    )
    for place, one in enumerate(samples):
        if begin <= one.at < begin + lasts and one.status == "00" and one.value is not None:
            samples[place] = one._replace(value=round(kept + draw.uniform(-tremble, tremble), places))


def _replay(draw: Random, made: Made, samples: list[Sample]) -> None:
    day = made.days - draw.randrange(2, 20)
    source, places = day - draw.randrange(1, 9), _places(samples)
    tremble = draw.choice((0.0, 0.0, 0.002))
    shown = {one.at - (source - day) * DAY: one for one in samples if (one.at - BEGIN) // DAY == source}
    for place, one in enumerate(samples):
        other = shown.get(one.at)
        if other is not None and other.value is not None and one.value is not None:
            value = round(other.value * (1 + draw.uniform(-tremble, tremble)), places)
            samples[place] = one._replace(value=value, status=other.status)


def _hide(draw: Random, made: Made, samples: list[Sample]) -> None:
    first = _first(draw, made)
    limit = _passed(draw, made, samples, first)
    early = limit * draw.choice((1.0, 1.0, 0.98))
    beside, empty = draw.choice((0, 0, 1, 3)), draw.random() < 0.4
    over = [
        place
        for place, one in enumerate(samples)
        if one.at >= first and one.status == "00" and (one.value or 0) > early
    ]
    for place in {min(one + more, len(samples) - 1) for one in over for more in range(beside + 1)}:
        samples[place] = samples[place]._replace(status="01", value=None if empty else samples[place].value)


def _rewrite(draw: Random, made: Made, samples: list[Sample]) -> None:
    first = _first(draw, made)
    limit = _passed(draw, made, samples, first)
    later = draw.choice((30 * MINUTE, 12 * HOUR, 4 * DAY))
    factor = draw.choice((0.6, 0.85, None))
    made.rewrites[NAME] = [
        Rewrite(
            one.at,
            one.value,
            limit * draw.uniform(0.7, 0.98) if factor is None else one.value * factor,
            one.at + later,
        )
        for one in samples
        if one.at >= first and one.status == "00" and one.value is not None and one.value > limit
    ]


def _shift(draw: Random, made: Made, samples: list[Sample]) -> None:
    """At a time at which files come: while they wait for the network, nobody could tell."""
    off = draw.choice((12, 20, 45, 60, 420, 1440)) * draw.choice((-1, 1)) * MINUTE
    live: list[int] = []
    mine: list[int] = []
    while len(live) < 0.2 * len(mine) or not mine:
        begin = BEGIN + (made.days - draw.randrange(3, 24)) * DAY + draw.randrange(DAY)
        end = begin + draw.choice((8 * HOUR, 2 * DAY, 99 * DAY))
        mine = [place for place, one in enumerate(made.arrivals) if begin <= one.received < end]
        live = [
            place for place in mine if made.arrivals[place].received - made.arrivals[place].measured < HOUR
        ]
    made.set_clock(begin, end, off)


FAKES: dict[SignRule, Callable[[Random, Made, list[Sample]], None]] = {
    "tamper_capped": _cap,
    "tamper_frozen": _freeze,
    "tamper_replayed": _replay,
    "tamper_calibrating": _hide,
    "tamper_rewritten": _rewrite,
    "tamper_clock": _shift,
}
