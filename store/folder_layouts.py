"""EnviSoft's ten layouts of the dated folder under a station's folder (docs/file-format.md, section 4).

The day is the Vietnam day of a file's time. A relay target is written in one of them, and a
reader account lists the files in one of them.
"""

from datetime import datetime

from parsers.vietnam_time import VN

_PATTERNS = (
    "{y:04}/{m:02}/{d:02}",
    "",
    "{y:04}{m:02}{d:02}",
    "{y:04}/Thang{m:02}/{y:04}{m:02}{d:02}",
    "{y:04}/Thang{m:02}/Ngay{d:02}",
    "{y:04}-{m:02}-{d:02}",
    "{y:04}/Thang{m:02}/{d:02}{m:02}{y:04}",
    "{y:04}_{m:02}_{d:02}",
    "{y:04}/{m:02}/{d:02}{m:02}{y:04}",
    "Nam {y:04}/thang {m:02}/ngay {d:02}",
)
LAYOUTS = range(len(_PATTERNS))
"""The numbers by which EnviSoft calls them (`path_format`)."""


def dated_folder(layout: int, moment: datetime) -> str:
    """The folder of an aware moment's Vietnam day: `2026/05/30` in layout 0, empty in layout 1.

    Raises IndexError for a layout that does not exist.
    """
    day = moment.astimezone(VN)
    return _PATTERNS[layout].format(y=day.year, m=day.month, d=day.day)


def file_name(code: str, moment: datetime) -> str:
    """The Circular's name of a station's file: CODE_yyyyMMddHHmmss.txt, in Vietnam time."""
    time = moment.astimezone(VN)
    return f"{code}_{time.year:04}{time:%m%d%H%M%S}.txt"
