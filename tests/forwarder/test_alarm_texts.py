"""What a message says of events as their finders leave them: nothing as the code names it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from forwarder.alarm_texts import Text, compose, digest
from quality.events import EventKind
from quality.rules import RULES
from store.events.view import EventEntry
from store.events.writing import Event

BEGUN = datetime(2026, 5, 30, 4, 0, tzinfo=UTC)
"""11:00 on 30 May 2026 in Vietnam."""
EXCESS: dict[str, Any] = {
    "parameter": "COD", "basis": "day", "level": "exceeded", "side": "max", "limit": 74.25, "unit": "mg/L",
    "peak": 90.00789474, "peak_at": "2026-05-30T00:00:00+07:00", "multiple": 1.212227539, "periods": 2,
    "until": "2026-05-31T00:00:00+07:00", "code": "QCVN 40:2011/BTNMT", "column": "A", "source": "table",
    "oxygen_reference": None, "confirmed": False,
    "formula": {"en": "75 × Kq 0.9", "vi": "75 × Kq 0,9"},
    "derivation": {"en": "column A: COD 75 × Kq 0.9", "vi": "cột A: COD 75 × Kq 0,9"},
    "history": [{"what": "found"}],
}  # fmt: skip

CLOCK = {"score": 1, "files": 12, "minutes_late": 61.0, "usually": 1.0, "jump_minutes": 60.0}


def told(
    kind: EventKind, subject: str, detail: dict[str, Any], language: Any = "vi", parameter: str | None = None
) -> Text:
    event = Event(
        7, kind, 1, 2, subject, "alarm", BEGUN, None, None, detail, "unsolved", None, None, "", BEGUN
    )  # fmt: skip
    return compose(EventEntry(event, "TRAM_1", parameter), "Trạm 1", "level:alarm", language)


def test_an_excess_is_told_whole_in_the_readers_words_and_numbers() -> None:
    text = told("limit_exceeded", "day max QCVN 40:2011/BTNMT, A", EXCESS, parameter="COD")
    assert text.subject == "[QTTĐ] Vượt giá trị giới hạn: COD, TRAM_1"
    assert text.body.splitlines() == [
        "Sự kiện: Vượt giá trị giới hạn", "Mức độ: báo động", "Trạm: Trạm 1 (TRAM_1)", "Thông số: COD",
        "Bắt đầu: 11:00 30/05/2026", "Kết thúc: vẫn tiếp diễn", "Giá trị so sánh: trung bình ngày",
        "Giới hạn: 74,25 mg/L", "Giá trị cao nhất: 90,0079 mg/L", "Thời điểm cao nhất: 00:00 30/05/2026",
        "Số lần so với giới hạn: 1,21", "Số kỳ vượt: 2", "Số liệu đã xét đến: 00:00 31/05/2026",
        "Quy chuẩn: QCVN 40:2011/BTNMT", "Cột: A", "Cách tính giới hạn: cột A: COD 75 × Kq 0,9",
        "Việc cần làm: Kiểm tra số liệu và hệ thống xử lý; yêu cầu cơ sở giải trình, khắc phục.",
        "Mã sự kiện: 7",
    ]  # fmt: skip
    assert (
        "What is compared: daily mean\nLimit: 74.25 mg/L\n"
        in told("limit_exceeded", "day max QCVN 40:2011/BTNMT, A", EXCESS, "en").body
    )


def test_a_telephone_is_told_how_much() -> None:
    text = told("limit_exceeded", "day max QCVN 40:2011/BTNMT, A", EXCESS, parameter="COD")
    assert text.short == (
        "Vượt giá trị giới hạn: COD, TRAM_1 90,0079 mg/L, giới hạn 74,25 mg/L (11:00 30/05/2026)"
    )


def test_a_value_that_is_too_low_is_no_highest_one() -> None:
    low = EXCESS | {"side": "min", "limit": 6, "peak": 4.2, "unit": ""}
    text = told("limit_exceeded", "day min QCVN 40:2011/BTNMT, A", low, parameter="pH").body
    assert "Giá trị thấp nhất: 4,2\nThời điểm thấp nhất: 00:00 30/05/2026\n" in text
    assert "cao nhất" not in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("kind", "subject", "detail"),
    [
        ("limit_exceeded", "day max QCVN 40:2011/BTNMT, A", EXCESS),
        ("limit_warning", "hour tendency QCVN 19:2009/BTNMT", EXCESS | {"basis": "hour"}),
        ("file_rejected", "thub: no_station", {"account": "thub", "reason": "no_station", "count": 3}),
        (
            "relay_stuck", "bo",
            {"waiting": 2, "outcome": "cannot_connect", "message": "", "waiting_since": BEGUN.isoformat()},
        ),
        ("account_locked", "may: thub", {"account": "thub", "address": "", "until": BEGUN.isoformat()}),
        ("tamper", "tamper_clock", CLOCK),
    ],
)  # fmt: skip
def test_nothing_is_named_as_the_code_does(
    kind: EventKind, subject: str, detail: dict[str, Any], language: str
) -> None:
    text = told(kind, subject, detail, language)
    labels = {line.partition(":")[0] for line in text.body.splitlines()}
    assert labels.isdisjoint(detail)
    for name in ("day max", "tendency", "no_station", "cannot_connect", "tamper_clock", "formula"):
        assert name not in text.subject + text.body + text.short


def test_a_reason_that_has_no_words_of_its_own_is_named_beside_what_it_means() -> None:
    text = told("file_rejected", "thub: bad_time", {"account": "thub", "reason": "bad_time", "count": 1})
    assert text.subject == "[QTTĐ] Tệp dữ liệu bị từ chối: TRAM_1, thub: không đọc được dòng nào (bad_time)"
    assert "Đối tượng" not in text.body
    assert "Lý do: không đọc được dòng nào (bad_time)\n" in text.body


def test_a_sign_is_told_by_its_name_and_its_sentence() -> None:
    rule = next(rule for rule in RULES if rule.id == "tamper_clock")
    text = told("tamper", "tamper_clock", CLOCK)
    assert text.subject.endswith(f"TRAM_1, {rule.name.vi}")
    assert "Bằng chứng: 12 tệp liên tiếp" in text.body


def test_a_channel_that_says_nothing_is_no_lost_connection() -> None:
    assert told("interrupted", "", {}).subject.startswith("[QTTĐ] Mất kết nối")
    channel = told("interrupted", "", {}, parameter="COD")
    assert channel.subject == "[QTTĐ] Thông số không có số liệu đo: COD, TRAM_1"


def test_many_are_told_by_what_happened() -> None:
    texts = [told("file_rejected", f"a{n}: no_station", {"account": f"a{n}"}) for n in range(5)]
    assert digest(texts, "vi").subject == "[QTTĐ] 5 cảnh báo: Tệp dữ liệu bị từ chối"
