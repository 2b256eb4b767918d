"""From a channel's number back to the number of a logger's line: what a correction is written as.

Readings are kept in the channel's unit, times the channel's factor; a line that goes to the ministry is in
the logger's own. Pure, and the inverse of what quality/judge.py does to a number that arrives.
"""

from decimal import Decimal

from quality.channel import Channel
from quality.units import conversion


def as_written(value: float, channel: Channel, unit: str) -> str:
    """The text of a channel's number in a line of that unit: ten digits at most, never an exponent.

    channel: its settings when the line was measured. A unit that is not convertible is taken for the
    channel's own, as it is when a reading arrives.
    """
    number = value / channel.factor
    known = conversion(unit, channel.unit, channel.molar_mass) if unit and channel.unit else None
    if known is not None:
        number = known.undo(number)
    return format(Decimal(f"{number:.10g}"), "f")
