"""How often the signs of manipulation are wrong, and how often they find what was faked.

    python benchmarks/signs.py [STATION_MONTHS] [CASES]     default 100 and 100

Data is made by seed (tests/made): honest station-months, of which every sign is a false one, and six ways
of faking, one at a time, on honest stations. Twice each: on the kinds of parameters that the thresholds were
chosen on, and, with other seeds, on kinds that nothing was tuned on.
"""

import sys
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from quality.signs.all_signs import CHANNEL_RULES, ChannelMonth, channel_signs, station_signs
from quality.signs.sample import Judged, Sign, SignRule
from tests.made.fakes import FAKES
from tests.made.honest import DAY, KINDS, SITES, Made, station

TUNED_SITES = ("wastewater", "stack")
OTHER_SITES = ("ambient_air", "surface_water", "wastewater 2")
DAYS = 60


def judge(made: Made, only: str | None = None) -> list[tuple[str, Sign]]:
    """The signs of the last thirty days, by channel."""
    judged = Judged(made.begin + max(made.days - 30, 0) * DAY, made.begin + made.days * DAY)
    found = [
        (name, sign)
        for name, samples in made.channels.items()
        if only is None or name == only
        for sign in channel_signs(
            ChannelMonth(samples, made.limits.get(name), made.rewrites.get(name, ()), made.still), judged
        )
    ]
    arrivals = sorted(made.arrivals, key=lambda one: one.received)
    return [*found, *(("", sign) for sign in station_signs(arrivals, made.interval, judged))]


def look_for(rule: SignRule, made: Made, channel: str) -> list[Sign]:
    """The signs of one rule only: what was faked is known here, and there are many cases."""
    judged = Judged(made.begin + max(made.days - 30, 0) * DAY, made.begin + made.days * DAY)
    if rule == "tamper_clock":
        return station_signs(sorted(made.arrivals, key=lambda one: one.received), made.interval, judged)
    month = ChannelMonth(
        made.channels[channel], made.limits.get(channel), made.rewrites.get(channel, ()), made.still
    )
    return CHANNEL_RULES[rule](month, judged)


def honest(seeds: str, sites: tuple[str, ...], months: int) -> None:
    counts: list[int] = []
    rules: Counter[str] = Counter()
    began = perf_counter()
    for number in range(months):
        found = judge(
            station(f"{seeds} {number}", sites[number % len(sites)], DAYS, (5, 5, 5, 15)[number % 4])
        )
        counts.append(len(found))
        for name, sign in found:
            rules[sign.rule] += 1
            if "-v" in sys.argv:
                print("   ", number, sites[number % len(sites)], name, sign)
    print(
        f"honest, {', '.join(sites)}: {sum(counts)} false signs in {months} station-months,"
        f" {sum(counts) / months:.3f} each, at most {max(counts)}"
        f" ({sum(count > 1 for count in counts)} months with more than 1)"
        f" {dict(rules)} {(perf_counter() - began) / months:.2f} s each"
    )


def faked(seeds: str, sites: tuple[str, ...], cases: int) -> None:
    rule: SignRule
    for rule, fake in FAKES.items():
        hit, missed = 0, []
        for number in range(cases):
            seed = f"{seeds} {rule} {number}"
            draw = Random(seed)
            site = sites[number % len(sites)]
            channel = draw.choice([name for name in SITES[site] if name != "Flow" and KINDS[name].limit])
            made = station(seed, site, DAYS, (5, 5, 5, 15)[number % 4], (channel,))
            if any(sign.rule == rule for sign in look_for(rule, fake(made, channel, draw), channel)):
                hit += 1
            else:
                missed.append(f"{number}:{channel}")
        print(f"{rule}, {', '.join(sites)}: found in {hit} of {cases}", f"missed {missed}" if missed else "")


def main() -> None:
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()]
    months, cases = [*numbers, *[100, 100][len(numbers) :]][:2]
    print("-- the kinds that thresholds were chosen on")
    if months:
        honest("tuned", TUNED_SITES, months)
    if cases:
        faked("tuned", TUNED_SITES, cases)
    if "-t" in sys.argv:
        return
    print("-- kinds and seeds that nothing was tuned on")
    if months:
        honest("other", OTHER_SITES, months)
    if cases:
        faked("other", OTHER_SITES, cases)


if __name__ == "__main__":
    main()
