"""Honest station data by seed, with what makes honest data look odd.

A channel's value is a level with a daily and a weekly course, slow wandering, fast wandering and the
instrument's noise, cut to the device's digits and its detection limit; on top of it are episodes in which
the process really goes up. Besides: analysers that measure once in an hour and hold the value, days
without discharge, calibrations (by the clock or by hand, whose standards may lie above the limit), device
errors, gaps, files that come late in one go, loggers that send by the hour, clocks that drift by minutes,
and corrections that are uploaded again. Nothing here knows how signs are looked for.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import NamedTuple

from quality.signs.sample import Arrival, Rewrite, Sample

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEGIN = 1_769_878_800_000
"""2026-02-01T00:00+07:00, a Sunday."""


class Kind(NamedTuple):
    """How a parameter behaves. Shares are of its level."""

    name: str
    level: float
    daily: float
    slow: float
    slow_hours: float
    fast: float
    noise: float
    digits: int
    limit: float | None
    """In times of the level: how often honest data passes it follows from that and the wandering."""
    least: float = 0.0
    """Detection limit: what is below is reported as it."""
    hold: int = 1
    """Slots for which an analyser repeats its last result."""
    skewed: bool = True
    """Whether the wandering multiplies (concentrations) or adds (pH, temperature)."""
    stills: bool = True
    """Whether it stands still where nothing is discharged."""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("COD", 45, 0.15, 0.20, 6, 0.04, 0.010, 1, 1.65),
        Kind("TSS", 30, 0.20, 0.30, 4, 0.10, 0.030, 1, 1.67, least=2.0),
        Kind("pH", 7.2, 0.01, 0.02, 8, 0.004, 0.001, 2, 1.25, skewed=False),
        Kind("NH4-N", 2.5, 0.20, 0.25, 10, 0.03, 0.010, 2, 2.0, least=0.1, hold=12),
        Kind("Temp", 28, 0.05, 0.03, 20, 0.002, 0.001, 1, 1.43, skewed=False),
        Kind("Flow", 55, 0.30, 0.20, 2, 0.10, 0.020, 1, None),
        Kind("SO2", 120, 0.10, 0.35, 3, 0.10, 0.020, 1, 2.2, least=1.0),
        Kind("NOx", 300, 0.10, 0.25, 3, 0.08, 0.015, 1, 1.8),
        Kind("CO", 200, 0.10, 0.45, 2, 0.20, 0.020, 0, 3.5),
        Kind("PM", 40, 0.10, 0.30, 5, 0.15, 0.030, 2, 2.2),
        Kind("O2", 11, 0.03, 0.08, 4, 0.02, 0.005, 2, None, skewed=False),
        # the rest is for data that nothing was tuned on
        Kind("PM2.5", 35, 0.25, 0.45, 8, 0.10, 0.040, 1, 2.0, stills=False),
        Kind("PM10", 60, 0.25, 0.40, 8, 0.10, 0.040, 1, 2.2, stills=False),
        Kind("O3", 60, 0.60, 0.30, 5, 0.08, 0.020, 1, 2.6, least=2.0, stills=False),
        Kind("NO2", 30, 0.40, 0.40, 4, 0.15, 0.030, 2, 3.3, least=1.0, stills=False),
        Kind("DO", 6.0, 0.12, 0.08, 12, 0.01, 0.005, 2, None, skewed=False, stills=False),
        Kind("Turbidity", 25, 0.10, 0.60, 18, 0.08, 0.030, 1, 4.0, stills=False),
        Kind("TOC", 8, 0.08, 0.25, 20, 0.02, 0.010, 2, 2.2, hold=6, stills=False),
        Kind("Color", 60, 0.10, 0.20, 12, 0.03, 0.010, 0, 1.7),
        Kind("TN", 15, 0.12, 0.18, 12, 0.02, 0.008, 2, 1.5, hold=24),
        Kind("TP", 2.0, 0.12, 0.22, 12, 0.02, 0.010, 3, 1.8, hold=12, least=0.05),
        Kind("Cl", 0.5, 0.15, 0.50, 3, 0.20, 0.030, 2, 2.2, least=0.02),
        Kind("H2S", 3, 0.10, 0.50, 3, 0.20, 0.030, 2, 3.0, least=0.1),
    )
}
TUNED = ("COD", "TSS", "pH", "NH4-N", "Temp", "Flow", "SO2", "NOx", "CO", "PM", "O2")
"""The kinds that thresholds were chosen on."""
SITES = {
    "wastewater": ("Flow", "pH", "COD", "TSS", "NH4-N", "Temp"),
    "stack": ("SO2", "NOx", "CO", "PM", "O2", "Flow"),
    "ambient_air": ("PM2.5", "PM10", "O3", "NO2"),
    "surface_water": ("DO", "Turbidity", "TOC"),
    "wastewater 2": ("Flow", "Color", "TN", "TP", "Cl", "pH"),
}


@dataclass
class Made:
    """A station's data. Channels by name, each in the order of time."""

    interval: int
    """Minutes."""
    begin: int
    days: int
    channels: dict[str, list[Sample]]
    limits: dict[str, float]
    arrivals: list[Arrival]
    rewrites: dict[str, list[Rewrite]] = field(default_factory=dict)
    still: list[tuple[int, int]] = field(default_factory=list)
    """When nothing was discharged."""

    def set_clock(self, begin: int, end: int, off: int) -> list[int]:
        """Puts the logger's clock wrong by `off` for what is received from `begin` up to `end`; returns the
        places of those arrivals."""
        mine = [place for place, one in enumerate(self.arrivals) if begin <= one.received < end]
        for place in mine:
            one = self.arrivals[place]
            self.arrivals[place] = one._replace(measured=one.measured + off)
        return mine

    def is_live(self, places: Sequence[int], span: int) -> bool:
        """Whether the arrivals come one after the other for a fifth of the time or more, and not in heaps."""
        apart = sum(
            self.arrivals[b].received - self.arrivals[a].received >= MINUTE for a, b in pairwise(places)
        )
        return apart * self.interval * MINUTE >= 0.2 * span


