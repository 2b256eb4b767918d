"""What each criterion of the conformance kit asks for, and how to mend what fails, in both languages."""

from collections.abc import Mapping
from typing import NamedTuple

from qttd.conformance.judging import Criterion, Verdict


class Words(NamedTuple):
    """A criterion: what is asked, and the remedy."""

    vi: str
    en: str
    mend_vi: str
    mend_en: str


CRITERIA: Mapping[Criterion, Words] = {
    "login": Words(
        "Đăng nhập được và có gửi tệp",
        "Logs in and sends files",
        "Kiểm tra địa chỉ, cổng, tài khoản, mật khẩu; dùng chế độ thụ động (PASV/EPSV)",
        "Check address, port, user and password; use passive mode (PASV/EPSV)",
    ),
    "name": Words(
        "Tên tệp: Tỉnh_CơSở_Trạm_yyyyMMddHHmmss.txt, một mã trạm",
        "Name: Province_Facility_Station_yyyyMMddHHmmss.txt, one code",
        "Sửa mẫu đặt tên tệp: mã trạm, dấu _, 14 chữ số thời gian, đuôi .txt",
        "Mend the name template: station code, _, 14 digits, .txt",
    ),
    "format": Words(
        "Nội dung: năm cột cách nhau bằng TAB, kết thúc dòng CR LF, dấu chấm thập phân",
        "Content: five columns separated by TAB, lines end in CR LF, a decimal point",
        "Theo mục 1 và mục 7 của hướng dẫn cho cơ sở; dùng lệnh qttd parse để xem từng dòng",
        "See sections 1 and 7 of the facility's guide; qttd parse explains each line",
    ),
    "encoding": Words(
        "Bảng mã UTF-8, không BOM",
        "UTF-8 without a byte order mark",
        "Đặt bảng mã UTF-8 không BOM trong datalogger",
        "Set the logger to UTF-8 without BOM",
    ),
    "missing_values": Words(
        "Khi thiết bị lỗi không gửi số 0",
        "No 0 where the device is in error",
        "Không có giá trị thì ghi --- hoặc để trống, kèm trạng thái 02",
        "Where there is no value write --- or nothing, with status 02",
    ),
    "status": Words(
        "Trạng thái thiết bị là 00, 01 hoặc 02",
        "Status is 00, 01 or 02",
        "Ghi cột thứ năm đúng hai chữ số 00, 01 hoặc 02",
        "Write 00, 01 or 02 into the fifth column",
    ),
    "clock": Words(
        "Đồng hồ không chạy nhanh (giờ Việt Nam)",
        "The clock is not ahead (Vietnam time)",
        "Đồng bộ NTP, múi giờ UTC+7",
        "Set it by NTP, time zone UTC+7",
    ),
    "timing": Words(
        "Tệp đến trong vòng 5 phút kể từ thời điểm đo",
        "A file comes within 5 minutes of its measurement",
        "Gửi ngay sau khi đo; kiểm tra đường truyền, đồng hồ và múi giờ UTC+7",
        "Send right after measuring; check the line, the clock and its time zone, UTC+7",
    ),
    "one_file_a_slot": Words(
        "Mỗi thời điểm một tệp, đúng nhịp của trạm",
        "One file for each time, on the station's grid",
        "Không gộp nhiều thời điểm; đo vào các phút chẵn theo tần suất",
        "Do not join times; measure at whole multiples of the interval",
    ),
    "no_gaps": Words(
        "Không thiếu thời điểm nào, kể cả khi đường truyền lỗi",
        "No time is missing, not even after faults",
        "Giữ tệp trong bộ nhớ cho đến khi nhận 226",
        "Keep each file until its 226",
    ),
    "folder": Words(
        "Thư mục ngày đúng ngày đo, một kiểu duy nhất (hoặc không dùng)",
        "Dated folders bear the measured day, in one way (or there are none)",
        "Chọn một kiểu thư mục; lấy ngày đo, không lấy ngày gửi",
        "Choose one layout; use the day of measurement, not of sending",
    ),
    "after_a_cut": Words(
        "Gửi lại tệp sau khi kết nối dữ liệu bị ngắt (426)",
        "Sends a file again after its data connection was cut (426)",
        "Chỉ coi là đã gửi khi nhận 226; nếu không thì gửi lại",
        "Only 226 means sent; after anything else send again",
    ),
    "after_a_refusal": Words(
        "Gửi lại tệp sau khi bị từ chối tạm thời (452)",
        "Sends a file again after a passing refusal (452)",
        "Mã 4xx là tạm thời: giữ tệp và gửi lại",
        "4xx is for now: keep the file and send it again",
    ),
    "late_data": Words(
        "Sau gián đoạn gửi bù đủ dữ liệu",
        "After an interruption sends all that it kept",
        "Bộ nhớ phải giữ được dữ liệu chưa gửi (ít nhất 30 ngày)",
        "The memory must hold what was not sent (30 days at least)",
    ),
    "oldest_first": Words(
        "Gửi bù theo thứ tự cũ trước, mới sau",
        "Sends what it kept oldest first",
        "Gửi theo thứ tự thời gian; tệp mới nhất gửi sau cùng",
        "Send in the order of time; the newest last",
    ),
    "no_repeats": Words(
        "Không gửi lại tệp đã nhận 226",
        "Does not send again what got its 226",
        "Đọc mã trả lời 226 (đổi tên: 250) rồi đánh dấu đã gửi",
        "Read the 226 (rename: 250), and mark the file as sent",
    ),
    "rename": Words(
        "Gửi bằng tên tạm rồi đổi tên (khuyến nghị)",
        "Uploads under a temporary name and renames (recommended)",
        "Gửi với đuôi .tmp hoặc .part rồi đổi thành .txt",
        "Upload as .tmp or .part, then rename to .txt",
    ),
    "encryption": Words(
        "Mã hóa FTPS (khuyến nghị)",
        "Encrypted by FTPS (recommended)",
        "Bật FTPS tường minh (AUTH TLS), PROT P",
        "Turn on explicit FTPS (AUTH TLS), PROT P",
    ),
}

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "pass": ("ĐẠT", "pass"),
    "fail": ("KHÔNG ĐẠT", "FAIL"),
    "advice": ("NÊN SỬA", "advice"),
    "not_seen": ("CHƯA KIỂM TRA ĐƯỢC", "not seen"),
}
