"""What an alarm says, in Vietnamese and English: what, where, since when, how much, and what to do.

Pure: an event and its names in, a text out. Times are in Vietnam's. What
its finder put into the event's detail is shown under a label where one is known, else under its own name, so
that nothing a finder says is lost on the way. The kinds' words are in alarm_words.toml.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple

from parsers.vietnam_time import VN
from quality.alarms import Language
from store.events.view import EventEntry


class Text(NamedTuple):
    """A message: its subject, its full text, and one line for a telephone."""

    subject: str
    body: str
    short: str


_KINDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    files("forwarder").joinpath("alarm_words.toml").read_text(encoding="utf-8")
)
_OCCASIONS: Mapping[str, Mapping[Language, str]] = {
    "level": {"vi": "", "en": ""},
    "ended": {"vi": "ĐÃ KẾT THÚC: ", "en": "OVER: "},
    "withdrawn": {"vi": "ĐÃ RÚT LẠI: ", "en": "WITHDRAWN: "},
    "reminder": {"vi": "NHẮC LẠI: ", "en": "STILL: "},
    "test": {"vi": "THỬ: ", "en": "TEST: "},
}
_LEVELS: Mapping[str, Mapping[Language, str]] = {
    "notice": {"vi": "thông báo", "en": "notice"},
    "warning": {"vi": "cảnh báo", "en": "warning"},
    "alarm": {"vi": "báo động", "en": "alarm"},
}
_LABELS: Mapping[str, Mapping[Language, str]] = {
    "peak": {"vi": "Giá trị cao nhất", "en": "Peak"},
    "value": {"vi": "Giá trị", "en": "Value"},
    "limit": {"vi": "Giới hạn", "en": "Limit"},
    "multiple": {"vi": "Số lần so với giới hạn", "en": "Times the limit"},
    "unit": {"vi": "Đơn vị", "en": "Unit"},
    "basis": {"vi": "Cơ sở tính trung bình", "en": "Averaging basis"},
    "derivation": {"vi": "Cách tính giới hạn", "en": "How the limit is made up"},
    "minutes": {"vi": "Số phút", "en": "Minutes"},
    "cause": {"vi": "Nguyên nhân", "en": "Cause"},
    "count": {"vi": "Số lượng", "en": "Number"},
    "reason": {"vi": "Lý do", "en": "Reason"},
    "account": {"vi": "Tài khoản", "en": "Account"},
    "address": {"vi": "Địa chỉ", "en": "Address"},
    "waiting": {"vi": "Số tệp đang chờ", "en": "Files waiting"},
    "outcome": {"vi": "Kết quả lần thử cuối", "en": "Last outcome"},
    "message": {"vi": "Thông báo", "en": "Message"},
    "free_mib": {"vi": "Còn trống (MiB)", "en": "Free (MiB)"},
    "days_left": {"vi": "Số ngày còn lại", "en": "Days left"},
    "score": {"vi": "Điểm", "en": "Score"},
    "peak_at": {"vi": "Thời điểm cao nhất", "en": "Time of the peak"},
    "periods": {"vi": "Số kỳ vượt", "en": "Periods"},
    "until": {"vi": "Đến", "en": "Until then"},
    "code": {"vi": "Quy chuẩn", "en": "Standard"},
    "column": {"vi": "Cột", "en": "Column"},
    "oxygen_reference": {"vi": "Ôxy tham chiếu (%)", "en": "Reference oxygen (%)"},
    "withdrawn_because": {"vi": "Lý do rút lại", "en": "Withdrawn because"},
    "interruption": {"vi": "Mã lần mất kết nối", "en": "Interruption number"},
}
_FOR_PROGRAMS = frozenset({"parameter", "level", "side", "source"})
"""Told in the frame and in the limit's derivation; a webhook and REST have them as they are."""
_FRAME: Mapping[Language, Mapping[str, str]] = {
    "vi": {
        "event": "Sự kiện", "level": "Mức độ", "station": "Trạm", "parameter": "Thông số",
        "subject": "Đối tượng", "since": "Bắt đầu", "until": "Kết thúc", "on": "vẫn tiếp diễn",
        "do": "Việc cần làm", "number": "Mã sự kiện",
    },
    "en": {
        "event": "Event", "level": "Level", "station": "Station", "parameter": "Parameter",
        "subject": "About",
        "since": "Since", "until": "Until", "on": "goes on", "do": "What to do", "number": "Event number",
    },
}  # fmt: skip


def compose(entry: EventEntry, station_name: str | None, occasion: str, language: Language) -> Text:
    """The message about one event on one occasion (quality/alarms.py)."""
    event, frame = entry.event, _FRAME[language]
    words = _KINDS[event.kind]
    head = _OCCASIONS[occasion.partition(":")[0]][language] + words[f"what_{language}"]
    place = ", ".join(filter(None, (entry.parameter, entry.station, event.subject)))
    subject = f"[QTTĐ] {head}: {place}" if place else f"[QTTĐ] {head}"
    lines = [
        (frame["event"], head),
        (frame["level"], _LEVELS[event.level][language]),
        (frame["station"], _station(entry.station, station_name)),
        (frame["parameter"], entry.parameter),
        (frame["subject"], event.subject),
        (frame["since"], moment(event.started_at)),
        (frame["until"], frame["on"] if event.ended_at is None else moment(event.ended_at)),
        *_detail(event.detail, language),
        (frame["do"], words[f"do_{language}"]),
        (frame["number"], str(event.id)),
    ]
    if event.kind in ("self_test", "file_rejected"):
        lines = [line for line in lines if line[0] != frame["until"]]
    body = "".join(f"{label}: {value}\n" for label, value in lines if value)
    return Text(subject, body, f"{subject.removeprefix('[QTTĐ] ')} ({moment(event.started_at)})")


def digest(texts: Sequence[Text], language: Language) -> Text:
    """Many messages to one recipient as one."""
    count = len(texts)
    heads = dict.fromkeys(text.subject.removeprefix("[QTTĐ] ").rpartition(": ")[0] for text in texts)
    subject = f"[QTTĐ] {count} {'cảnh báo' if language == 'vi' else 'alarms'}: {'; '.join(list(heads)[:3])}"
    listed = "".join(f"- {text.short}\n" for text in texts)
    return Text(
        subject, listed + "\n" + "\n".join(text.body for text in texts), subject.removeprefix("[QTTĐ] ")
    )


def moment(at: datetime) -> str:
    """`10:15 30/05/2026`, in Vietnam."""
    return f"{at.astimezone(VN):%H:%M %d/%m/%Y}"


def _station(code: str | None, name: str | None) -> str | None:
    return f"{name} ({code})" if code and name and name != code else code


def _detail(detail: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """What the finder says, one line a value; a text in two languages is shown in the reader's."""
    lines = []
    for name, value in detail.items():
        stem, _, end = name.rpartition("_")
        if end in ("vi", "en"):
            if end != language:
                continue
            name = stem
        if name in _FOR_PROGRAMS:
            continue
        label = _LABELS.get(name, {}).get(language, name)
        if isinstance(value, Mapping):
            value = value.get(language)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            lines.append((label, _number(value, language)))
    return lines


def _number(value: str | int | float, language: Language) -> str:
    """Vietnamese writes a decimal comma; times that JSON holds become Vietnam's."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment(at) if at.tzinfo is not None else value
    text = f"{value:.10g}"
    return text.replace(".", ",") if language == "vi" else text
