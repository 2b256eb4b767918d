"""What a sign's evidence says, in sentences that an official can read and check; nothing is judged here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quality.limits.records import Words


def told(rule: str, evidence: Mapping[str, Any], unit: str = "") -> Words:
    """The evidence of a sign as sentences. unit: of the parameter; empty where it has none, or is not known.

    Figures that are not there (an event of an older version) leave the sentence out.
    """
    try:
        return _TOLD[rule](evidence, f" {unit}" if unit else "")
    except KeyError:
        return Words("", "")


def _capped(of: Mapping[str, Any], unit: str) -> Words:
    limit, highest, within = _vi(of["limit"]), _vi(of["highest"]), _vi(of["within"])
    expected = of.get("expected_passed")
    return Words(
        f"On {of['days']} days, {of['visits']} times, the values came within {_en(of['within'])}{unit} of"
        f" {_en(of['highest'])}{unit} ({of['readings']} readings), just below the limit of"
        f" {_en(of['limit'])}{unit}, and never went above it"
        + (
            f"; by its ways otherwise, on about {_en(expected)} of the days they would have."
            if expected
            else "."
        ),
        f"Trong {of['days']} ngày, {of['visits']} lần giá trị lên sát {highest}{unit} (trong khoảng"
        f" {within}{unit}, {of['readings']} số liệu), ngay dưới ngưỡng {limit}{unit}, mà không lần nào vượt"
        + (
            f"; theo diễn biến thường thấy thì khoảng {_vi(expected)} ngày lẽ ra đã lên cao hơn."
            if expected
            else "."
        ),
    )


def _frozen(of: Mapping[str, Any], unit: str) -> Words:
    part = of["share"] * 100
    return Words(
        f"For {of['hours']} hours or more the hourly means differ by {_en(of['spread'])}{unit} only (standard"
        f" deviation), {_en(part)} % of what they do in the quietest hours of this channel's quiet days"
        f" ({_en(of['usual_at_least'])}{unit}), while single values still tremble.",
        f"Trong {of['hours']} giờ trở lên, các trung bình giờ chỉ lệch nhau {_vi(of['spread'])}{unit} (độ"
        " lệch chuẩn),"
        f" bằng {_vi(part)} % mức của những giờ ổn định nhất trong các ngày ít biến động của thông số này"
        f" ({_vi(of['usual_at_least'])}{unit}), trong khi"
        " từng giá trị vẫn dao động nhẹ.",
    )


def _replayed(of: Mapping[str, Any], unit: str) -> Words:
    before = str(of["same_as"])
    day = datetime.fromisoformat(before)
    if of["how"] == "exact":
        return Words(
            f"{of['readings']} readings in a row change exactly as those from {day:%Y-%m-%d %H:%M} on did.",
            f"{of['readings']} số liệu liên tiếp thay đổi giống hệt chuỗi số liệu từ"
            f" {day:%H:%M ngày %d/%m/%Y}.",
        )
    return Words(
        f"Half a day rises and falls as from {day:%Y-%m-%d %H:%M} on, in {of['readings']} ups and downs of"
        f" every length, with a correlation of {_en(of['correlation'])}; with other days it is"
        f" {_en(of['usual_correlation'])}.",
        f"Diễn biến của nửa ngày lên xuống giống chuỗi số liệu từ {day:%H:%M ngày %d/%m/%Y} ({of['readings']}"
        f" lần lên xuống dài ngắn khác nhau, hệ số tương quan {_vi(of['correlation'])}); với những ngày khác"
        f" chỉ là {_vi(of['usual_correlation'])}.",
    )


def _calibrating(of: Mapping[str, Any], unit: str) -> Words:
    limit, above = of["limit"], of["readings_above_shown"]
    return Words(
        f"Of {of['calibrations']} stretches with status 01, {of['near_the_limit']} began, ended or went on"
        f" at the limit of {_en(limit)}{unit}; {of['readings_hidden']} readings lie in them. As measured,"
        f" {above} readings above the limit were sent in that time.",
        f"Trong {of['calibrations']} đoạn có trạng thái 01 (hiệu chuẩn), {of['near_the_limit']} đoạn bắt đầu,"
        f" kết thúc hoặc diễn ra ở sát hay trên ngưỡng {_vi(limit)}{unit}, gồm {of['readings_hidden']} số"
        f" liệu. Cùng thời gian đó chỉ có {above} số liệu vượt ngưỡng được gửi với trạng thái đang đo.",
    )


def _rewritten(of: Mapping[str, Any], unit: str) -> Words:
    drop = of["median_drop"] * 100
    crossed_en = crossed_vi = ""
    if of.get("limit") is not None:
        limit, crossed = of["limit"], of["from_above_the_limit"]
        crossed_en = f"; {crossed} of them from above the limit of {_en(limit)}{unit} to below it"
        crossed_vi = f"; {crossed} số liệu từ trên ngưỡng {_vi(limit)}{unit} xuống không quá ngưỡng"
    return Words(
        f"{of['rewritten']} values were sent again with another number, {of['lower']} of them lower, by"
        f" {_en(drop)} % in the median{crossed_en}. The values that came first stay in force.",
        f"{of['rewritten']} số liệu được gửi lại với giá trị khác, {of['lower']} số liệu thấp hơn, trung vị"
        f" giảm {_vi(drop)} %{crossed_vi}. Giá trị gửi lần đầu vẫn có hiệu lực.",
    )


def _clock(of: Mapping[str, Any], unit: str) -> Words:
    late, usually, jump = of["minutes_late"], of["usually"], of["jump_minutes"]
    return Words(
        f"{of['files']} files in a row came {_en(late)} minutes after the time written in them, where"
        f" {_en(usually)} minutes are usual: the clock seems to be {_en(abs(jump))} minutes"
        f" {'slow' if jump > 0 else 'fast'}.",
        f"{of['files']} tệp liên tiếp đến sau thời điểm ghi trong tệp {_vi(late)} phút, trong khi thường lệ"
        f" là {_vi(usually)} phút: đồng hồ của trạm có vẻ {'chậm' if jump > 0 else 'nhanh'}"
        f" {_vi(abs(jump))} phút.",
    )


def _en(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def _vi(value: float) -> str:
    return _en(value).replace(".", ",")


_TOLD = {
    "tamper_capped": _capped,
    "tamper_frozen": _frozen,
    "tamper_replayed": _replayed,
    "tamper_calibrating": _calibrating,
    "tamper_rewritten": _rewritten,
    "tamper_clock": _clock,
}
