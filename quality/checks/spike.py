"""spike: the value differs from the mean of both its neighbours by more than a limit.

QARTOD's test 6. It needs the next value, so a reading is checked again when that comes, and until then, or
where a neighbour on either side is missing, it is not evaluated. The limit is absolute, in the channel's
unit, or in per cent of that mean; of a mean of 0 there is no per cent, and nothing is evaluated.
"""

from quality.checks.cell import Limit
from quality.checks.exact import CLEAR, exact
from quality.verdict import Flag

RULE = "spike"


def spike(before: float, value: float, after: float, limit: Limit) -> Flag | None:
    """The flag of a value that stands out between its two neighbours."""
    mean = (before + after) / 2
    if abs(value - mean) < (limit.amount * abs(mean) / 100 if limit.per_cent else limit.amount) * CLEAR:
        return None
    middle = (exact(before) + exact(after)) / 2
    if limit.per_cent and middle == 0:
        return None
    most = exact(limit.amount) * (abs(middle) / 100 if limit.per_cent else 1)
    if abs(exact(value) - middle) <= most:
        return None
    return Flag(
        RULE,
        limit.code,
        f"at most {limit} from the mean of both neighbours",
        f"{value:.10g} between {before:.10g} and {after:.10g}",
    )
