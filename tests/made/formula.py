"""Stations by formula: a level, a daily and a weekly course, noise with a memory, plateaus and storms.

As somebody would write it who wants to try the signs of manipulation and knows nothing of how they are found:
written without the code of quality/signs and of this folder's other makers in view, with other manners of
faking too. A case is one channel, so that hundreds can be made.
"""

from collections.abc import Callable
from itertools import pairwise
from math import exp, pi, sin
from random import Random
from typing import NamedTuple

from quality.signs.sample import DAY, HOUR, Arrival, Rewrite, Sample, SignRule
from tests.made.honest import BEGIN, MINUTE, Made

NAME = "X"


class Nature(NamedTuple):
    """What a channel is like. Shares are of its level."""

    level: float
    daily: float
    weekly: float
    wander: float
    memory: float
    """Of the wandering, from reading to reading at 5 minutes."""
    noise: float
    plateaus: float
    """How far apart the levels are that it stays at for hours; 0: it has none."""
    storms: float
    """A month."""
    multiplies: bool
    digit: float


def nature(draw: Random) -> Nature:
    level = 10 ** draw.uniform(0, 2.5)
    return Nature(
        level=level,
        daily=draw.choice((0.0, 0.05, 0.15, 0.3)),
        weekly=draw.choice((0.0, 0.0, 0.05, 0.1)),
        wander=draw.uniform(0.05, 0.25),
        memory=draw.choice((0.6, 0.9, 0.97, 0.99, 0.997, 0.999)),
        noise=draw.choice((0.002, 0.005, 0.01, 0.03)),
        plateaus=draw.choice((0.0, 0.0, 0.0, 0.2)),
        storms=draw.choice((0.0, 0.0, 3.0, 8.0)),
        multiplies=draw.random() < 0.5,
        digit=10.0 ** round(draw.choice((-4, -3, -3, -2)) + _exponent(level)),
    )


def _exponent(level: float) -> int:
    return len(str(int(level)))


def course(draw: Random, kind: Nature, times: list[int], interval: int) -> list[float]:
    """The process as it is, in the device's digits, never below zero."""
    memory: float = kind.memory ** (interval / 5)
    push = kind.wander * (1 - memory**2) ** 0.5
    phase, second = draw.uniform(0, 2 * pi), draw.uniform(0, 2 * pi)
    state, plateau, stays, storm = draw.gauss(0, kind.wander), 0.0, 0, 0.0
    fades = exp(-interval / draw.uniform(60, 400))
    found = []
    for at in times:
        state = memory * state + draw.gauss(0, push)
        if kind.plateaus and stays <= 0:
            plateau, stays = draw.choice((-1, 0, 1)) * kind.plateaus, draw.randrange(6 * 60, 48 * 60)
        stays -= interval
        storm *= fades
        if draw.random() < kind.storms * interval / (30 * 1440):
            storm += draw.uniform(0.3, 1.5)
        part = 2 * pi * (at % DAY) / DAY
        swing = kind.daily * (sin(part + phase) + 0.4 * sin(2 * part + second))
        swing += kind.weekly * sin(2 * pi * at / (7 * DAY)) + state + plateau + storm
        value = kind.level * (exp(swing) if kind.multiplies else max(1 + swing, 0.0))
        found.append(value * (1 + draw.gauss(0, kind.noise)))
    return found


def rounded(value: float, digit: float) -> float:
    return round(max(round(value / digit), 0) * digit, 6)


