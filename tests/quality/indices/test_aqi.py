"""VN_AQI: the Decision's worked values, every break point, and what happens where something is missing."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from quality.indices.aqi import Aqi, day_aqi, hour_aqi
from quality.indices.aqi_words import aqi_words
from quality.indices.editions import AqiScale, aqi_edition
from quality.indices.nowcast import nowcast
from quality.indices.series import Series

HOUR = datetime(2026, 5, 30, 3, tzinfo=UTC)  # 10:00 in Vietnam
DAY = date(2026, 5, 30)
MIDNIGHT = datetime(2026, 5, 29, 17, tzinfo=UTC)
WORKED = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]


def hours(values: list[float | None], last: datetime = HOUR) -> dict[datetime, float]:
    """Oldest first, the last one at `last`."""
    first = last - timedelta(hours=len(values) - 1)
    return {first + timedelta(hours=n): v for n, v in enumerate(values) if v is not None}


def indices(aqi: Aqi) -> dict[tuple[str, str], int]:
    return {(part.parameter, part.basis): part.index for part in aqi.parts}


def whole_day(value: float, count: int = 24) -> dict[datetime, float]:
    return {MIDNIGHT + timedelta(hours=n): value for n in range(count)}


def test_the_decisions_nowcast() -> None:
    found = nowcast(WORKED[::-1])
    assert found is not None
    assert round(found.concentration, 1) == 20.3
    assert round(found.weight, 2) == 0.61
    assert found.hours == 12


def test_the_decisions_hour() -> None:
    aqi = hour_aqi(
        {
            "O3": Series("ug/m3", hours={HOUR: 136.1}),
            "NO2": Series("µg/Nm3", hours={HOUR: 118.7}),
            "PM2.5": Series("ug/m3", hours=hours([*WORKED])),
        },
        HOUR,
    )
    assert indices(aqi) == {("O3", "1h"): 43, ("NO2", "1h"): 59, ("PM2.5", "nowcast"): 41}
    assert aqi.value == 59
    assert aqi.band is not None
    assert (aqi.band.name_vi, aqi.band.colour) == ("Trung bình", (255, 255, 0))
    assert [part.parameter for part in aqi.deciding] == ["NO2"]


def test_the_decisions_day() -> None:
    eight = {MIDNIGHT + timedelta(hours=n): 0.0 for n in range(24)}
    eight |= {MIDNIGHT + timedelta(hours=n): 85.0 for n in range(8, 15)}
    eight[MIDNIGHT + timedelta(hours=15)] = 114.6
    eight |= {MIDNIGHT + timedelta(hours=n): (89.3 * 8 - 114.6) / 7 for n in range(8, 15)}
    nitrogen = whole_day(20.0) | {MIDNIGHT + timedelta(hours=9): 130.8}
    aqi = day_aqi(
        {
            "O3": Series("ug/m3", hours=eight),
            "NO2": Series("ug/m3", hours=nitrogen),
            "PM2.5": Series("ug/m3", hours=whole_day(55.7), day=55.7),
        },
        DAY,
    )
    assert indices(aqi) == {
        ("O3", "max_8h"): 45, ("O3", "max_1h"): 36, ("NO2", "max_1h"): 65, ("PM2.5", "24h"): 110,
    }  # fmt: skip
    assert aqi.value == 110
    assert aqi.band is not None
    assert aqi.band.name_vi == "Kém"


SCALES = [
    ("O3", "1h", [0, 160, 200, 300, 400, 800, 1000, 1200]),
    ("CO", "1h", [0, 10000, 30000, 45000, 60000, 90000, 120000, 150000]),
    ("SO2", "1h", [0, 125, 350, 550, 800, 1600, 2100, 2630]),
    ("NO2", "1h", [0, 100, 200, 700, 1200, 2350, 3100, 3850]),
    ("PM10", "nowcast", [0, 50, 150, 250, 350, 420, 500, 600]),
    ("PM2.5", "nowcast", [0, 25, 50, 80, 150, 250, 350, 500]),
    ("O3", "max_8h", [0, 100, 120, 170, 210, 400]),
]


def scale_of(parameter: str, basis: str) -> AqiScale:
    edition = aqi_edition(DAY)
    assert edition is not None
    return next(
        one for one in (*edition.hour, *edition.day) if (one.parameter, one.basis) == (parameter, basis)
    )


@pytest.mark.parametrize(("parameter", "basis", "concentrations"), SCALES)
def test_break_points(parameter: str, basis: str, concentrations: list[float]) -> None:
    scale = scale_of(parameter, basis)
    steps = [0, 50, 100, 150, 200, 300, 400, 500][: len(concentrations)]
    assert [scale.curve.at(concentration) for concentration in concentrations] == steps
    middles = [(a + b) / 2 for a, b in pairwise(concentrations)]
    halves = [(a + b) / 2 for a, b in pairwise(steps)]
    assert [scale.curve.at(middle) for middle in middles] == pytest.approx(halves)
    assert scale.curve.at(-1) == 0
    assert scale.curve.at(concentrations[-1] + 1) == steps[-1]
    assert scale.highest == (None if len(concentrations) == 8 else concentrations[-1])


def test_an_hour_uses_the_scales_of_an_hour_and_a_day_those_of_a_day() -> None:
    edition = aqi_edition(DAY)
    assert edition is not None
    by_hour = {(one.parameter, one.basis): one.curve for one in edition.hour}
    by_day = {(one.parameter, one.basis): one.curve for one in edition.day}
    assert set(by_hour) == {(parameter, basis) for parameter, basis, _ in SCALES[:-1]}
    names = {"1h": "max_1h", "nowcast": "24h"}
    assert by_day == {
        **{(parameter, names[basis]): line for (parameter, basis), line in by_hour.items()},
        ("O3", "max_8h"): scale_of("O3", "max_8h").curve,
    }


def test_without_particles_there_is_no_index() -> None:
    aqi = hour_aqi({"O3": Series("ug/m3", hours={HOUR: 100.0})}, HOUR)
    assert (aqi.value, aqi.band, aqi.why_not) == (None, None, "no_particles")
    assert indices(aqi) == {("O3", "1h"): 31}
    words = aqi_words(aqi)
    assert "PM10 hoặc PM2.5" in words.vi
    assert "neither PM10 nor PM2.5" in words.en


def test_above_the_last_break_point_it_is_500() -> None:
    aqi = hour_aqi({"PM2.5": Series("ug/m3", hours=hours([900.0] * 12))}, HOUR)
    assert aqi.value == 500
    assert aqi.band is not None
    assert (aqi.band.name_vi, aqi.band.colour) == ("Nguy hại", (126, 0, 35))


@pytest.mark.parametrize(
    ("index", "name", "colour"),
    [
        (0, "Tốt", (0, 228, 0)), (50, "Tốt", (0, 228, 0)),
        (51, "Trung bình", (255, 255, 0)), (100, "Trung bình", (255, 255, 0)),
        (101, "Kém", (255, 126, 0)), (150, "Kém", (255, 126, 0)),
        (151, "Xấu", (255, 0, 0)), (200, "Xấu", (255, 0, 0)),
        (201, "Rất xấu", (143, 63, 151)), (300, "Rất xấu", (143, 63, 151)),
        (301, "Nguy hại", (126, 0, 35)), (500, "Nguy hại", (126, 0, 35)),
    ],
)  # fmt: skip
def test_bands(index: int, name: str, colour: tuple[int, int, int]) -> None:
    scale = scale_of("PM2.5", "nowcast")
    concentration = next(c / 100 for c in range(60000) if round(scale.curve.at(c / 100), 6) >= index)
    aqi = hour_aqi({"PM2.5": Series("ug/m3", hours=hours([concentration] * 12))}, HOUR)
    assert aqi.value == index
    assert aqi.band is not None
    assert (aqi.band.name_vi, aqi.band.colour) == (name, colour)


def test_eight_hours_above_400_have_no_index_and_the_hour_has() -> None:
    particles = Series("ug/m3", hours=whole_day(10.0), day=10.0)
    aqi = day_aqi({"O3": Series("ug/m3", hours=whole_day(400.1)), "PM10": particles}, DAY)
    assert indices(aqi) == {("O3", "max_1h"): 200, ("PM10", "24h"): 10}
    assert [(lack.basis, lack.reason) for lack in aqi.lacking if lack.parameter == "O3"] == [
        ("max_8h", "beyond")
    ]
    at_the_limit = day_aqi({"O3": Series("ug/m3", hours=whole_day(400.0)), "PM10": particles}, DAY)
    assert indices(at_the_limit)["O3", "max_8h"] == 300


@pytest.mark.parametrize(
    ("unit", "molar_mass", "value", "index"),
    [
        ("mg/m3", None, 0.1, 50),
        ("ppb", 46.006, 100 * 24.45 / 46.006, 50),
        ("ppm", 46.006, 0.1 * 24.45 / 46.006, 50),
        ("ng/m3", None, 100000.0, 50),
    ],
)
def test_units_are_converted(unit: str, molar_mass: float | None, value: float, index: int) -> None:
    aqi = hour_aqi({"NO2": Series(unit, molar_mass, {HOUR: value})}, HOUR)
    assert indices(aqi) == {("NO2", "1h"): index}
    assert aqi.parts[0].concentration == pytest.approx(100)


@pytest.mark.parametrize(("unit", "molar_mass"), [("ppb", None), ("", 46.006), ("NTU", 46.006)])
def test_what_does_not_convert_is_not_computed(unit: str, molar_mass: float | None) -> None:
    aqi = hour_aqi({"NO2": Series(unit, molar_mass, {HOUR: 50.0})}, HOUR)
    assert aqi.parts == ()
    assert ("NO2", "unit", unit) in [(lack.parameter, lack.reason, lack.detail) for lack in aqi.lacking]


def test_a_nowcast_needs_two_of_the_newest_three_hours() -> None:
    assert nowcast([None, 10.0, 10.0]) is not None
    assert nowcast([10.0, None, 10.0]) is not None
    assert nowcast([10.0, 10.0]) is not None
    assert nowcast([10.0, None, None, *[10.0] * 9]) is None
    assert nowcast([]) is None


def test_a_missing_hour_weighs_nothing() -> None:
    steady = nowcast([None, 30.0, 24.0, *[None] * 9])
    assert steady is not None
    assert steady.weight == 0.8
    assert steady.concentration == pytest.approx((0.8 * 30 + 0.64 * 24) / (0.8 + 0.64))
    moving = nowcast([80.0, 10.0, None, 40.0])
    assert moving is not None
    assert moving.weight == 0.5
    assert moving.concentration == pytest.approx(80 / 2 + 10 / 4 + 40 / 16)


def test_a_weight_of_one_half_takes_the_plain_sum_and_just_above_it_the_mean() -> None:
    half = nowcast([100.0, 50.0])
    assert half is not None
    assert half.concentration == pytest.approx(100 / 2 + 50 / 4)
    above = nowcast([100.0, 51.0])
    assert above is not None
    assert above.concentration == pytest.approx((100 + 0.51 * 51) / 1.51)


def test_zeros_are_values() -> None:
    zero = nowcast([0.0] * 12)
    assert zero is not None
    assert (zero.concentration, zero.weight, zero.hours) == (0.0, 1.0, 12)


def test_twelve_hours_and_no_more() -> None:
    assert nowcast([*WORKED[::-1], 1000.0]) == nowcast(WORKED[::-1])


def test_a_day_needs_18_hours_for_a_maximum() -> None:
    particles = Series("ug/m3", hours=whole_day(10.0), day=10.0)
    enough = day_aqi({"SO2": Series("ug/m3", hours=whole_day(125.0, 18)), "PM10": particles}, DAY)
    assert indices(enough)["SO2", "max_1h"] == 50
    few = day_aqi({"SO2": Series("ug/m3", hours=whole_day(125.0, 17)), "PM10": particles}, DAY)
    assert ("SO2", "max_1h") not in indices(few)
    assert ("SO2", "too_few", "17/18") in [(one.parameter, one.reason, one.detail) for one in few.lacking]


def test_a_day_of_particles_is_the_days_own_mean() -> None:
    aqi = day_aqi({"PM10": Series("ug/m3", hours=whole_day(80.0, 17))}, DAY)
    assert (aqi.value, aqi.why_not) == (None, "no_particles")
    assert aqi.lacking[-2].reason == "too_few"


def test_eight_hours_are_those_that_end_in_the_day_with_six_of_them_there() -> None:
    """From 17:00 of the day before; an hour after midnight the eight hours before midnight count no more."""
    before = {MIDNIGHT + timedelta(hours=n): 200.0 for n in range(-7, 0)}
    aqi = day_aqi(
        {
            "O3": Series("ug/m3", hours=whole_day(8.0) | before),
            "PM10": Series("ug/m3", hours=whole_day(10.0), day=10.0),
        },
        DAY,
    )
    eight = next(part for part in aqi.parts if part.basis == "max_8h")
    assert eight.at == MIDNIGHT - timedelta(hours=7)
    assert eight.concentration == pytest.approx((7 * 200 + 8) / 8)
    only_four = {hour: value for hour, value in before.items() if hour >= MIDNIGHT - timedelta(hours=4)}
    aqi = day_aqi(
        {
            "O3": Series("ug/m3", hours={**only_four, **whole_day(8.0)}),
            "PM10": Series("ug/m3", hours=whole_day(10.0), day=10.0),
        },
        DAY,
    )
    eight = next(part for part in aqi.parts if part.basis == "max_8h")
    assert eight.concentration == pytest.approx((4 * 200 + 2 * 8) / 6)


def test_before_the_decision_there_is_none() -> None:
    early = datetime(2019, 11, 11, 16, 59, tzinfo=UTC)
    assert hour_aqi({"PM10": Series("ug/m3", hours=hours([1.0] * 12, early))}, early).why_not == "no_edition"
    first = datetime(2019, 11, 11, 17, tzinfo=UTC)
    assert hour_aqi({"PM10": Series("ug/m3", hours=hours([1.0] * 12, first))}, first).value == 1


def test_an_explanation_says_what_decided_what_else_there_was_and_what_was_missing() -> None:
    aqi = hour_aqi(
        {
            "O3": Series("ug/m3", hours={HOUR: 136.1}),
            "NO2": Series("ug/m3", hours={HOUR: 118.7}),
            "PM2.5": Series("ug/m3", hours=hours([None, *WORKED[1:]])),
            "SO2": Series("NTU", hours={HOUR: 1.0}),
        },
        HOUR,
    )
    words = aqi_words(aqi)
    assert words.vi == (
        "VN_AQI giờ 59 (Trung bình), thông số quyết định: NO2 118,7 µg/m³ (trung bình 1 giờ). "
        "Các thông số khác: O3 136,1 µg/m³ (trung bình 1 giờ) → 43; "
        "PM2.5 20,19 µg/m³ (NowCast 12 giờ, w = 0,668, thiếu 1 trong 12 giờ) → 40. "
        "Không tính: CO (trung bình 1 giờ): không có giá trị trung bình; "
        "SO2 (trung bình 1 giờ): đơn vị không quy đổi được sang µg/m³ (NTU); "
        "PM10 (NowCast 12 giờ): không có giá trị trung bình. Theo Quyết định 1459/QĐ-TCMT."
    )
    assert words.en.startswith("Hourly VN_AQI 59 (Moderate), decided by: NO2 118.7 µg/m³ (1-hour mean). ")
    assert "PM2.5 20.19 µg/m³ (12-hour NowCast, w = 0.668, 1 of 12 hours missing) → 40." in words.en