def station(
    seed: str, site: str, days: int = 60, interval: int = 5, only: Collection[str] | None = None
) -> Made:
    """An honest station of a site, or some of its channels; the same seed makes the same data."""
    draw = Random(seed)
    still = _stops(draw, days) if "Flow" in SITES[site] else []
    lag = _lags(draw, days, interval)
    gaps = _gaps(draw, days)
    channels, limits = {}, {}
    for name in SITES[site]:
        if only is not None and name not in only:
            continue
        draw = Random(f"{seed} {name}")
        kind = KINDS[name]._replace(level=KINDS[name].level * draw.uniform(0.7, 1.3))
        values = course(draw, kind, days, interval, still)
        limits_at = None if kind.limit is None else round(kind.level * kind.limit * draw.uniform(0.8, 1.3), 2)
        if limits_at is not None:
            limits[name] = limits_at
        channels[name] = _samples(draw, kind, values, interval, lag, gaps, limits_at, days)
    arrivals = [
        Arrival(at, at + delay) for at, delay in lag if not any(begin <= at < end for begin, end in gaps)
    ]
    made = Made(interval, BEGIN, days, channels, limits, arrivals, {}, still if "Flow" in SITES[site] else [])
    made.rewrites = {name: _corrections(draw, samples) for name, samples in channels.items()}
    return made


