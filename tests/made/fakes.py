"""Six ways to fake a station's data, done to honest data by seed, as somebody with access to a logger would.

Each takes an honest station, fakes one of its channels (or its clock) from a day of the last month on, and
says which channel it was. Faking needs a reason: where a limit is to be kept, it is set so that the honest
data passes it.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from random import Random
from statistics import median

from quality.signs.sample import Arrival, Rewrite, Sample, SignRule
from tests.made.honest import DAY, HOUR, MINUTE, Made


def _limit_that_is_passed(draw: Random, samples: list[Sample], share: float) -> float:
    values = sorted(sample.value for sample in samples if sample.value is not None and sample.status == "00")
    limit = values[int(len(values) * (1 - share))]
    return limit if limit < values[-1] else values[-1] * 0.97


def _middle(samples: list[Sample]) -> float:
    return median(sample.value for sample in samples if sample.value is not None)


def _digits(samples: list[Sample]) -> int:
    texts = [f"{sample.value:.10g}" for sample in samples[:500] if sample.value is not None]
    return max(len(text.partition(".")[2]) for text in texts)


def _from(draw: Random, made: Made, least_days: int) -> int:
    """A moment in the last thirty days that leaves at least so many."""
    return made.begin + int(draw.uniform(made.days - 29, made.days - least_days) * DAY)


def capped(made: Made, channel: str, draw: Random) -> Made:
    """Whatever is above the limit is written as something just below it."""
    samples = made.channels[channel]
    limit = _limit_that_is_passed(draw, samples, draw.uniform(0.04, 0.25))
    begin = _from(draw, made, 10)
    digits = _digits(samples)
    manner = draw.choice(("one value", "any below", "near one value", "squeezed"))
    level = draw.uniform(0.94, 0.995)

    def below(value: float) -> float:
        if manner == "one value":
            return limit * level
        if manner == "any below":
            return limit * draw.uniform(0.90, 0.999)
        if manner == "near one value":
            return min(limit * draw.gauss(level, 0.006), limit)
        return limit * (1 - 0.08 / (1 + 3 * (value / limit - 1)) * draw.random())

    faked = [
        sample._replace(value=round(below(sample.value), digits))
        if sample.value is not None and sample.status == "00" and sample.value > limit and sample.at >= begin
        else sample
        for sample in samples
    ]
    return replace(made, channels={**made.channels, channel: faked}, limits={**made.limits, channel: limit})


def frozen(made: Made, channel: str, draw: Random) -> Made:
    """A value is kept for half a day to four days, with a little noise so that it does not look kept."""
    samples = made.channels[channel]
    begin = _from(draw, made, 5)
    end = begin + int(draw.uniform(16, 96) * HOUR)
    digits = _digits(samples)
    good = [sample for sample in samples if sample.value is not None and sample.status == "00"]
    kept = next(sample.value for sample in reversed(good) if sample.at <= begin and sample.value is not None)
    jumps = sorted(
        abs(later.value - sample.value)
        for sample, later in itertools.pairwise(good)
        if later.value is not None and sample.value is not None and later.value != sample.value
    )
    noise = max(jumps[len(jumps) // 2] * draw.uniform(0.1, 0.5), 10**-digits)
    faked = [
        sample._replace(value=round(kept + draw.gauss(0, noise), digits), status="00")
        if begin <= sample.at < end
        else sample
        for sample in samples
    ]
    return replace(made, channels={**made.channels, channel: faked})


def replayed(made: Made, channel: str, draw: Random) -> Made:
    """A stretch of half a day to two days is sent again as what was measured later."""
    samples = made.channels[channel]
    begin = _from(draw, made, 3) // (made.interval * MINUTE) * made.interval * MINUTE
    length = int(draw.uniform(12, 48) * HOUR)
    back = draw.randrange(1, 15) * DAY
    while back < length:
        back += DAY
    if draw.random() < 0.3:
        back += draw.randrange(-40, 40) * made.interval * MINUTE
    digits = _digits(samples)
    offset = round(draw.choice((0.0, 0.0, draw.uniform(-0.1, 0.1))) * _middle(samples), digits)
    by_time = {sample.at: sample for sample in samples}
    faked = []
    for sample in samples:
        source = by_time.get(sample.at - back)
        if begin <= sample.at < begin + length and source is not None and source.value is not None:
            faked.append(sample._replace(value=round(source.value + offset, digits), status="00"))
        else:
            faked.append(sample)
    return replace(made, channels={**made.channels, channel: faked})


def calibrating(made: Made, channel: str, draw: Random) -> Made:
    """Status 01 whenever the value is above the limit, or about to be."""
    samples = made.channels[channel]
    limit = _limit_that_is_passed(draw, samples, draw.uniform(0.03, 0.15))
    begin = _from(draw, made, 14)
    shows = draw.choice(("value", "value", "nothing"))
    before, after = draw.randrange(0, 2), draw.randrange(0, 3)
    above = {
        number
        for number, sample in enumerate(samples)
        if sample.value is not None and sample.status == "00" and sample.value > limit and sample.at >= begin
    }
    hidden = {number + step for number in above for step in range(-before, after + 1)}
    faked = [
        sample._replace(status="01", value=sample.value if shows == "value" else None)
        if number in hidden and sample.status == "00"
        else sample
        for number, sample in enumerate(samples)
    ]
    return replace(made, channels={**made.channels, channel: faked}, limits={**made.limits, channel: limit})


def rewritten(made: Made, channel: str, draw: Random) -> Made:
    """Hours in which the limit was passed are uploaded again, lower."""
    samples = made.channels[channel]
    limit = _limit_that_is_passed(draw, samples, draw.uniform(0.03, 0.15))
    begin = _from(draw, made, 14)
    late = int(draw.uniform(0.5, 40) * HOUR)
    manner = draw.choice(("factor", "capped"))
    factor = draw.uniform(0.4, 0.85)
    digits = _digits(samples)
    rewrites = [
        Rewrite(
            sample.at,
            sample.value,
            round(sample.value * factor if manner == "factor" else limit * draw.uniform(0.85, 0.99), digits),
            sample.received + late,
        )
        for sample in samples
        if sample.value is not None and sample.status == "00" and sample.value > limit and sample.at >= begin
    ]
    return replace(
        made,
        rewrites={**made.rewrites, channel: [*made.rewrites.get(channel, []), *rewrites]},
        limits={**made.limits, channel: limit},
    )


def shifted(made: Made, channel: str, draw: Random) -> Made:
    """The logger's clock is set back or ahead by half an hour to half a day, for hours to days."""
    begin = _from(draw, made, 5)
    end = begin + int(draw.uniform(6, 96) * HOUR)
    shift = int(draw.uniform(0.5, 12) * HOUR) * draw.choice((-1, -1, 1))
    arrivals = [
        arrival._replace(measured=arrival.measured + shift) if begin <= arrival.received < end else arrival
        for arrival in made.arrivals
    ]
    # a time that was measured before stays as it came first
    taken: set[int] = set()
    kept: list[Arrival] = []
    for arrival in sorted(arrivals, key=lambda one: one.received):
        if arrival.measured not in taken:
            taken.add(arrival.measured)
            kept.append(arrival)
    return replace(made, arrivals=kept)


FAKES: dict[SignRule, Callable[[Made, str, Random], Made]] = {
    "tamper_capped": capped,
    "tamper_frozen": frozen,
    "tamper_replayed": replayed,
    "tamper_calibrating": calibrating,
    "tamper_rewritten": rewritten,
    "tamper_clock": shifted,
}
