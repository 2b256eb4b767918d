"""zero (EnviSoft: Bằng 0): the value equals 0, in the channel's unit.

Many devices and loggers write 0 where they measured nothing. A channel for which 0 is a measurement
(rain, wind speed) leaves this check off. Of the value alone, so it is judged as the reading comes.
"""

from quality.checks.cell import Severity
from quality.verdict import Flag

RULE = "zero"


def zero(value: float, code: Severity) -> Flag | None:
    """The flag of a value that equals 0; -0 does."""
    return Flag(RULE, code, "not 0", "0") if value == 0 else None
