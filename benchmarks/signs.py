"""How often the signs of manipulation are wrong, how often they find what was faked, and what looking costs.

    python benchmarks/signs.py [MONTHS] [CASES] [SET]… [from=N] [-v]     default 40, 100, every set, from 0
    python benchmarks/signs.py cost

Data is made by seed (tests/made), a station for each number from N on: honest station-months, of which every
sign is a false one, and six ways of faking, one at a time, on honest stations. Sets: `tuned` and `other`
(tests/made/honest.py: waste water and stacks; ambient air, rivers and more waste water), and `formula`,
`plants`, `works`, `towns` and `rests` (it fakes kept values only), each made in the file of its name.
docs/signs.md says which of them the rules were chosen on.

cost: one night's look at one station with ten parameters every five minutes, as the forward role does it, in
seconds of the processor and without what the store takes.
"""

import sys
from collections import Counter
from pathlib import Path
from random import Random
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from quality.signs.all_signs import CHANNEL_RULES, ChannelMonth, channel_signs, station_signs
from quality.signs.sample import SIGN_RULES, Judged, Sign, SignRule
from tests.made import formula, plants, rests, towns, works
from tests.made.fakes import FAKES
from tests.made.honest import DAY, KINDS, SITES, Made, station

SETS = ("tuned", "other", "formula", "plants", "works", "towns", "rests")
_SITES = {"tuned": ("wastewater", "stack"), "other": ("ambient_air", "surface_water", "wastewater 2")}
_INTERVALS = (5, 5, 5, 15)
DAYS = 60


def honest_station(of: str, number: int) -> Made:
    """The numbered honest station of a set."""
    match of:
        case "formula":
            return formula.honest(str(number))
        case "plants":
            return plants.honest(str(number))
        case "works":
            return works.honest(str(number))
        case "towns":
            return towns.honest(str(number))
        case "rests":
            return rests.honest(str(number))
    sites = _SITES[of]
    return station(f"{of} {number}", sites[number % len(sites)], DAYS, _INTERVALS[number % 4])


def faked_station(of: str, rule: SignRule, number: int) -> tuple[Made, str]:
    """The numbered station of a set with one channel faked, and the channel."""
    match of:
        case "formula":
            return formula.faked(rule, str(number))
        case "plants":
            return plants.faked(rule, str(number))
        case "works":
            return works.faked(rule, str(number))
        case "towns":
            return towns.faked(rule, str(number))
        case "rests":
            return rests.frozen(str(number))
    seed = f"{of} {rule} {number}"
    draw = Random(seed)
    site = _SITES[of][number % len(_SITES[of])]
    channel = draw.choice([name for name in SITES[site] if name != "Flow" and KINDS[name].limit])
    made = station(seed, site, DAYS, _INTERVALS[number % 4], (channel,))
    return FAKES[rule](made, channel, draw), channel


def _judged(made: Made) -> Judged:
    """The last thirty days."""
    return Judged(made.begin + max(made.days - 30, 0) * DAY, made.begin + made.days * DAY)


def _month(made: Made, channel: str) -> ChannelMonth:
    return ChannelMonth(
        made.channels[channel], made.limits.get(channel), made.rewrites.get(channel, ()), made.still
    )


def judge(made: Made) -> list[tuple[str, Sign]]:
    """The signs of a station, by channel."""
    judged = _judged(made)
    found = [(name, sign) for name in made.channels for sign in channel_signs(_month(made, name), judged)]
    arrivals = sorted(made.arrivals, key=lambda one: one.received)
    return [*found, *(("", sign) for sign in station_signs(arrivals, made.interval, judged))]


def look_for(rule: SignRule, made: Made, channel: str) -> list[Sign]:
    """The signs of one rule only: what was faked is known here, and there are many cases."""
    if rule == "tamper_clock":
        arrivals = sorted(made.arrivals, key=lambda one: one.received)
        return station_signs(arrivals, made.interval, _judged(made))
    return CHANNEL_RULES[rule](_month(made, channel), _judged(made))


def honest(of: str, months: int, first: int) -> None:
    counts: list[int] = []
    rules: Counter[str] = Counter()
    began = process_time()
    for number in range(first, first + months):
        found = judge(honest_station(of, number))
        counts.append(len(found))
        for name, sign in found:
            rules[sign.rule] += 1
            if "-v" in sys.argv:
                print("   ", number, name, sign)
    print(
        f"{of}: {sum(counts)} false signs in {months} honest station-months,"
        f" {sum(counts) / months:.3f} each, at most {max(counts)}"
        f" ({sum(count > 1 for count in counts)} months with more than 1)"
        f" {dict(rules)} {(process_time() - began) / months:.2f} s each",
        flush=True,
    )


def faked(of: str, cases: int, first: int) -> None:
    for rule in SIGN_RULES if of != "rests" else ("tamper_frozen",):
        missed = []
        for number in range(first, first + cases):
            made, channel = faked_station(of, rule, number)
            if not look_for(rule, made, channel):
                missed.append(number)
        print(f"{of}: {rule} found in {cases - len(missed)} of {cases}", missed or "", flush=True)


def cost() -> None:
    """A night's look at the pure part: one day judged, a month looked back on, ten parameters."""
    made = station("cost", "wastewater", 32, 5)
    names = [name for name in made.channels if name != "Flow"]
    end = made.begin + made.days * DAY
    night = Judged(end - DAY, end)
    arrivals = sorted(made.arrivals, key=lambda one: one.received)
    times = []
    for _ in range(3):
        began = process_time()
        for number in range(10):
            channel_signs(_month(made, names[number % len(names)]), night)
        station_signs(arrivals, made.interval, night)
        times.append(process_time() - began)
    night_of_all = min(times) * 500 / 60
    print(f"one night of one station with 10 parameters: {min(times):.2f} s; of 500: {night_of_all:.1f} min")


def main() -> None:
    if "cost" in sys.argv:
        cost()
        return
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()]
    months, cases = [*numbers, *[40, 100][len(numbers) :]][:2]
    first = next((int(text[5:]) for text in sys.argv[1:] if text.startswith("from=")), 0)
    chosen = [name for name in sys.argv[1:] if name in SETS]
    for of in chosen or SETS:
        if months:
            honest(of, months, first)
        if cases:
            faked(of, cases, first)


if __name__ == "__main__":
    main()
