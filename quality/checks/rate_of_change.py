"""rate_of_change (EnviSoft: Giá trị bất thường): the change since the value before is above a limit.

QARTOD's test 7, with the rate per interval of the station instead of per second. The later of the two
values is flagged. The limit is absolute, in the channel's unit, or in per cent of the value before; a per
cent of 0 is nothing to compare with, so after a 0 a limit in per cent is not evaluated. Over a gap the change
is divided by its intervals; readings closer than an interval are compared as if one lay between them,
because noise within a minute is no rate.
"""

from fractions import Fraction

from quality.checks.cell import Limit
from quality.checks.exact import CLEAR, exact
from quality.verdict import Flag

RULE = "rate_of_change"


def rate_of_change(before: float, value: float, apart: int, interval: int, limit: Limit) -> Flag | None:
    """The flag of a value that its neighbour before went `apart` milliseconds earlier.

    interval: the station's, in milliseconds.
    """
    steps = apart / interval if apart > interval else 1.0
    unit = limit.amount * abs(before) / 100 if limit.per_cent else limit.amount
    if abs(value - before) < unit * steps * CLEAR:
        return None
    if limit.per_cent and before == 0:
        return None
    size = exact(limit.amount) * (abs(exact(before)) / 100 if limit.per_cent else 1)
    intervals = max(Fraction(1), Fraction(apart, interval))
    if abs(exact(value) - exact(before)) <= size * intervals:
        return None
    after = "" if intervals == 1 else f", {float(intervals):.4g} intervals before"
    return Flag(
        RULE,
        limit.code,
        f"a change of at most {limit} per interval",
        f"{value:.10g} after {before:.10g}{after}",
    )
