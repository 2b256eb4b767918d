"""VN_WQI: both variants' break points, groups and formulas, worked by hand."""

from datetime import date

import pytest

from quality.indices.curve import curve, rounded
from quality.indices.editions import wqi_edition
from quality.indices.wqi import WQI_VARIANTS, Mean, Wqi, WqiVariant, wqi
from quality.indices.wqi_words import wqi_words

DAY = date(2026, 5, 30)


def means(**values: float) -> dict[str, Mean]:
    units = {"pH": "", "Temp": "oC", "Turbidity": "NTU", "coliform": "MPN/100mL"}
    names = {"NH4": "NH4-N", "NO3": "NO3-N", "NO2": "NO2-N", "PO4": "PO4-P"}
    found = {names.get(name, name): value for name, value in values.items()}
    pesticides = ("Aldrin", "BHC", "Dieldrin", "DDTs", "Heptachlor")
    return {
        name: Mean(value, units.get(name, "ug/L" if name in pesticides else "mg/L"))
        for name, value in found.items()
    }


def of(result: Wqi, parameter: str) -> float:
    return next(part.value for part in result.parts if part.parameter == parameter)


STEPS = {
    "BOD5": [4, 6, 15, 25, 50], "COD": [10, 15, 30, 50, 150], "TOC": [4, 6, 15, 25, 50],
    "PO4-P": [0.1, 0.2, 0.3, 0.5, 4], "Cr6": [0.01, 0.02, 0.04, 0.05, 0.1], "Cu": [0.1, 0.2, 0.5, 1, 2],
    "Zn": [0.5, 1, 1.5, 2, 3],
}  # fmt: skip
EQUAL_FIRST = {
    "NH4-N": [0.3, 0.6, 0.9, 5], "Cd": [0.005, 0.008, 0.01, 0.1], "Pb": [0.02, 0.04, 0.05, 0.5],
    "Hg": [0.001, 0.0015, 0.002, 0.01],
}  # fmt: skip
EQUAL_LAST = {
    "NO3-N": [2, 5, 10, 15], "As": [0.01, 0.02, 0.05, 0.1], "coliform": [2500, 5000, 7500, 10000],
}  # fmt: skip
ENVISOFT_ONLY = {"Turbidity": [5, 20, 30, 70, 100]}


def value_at(variant: WqiVariant, name: str, concentration: float) -> float:
    edition = wqi_edition(variant, DAY)
    assert edition is not None
    return next(scale for scale in edition.scales if name in scale.names).curve.at(concentration)


@pytest.mark.parametrize("variant", WQI_VARIANTS)
def test_break_points(variant: WqiVariant) -> None:
    for name, steps in (STEPS | (ENVISOFT_ONLY if variant == "envisoft" else {})).items():
        assert [value_at(variant, name, step) for step in steps] == [100, 75, 50, 25, 10], name
        assert value_at(variant, name, (steps[1] + steps[2]) / 2) == pytest.approx(62.5), name
        assert (value_at(variant, name, 0), value_at(variant, name, steps[-1] * 9)) == (100, 10), name


@pytest.mark.parametrize("variant", WQI_VARIANTS)
def test_where_two_break_points_are_equal_the_better_value_holds_up_to_it(variant: WqiVariant) -> None:
    for name, steps in EQUAL_FIRST.items():
        assert [value_at(variant, name, step) for step in steps] == [100, 50, 25, 10], name
        just_above = value_at(variant, name, steps[0] * (1 + 1e-9))
        assert just_above == pytest.approx(75, abs=1e-3), name
    for name, steps in EQUAL_LAST.items():
        assert [value_at(variant, name, step) for step in steps] == [100, 75, 50, 25], name
        assert value_at(variant, name, steps[-1] * (1 + 1e-9)) == 10, name


def test_suspended_solids_belong_to_envisofts_variant() -> None:
    assert [value_at("envisoft", "TSS", step) for step in (20, 30, 50, 100, 100.01)] == [100, 75, 50, 25, 10]
    edition = wqi_edition("1460", DAY)
    assert edition is not None
    assert not any("TSS" in scale.names or "Turbidity" in scale.names for scale in edition.scales)


