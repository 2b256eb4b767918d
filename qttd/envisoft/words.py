"""What each difference to EnviSoft means, in the words of a record that two offices sign."""

from collections.abc import Mapping
from typing import NamedTuple

from quality.comparison.reasons import Explanation


class Words(NamedTuple):
    """One explanation in both languages."""

    vi: str
    en: str


EXPLANATIONS: Mapping[Explanation, Words] = {
    "late_file_skipped": Words(
        "Tệp đến muộn, sau tệp có thời gian mới hơn: EnviSoft chỉ đọc tên xếp sau tệp đã đọc nên bỏ qua",
        "The file came behind one with a later name: EnviSoft reads only names that sort after the last one",
    ),
    "error_read_as_zero": Words(
        "Thiết bị báo lỗi (trạng thái 02) nhưng EnviSoft ghi nhận giá trị 0",
        "The device reported an error (status 02), which EnviSoft reads as 0",
    ),
    "missing_read_as_zero": Words(
        "Tệp không có giá trị nhưng EnviSoft ghi nhận giá trị 0",
        "The line holds no value, which EnviSoft reads as 0",
    ),
    "no_number_read_as_zero": Words(
        "Giá trị không đọc được thành số (ví dụ dấu phẩy thập phân) nhưng EnviSoft ghi nhận giá trị 0",
        "The text is no number to EnviSoft (a decimal comma, for instance), which reads it as 0",
    ),
    "error_read_as_measurement": Words(
        "Thiết bị báo lỗi (trạng thái 02) nhưng EnviSoft ghi nhận như kết quả đo",
        "Status 02 (device error), which EnviSoft shows as a measurement",
    ),
    "calibration_read_as_measurement": Words(
        "Thiết bị đang hiệu chuẩn (trạng thái 01) nhưng EnviSoft ghi nhận như kết quả đo",
        "Status 01 (calibration), which EnviSoft shows as a measurement",
    ),
    "slot_287": Words(
        "EnviSoft không có thời điểm đầu hoặc cuối ngày (287 thời điểm thay vì 288)",
        "EnviSoft has no slot at the day's edge: 287 instead of 288",
    ),
    "label_at_end": Words(
        "EnviSoft ghi nhãn thời gian ở cuối khoảng, qttd ở đầu khoảng",
        "EnviSoft labels by the end of what a value stands for, qttd by its start",
    ),
    "line_lost_to_space": Words(
        "Ký hiệu thông số có dấu cách: EnviSoft tách dòng theo khoảng trắng nên mất dòng này",
        "The symbol holds a space, at which EnviSoft splits the line, and loses it",
    ),
    "line_lost_to_empty_unit": Words(
        "Đơn vị đo để trống: EnviSoft tách dòng theo khoảng trắng nên mất dòng này",
        "The unit is empty: EnviSoft splits at white space, and loses the line",
    ),
    "several_times_joined": Words(
        "Một tệp chứa nhiều thời điểm: EnviSoft gộp thành một thời điểm",
        "The file holds several times, which EnviSoft joins into one",
    ),
    "later_value_taken": Words(
        "Tệp gửi lại có giá trị khác: EnviSoft lấy giá trị sau, qttd giữ giá trị đến trước và lưu cả hai",
        "Another value came later: EnviSoft takes it, qttd lets the first stand and keeps both",
    ),
    "not_converted": Words(
        "EnviSoft giữ nguyên số trong tệp, qttd đã quy đổi đơn vị hoặc nhân hệ số",
        "EnviSoft has the number of the file; qttd converted its unit or applied the factor",
    ),
    "mean_with_zeros": Words(
        "Trung bình giờ của EnviSoft tính cả giá trị 0 thay cho lỗi thiết bị hoặc thiếu số liệu",
        "EnviSoft's hourly mean counts a 0 for each device error and missing value",
    ),
    "mean_with_status_lines": Words(
        "Trung bình giờ của EnviSoft tính cả số liệu hiệu chuẩn, lỗi thiết bị hoặc không đạt kiểm tra",
        "EnviSoft's hourly mean counts calibration, device errors and values that failed a check",
    ),
    "too_few_for_a_mean": Words(
        "Trong giờ không đủ 75 % số liệu hợp lệ: qttd không tính trung bình",
        "Fewer than 75 % of the hour's values are valid: qttd gives no mean",
    ),
    "rejected_here": Words(
        "Tệp đã đến qttd nhưng không đọc được, hoặc dòng này không đọc được (xem sổ tệp)",
        "The file came to qttd and it, or this line, could not be read (see the ledger)",
    ),
    "not_received_here": Words(
        "EnviSoft có số liệu, qttd không nhận được tệp của thời điểm này",
        "EnviSoft has a value, and no file of this time came to qttd",
    ),
    "absent_there": Words(
        "EnviSoft không có số liệu của thời điểm này, chưa rõ nguyên nhân",
        "EnviSoft has nothing of this time; why is not known",
    ),
    "unexplained": Words("Chưa rõ nguyên nhân, cần kiểm tra", "Not explained: to be looked into"),
}
UNKNOWN: frozenset[Explanation] = frozenset({"not_received_here", "absent_there", "unexplained"})
"""Differences for which nobody knows the reason yet."""
