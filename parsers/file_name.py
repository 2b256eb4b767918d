"""The name of a station file: `Province_Facility_Station_yyyyMMddHHmmss.txt`.

The time is the last 14 digits before the extension, what stands before it is the station code
(an old rule wrote both without the `_`). The code is looked up as a whole elsewhere; nothing is
read out of its parts, since provinces merge and two-part codes exist. Names without 14 digits
(`01_06_2023 00_06.lsi`) say neither: then the folder or the account knows the station.
"""

import re
from datetime import datetime

from parsers.time_stamp import WITH_SECONDS, digits_of, vietnam_time

_NO_LETTER_OF_A_CODE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read_name(name: str) -> tuple[str | None, datetime | None]:
    """Station code and time (aware, +07:00) that a file's name or path says; None for what it does not say.

    Fourteen digits that are no real time (month 13) still end the code, and the time is None. Control
    characters and undecodable bytes become U+FFFD in the code, so that every store can look it up (and
    find nothing).
    """
    stem, dot, extension = name.rpartition(".")
    if not dot or "/" in extension or _ends_in_time(name):
        stem = name
    stem = stem.rstrip()
    if not _ends_in_time(stem):
        return None, None
    path = stem[:-WITH_SECONDS].removesuffix("_")
    code = path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
    if not code.isprintable():
        code = _NO_LETTER_OF_A_CODE.sub("\ufffd", code)
    return code or None, vietnam_time(stem[-WITH_SECONDS:])


def canonical_name(station_code: str, time: datetime) -> str:
    """`CODE_yyyyMMddHHmmss.txt` of an aware time. Raises ValueError for a time without a zone."""
    return f"{station_code}_{digits_of(time)}.txt"


def _ends_in_time(stem: str) -> bool:
    tail = stem[-WITH_SECONDS:]
    return len(tail) == WITH_SECONDS and tail.isascii() and tail.isdigit()
