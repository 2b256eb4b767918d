"""negative (EnviSoft: Giá trị âm): the value is below 0, in the channel's unit.

For concentrations and flows; a temperature or a redox potential leaves it off. 0 itself is not
negative. Of the value alone, so it is judged as the reading comes.
"""

from quality.checks.cell import Severity
from quality.verdict import Flag

RULE = "negative"


def negative(value: float, code: Severity) -> Flag | None:
    """The flag of a value below 0."""
    return Flag(RULE, code, "≥ 0", f"{value:.10g}") if value < 0 else None
