"""What the finder of an event put into its detail, as lines of a message in Vietnamese or English.

Pure. What has a label is told under it, with its unit; anything else under its own name, so that nothing a
finder says is lost on the way. What a person reads nowhere as the code names it: averaging bases, reasons,
outcomes, signs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from parsers.vietnam_time import VN
from quality.alarms import Language
from quality.rules import RULES
from quality.signs.words import told
from store.events.writing import Event

Words = Mapping[Language, str]

_LABELS: Mapping[str, Words] = {
    "peak": {"vi": "Giá trị cao nhất", "en": "Peak"},
    "value": {"vi": "Giá trị", "en": "Value"},
    "limit": {"vi": "Giới hạn", "en": "Limit"},
    "multiple": {"vi": "Số lần so với giới hạn", "en": "Times the limit"},
    "unit": {"vi": "Đơn vị", "en": "Unit"},
    "basis": {"vi": "Giá trị so sánh", "en": "What is compared"},
    "derivation": {"vi": "Cách tính giới hạn", "en": "How the limit is made up"},
    "minutes": {"vi": "Số phút", "en": "Minutes"},
    "allowed_minutes": {"vi": "Thời gian cho phép (phút)", "en": "Allowed minutes"},
    "cause": {"vi": "Nguyên nhân", "en": "Cause"},
    "count": {"vi": "Số lượng", "en": "Number"},
    "reason": {"vi": "Lý do", "en": "Reason"},
    "account": {"vi": "Tài khoản", "en": "Account"},
    "address": {"vi": "Địa chỉ", "en": "Address"},
    "waiting": {"vi": "Số tệp đang chờ", "en": "Files waiting"},
    "waiting_since": {"vi": "Chờ từ", "en": "Waiting since"},
    "outcome": {"vi": "Kết quả lần thử cuối", "en": "Last outcome"},
    "message": {"vi": "Thông báo", "en": "Message"},
    "free_mib": {"vi": "Còn trống (MiB)", "en": "Free (MiB)"},
    "days_left": {"vi": "Số ngày còn lại", "en": "Days left"},
    "peak_at": {"vi": "Thời điểm cao nhất", "en": "Time of the peak"},
    "periods": {"vi": "Số kỳ vượt", "en": "Periods"},
    "until": {"vi": "Đến", "en": "Until then"},
    "evidence": {"vi": "Bằng chứng", "en": "Evidence"},
    "code": {"vi": "Quy chuẩn", "en": "Standard"},
    "column": {"vi": "Cột", "en": "Column"},
    "oxygen_reference": {"vi": "Ôxy tham chiếu (%)", "en": "Reference oxygen (%)"},
    "withdrawn_because": {"vi": "Lý do rút lại", "en": "Withdrawn because"},
    "interruption": {"vi": "Mã lần mất kết nối", "en": "Interruption number"},
}
_OF_LIMITS: Mapping[str, Words] = {
    "until": {"vi": "Số liệu đã xét đến", "en": "Data looked at until"},
}
_BELOW: Mapping[str, Words] = {
    "peak": {"vi": "Giá trị thấp nhất", "en": "Lowest value"},
    "peak_at": {"vi": "Thời điểm thấp nhất", "en": "Time of the lowest value"},
}
"""Of values that are too low."""
_OF_WARNINGS: Mapping[str, Words] = {
    "periods": {"vi": "Số kỳ gần giới hạn", "en": "Periods"},
}
_OF_BANS: Mapping[str, Words] = {"until": {"vi": "Khóa đến", "en": "Shut out until"}}
_VALUES: Mapping[str, Mapping[str, Words]] = {
    "basis": {
        "instant": {"vi": "từng số liệu đo", "en": "each reading"},
        "hour": {"vi": "trung bình giờ", "en": "hourly mean"},
        "8hour": {"vi": "trung bình 8 giờ", "en": "mean of 8 hours"},
        "day": {"vi": "trung bình ngày", "en": "daily mean"},
        "month": {"vi": "trung bình tháng", "en": "monthly mean"},
        "year": {"vi": "trung bình năm", "en": "yearly mean"},
    },
    "reason": {
        "no_station": {"vi": "trạm chưa được khai báo", "en": "the station is not declared"},
        "not_allowed": {
            "vi": "tài khoản không được gửi cho trạm này",
            "en": "the account may not send for this station",
        },
        "empty_file": {"vi": "tệp rỗng", "en": "the file is empty"},
        "not_text": {"vi": "tệp không phải văn bản", "en": "the file is not text"},
        "too_large": {"vi": "tệp quá lớn", "en": "the file is too large"},
        "not_renamed": {
            "vi": "tệp vẫn mang tên tạm sau 24 giờ",
            "en": "it kept its temporary name for 24 hours",
        },
        "internal_error": {"vi": "qttd không lưu được tệp", "en": "qttd could not store the file"},
        "": {"vi": "không đọc được dòng nào", "en": "no line could be read"},
    },
    "outcome": {
        "cannot_connect": {"vi": "không kết nối được", "en": "cannot connect"},
        "refused_login": {"vi": "bị từ chối đăng nhập", "en": "login refused"},
        "transfer_error": {"vi": "truyền bị lỗi", "en": "the transfer failed"},
        "verify_failed": {"vi": "kích thước không khớp sau khi gửi", "en": "the size differs after sending"},
        "rejected_path": {"vi": "đường dẫn hoặc tên tệp bị từ chối", "en": "path or name refused"},
    },
}
_IN_UNITS = frozenset({"peak", "value", "limit"})
_DIGITS = {"multiple": 3}
"""Significant digits where they are not 6."""
_FOR_PROGRAMS = frozenset({"parameter", "level", "side", "source", "formula", "score"})
"""Told in the frame, or in the limit's derivation; a webhook and REST have them as they are."""
_SIGNS = {rule.id: rule.name for rule in RULES if rule.kind == "sign"}