def honest(seed: str, channels: int = 4) -> Made:
    """A station of so many channels; some passed their limit now and then, some never come near it."""
    draw = Random(f"formula {seed}")
    interval, days = draw.choice((5, 5, 5, 10, 15)), draw.choice((30, 30, 45, 60))
    times = list(range(BEGIN, BEGIN + days * DAY, interval * MINUTE))
    arrivals = _arrivals(draw, times)
    gone = [(begin, begin + draw.randrange(1, 30) * HOUR // 2) for begin in draw.sample(times, 4)]
    clock = draw.choice((None, 1, 7))
    strikes = draw.randrange(0, 24) * HOUR + draw.randrange(0, 2) * 30 * MINUTE
    lasts = draw.choice((15, 30, 60)) * MINUTE
    kept = draw.choice(("process", "standards", "nothing"))
    made = Made(interval, BEGIN, days, {}, {}, arrivals)
    for number in range(channels):
        name = f"{NAME}{number}" if channels > 1 else NAME
        kind = nature(draw)
        values = course(draw, kind, times, interval)
        most = max(values) * draw.choice((0.9, 2.0, 2.0))  # the end of the device's range
        ordered = sorted(values)
        passed = draw.choice((None, None, 0.0, 0.001, 0.01, 0.05))
        limit = (
            draw.uniform(1.0, 2.0) * ordered[-1]
            if passed is None
            else ordered[int(-1 - passed * len(ordered))]
        )
        if most < ordered[-1]:  # no law lets a device measure whose range ends below the limit
            limit = min(limit, 0.8 * most)
        samples = []
        for at, value in zip(times, values, strict=True):
            if any(begin <= at < end for begin, end in gone):
                continue
            status, shown = "00", rounded(min(value, most), kind.digit)
            if clock and (at // DAY) % clock == 0 and 0 <= at % DAY - strikes < lasts:
                status = "01"
                if kept == "standards":
                    shown = rounded(0.0 if at % DAY - strikes < lasts / 2 else most * 0.8, kind.digit)
            elif draw.random() < 0.0005:
                status = "02"
            missing = (status == "01" and kept == "nothing") or draw.random() < 0.0005
            samples.append(Sample(at, None if missing else shown, status, at + MINUTE))
        made.channels[name] = samples
        made.limits[name] = limit
        if draw.random() < 0.3:
            made.rewrites[name] = _corrections(draw, samples, kind)
    return made


def _arrivals(draw: Random, times: list[int]) -> list[Arrival]:
    usual, waits = draw.choice((20_000, MINUTE, 3 * MINUTE)), draw.random() < 0.15
    drift = draw.choice((0.0, 0.0, 4.0)) * MINUTE / (10 * DAY)
    away = [(begin, begin + draw.randrange(1, 12) * HOUR) for begin in draw.sample(times, 3)]
    found = []
    for at in times:
        comes = at + int(usual * draw.uniform(0.5, 1.5) + drift * (at % (10 * DAY)))
        if waits:
            comes = (at // HOUR + 1) * HOUR + draw.randrange(90_000)
        for begin, end in away:
            if begin <= comes < end:
                comes = end + (comes - begin) // 100
        found.append(Arrival(at, comes))
    return found


def _corrections(draw: Random, samples: list[Sample], kind: Nature) -> list[Rewrite]:
    place, count = draw.randrange(len(samples) - 50), draw.randrange(1, 40)
    off = draw.choice((0.0, 0.02, -0.02))
    return [
        Rewrite(
            one.at,
            one.value,
            rounded(one.value * (1 + off + draw.gauss(0, 0.01)), kind.digit),
            samples[place].at + DAY,
        )
        for one in samples[place : place + count]
        if one.value is not None
    ]


Faked = tuple[Made, str]


def faked(rule: SignRule, seed: str) -> Faked:
    """A station with one channel in which `rule`'s fake was done, and the channel's name."""
    draw = Random(f"formula {rule} {seed}")
    made = honest(f"{rule} {seed}", channels=1)
    made.rewrites.clear()
    FAKES[rule](made, made.channels[NAME], draw)
    return made, NAME


def _since(draw: Random, made: Made) -> int:
    """When the faking begins: the last ten, twenty or thirty days."""
    return made.begin + (made.days - draw.choice((10, 20, 30))) * DAY


def _limit(made: Made, samples: list[Sample], since: int, share: float) -> float:
    values = sorted(
        one.value for one in samples if one.value is not None and one.status == "00" and one.at >= since
    )
    made.limits[NAME] = values[int(len(values) * (1 - share))]
    return made.limits[NAME]


def _digit(samples: list[Sample]) -> float:
    values = sorted({one.value for one in samples if one.value is not None})
    return min(b - a for a, b in pairwise(values))


def _cap(made: Made, samples: list[Sample], draw: Random) -> None:
    since = _since(draw, made)
    limit = _limit(made, samples, since, draw.choice((0.02, 0.05, 0.1, 0.2, 0.3)))
    top, digit, manner = limit * draw.uniform(0.93, 0.999), _digit(samples), draw.randrange(4)
    width = draw.choice((0.001, 0.005, 0.02))
    for place, one in enumerate(samples):
        if one.at < since or one.value is None or one.status != "00":
            continue
        value = one.value
        if manner == 0:
            value = min(value, top)
        elif manner == 1 and value > limit:
            value = limit * draw.uniform(0.95, 0.995)
        elif manner == 2 and value > top:
            value = top - abs(draw.gauss(0, width)) * limit
        elif manner == 3 and value > limit:
            value = min(limit * (0.97 + draw.gauss(0, width / 2)), limit)
        samples[place] = one._replace(value=rounded(value, digit))
    made.limits[NAME] = max(
        limit, max(one.value or 0.0 for one in samples if one.at >= since and one.status == "00")
    )


def _freeze(made: Made, samples: list[Sample], draw: Random) -> None:
    hours = draw.choice((12, 18, 24, 48, 72))
    begin = BEGIN + (made.days - 30) * DAY + draw.randrange(48, 29 * 24 - hours) * HOUR
    digit = _digit(samples)
    kept = next(one.value for one in samples if one.at >= begin and one.value)
    noise = max(kept * draw.choice((0.0005, 0.001, 0.003)), digit * 0.5)
    for place, one in enumerate(samples):
        if begin <= one.at < begin + hours * HOUR and one.value is not None:
            samples[place] = one._replace(value=rounded(kept + draw.gauss(0, noise), digit))


def _replay(made: Made, samples: list[Sample], draw: Random) -> None:
    first = made.days - 30 + draw.randrange(8, 28)
    back, hours = draw.choice((1, 2, 7)), draw.choice((12, 24, 24, 48))
    hours = min(hours, back * 24)
    begin = BEGIN + first * DAY
    scale = draw.choice((1.0, 1.0, draw.uniform(0.95, 1.05)))
    noise, digit = draw.choice((0.0, 0.0, 0.001, 0.003)), _digit(samples)
    known = {one.at: one for one in samples}
    for place, one in enumerate(samples):
        source = known.get(one.at - back * DAY)
        if begin <= one.at < begin + hours * HOUR and source is not None and source.value is not None:
            value = source.value * scale * (1 + draw.gauss(0, noise)) if noise or scale != 1 else source.value
            samples[place] = one._replace(value=rounded(value, digit), status=source.status)


def _hide(made: Made, samples: list[Sample], draw: Random) -> None:
    since = _since(draw, made)
    limit = _limit(made, samples, since, draw.choice((0.01, 0.03, 0.06, 0.12)))
    manner = draw.choice(("slots", "slots", "hours", "around"))
    shown = draw.choice(("kept", "kept", "nothing", "last", "zero"))
    over = {one.at for one in samples if one.at >= since and one.status == "00" and (one.value or 0) > limit}
    gap = made.interval * MINUTE
    if manner == "hours":
        whole = {at // HOUR for at in over}
        over = {one.at for one in samples if one.at >= since and one.at // HOUR in whole}
    elif manner == "around":
        over |= {at + gap for at in over} | {at - gap for at in over}
    last = 0.0
    for place, one in enumerate(samples):
        if one.at not in over:
            last = one.value if one.value is not None else last
            continue
        value = {"kept": one.value, "nothing": None, "last": last, "zero": 0.0}[shown]
        samples[place] = one._replace(value=value, status="01")


def _rewrite(made: Made, samples: list[Sample], draw: Random) -> None:
    since = _since(draw, made)
    limit = _limit(made, samples, since, draw.choice((0.01, 0.03, 0.1)))
    later = draw.choice((HOUR, 6 * HOUR, DAY, 3 * DAY))
    factor, whole = draw.uniform(0.5, 0.95), draw.random() < 0.3
    days = {one.at // DAY for one in samples if one.at >= since and (one.value or 0) > limit}
    again = []
    for one in samples:
        if one.value is None or one.at < since or one.status != "00":
            continue
        if one.value > limit:
            second = limit * draw.uniform(0.8, 0.99) if factor > 0.8 else min(one.value * factor, limit)
            again.append(Rewrite(one.at, one.value, second, one.at + later))
        elif whole and one.at // DAY in days:
            again.append(Rewrite(one.at, one.value, one.value * factor, one.at + later))
    made.rewrites[NAME] = again


def _shift(made: Made, samples: list[Sample], draw: Random) -> None:
    minutes = draw.choice((10, 15, 30, 60, 180, 1440)) * draw.choice((1, -1))
    begin = BEGIN + (made.days - 30) * DAY + draw.randrange(5, 28) * DAY + draw.randrange(24) * HOUR
    lasts = draw.choice((6 * HOUR, DAY, 60 * DAY))
    made.set_clock(begin, begin + lasts, minutes * MINUTE)


FAKES: dict[SignRule, Callable[[Made, list[Sample], Random], None]] = {
    "tamper_capped": _cap,
    "tamper_frozen": _freeze,
    "tamper_replayed": _replay,
    "tamper_calibrating": _hide,
    "tamper_rewritten": _rewrite,
    "tamper_clock": _shift,
}
