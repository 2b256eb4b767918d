"""One code for a whole reading, by QARTOD's scale: what the checks and a person say of it, in a number.

Beside our own states and flags, for programs that know QARTOD. It is derived whenever it is asked for, from
what is kept of a reading, and never kept itself. The order is QARTOD's: what fails counts before what is
suspect, that before what passed, and what was not evaluated comes last.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from quality.checks.cell import ChannelChecks
from quality.review import Review, stands
from quality.rules import Text
from quality.verdict import Flag

Result = Literal[1, 2, 3, 4, 9]
RESULTS: tuple[Result, ...] = get_args(Result)
PASS: Result = 1
NOT_EVALUATED: Result = 2
SUSPECT: Result = 3
FAIL: Result = 4
MISSING: Result = 9

MEANINGS: Mapping[Result, Text] = {
    PASS: Text(
        "what was in force found nothing, or a person accepted or corrected the value",
        "các kiểm tra đang áp dụng không phát hiện gì, hoặc người kiểm duyệt đã chấp nhận hay hiệu chỉnh",
    ),
    NOT_EVALUATED: Text(
        "nothing in force looks at the channel's values: no range and no check",
        "không có khoảng đo hay kiểm tra nào áp dụng cho giá trị của kênh",
    ),
    SUSPECT: Text("a suspect flag, and no failing one", "có cờ nghi ngờ, không có cờ không đạt"),
    FAIL: Text(
        "not valid: a failing flag, a status other than 00, or rejected by a person",
        "không hợp lệ: có cờ không đạt, trạng thái khác 00, hoặc bị loại khi kiểm duyệt",
    ),
    MISSING: Text("no number counts, whatever the status", "không có con số, bất kể trạng thái"),
}
"""When a reading has each code; docs/rulebook.md shows it."""


def look_at_values(ranges: Iterable[float | None], checks: ChannelChecks) -> bool:
    """Whether a channel with these settings has its values checked by anything: a range, or a check."""
    return bool(checks.rules) or any(limit is not None for limit in ranges)


def result(
    status: str,
    value: float | None,
    flags: tuple[Flag, ...],
    review: Review | None,
    reviewed_value: float | None,
    *,
    looked_at: bool,
) -> Result:
    """The code of a reading.

    status, value, flags: as received and as the checks have it. looked_at: whether anything in force when it
    was measured looks at values (`look_at_values`). A person's word counts before the checks': what was
    accepted or corrected passes, what was rejected fails. A line without a number is missing, whatever its
    status.
    """
    stand = stands(status, value, flags, review, reviewed_value)
    if stand.value is None:
        return MISSING
    if not stand.valid:
        return FAIL
    if review is not None:
        return PASS
    if flags:
        return SUSPECT
    return PASS if looked_at else NOT_EVALUATED
