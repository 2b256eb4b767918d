"""A VN_WQI in sentences: its variant, the groups it was made of, the parameter that is worst, what was
missing, and where there is none, the rule that says so. Vietnamese and English.
"""

from collections.abc import Callable

from quality.indices.aqi_words import Words
from quality.indices.editions import WqiVariant
from quality.indices.numbers import english, vietnamese
from quality.indices.wqi import WaterLack, Wqi, WqiPart

VARIANTS: dict[WqiVariant, Words] = {
    "envisoft": Words("phương án của EnviSoft (4 nhóm)", "EnviSoft's variant (4 groups)"),
    "1460": Words("phương án Quyết định 1460 (5 nhóm)", "Decision 1460's variant (5 groups)"),
}
_REASONS = {
    "absent": Words("không có giá trị trung bình", "no mean"),
    "unit": Words("đơn vị không quy đổi được", "its unit does not convert"),
    "no_temperature": Words(
        "không có nhiệt độ nước để tính độ bão hòa", "no water temperature to compute the saturation by"
    ),
}
_WHY_NOT = {
    "no_edition": Words(
        "chưa có quyết định nào quy định chỉ số cho ngày này", "no Decision sets the index for this day"
    ),
    "no_main_group": Words(
        "thiếu thông số của nhóm bắt buộc", "too few parameters of the group that must be"
    ),
    "too_few_groups": Words("không đủ 3 nhóm thông số", "fewer than 3 groups of parameters are there"),
}


def wqi_words(wqi: Wqi, confirmed: bool) -> Words:
    """The explanation of a result. confirmed: whether a person has confirmed the variant for publishing."""
    return Words(
        _text(wqi, 0, vietnamese, confirmed, "Không tính được VN_WQI", "thông số kém nhất"),
        _text(wqi, 1, english, confirmed, "No VN_WQI", "worst"),
    )


def _text(
    wqi: Wqi, language: int, number: Callable[[float], str], confirmed: bool, no: str, worst: str
) -> str:
    variant = VARIANTS[wqi.variant][language]
    sentences = []
    if wqi.value is None or wqi.band is None:
        sentences.append(f"{no}, {variant}: {_WHY_NOT[wqi.why_not or 'no_edition'][language]}.")
    else:
        band = (wqi.band.name_vi, wqi.band.name_en)[language]
        sentences.append(f"VN_WQI {wqi.value} ({band}), {variant}.")
    if wqi.groups:
        means = "; ".join(f"{group} {number(mean)}" for group, mean in wqi.groups.items())
        sentences.append(f"{('Điểm các nhóm', 'Groups')[language]}: {means}.")
    if wqi.parts:
        listed = "; ".join(_part(part, language, number) for part in wqi.parts)
        sentences.append(f"{('Điểm các thông số', 'Parameters')[language]}: {listed}.")
    if wqi.deciding:
        listed = ", ".join(part.parameter for part in wqi.deciding)
        sentences.append(f"{worst[0].upper()}{worst[1:]}: {listed}.")
    if wqi.lacking:
        listed = "; ".join(_lack(lack, language) for lack in wqi.lacking)
        sentences.append(f"{('Không tính', 'Not counted')[language]}: {listed}.")
    if not confirmed:
        sentences.append(
            (
                "Phương án này chưa được xác nhận, chưa được công bố.",
                "This variant is not confirmed and is not to be published.",
            )[language]
        )
    return " ".join(sentences)


def _part(part: WqiPart, language: int, number: Callable[[float], str]) -> str:
    text = f"{part.parameter} {number(part.concentration)} {part.unit}".rstrip()
    if part.saturation is not None:
        text += f" ({('bão hòa', 'saturation')[language]} {number(part.saturation)} %)"
    return f"{text} → {number(part.value)}"


def _lack(lack: WaterLack, language: int) -> str:
    text = f"{lack.parameter}: {_REASONS[lack.reason][language]}"
    return f"{text} ({lack.detail})" if lack.detail else text