@pytest.mark.parametrize(
    ("ph", "value"),
    [(5.49, 10), (5.5, 50), (5.75, 75), (6, 100), (7, 100), (8.5, 100), (8.75, 75), (9, 50), (9.01, 10)],
)
@pytest.mark.parametrize("variant", WQI_VARIANTS)
def test_ph(variant: WqiVariant, ph: float, value: float) -> None:
    assert value_at(variant, "pH", ph) == pytest.approx(value)


@pytest.mark.parametrize(
    ("share", "value"),
    [
        (19.99, 10), (20, 25), (35, 37.5),
        (50, 50), (75, 75), (81.5, 87.5), (88, 100), (100, 100), (112, 100),
        (118.5, 87.5), (125, 75), (150, 50), (200, 25), (200.01, 10),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variant", WQI_VARIANTS)
def test_dissolved_oxygen_goes_by_its_saturation(variant: WqiVariant, share: float, value: float) -> None:
    saturated = 14.652 - 0.41022 * 25 + 0.0079910 * 625 - 0.000077774 * 15625
    assert saturated == pytest.approx(8.1759, abs=1e-3)
    assert value_at(variant, "DO", share) == pytest.approx(value)
    result = wqi(variant, means(DO=saturated * share / 100 + 1e-12, Temp=25), DAY)
    assert of(result, "DO") == pytest.approx(value, abs=1e-6) or share in (20, 200)


def test_envisofts_formula() -> None:
    """pH 100, As 75; COD 75, BOD 50; turbidity 100; coliform 75."""
    result = wqi("envisoft", means(pH=7, As=0.02, COD=15, BOD5=15, Turbidity=5, coliform=5000), DAY)
    factor = (100 * 75) ** 0.5 / 100
    assert result.groups == pytest.approx({"I": factor * 100, "II": 62.5, "III": 100, "IV": 75})
    assert result.value == rounded(factor * (62.5**2 * 100 * 75) ** 0.25) == 64
    assert result.band is not None
    assert result.band.name_vi == "Trung bình"
    assert result.variant == "envisoft"


def test_envisofts_root_is_of_degree_three_where_a_group_is_absent() -> None:
    result = wqi("envisoft", means(pH=7, COD=15, TSS=30), DAY)
    assert result.value == rounded((75**2 * 75) ** (1 / 3)) == 75
    uneven = wqi("envisoft", means(pH=7, COD=30, coliform=2500), DAY)
    assert uneven.value == rounded((50**2 * 100) ** (1 / 3)) == 63


def test_envisofts_first_group_counts_as_one_where_it_is_absent() -> None:
    result = wqi("envisoft", means(COD=15, TSS=30, coliform=5000), DAY)
    assert result.value == 75
    assert "I" not in result.groups


def test_envisoft_needs_its_second_group_and_three_groups() -> None:
    without = wqi("envisoft", means(pH=7, TSS=10, coliform=1), DAY)
    assert (without.value, without.why_not) == (None, "no_main_group")
    two = wqi("envisoft", means(pH=7, COD=10), DAY)
    assert (two.value, two.why_not) == (None, "too_few_groups")
    assert "không đủ 3 nhóm" in wqi_words(two, confirmed=True).vi


def test_the_decisions_formula() -> None:
    """pH 75; Aldrin 10; As 75, Cu 50; COD 75, BOD 50, NO2 100; coliform 50."""
    result = wqi(
        "1460",
        means(pH=5.75, Aldrin=0.2, BHC=0.02, As=0.02, Cu=0.5, COD=15, BOD5=15, NO2=0.05, coliform=7500),
        DAY,
    )
    second, third = (10 * 100) ** 0.5, (75 * 50) ** 0.5
    assert result.groups == pytest.approx({"I": 75, "II": second, "III": third, "IV": 75, "V": 50})
    expected = 0.75 * second / 100 * third / 100 * (75**2 * 50) ** (1 / 3)
    assert result.value == rounded(expected) == 10
    assert result.band is not None
    assert result.band.name_vi == "Kém"


def test_the_decision_needs_three_parameters_of_its_fourth_group() -> None:
    few = wqi("1460", means(pH=7, COD=10, BOD5=4, As=0.01), DAY)
    assert (few.value, few.why_not) == (None, "no_main_group")
    enough = wqi("1460", means(pH=7, COD=10, BOD5=4, TOC=4, As=0.01), DAY)
    assert enough.value == 100
    groups = wqi("1460", means(pH=7, COD=10, BOD5=4, TOC=4), DAY)
    assert (groups.value, groups.why_not) == (None, "too_few_groups")


@pytest.mark.parametrize(
    ("name", "limit"), [("Aldrin", 0.1), ("BHC", 0.02), ("Dieldrin", 0.1), ("DDTs", 1.0), ("Heptachlor", 0.2)]
)
def test_pesticides_are_within_their_limit_or_not(name: str, limit: float) -> None:
    assert (value_at("1460", name, limit), value_at("1460", name, limit * 1.001)) == (100, 10)


def test_nitrite_is_within_its_limit_or_not() -> None:
    assert (value_at("1460", "NO2-N", 0.05), value_at("1460", "NO2-N", 0.0501)) == (100, 10)


def test_bands() -> None:
    for variant in WQI_VARIANTS:
        edition = wqi_edition(variant, DAY)
        assert edition is not None
        assert [(band.first, band.name_vi) for band in edition.bands] == [
            (0, "Ô nhiễm rất nặng"), (10, "Kém"), (26, "Xấu"), (51, "Trung bình"), (76, "Tốt"),
            (91, "Rất tốt"),
        ]  # fmt: skip


def test_units_are_converted_or_the_parameter_is_left_out() -> None:
    micrograms = wqi("envisoft", {"As": Mean(20.0, "ug/L"), "COD": Mean(15.0, "g/m3")}, DAY)
    assert (of(micrograms, "As"), of(micrograms, "COD")) == (75, 75)
    wrong = wqi("envisoft", {"COD": Mean(15.0, "NTU"), "pH": Mean(7.0, "mV"), "BOD5": Mean(4.0, "")}, DAY)
    assert wrong.parts == ()
    assert {(lack.parameter, lack.detail) for lack in wrong.lacking if lack.reason == "unit"} == {
        ("COD", "NTU"), ("pH", "mV"), ("BOD5", ""),
    }  # fmt: skip


def test_oxygen_needs_the_waters_temperature() -> None:
    result = wqi("envisoft", {"DO": Mean(8.0, "mg/L")}, DAY)
    assert [lack.reason for lack in result.lacking if lack.parameter == "DO"] == ["no_temperature"]
    kelvin = wqi("envisoft", {"DO": Mean(8.0, "mg/L"), "Temp": Mean(298.15, "K")}, DAY)
    assert of(kelvin, "DO") == 100


def test_before_the_decision_there_is_none() -> None:
    assert wqi("1460", means(pH=7), date(2019, 11, 11)).why_not == "no_edition"
    assert wqi("1460", means(pH=7), date(2019, 11, 12)).why_not == "no_main_group"


def test_an_explanation_names_the_variant_and_whether_it_is_confirmed() -> None:
    result = wqi("envisoft", means(pH=7, COD=15.5, TSS=30, DO=8), DAY)
    unconfirmed = wqi_words(result, confirmed=False)
    assert unconfirmed.vi.startswith("VN_WQI 74 (Trung bình), phương án của EnviSoft (4 nhóm). ")
    assert "Thông số kém nhất: COD." in unconfirmed.vi
    assert "COD 15,5 mg/L → 74,17" in unconfirmed.vi
    assert "DO: không có nhiệt độ nước để tính độ bão hòa" in unconfirmed.vi
    assert unconfirmed.vi.endswith("Phương án này chưa được xác nhận, chưa được công bố.")
    assert "not confirmed" in unconfirmed.en
    assert "not confirmed" not in wqi_words(result, confirmed=True).en


def test_break_points_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="rising order"):
        curve([1, 3, 2], [100, 50, 10], 100, 10)
    with pytest.raises(ValueError, match="rising order"):
        curve([1, 2, 3], [100, 50], 100, 10)


@pytest.mark.parametrize(
    ("value", "whole"), [(59.35, 59), (0.5, 1), (1.5, 2), (109.49999999999999, 110), (2.4, 2)]
)
def test_a_half_is_rounded_upwards(value: float, whole: int) -> None:
    assert rounded(value) == whole