def about(event: Event, language: Language) -> str:
    """What else the event is about: an account, a target, the sign's name; of limits the detail says it."""
    match event.kind:
        case "limit_exceeded" | "limit_warning":
            return ""
        case "tamper" if event.subject in _SIGNS:
            name = _SIGNS[event.subject]
            return name.vi if language == "vi" else name.en
        case "file_rejected" if "account" in event.detail:
            reason = _value("reason", event.detail, "", language) if "reason" in event.detail else ""
            return ": ".join(filter(None, (str(event.detail["account"]), reason)))
        case _:
            return event.subject


def figures(event: Event, language: Language) -> str:
    """How much, for a telephone: `90,01 mg/L, giới hạn 74,25 mg/L`; empty where that is not the question."""
    detail = event.detail
    if "peak" not in detail or "limit" not in detail:
        return ""
    unit = str(detail.get("unit") or "")
    limit = _LABELS["limit"][language].lower()
    return f"{_value('peak', detail, unit, language)}, {limit} {_value('limit', detail, unit, language)}"


def details(event: Event, language: Language) -> list[tuple[str, str]]:
    """What the finder says, one line a value; a text in two languages is shown in the reader's."""
    detail = dict(event.detail)
    if event.kind == "tamper" and (words := told(event.subject, detail, str(detail.get("unit", "")))).vi:
        kept = {name: detail[name] for name in ("withdrawn_because",) if name in detail}
        detail = {"evidence": {"vi": words.vi, "en": words.en}, **kept}
    labels = {**_LABELS, **_labels_of(event)}
    unit = str(detail.get("unit") or "")
    if _IN_UNITS & detail.keys():
        detail.pop("unit", None)
    lines = []
    for name in detail:
        stem, _, end = name.rpartition("_")
        shown = stem if end in ("vi", "en") else name
        if (end in ("vi", "en") and end != language) or shown in _FOR_PROGRAMS:
            continue
        lines.append((labels.get(shown, {}).get(language, shown), _value(name, detail, unit, language)))
    return lines


def moment(at: datetime) -> str:
    """`10:15 30/05/2026`, in Vietnam."""
    return f"{at.astimezone(VN):%H:%M %d/%m/%Y}"


def _labels_of(event: Event) -> Mapping[str, Words]:
    match event.kind:
        case "limit_exceeded":
            return {**_OF_LIMITS, **(_BELOW if event.detail.get("side") == "min" else {})}
        case "limit_warning":
            below = _BELOW if event.detail.get("side") == "min" else {}
            return {**_OF_LIMITS, **_OF_WARNINGS, **below}
        case "account_locked":
            return _OF_BANS
        case _:
            return {}


def _value(name: str, detail: Mapping[str, Any], unit: str, language: Language) -> str:
    """A value as a person reads it; empty for what is none: a list, a yes or no, nothing."""
    value = detail[name]
    if isinstance(value, Mapping):
        value = value.get(language)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, str):
        words = _VALUES.get(name, {})
        if value not in words and "" in words:
            return f"{words[''][language]} ({value})"
        return words[value][language] if value in words else _time(value)
    text = f"{value:.{_DIGITS.get(name, 6)}g}" if isinstance(value, float) else str(value)
    text = text.replace(".", ",") if language == "vi" else text
    return f"{text} {unit}" if unit and name in _IN_UNITS else text


def _time(text: str) -> str:
    """Times that JSON holds become Vietnam's; any other text stays."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment(at) if at.tzinfo is not None else text
