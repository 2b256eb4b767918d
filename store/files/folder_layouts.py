"""EnviSoft's ten layouts of the dated folder under a station's folder (docs/file-format.md, section 4).

The day is the Vietnam day of a file's time. A relay target is written in one of them, and a
reader account lists the files in one of them.
"""

import re
from datetime import date, datetime

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


def _reader(pattern: str) -> re.Pattern[str]:
    """What finds year, month and day in a folder; a number that stands there twice must be the same."""
    text = pattern
    for letter, digits in (("y", 4), ("m", 2), ("d", 2)):
        mark = f"{{{letter}:0{digits}}}"
        text = text.replace(mark, f"(?P<{letter}>[0-9]{{{digits}}})", 1).replace(mark, f"(?P={letter})")
    return re.compile(text)


_READERS = tuple(_reader(pattern) for pattern in _PATTERNS)


def dated_folder(layout: int, moment: datetime) -> str:
    """The folder of an aware moment's Vietnam day: `2026/05/30` in layout 0, empty in layout 1.

    Raises IndexError for a layout that does not exist.
    """
    day = moment.astimezone(VN)
    return _PATTERNS[layout].format(y=day.year, m=day.month, d=day.day)


def day_of_folder(layout: int, folder: str) -> date | None:
    """The Vietnam day whose dated folder that is; None where it is none of the layout's."""
    found = _READERS[layout].fullmatch(folder)
    if found is None or not folder:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:  # digits that are no day
        return None


def depth(layout: int) -> int:
    """How many folders the layout has below a station's."""
    return len(_PATTERNS[layout].split("/")) if _PATTERNS[layout] else 0


def file_name(code: str, moment: datetime) -> str:
    """The Circular's name of a station's file: CODE_yyyyMMddHHmmss.txt, in Vietnam time."""
    time = moment.astimezone(VN)
    return f"{code}_{time.year:04}{time:%m%d%H%M%S}.txt"