def course(draw: Random, kind: Kind, days: int, interval: int, still: list[tuple[int, int]]) -> list[float]:
    """The value of every slot, as the device shows it."""
    count = days * 1440 // interval
    hours = interval / 60
    slow_keep, fast_keep = math.exp(-hours / kind.slow_hours), math.exp(-hours / 0.4)
    slow_step, fast_step = math.sqrt(1 - slow_keep**2), math.sqrt(1 - fast_keep**2)
    slow = fast = 0.0
    phase, second = draw.uniform(0, 24), draw.uniform(0, 0.4)
    weekend = draw.choice((1.0, 1.0, draw.uniform(0.6, 0.9)))
    surge = 0.0
    values: list[float] = []
    held = kind.level
    stopped = False
    for number in range(count):
        hour = number * hours
        at = BEGIN + number * interval * MINUTE
        slow = slow_keep * slow + slow_step * draw.gauss(0, 1)
        fast = fast_keep * fast + fast_step * draw.gauss(0, 1)
        if draw.random() < hours / (24 * 6):
            surge += draw.uniform(0.3, 1.0) * kind.slow * 2
        surge *= math.exp(-hours / 2.5)
        daily = math.sin((hour - phase) * math.pi / 12) + second * math.sin((hour - phase) * math.pi / 6)
        wander = kind.slow * slow + kind.fast * fast + kind.daily * daily + surge
        factor = math.exp(wander - kind.slow**2 / 2) if kind.skewed else 1 + wander
        if int(hour // 24) % 7 in (0, 6) and kind.skewed:
            factor *= weekend
        stopped = any(begin <= at < end for begin, end in still)
        if stopped and kind.name == "Flow":
            values.append(0.0)
            continue
        if stopped and kind.stills:
            # what stands in the pipe: it settles towards a level and keeps it, but for the instrument's noise
            held += (kind.level * 0.8 - held) * (1 - math.exp(-hours / 3))
            shown = held * (1 + kind.noise * draw.gauss(0, 1))
        else:
            held = kind.level * factor
            shown = held * (1 + kind.noise * draw.gauss(0, 1))
        values.append(round(max(shown, kind.least), kind.digits))
    if kind.hold > 1:
        values = [values[number - number % kind.hold] for number in range(count)]
    return values


def _stops(draw: Random, days: int) -> list[tuple[int, int]]:
    """Half of the plants never stop; others at nights, at week-ends, or once for days."""
    habit = draw.choice(("never", "never", "never", "nights", "week-ends", "once"))
    if habit == "nights":
        return [(BEGIN + day * DAY + 22 * HOUR, BEGIN + (day + 1) * DAY + 5 * HOUR) for day in range(days)]
    if habit == "week-ends":
        return [
            (BEGIN + day * DAY - 8 * HOUR, BEGIN + (day + 1) * DAY + 6 * HOUR) for day in range(0, days, 7)
        ]
    if habit == "once":
        begin = BEGIN + draw.randrange(days // 2, days - 3) * DAY + draw.randrange(24) * HOUR
        return [(begin, begin + draw.randrange(14, 80) * HOUR)]
    return []


def _gaps(draw: Random, days: int) -> list[tuple[int, int]]:
    """When nothing was measured at all."""
    gaps = []
    for _ in range(draw.randrange(0, 2 + days // 10)):
        begin = BEGIN + int(draw.uniform(0, days) * DAY)
        gaps.append((begin, begin + int(draw.expovariate(1 / 90) * MINUTE) + 5 * MINUTE))
    return gaps


def _lags(draw: Random, days: int, interval: int) -> list[tuple[int, int]]:
    """(measured, how long it took to come) of every slot: live or hourly, the network down at times."""
    by_hour = draw.random() < 0.15
    steady = int(draw.uniform(5, 150) * 1000)
    drift = draw.uniform(-4, 4) * 1000
    """Milliseconds an hour; a technician sets the clock right now and then."""
    outages = []
    for _ in range(draw.randrange(0, 2 + days // 8)):
        begin = BEGIN + int(draw.uniform(0, days) * DAY)
        outages.append((begin, begin + int(draw.expovariate(1 / 4) * HOUR)))
    drain = draw.uniform(500, 40_000)
    """Milliseconds a file, when the buffer empties."""
    lags, free, off = [], 0, 0.0
    for number in range(days * 1440 // interval):
        at = BEGIN + number * interval * MINUTE
        off += drift * interval / 60
        if abs(off) > 200_000 or draw.random() < interval / (60 * 24 * 12):
            off = 0.0
        ready = at + steady + int(draw.expovariate(1 / 15_000)) + int(off)
        if by_hour:
            ready = (at // HOUR + 1) * HOUR + steady
        for begin, end in outages:
            if begin <= ready < end:
                ready = end
        ready = max(ready, free)
        free = ready + int(drain)
        lags.append((at, ready - at))
    return lags


def _samples(
    draw: Random, kind: Kind, values: list[float], interval: int,
    lags: list[tuple[int, int]], gaps: list[tuple[int, int]], limit: float | None, days: int,
) -> list[Sample]:  # fmt: skip
    marked: dict[int, tuple[str, float | None]] = {}
    _calibrations(draw, kind, marked, interval, days)
    _errors(draw, marked, interval, days)
    found = []
    for value, (at, lag) in zip(values, lags, strict=True):
        if any(begin <= at < end for begin, end in gaps):
            continue
        if at in marked:
            status, shown = marked[at]
            found.append(Sample(at, shown, status, at + lag))
        elif draw.random() < 0.002:
            found.append(Sample(at, None, "00", at + lag))
        else:
            found.append(Sample(at, value, "00", at + lag))
    return found


def _calibrations(
    draw: Random, kind: Kind, marked: dict[int, tuple[str, float | None]], interval: int, days: int
) -> None:
    """By the clock every day or week, or by hand; zero, then a standard above what is usual, or no number."""
    habit = draw.choice(("none", "daily", "weekly", "by hand", "by hand"))
    shows = draw.choice(("standards", "standards", "nothing", "last"))
    hour = draw.randrange(24)
    if habit == "none":
        return
    times = {
        "daily": [day * DAY + hour * HOUR for day in range(days)],
        "weekly": [day * DAY + hour * HOUR for day in range(draw.randrange(7), days, 7)],
        "by hand": [
            int((draw.randrange(days) + draw.uniform(8, 17) / 24) * DAY) for _ in range(max(days // 8, 1))
        ],
    }[habit]
    slot = interval * MINUTE
    for since in times:
        length = draw.randrange(20, 45) if habit == "daily" else draw.randrange(40, 150)
        first = BEGIN + since // slot * slot
        slots = max(length // interval, 1)
        for number in range(slots):
            standard = 0.0 if number < slots / 2 else kind.level * draw.uniform(1.95, 2.05)
            shown = {
                "standards": round(standard, kind.digits),
                "nothing": None,
                "last": round(kind.level, kind.digits),
            }[shows]
            marked[first + number * slot] = ("01", shown)


def _errors(draw: Random, marked: dict[int, tuple[str, float | None]], interval: int, days: int) -> None:
    slot = interval * MINUTE
    for _ in range(draw.randrange(0, 2 + days // 15)):
        first = BEGIN + int(draw.uniform(0, days) * DAY) // slot * slot
        for number in range(int(draw.expovariate(1 / 120) / interval) + 1):
            marked[first + number * slot] = ("02", draw.choice((None, 0.0)))


def _corrections(draw: Random, samples: list[Sample]) -> list[Rewrite]:
    """Some stations send a stretch again, with a factor that was put right: a little, up or down."""
    if draw.random() > 0.25:
        return []
    factor = 1 + draw.choice((-1, 1)) * draw.uniform(0.005, 0.03)
    first = draw.randrange(len(samples) // 2, len(samples) - 300)
    return [
        Rewrite(sample.at, sample.value, round(sample.value * factor, 3), sample.received + 5 * HOUR)
        for sample in samples[first : first + draw.randrange(12, 280)]
        if sample.value is not None
        and sample.status == "00"
        and round(sample.value * factor, 3) != sample.value
    ]
