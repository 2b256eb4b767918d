"""The k factors of a station: given directly, or derived from its river, discharge, gas flow and zone.

Kq, Kf: QCVN 40:2011/BTNMT; Kp, Kv: QCVN 19:2009/BTNMT. The tables themselves are dated figures
(quality/figures.py), never constants.
"""

from datetime import date
from typing import NamedTuple

from quality.figures import SURE, Figures
from quality.limits.records import Binding, Words


class Factor(NamedTuple):
    """A factor, or why there is none."""

    name: str
    value: float | None
    why: Words
    confirmed: bool


def factor_of(name: str, binding: Binding, figures: Figures, day: date) -> Factor:
    """The factor `name` (Kq, Kf, Kp or Kv) of a station on a day; its value is None where data is missing."""
    given = {"Kq": binding.kq, "Kf": binding.kf, "Kp": binding.kp, "Kv": binding.kv}[name]
    if given is not None:
        return Factor(name, given, Words(f"{name} given", f"{name} được khai báo"), True)
    case, amount, why, missing = _circumstances(name, binding)
    if missing is not None:
        return Factor(name, None, missing, True)
    found = figures.find(name, case, day, amount)
    if found is None:
        nothing = Words(f"no {name} is known for {why.en}", f"không có {name} cho {why.vi}")
        return Factor(name, None, nothing, True)
    return Factor(
        name, found.value, Words(f"{name}: {why.en}", f"{name}: {why.vi}"), found.confidence in SURE
    )


_Circumstances = tuple[str, float | None, Words, Words | None]
"""The figure's case, the amount it depends on, that in words, and what is missing instead."""

_NO_WORDS = Words("", "")


def _circumstances(name: str, binding: Binding) -> _Circumstances:
    if name == "Kq":
        return _water(binding)
    if name == "Kf":
        return _amount(name, binding.discharge, "discharge", "m3/day", "lưu lượng xả thải", "m3/ngày")
    if name == "Kp":
        return _amount(name, binding.gas_flow, "gas flow", "m3/h", "lưu lượng khí thải", "m3/h")
    if not binding.zone:
        return "", None, _NO_WORDS, _missing("Kv", "the zone", "vùng, khu vực")
    return binding.zone, None, Words(f"zone {binding.zone}", f"vùng {binding.zone}"), None


def _water(binding: Binding) -> _Circumstances:
    if binding.receiving_water == "river":
        if binding.river_flow is None:
            return "", None, _NO_WORDS, _missing("Kq", "the river's flow", "lưu lượng dòng chảy của sông")
        shown = number(binding.river_flow)
        words = Words(f"river of {shown} m3/s", f"sông có lưu lượng {vietnamese(shown)} m3/s")
        return "river", binding.river_flow, words, None
    if binding.receiving_water == "lake":
        if binding.lake_volume is None:
            return "", None, _NO_WORDS, _missing("Kq", "the lake's volume", "dung tích hồ")
        shown = number(binding.lake_volume)
        words = Words(f"lake of {shown} m3", f"hồ có dung tích {vietnamese(shown)} m3")
        return "lake", binding.lake_volume, words, None
    if binding.receiving_water == "coast":
        return "coast", None, Words("coastal water", "vùng nước biển ven bờ"), None
    if binding.receiving_water == "protected_coast":
        words = Words("protected coastal water", "vùng nước biển ven bờ được bảo vệ")
        return "protected_coast", None, words, None
    return "", None, _NO_WORDS, _missing("Kq", "the receiving water", "nguồn tiếp nhận nước thải")


def _amount(name: str, amount: float | None, en: str, unit_en: str, vi: str, unit_vi: str) -> _Circumstances:
    if amount is None:
        return "", None, _NO_WORDS, _missing(name, f"the {en}", vi)
    shown = number(amount)
    return "", amount, Words(f"{en} {shown} {unit_en}", f"{vi} {vietnamese(shown)} {unit_vi}"), None


def _missing(name: str, en: str, vi: str) -> Words:
    return Words(
        f"{name} is not known: neither {name} nor {en} is given",
        f"chưa xác định được {name}: chưa khai báo {name} hoặc {vi}",
    )


def number(value: float) -> str:
    """A number as people write it: at most ten significant digits, and none of them for nothing."""
    text = f"{value:.10g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e15 else text


def vietnamese(text: str) -> str:
    """The same with a decimal comma."""
    return text.replace(".", ",")
