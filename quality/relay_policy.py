"""Which lines of a file may be relayed: the department answers for what it passes on.

Pure: a line and a moment in, a reason or none out. Where the lines come from and how the rest
of a file is written is the forwarder's business. The rule is docs/rulebook.md, section 3a:
withheld are lines that are undeclared, rejected by a person, or not released by the review
policy; and, of those that say they were measured, lines without a number or with a failed check.
Calibration and device-error lines go unchanged, number or not, because without them a station
under calibration looks offline at the ministry. A status that the Circular does not know
(03 of one vendor) is no calibration and no error: such a line always carries the failing check
status_unknown, and is withheld for it. What a person accepted or corrected goes, whatever the checks
said of it; a corrected line goes with the corrected number.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from quality.review import UNDECLARED, Review, stands
from quality.verdict import Flag

StatusLines = Literal["keep", "drop"]
"""What a target wants of lines with status 01 and 02."""

Withheld = Literal["undeclared", "rejected", "not_released", "status_line", "missing", "failed_check"]
"""Why a line does not go."""

STATUS_LINES = frozenset({"01", "02"})


class RelayLine(NamedTuple):
    """What the policy needs to know of a reading that is in force."""

    status: str
    """As the store has it: "00", "01", "02", or what the logger wrote."""
    value: float | None
    """As received and converted, whatever a person made of it."""
    flags: tuple[Flag, ...]
    release_at: datetime | None
    """From when the review policy, or the person who reviewed it, lets it go; None: when a person does."""
    review: Review | None = None
    reviewed_value: float | None = None


def withheld_because(line: RelayLine, now: datetime, status_lines: StatusLines = "keep") -> Withheld | None:
    """The reason why a line may not go now, or None when it may.

    now: aware. A line whose release_at is `now` may go. Of several reasons the lasting one is
    named, so `not_released` means that the line goes as soon as it is released.
    """
    if any(flag.rule == UNDECLARED for flag in line.flags):
        return "undeclared"
    if line.review == "rejected":
        return "rejected"
    if line.status in STATUS_LINES:
        if status_lines == "drop":
            return "status_line"
    else:
        stand = stands(line.status, line.value, line.flags, line.review, line.reviewed_value)
        if stand.value is None:
            return "missing"
        if not stand.valid:
            return "failed_check"
    if line.release_at is None or line.release_at > now:
        return "not_released"
    return None
