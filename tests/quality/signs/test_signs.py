"""The signs of manipulation: found where data was faked, and not where it was honest.

The short form of benchmarks/signs.py, whose long form docs/signs.md reports: the same made data, a few seeds
of it. Besides, each rule's own borders on data written by hand.
"""

from random import Random

import pytest

from quality.signs.all_signs import CHANNEL_RULES, ChannelMonth, channel_signs, station_signs
from quality.signs.calibrating import calibrating
from quality.signs.capped import capped
from quality.signs.clock import clock_jumped
from quality.signs.course import digit, measured, spacing, usual_step
from quality.signs.frozen import frozen
from quality.signs.replayed import replayed
from quality.signs.rewritten import rewritten
from quality.signs.sample import DAY, HOUR, Arrival, Judged, Rewrite, Sample, Sign, SignRule, joined
from tests.made.fakes import FAKES
from tests.made.honest import BEGIN, MINUTE, Made, station

DAYS = 60
MONTH = Judged(BEGIN + 30 * DAY, BEGIN + DAYS * DAY)


def look_for(rule: SignRule, made: Made, channel: str) -> list[Sign]:
    if rule == "tamper_clock":
        return station_signs(sorted(made.arrivals, key=lambda one: one.received), made.interval, MONTH)
    month = ChannelMonth(
        made.channels[channel], made.limits.get(channel), made.rewrites.get(channel, ()), made.still
    )
    return CHANNEL_RULES[rule](month, MONTH)


@pytest.mark.parametrize("rule", FAKES)
@pytest.mark.parametrize(("site", "channel"), [("wastewater", "COD"), ("stack", "SO2")])
def test_what_was_faked_is_found_and_was_not_there_before(rule: SignRule, site: str, channel: str) -> None:
    honest = station(f"brief {rule} {site}", site, DAYS, 15, (channel,))
    assert look_for(rule, honest, channel) == []
    faked = FAKES[rule](honest, channel, Random(f"brief {rule} {site}"))
    found = look_for(rule, faked, channel)
    assert found
    for sign in found:
        assert sign.rule == rule
        assert 0 < sign.score <= 100
        assert sign.begin < sign.end
        assert sign.evidence


@pytest.mark.parametrize("site", ["wastewater", "stack", "ambient_air", "surface_water"])
def test_an_honest_station_has_one_false_sign_a_month_at_most(site: str) -> None:
    made = station(f"short honest {site}", site, DAYS, 15)
    signs = [
        sign
        for name, samples in made.channels.items()
        for sign in channel_signs(
            ChannelMonth(samples, made.limits.get(name), made.rewrites.get(name, ()), made.still), MONTH
        )
    ]
    signs += station_signs(sorted(made.arrivals, key=lambda one: one.received), made.interval, MONTH)
    assert len(signs) <= 1


