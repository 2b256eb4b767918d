"""What the demonstration says, in Vietnamese and in English, under one name for each sentence."""

import os
from collections.abc import Mapping
from typing import Literal, get_args

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_TEXTS: Mapping[str, tuple[str, str]] = {
    # what happens, as it happens
    "missing": (
        "{code}: mất tín hiệu cảm biến {symbol}, gửi “---”. Thiếu số liệu không bao giờ thành số 0",
        "{code}: the {symbol} probe has no signal and sends “---”. Missing never becomes 0",
    ),
    "device_error": (
        "{code}: {symbol} báo lỗi thiết bị (02), giá trị 0,00 không được tính là số đo",
        "{code}: {symbol} reports a device error (02); its 0.00 does not count as a measurement",
    ),
    "silence": (
        "{code}: mất kết nối, thiết bị lưu số liệu trong bộ nhớ",
        "{code}: the line is cut; the logger keeps its data in memory",
    ),
    "back_filled": (
        "{code}: có kết nối lại, gửi bù {times} kỳ đo trong {files} tệp, kỳ cũ trước",
        "{code}: the line is back; {times} measurements sent in {files} files, oldest first",
    ),
    "rubbish": (
        "{code}: gửi một tệp hỏng (dữ liệu nhị phân). Tệp được lưu và từ chối có lý do",
        "{code}: sends a file of binary rubbish. It is kept, and rejected with a reason",
    ),
    "cut": (
        "{code}: đứt kết nối khi đang gửi, dòng cuối bị cụt; thiết bị gửi lại tệp đầy đủ",
        "{code}: the connection breaks inside a line; the logger sends the file again",
    ),
    "out_of_range": (
        "{code}: {symbol} vượt dải đo của thiết bị. Dòng này không được truyền về Bộ",
        "{code}: {symbol} is outside the device's range. This line does not go to the ministry",
    ),
    "calibration": (
        "{code}: hiệu chuẩn {symbol} (01) trong {minutes} phút",
        "{code}: {symbol} is calibrated (01) for {minutes} minutes",
    ),
    "contradiction": (
        "{code}: gửi lại tệp cũ với giá trị {symbol} khác. Giá trị đầu giữ hiệu lực, cả hai được lưu",
        "{code}: sends an old file again with another {symbol}. The first value stands, both are kept",
    ),
    "clock_ahead": (
        "{code}: đồng hồ thiết bị chạy nhanh 30 phút. Số liệu “tương lai” bị đánh dấu lỗi",
        "{code}: the logger's clock is 30 min ahead. Readings from the future fail their check",
    ),
    "unusual": (
        "{code}: {symbol} cao hơn mức thường thấy: nghi ngờ, vẫn được tính và truyền",
        "{code}: {symbol} is higher than usual: suspect, still counted and relayed",
    ),
    "frozen": (
        "{code}: đầu đo {symbol} bị treo, gửi mãi một giá trị. Cả chuỗi bị đánh dấu (flat_line)",
        "{code}: the {symbol} probe is stuck at one value. The whole run is flagged (flat_line)",
    ),
    "review": (
        "cán bộ kiểm duyệt loại {count} giá trị {symbol} của {code}; các tệp đã truyền được gửi lại",
        "a reviewer rejects {count} values of {symbol} at {code}; files that were relayed go again",
    ),
    "exceeding": (
        "{code}: {symbol} vượt giới hạn QCVN 40:2011 cột B (150 × Kq 1,0 × Kf 1,0) trong {minutes} phút",
        "{code}: {symbol} is above its limit (QCVN 40:2011 B: 150 × Kq 1.0 × Kf 1.0) for {minutes} minutes",
    ),
    "alarm": ("điện thoại trực ban: {subject}", "the telephone of the officer on duty: {subject}"),
    "kill_receive": (
        "kill -9 tiến trình nhận tệp ({pid}) khi các trạm đang gửi",
        "kill -9 of the receiving process ({pid}) while stations are sending",
    ),
    "kill_forward": (
        "kill -9 tiến trình truyền ({pid}) khi đang truyền bù cho Bộ",
        "kill -9 of the relaying process ({pid}) while it catches up with the ministry",
    ),
    "role_back": (
        "qttd run đã khởi động lại tiến trình {role} ({pid}) sau {seconds} giây",
        "qttd run has started the {role} process again ({pid}) after {seconds} s",
    ),
    "undeclared": (
        "{code}: trạm chưa ai khai báo cũng đang gửi. Tệp được nhận, lưu, và từ chối (no_station)",
        "{code}: a station that nobody declared sends too: its files are kept, and rejected (no_station)",
    ),
    "declare": (
        "cán bộ khai báo {code}: qttd station import, qttd channel import",
        "the operator declares {code}: qttd station import, qttd channel import",
    ),
    "declared": (
        "{code}: {files} tệp bị từ chối trước đây đang được tự đọc lại",
        "{code}: {files} files rejected before are being read again, by themselves",
    ),
    "ministry_down": (
        "máy chủ FTP của Bộ ngừng hoạt động trong {minutes} phút",
        "the ministry's FTP server goes down for {minutes} minutes",
    ),
    "ministry_up": (
        "máy chủ của Bộ hoạt động lại; {waiting} tệp đang chờ, trạm nào cũng truyền tệp cũ trước",
        "the ministry's server is back; {waiting} files wait, each station's oldest goes first",
    ),
    # setting up
    "intro": (
        "qttd demo: {slots} kỳ 5 phút ({hours}) ngày {day:%d/%m/%Y}, {slot:.2f} giây mỗi kỳ (×{speed:.0f})",
        "qttd demo: {slots} slots of 5 minutes ({hours}) of {day:%d/%m/%Y}, {slot:.2f} s each (×{speed:.0f})",
    ),
    "preparing": (
        "đang chuẩn bị {folder} bằng các lệnh qttd thông thường …",
        "preparing {folder} with the ordinary qttd commands …",
    ),
    "starting": ("đang khởi động qttd run …", "starting qttd run …"),
    "page": (
        "Trang theo dõi: {page}   người dùng {user}, mật khẩu {password}",
        "The page: {page}   user {user}, password {password}",
    ),
    "doors": (
        "FTP của Sở: 127.0.0.1:{ftp_port}   FTP của Bộ (giả lập, tiến trình riêng): {ministry}",
        "FTP: the department's 127.0.0.1:{ftp_port}   the stand-in ministry's {ministry}",
    ),
    "proof.told": (
        "{count} lần vượt giới hạn đều được báo đến điện thoại trực ban",
        "{count} excesses of a limit were told to the officer on duty",
    ),
    "settling": (
        "hết ngày: chờ truyền xong và đối chiếu …",
        "the day is over: waiting for the last files, then comparing …",
    ),
    "staying": (
        "Hệ thống vẫn chạy, đồng hồ trở lại tốc độ thường. Ctrl-C để dừng.",
        "The system keeps running, its clock at normal speed. Ctrl-C ends it.",
    ),
    "stopping": ("đang dừng …", "stopping …"),
    # the display
    "line": (
        "{time}  nhận {received} · lưu {stored} · từ chối {rejected} · truyền Bộ {sent} · chờ {waiting}",
        "{time}  in {received} · stored {stored} · rejected {rejected} · relayed {sent} · waiting {waiting}",
    ),
    "received": ("đã nhận (226)", "received (226)"),
    "stored": ("đã lưu", "stored"),
    "rejected": ("từ chối", "rejected"),
    "sent": ("đã truyền Bộ", "relayed"),
    "waiting": ("chờ truyền", "waiting"),
    "station": ("Trạm", "Station"),
    "name": ("Tên", "Name"),
    "habit": ("Thiết bị", "Logger"),
    "last": ("Số liệu mới", "Latest"),
    "delivered": ("Tệp", "Files"),
    "unsent": ("Tồn", "Kept"),
    "state": ("Tình trạng", "State"),
    "state.ok": ("bình thường", "ok"),
    "state.warning": ("cảnh báo", "warning"),
    "state.exceeding": ("vượt ngưỡng", "exceeding"),
    "state.offline": ("mất kết nối", "offline"),
    "state.calibrating": ("hiệu chuẩn", "calibrating"),
    "state.device_error": ("lỗi thiết bị", "device error"),
    "state.undeclared": ("chưa khai báo", "undeclared"),
    "habit.straight": ("gửi thẳng", "straight"),
    "habit.renamed": ("x.tmp, đổi tên", "x.tmp, renames"),
    "habit.checked": ("hỏi SIZE, LIST", "SIZE and LIST"),
    "habit.encrypted": ("FTPS", "FTPS"),
    "habit.one_line": ("một dòng", "one line"),
    "habit.comma_and_bom": ("dấu phẩy, BOM", "comma, BOM"),
    "habit.decomposed": ("chữ NFD", "NFD letters"),
    "habit.no_seconds": (".lsi, không giây", ".lsi, no seconds"),
    # the tables at the end
    "slots_title": (
        "Tính đủ số liệu {begin:%d/%m/%Y %H:%M}-{end}: mỗi kỳ đo của mỗi thông số có đúng một trạng thái",
        "Completeness {begin:%d/%m/%Y %H:%M}-{end}: each slot of each channel in exactly one state",
    ),
    "expected": ("Phải có", "Due"),
    "valid": ("Hợp lệ", "Valid"),
    "suspect": ("Nghi ngờ", "Sus-\npect"),
    "failed_check": ("Lỗi k.tra", "Failed"),
    "calibrating": ("Hiệu chuẩn", "Calib."),
    "device_error_column": ("Lỗi TB", "Device\nerror"),
    "rejected_column": ("Bị loại", "Re-\njected"),
    "missing_value": ("Thiếu số", "No\nvalue"),
    "absent": ("Vắng", "Ab-\nsent"),
    "received_rate": ("Nhận %", "Recvd\n%"),
    "on_time_rate": ("Đúng hạn %", "In time\n%"),
    "total": ("Tổng", "Total"),
    "ministry_title": (
        "Bộ đã nhận gì: thư mục của máy chủ Bộ so với các tệp gốc trong sổ, từng byte",
        "What the ministry received: its server's folder against the raw files, byte for byte",
    ),
    "files_in": ("Tệp nhận", "Files in"),
    "files_due": ("Phải truyền", "To relay"),
    "files_there": ("Có ở Bộ", "There"),
    "proven": ("Khớp", "Proven"),
    "proof_title": ("Đối chiếu", "The proof"),
    "proof.acknowledged": (
        "{count} tệp mà thiết bị đã được trả lời 226 (hoặc 250 khi đổi tên) đều có trong sổ",
        "{count} files that loggers were told 226 (or 250 for a rename) are in the ledger",
    ),
    "proof.intact": (
        "{count} tệp trong sổ còn nguyên từng byte như khi nhận (SHA-256)",
        "{count} files of the ledger are byte for byte as received (SHA-256)",
    ),
    "proof.ministry": (
        "{count} tệp phải truyền đều có ở Bộ, đúng từng byte (tính lại độc lập từ tệp gốc)",
        "{count} files that must be at the ministry are there, byte for byte (told anew from the raw files)",
    ),
    "proof.nothing_else": (
        "{count} tệp ở Bộ, không tệp nào thừa, dở dang hoặc không được phép truyền",
        "{count} files at the ministry, none of them superfluous, half or withheld",
    ),
    "proof.every_slot": (
        "{count} kỳ đo: tổng các trạng thái bằng đúng số phải có",
        "{count} slots: the states add up to what was due",
    ),
    "proof.states": (
        "{count} thông số: trạng thái trong cơ sở dữ liệu đúng như tệp gốc nói",
        "{count} channels: the store counts each state as the raw files have it",
    ),
    "proof.relayed": (
        "{count} thông số: mọi kỳ đo hợp lệ đều có biên nhận của Bộ",
        "{count} channels: every valid slot has the ministry's receipt",
    ),
    "proof.outbox": ("không còn tệp nào chờ truyền", "nothing waits to be relayed"),
    "proven_all": (
        "ĐẠT: không mất, không thừa, không sai một tệp, một kỳ đo nào.",
        "PROVEN: nothing lost, nothing doubled, nothing wrong.",
    ),
    "not_proven": (
        "KHÔNG ĐẠT: {wrong} điểm sai, xem ở trên.",
        "NOT PROVEN: {wrong} things are wrong, see above.",
    ),
    "and_more": ("… và {count} điểm khác", "… and {count} more"),
    "look": ("Xem thêm (thư mục được giữ lại):", "Look around (the folder stays):"),
    "look.files": ("sổ tệp bị từ chối", "what was rejected"),
    "look.events": ("sự kiện và cảnh báo", "events and alarms"),
    "look.review": ("kiểm duyệt", "the review"),
    "look.completeness": ("tính đủ theo thông số", "every channel's account"),
    "look.ministry": ("tệp ở máy chủ Bộ", "the ministry's files"),
    "look.log": ("nhật ký", "the daemon's log"),
    "look.run": ("chạy lại hệ thống này", "start this system again"),
}  # fmt: skip


def default_language() -> Language:
    """Vietnamese where the environment is Vietnamese, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "vi" if value.startswith("vi") else "en"
    return "en"


class Words:
    """The texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._at = LANGUAGES.index(language)

    def __call__(self, name: str, **figures: object) -> str:
        """The text of that name; KeyError for a name that does not exist."""
        return _TEXTS[name][self._at].format(**figures)
