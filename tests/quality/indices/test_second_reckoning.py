"""VN_AQI and VN_WQI reckoned a second time, in exact fractions and from tables of this file's own.

Nothing of the product's figures is used: the tables here were typed from the Decisions' text as it was at
hand. Where the two reckonings differ, one of them misread it. What lies within a hair of a half is rounded
either way, and passed over.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor, prod

from hypothesis import given, settings
from hypothesis import strategies as st

from quality.indices.aqi import day_aqi, hour_aqi
from quality.indices.series import Series
from quality.indices.wqi import Mean, wqi

DAY = date(2026, 12, 31)
MIDNIGHT = datetime(2026, 12, 30, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
AQI = {
    "O3": (0, 160, 200, 300, 400, 800, 1000, 1200),
    "CO": (0, 10000, 30000, 45000, 60000, 90000, 120000, 150000),
    "SO2": (0, 125, 350, 550, 800, 1600, 2100, 2630),
    "NO2": (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    "PM10": (0, 50, 150, 250, 350, 420, 500, 600),
    "PM2.5": (0, 25, 50, 80, 150, 250, 350, 500),
}
O3_8H = (0, 100, 120, 170, 210, 400)
QUALITY = (100, 75, 50, 25, 10)
WATER: dict[str, tuple[str, ...]] = {
    "BOD5": ("4", "6", "15", "25", "50"),
    "COD": ("10", "15", "30", "50", "150"),
    "TOC": ("4", "6", "15", "25", "50"),
    "NH4-N": (".3", ".3", ".6", ".9", "5"),
    "NO3-N": ("2", "5", "10", "15", "15"),
    "PO4-P": (".1", ".2", ".3", ".5", "4"),
    "TSS": ("20", "30", "50", "100", "100"),
    "Turbidity": ("5", "20", "30", "70", "100"),
    "coliform": ("2500", "5000", "7500", "10000", "10000"),
    "As": (".01", ".02", ".05", ".1", ".1"),
    "Cd": (".005", ".005", ".008", ".01", ".1"),
    "Pb": (".02", ".02", ".04", ".05", ".5"),
    "Cr6": (".01", ".02", ".04", ".05", ".1"),
    "Cu": (".1", ".2", ".5", "1", "2"),
    "Zn": (".5", "1", "1.5", "2", "3"),
    "Hg": (".001", ".001", ".0015", ".002", ".01"),
}
OXYGEN = ((20, 25), (50, 50), (75, 75), (88, 100), (112, 100), (125, 75), (150, 50), (200, 25))
METALS = ("As", "Cd", "Pb", "Cr6", "Cu", "Zn", "Hg")
ORGANIC = ("DO", "BOD5", "COD", "TOC", "NH4-N", "NO3-N", "PO4-P")
ENVISOFT = {"I": ("pH", *METALS), "II": ORGANIC, "III": ("Turbidity", "TSS"), "IV": ("coliform",)}
DECISION = {"I": ("pH",), "III": METALS, "IV": ORGANIC, "V": ("coliform",)}
UNITS = {"pH": "", "Temp": "oC", "Turbidity": "NTU", "coliform": "MPN/100mL"}


def between(points: Sequence[tuple[Fraction, int]], at: Fraction) -> Fraction | None:
    """Linear; at equal points the first one given. None beyond the ends."""
    for place, value in points:
        if at == place:
            return Fraction(value)
    for (low, first), (high, last) in pairwise(points):
        if low < at < high:
            return first + (at - low) / (high - low) * (last - first)
    return None


def whole(value: Fraction) -> int | None:
    """Rounded, a half upwards; None where the other reckoning, in binary fractions, may round otherwise."""
    if abs((value % 1) - Fraction(1, 2)) < Fraction(1, 10**6):
        return None
    return floor(value + Fraction(1, 2))


def air(name: str, concentration: Fraction, scale: Sequence[int] | None = None) -> Fraction:
    table = AQI[name] if scale is None else scale
    points = [(Fraction(place), value) for place, value in zip(table, INDEX, strict=False)]
    found = between(points, concentration)
    return Fraction(500) if found is None else found


def cast(newest_first: Sequence[Fraction | None]) -> Fraction | None:
    if sum(one is not None for one in newest_first[:3]) < 2:
        return None
    there = [(place, one) for place, one in enumerate(newest_first) if one is not None]
    ratio = min(one for _, one in there) / max(one for _, one in there)
    if ratio > Fraction(1, 2):
        return sum(ratio**place * one for place, one in there) / sum(
            (ratio**place for place, _ in there), Fraction(0)
        )
    return sum((Fraction(1, 2) ** (place + 1) * one for place, one in there), Fraction(0))


def concentrations(most: int) -> st.SearchStrategy[Fraction]:
    """Tenths; the wide half of them around the lower break points."""
    return (st.integers(1, most * 11) | st.integers(1, most)).map(lambda tenths: Fraction(tenths, 10))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_an_hour_of_air(data: st.DataObject) -> None:
    hour = MIDNIGHT + 20 * HOUR
    series, indices = {}, []
    for name, scale in AQI.items():
        if name.startswith("PM"):
            course = data.draw(
                st.lists(st.none() | concentrations(scale[-1]), min_size=12, max_size=12), name
            )
            hours = {hour - place * HOUR: float(one) for place, one in enumerate(course) if one is not None}
            found = cast(course)
            if found is not None:
                indices.append((name, air(name, found)))
            series[name] = Series("ug/m3", hours=hours)
        elif (value := data.draw(st.none() | concentrations(scale[-1]), name)) is not None:
            series[name] = Series("ug/m3", hours={hour: float(value)})
            indices.append((name, air(name, value)))
    got = hour_aqi(series, hour)
    expected = {name: whole(index) for name, index in indices}
    for part in got.parts:
        assert expected.pop(part.parameter) in (part.index, None)
    assert not expected
    if any(name.startswith("PM") for name, _ in indices):
        assert got.value == max(part.index for part in got.parts)
    else:
        assert got.value is None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_day_of_air(data: st.DataObject) -> None:
    series, expected = {}, {}
    for name in ("O3", "NO2", "SO2", "CO"):
        # seven hours of the day before, of which eight-hour means are made too
        course = data.draw(
            st.lists(st.sampled_from([True] * 9 + [False]), min_size=31, max_size=31).flatmap(
                lambda there, most=AQI[name][-1]: st.tuples(
                    *(concentrations(most) if one else st.none() for one in there)
                )
            ),
            name,
        )
        hours = {MIDNIGHT + (n - 7) * HOUR: float(one) for n, one in enumerate(course) if one is not None}
        series[name] = Series("ug/m3", hours=hours)
        today = [one for one in course[7:] if one is not None]
        if len(today) < 18:
            continue
        expected[name, "max_1h"] = air(name, max(today))
        if name == "O3":
            runs = [[one for one in course[n : n + 8] if one is not None] for n in range(24)]
            greatest = max(sum(run) / len(run) for run in runs if len(run) >= 6)
            if greatest <= 400:
                expected[name, "max_8h"] = air(name, greatest, O3_8H)
    dust = data.draw(concentrations(500), "PM2.5")
    series["PM2.5"] = Series("ug/m3", hours={MIDNIGHT: float(dust)}, day=float(dust))
    expected["PM2.5", "24h"] = air("PM2.5", dust)
    got = day_aqi(series, DAY)
    assert {(part.parameter, part.basis) for part in got.parts} == expected.keys()
    for part in got.parts:
        assert whole(expected[part.parameter, part.basis]) in (part.index, None)
    assert got.value == max(part.index for part in got.parts)


def of_ph(ph: Fraction) -> Fraction:
    points = [(Fraction("5.5"), 50), (Fraction(6), 100), (Fraction("8.5"), 100), (Fraction(9), 50)]
    found = between(points, ph)
    return Fraction(10) if found is None else found


def of_oxygen(milligrams: Fraction, celsius: Fraction) -> Fraction:
    saturated = (
        Fraction("14.652")
        - Fraction("0.41022") * celsius
        + Fraction("0.0079910") * celsius**2
        - Fraction("0.000077774") * celsius**3
    )
    found = between([(Fraction(place), value) for place, value in OXYGEN], milligrams / saturated * 100)
    return Fraction(10) if found is None else found


def of_water(name: str, value: Fraction) -> Fraction:
    points = list(zip(map(Fraction, WATER[name]), QUALITY, strict=True))
    if value <= points[0][0]:
        return Fraction(100)
    found = between(points, value)
    return Fraction(10) if found is None else found


def mean(values: Sequence[Fraction]) -> float:
    return float(sum(values) / len(values))


def geometric(values: Sequence[Fraction]) -> float:
    return prod(map(float, values)) ** (1 / len(values))


@settings(max_examples=90, deadline=None)
@given(st.data())
def test_water_by_both_variants(data: st.DataObject) -> None:
    celsius = Fraction(data.draw(st.integers(0, 350), "temperature"), 10)
    came: dict[str, Fraction] = {}
    quality: dict[str, Fraction] = {}
    for name in ("pH", "DO", *WATER):
        if not data.draw(st.booleans(), f"{name} came"):
            continue
        if name == "pH":
            came[name] = Fraction(data.draw(st.integers(50, 95), name), 10)
            quality[name] = of_ph(came[name])
        elif name == "DO":
            came[name] = Fraction(data.draw(st.integers(0, 250), name), 10)
            quality[name] = of_oxygen(came[name], celsius)
        else:
            last = Fraction(WATER[name][-1])
            steps = data.draw(st.integers(0, 600), name)
            came[name] = data.draw(
                st.sampled_from([Fraction(one) for one in WATER[name]]) | st.just(last * steps / 500), name
            )
            quality[name] = of_water(name, came[name])
    means = {name: Mean(float(value), UNITS.get(name, "mg/L")) for name, value in came.items()}
    means["Temp"] = Mean(float(celsius), "oC")

    def group(names: Sequence[str]) -> list[Fraction]:
        return [quality[name] for name in names if name in quality]

    one, two, three, four = (group(names) for names in ENVISOFT.values())
    expected = None
    if two and sum(map(bool, (one, two, three, four))) >= 3:
        product = mean(two) ** 2 * (mean(three) if three else 1) * (mean(four) if four else 1)
        expected = (geometric(one) / 100 if one else 1) * product ** (1 / (4 if three and four else 3))
    held(wqi("envisoft", means, DAY).value, expected)

    first, metals, organic, germs = (group(names) for names in DECISION.values())
    expected = None
    if len(organic) >= 3 and sum(map(bool, (first, metals, organic, germs))) >= 3:
        factors = (mean(first) / 100 if first else 1) * (geometric(metals) / 100 if metals else 1)
        rest = (mean(organic) ** 2 * mean(germs)) ** (1 / 3) if germs else mean(organic)
        expected = factors * rest
    held(wqi("1460", means, DAY).value, expected)


def held(got: int | None, expected: float | None) -> None:
    assert (got is None) == (expected is None)
    if expected is not None and whole(Fraction(expected)) is not None:
        assert got == whole(Fraction(expected))
