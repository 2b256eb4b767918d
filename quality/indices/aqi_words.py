"""A VN_AQI in sentences, for whoever is asked why: which parameter decided, by which concentration, what was
missing, and where there is none, the rule that says so. Vietnamese and English.
"""

from collections.abc import Callable
from typing import NamedTuple

from quality.indices.aqi import Aqi, AqiPart, Lack
from quality.indices.numbers import english, vietnamese


class Words(NamedTuple):
    """The same in both languages."""

    vi: str
    en: str


_BASES = {
    "1h": Words("trung bình 1 giờ", "1-hour mean"),
    "nowcast": Words("NowCast 12 giờ", "12-hour NowCast"),
    "24h": Words("trung bình 24 giờ", "24-hour mean"),
    "max_1h": Words("trung bình 1 giờ lớn nhất trong ngày", "greatest 1-hour mean of the day"),
    "max_8h": Words("trung bình 8 giờ lớn nhất trong ngày", "greatest 8-hour mean of the day"),
}
_REASONS = {
    "absent": Words("không có giá trị trung bình", "no mean"),
    "too_few": Words("không đủ số giờ", "too few hours"),
    "unit": Words("đơn vị không quy đổi được sang µg/m³", "its unit does not convert to µg/m³"),
    "beyond": Words("vượt mức cuối của thang, không có chỉ số", "above the last point of its scale"),
}
_WHY_NOT = {
    "no_edition": Words(
        "chưa có quyết định nào quy định chỉ số cho ngày này", "no Decision sets the index for this day"
    ),
    "no_particles": Words(
        "không có PM10 hoặc PM2.5; quy định yêu cầu phải có ít nhất một trong hai thông số",
        "neither PM10 nor PM2.5 is there, and one of them must be",
    ),
}


def aqi_words(aqi: Aqi) -> Words:
    """The explanation of a result."""
    return Words(
        _text(aqi, 0, vietnamese, "VN_AQI giờ" if aqi.by == "hour" else "VN_AQI ngày"),
        _text(aqi, 1, english, "Hourly VN_AQI" if aqi.by == "hour" else "Daily VN_AQI"),
    )


def _text(aqi: Aqi, language: int, number: Callable[[float], str], title: str) -> str:
    sentences = []
    if aqi.value is None or aqi.band is None:
        reason = _WHY_NOT[aqi.why_not or "no_edition"][language]
        sentences.append((f"Không tính được {title}: {reason}.", f"No {title}: {reason}.")[language])
    else:
        band = (aqi.band.name_vi, aqi.band.name_en)[language]
        verb = ("thông số quyết định", "decided by")[language]
        decided = "; ".join(_part(part, language, number) for part in aqi.deciding)
        sentences.append(f"{title} {aqi.value} ({band}), {verb}: {decided}.")
    others = [part for part in aqi.parts if part not in aqi.deciding]
    if others:
        listed = "; ".join(f"{_part(part, language, number)} → {part.index}" for part in others)
        sentences.append(f"{('Các thông số khác', 'The others')[language]}: {listed}.")
    if aqi.lacking:
        listed = "; ".join(_lack(lack, language) for lack in aqi.lacking)
        sentences.append(f"{('Không tính', 'Not counted')[language]}: {listed}.")
    if aqi.decision:
        sentences.append(f"{('Theo Quyết định', 'By Decision')[language]} {aqi.decision}.")
    return " ".join(sentences)


def _part(part: AqiPart, language: int, number: Callable[[float], str]) -> str:
    text = f"{part.parameter} {number(part.concentration)} µg/m³ ({_BASES[part.basis][language]}"
    if part.weight is not None:
        missing = 12 - part.hours
        text += f", w = {number(part.weight)}"
        if missing:
            text += (f", thiếu {missing} trong 12 giờ", f", {missing} of 12 hours missing")[language]
    return text + ")"


def _lack(lack: Lack, language: int) -> str:
    text = f"{lack.parameter} ({_BASES[lack.basis][language]}): {_REASONS[lack.reason][language]}"
    return f"{text} ({lack.detail})" if lack.detail else text