@pytest.mark.parametrize("rule", ["tamper_frozen", "tamper_replayed", "tamper_clock"])
def test_a_month_judged_day_by_day_shows_what_the_whole_month_shows(rule: SignRule) -> None:
    honest = station(f"days {rule}", "stack", DAYS, 15, ("SO2",))
    made = FAKES[rule](honest, "SO2", Random(f"days {rule}"))
    whole = look_for(rule, made, "SO2")
    days: list[Sign] = []
    arrivals = sorted(made.arrivals, key=lambda one: one.received)
    for day in range(MONTH.begin, MONTH.end, DAY):
        one = Judged(day, day + DAY)
        if rule == "tamper_clock":
            days += station_signs(arrivals, made.interval, one)
        else:
            samples = [sample for sample in made.channels["SO2"] if day - 31 * DAY <= sample.at < day + DAY]
            days += CHANNEL_RULES[rule](ChannelMonth(samples, None, (), made.still), one)
    # what lies across a midnight is seen from either side
    assert {sign.begin // DAY for sign in joined(days, 12 * HOUR)} & {sign.begin // DAY for sign in whole}


def test_nothing_is_found_in_nothing() -> None:
    none: list[Sample] = []
    assert capped(none, 50.0, MONTH) == []
    assert frozen(none, [], MONTH) == []
    assert replayed(none, MONTH) == []
    assert calibrating(none, 50.0, MONTH) == []
    assert rewritten([], 50.0, MONTH) == []
    assert clock_jumped([], 5, MONTH) == []


def flat(value: float, status: str = "00") -> list[Sample]:
    """A value that never changes, for sixty days."""
    return [Sample(at, value, status, at) for at in range(BEGIN, MONTH.end, 15 * MINUTE)]


@pytest.mark.parametrize("limit", [None, 0.0, 49.0, 50.0, 51.0])
def test_a_plateau_is_no_sign(limit: float | None) -> None:
    """A detection limit, a device at the end of its range: flat_line says what is to be said."""
    month = ChannelMonth(flat(50.0), limit)
    assert channel_signs(month, MONTH) == []


def test_without_a_limit_there_is_nothing_to_be_below_of() -> None:
    honest = station("no limit", "stack", DAYS, 15, ("SO2",))
    faked = FAKES["tamper_capped"](honest, "SO2", Random(1))
    assert capped(faked.channels["SO2"], None, MONTH) == []
    assert capped(faked.channels["SO2"], faked.limits["SO2"] * 1.3, MONTH) == []


def test_where_the_flow_stands_still_nothing_is_frozen() -> None:
    honest = station("still", "stack", DAYS, 15, ("SO2",))
    faked = FAKES["tamper_frozen"](honest, "SO2", Random(5))
    (sign,) = frozen(faked.channels["SO2"], [], MONTH)
    assert frozen(faked.channels["SO2"], [(sign.begin - DAY, sign.end + 4 * DAY)], MONTH) == []


def again(count: int, first: float, second: float, received: int = MONTH.begin + HOUR) -> list[Rewrite]:
    return [Rewrite(MONTH.begin + number * MINUTE, first, second, received) for number in range(count)]


@pytest.mark.parametrize(
    ("rewrites", "limit", "found"),
    [
        (again(6, 60, 45), 50.0, True),
        (again(5, 60, 45), 50.0, False),
        (again(6, 45, 60), 50.0, False),
        (again(6, 100, 90), None, True),
        (again(6, 100, 90.1), None, False),
        (again(6, 100, 97), 50.0, False),
        (again(6, 51, 50), 50.0, True),
        (again(6, 50, 49), 50.0, False),
        ([*again(9, 60, 45), *again(1, 45, 60)], 50.0, True),
        (again(6, 60, 45, MONTH.end + 9 * DAY), 50.0, True),
        ([one._replace(at=one.at - DAY) for one in again(6, 60, 45, MONTH.end)], 50.0, False),
        ([one._replace(at=one.at - DAY) for one in again(6, 60, 45, MONTH.begin - 1)], 50.0, False),
        ([one._replace(at=one.at - DAY) for one in again(6, 60, 45, MONTH.begin)], 50.0, True),
    ],
)
def test_rewritten(rewrites: list[Rewrite], limit: float | None, found: bool) -> None:
    signs = rewritten(rewrites, limit, MONTH)
    assert bool(signs) == found
    if found:
        assert signs[0].evidence["lower"] >= 6


def live(lag: int, off: int = 0, begin: int = 0, end: int = 0) -> list[Arrival]:
    """Files every five minutes for 40 days; from `begin` to `end` (hours of day 35) the clock is off."""
    first, last = MONTH.begin + 5 * DAY + begin * HOUR, MONTH.begin + 5 * DAY + end * HOUR
    return [
        Arrival(at - lag + (off if first <= at < last else 0), at)
        for at in range(BEGIN, BEGIN + 40 * DAY, 5 * MINUTE)
    ]


@pytest.mark.parametrize(
    ("off", "hours", "found"),
    [
        (-8 * MINUTE, 8, True),
        (-7 * MINUTE, 8, False),
        (-6 * HOUR, 8, True),
        (8 * MINUTE, 8, True),
        (5 * MINUTE, 8, False),
        (-60 * MINUTE, 1, False),
    ],
)
def test_a_clock_that_jumps(off: int, hours: int, found: bool) -> None:
    signs = clock_jumped(live(MINUTE, off, 3, 3 + hours), 5, MONTH)
    assert bool(signs) == found
    if found:
        assert signs[0].evidence["jump_minutes"] == pytest.approx(-off / MINUTE)


def test_files_that_waited_and_come_in_one_go_are_no_jump() -> None:
    arrivals = live(MINUTE)
    back = MONTH.begin + 5 * DAY
    late = [
        Arrival(one.measured, max(one.received, back + 9 * HOUR + number * 20_000))
        if back <= one.received < back + 9 * HOUR
        else one
        for number, one in enumerate(arrivals)
    ]
    assert clock_jumped(sorted(late, key=lambda one: one.received), 5, MONTH) == []


def test_a_logger_that_sends_by_the_hour_is_no_jump() -> None:
    arrivals = [
        Arrival(at, (at // HOUR + 1) * HOUR + MINUTE) for at in range(BEGIN, BEGIN + 40 * DAY, 5 * MINUTE)
    ]
    assert clock_jumped(arrivals, 5, MONTH) == []


def test_calibrations_by_the_clock_are_no_sign_even_with_standards_above_the_limit() -> None:
    honest = station("by the clock", "stack", DAYS, 15, ("SO2",))
    limit = honest.limits["SO2"]
    samples = [
        sample._replace(status="01", value=limit * 2) if sample.at % DAY < HOUR else sample
        for sample in honest.channels["SO2"]
    ]
    assert calibrating(samples, limit, MONTH) == []


def test_how_a_channel_moves() -> None:
    points = [(0, 1.0), (5, 1.0), (10, 1.3), (15, 1.1), (40, 9.0)]
    assert spacing(points) == 5
    assert spacing([(0, 1.0)]) is None
    assert usual_step(points, 5) == pytest.approx(0.25)
    assert digit(points) == pytest.approx(0.1)
    assert digit([(0, 0.1 + 0.2), (1, 0.3)]) == 0.0
    assert measured([Sample(0, 1.0, "01", 0), Sample(1, None, "00", 0), Sample(2, 3.0, "00", 0)]) == [
        (2, 3.0)
    ]


def test_signs_near_one_another_are_one() -> None:
    one = Sign("tamper_frozen", 0, 10, 50, {"n": 1})
    near, far = one._replace(begin=15, end=20, score=70), one._replace(begin=40, end=50)
    assert joined([far, near, one], 5) == [near._replace(begin=0, end=20), far]


def wandering(seed: str) -> list[float]:
    """Sixty days of a value that wanders about 30, to the second digit, every quarter of an hour."""
    chance = Random(seed)
    values, value = [], 30.0
    for _ in range(DAYS * 96):
        value += (30.0 - value) * 0.01 + chance.gauss(0, 0.8)
        values.append(round(value, 2))
    return values


def sampled(values: list[float]) -> list[Sample]:
    return [
        Sample(BEGIN + at * 15 * MINUTE, value, "00", BEGIN + at * 15 * MINUTE)
        for at, value in enumerate(values)
    ]


@pytest.mark.parametrize(("hours", "found"), [(8, False), (13, True)])
def test_how_long_it_must_stand_still(hours: int, found: bool) -> None:
    values, chance = wandering("frozen"), Random("noise")
    first = 40 * 96
    for at in range(first, first + 4 * hours):
        values[at] = round(values[first] + chance.gauss(0, 0.05), 2)
    assert bool(frozen(sampled(values), [], MONTH)) is found


@pytest.mark.parametrize(("quarters", "found"), [(5, False), (96, True)])
def test_how_much_must_be_repeated(quarters: int, found: bool) -> None:
    values = wandering("replayed")
    values[45 * 96 : 45 * 96 + quarters] = values[41 * 96 : 41 * 96 + quarters]
    assert bool(replayed(sampled(values), MONTH)) is found


@pytest.mark.parametrize(("calibrations", "found"), [(1, False), (2, True)])
def test_how_many_calibrations_near_the_limit_are_a_sign(calibrations: int, found: bool) -> None:
    samples = sampled(wandering("calibrating"))
    limit = 90.0
    for number in range(calibrations):
        first = (35 + 5 * number) * 96 + 7 * number
        for at, (value, status) in enumerate([(88.0, "00"), (95.0, "01"), (96.0, "01"), (89.0, "00")]):
            samples[first + at] = samples[first + at]._replace(value=value, status=status)
    assert bool(calibrating(samples, limit, MONTH)) is found


def test_thousands_of_files_that_waited_for_the_network_do_not_hide_a_jump() -> None:
    """A fifth of the month's files came in two hours after a week without a network."""
    waited = BEGIN + 25 * DAY
    arrivals = [
        one._replace(received=waited + number * 1000) if waited - 7 * DAY <= one.received < waited else one
        for number, one in enumerate(live(MINUTE, -12 * MINUTE, 3, 11))
    ]
    (sign,) = clock_jumped(sorted(arrivals, key=lambda one: one.received), 5, MONTH)
    assert sign.evidence["jump_minutes"] == pytest.approx(12)


def nightly(noise: float) -> list[float]:
    """Ozone: quiet every night, a hill by day whose height differs."""
    chance, values = Random("nightly"), []
    for _ in range(DAYS):
        height = chance.uniform(40, 120)
        for slot in range(96):
            hill = max(0.0, 1 - abs(slot - 52) / 24) * height
            values.append(round(6 + hill + chance.gauss(0, noise), 1))
    return values


def test_what_is_quiet_every_night_is_not_frozen() -> None:
    assert frozen(sampled(nightly(0.5)), [], MONTH) == []


@pytest.mark.parametrize(
    ("days", "level", "found"),
    [((40,), 30.0, True), ((40,), -20.0, False), ((34, 40), 30.0, False), ((38, 40), 30.0, True)],
)
def test_a_plant_that_rests_is_not_frozen(days: tuple[int, ...], level: float, found: bool) -> None:
    """At the bottom, or where it stood as still before; but a value that is kept for days began one day."""
    values, chance = wandering("rests"), Random("rest")
    for day in days:
        for at in range(day * 96, day * 96 + 64):
            values[at] = round(level + chance.gauss(0, 0.05), 2)
    signs = frozen(sampled(values), [], MONTH)
    assert any(sign.end > BEGIN + 40 * DAY for sign in signs) is found


@pytest.mark.parametrize(("moves", "found"), [(True, True), (False, False)])
def test_a_value_kept_within_its_last_digit_is_frozen_where_it_trembles(moves: bool, found: bool) -> None:
    values, chance = [round(5 * value) for value in wandering("coarse")], Random("coarse")
    first = 40 * 96
    for at in range(first, first + 96):
        values[at] = 150 + (chance.random() < 0.4 if moves else 0)
    assert bool(frozen(sampled([float(value) for value in values]), [], MONTH)) is found
