"""compare (EnviSoft: So sánh thông số): the value against another parameter's of the same measured time.

`compare<=1.0*PM10` on PM2.5: what is a part cannot be more than the whole (PM2.5 ≤ PM10, NO2 ≤ NOx,
BOD ≤ COD). The parameter that has the check is flagged, the other is not. Both are compared in this
channel's unit. Not evaluated where the other has no reading of that very time that takes part
(quality/checks/neighbours.py), or where its unit does not convert.
"""

from collections.abc import Callable
from fractions import Fraction
from operator import ge, gt, le, lt

from quality.checks.cell import Comparison, Sign
from quality.checks.exact import exact
from quality.verdict import Flag

RULE = "compare"
_HOLDS: dict[Sign, Callable[[float | Fraction, float | Fraction], bool]] = {
    "<=": le,
    ">=": ge,
    "<": lt,
    ">": gt,
}
_SHOWN: dict[Sign, str] = {"<=": "≤", ">=": "≥", "<": "<", ">": ">"}


def compare(value: float, other: float, check: Comparison) -> Flag | None:
    """The flag of a value that does not hold against the other parameter's, which is in the same unit."""
    holds = _HOLDS[check.sign]
    bound = check.factor * other
    if holds(value, bound) and abs(value - bound) > 1e-9 * abs(bound):
        return None
    if holds(exact(value), exact(check.factor) * exact(other)):
        return None
    factor = "" if check.factor == 1 else f"{check.factor:.10g} × "
    return Flag(
        RULE,
        check.code,
        f"{_SHOWN[check.sign]} {factor}{check.parameter}",
        f"{value:.10g}, where {check.parameter} is {other:.10g}",
    )
