"""Numbers of the field as exact fractions, for the moment in which a limit is decided.

A logger's 10.3 and 10.2 differ by 0.1, and as binary floats by a little more. A limit's own value
passes, so what lies within a float's error of a limit is decided again, on the decimals that people see.
Twelve significant digits are more than any device has, and fewer than a conversion's binary tail.
"""

from fractions import Fraction

CLEAR = 1 - 1e-9
"""What stays below a limit by this factor is below it in any arithmetic."""


def exact(value: float) -> Fraction:
    """The decimal number that a float stands for."""
    return Fraction(f"{value:.12g}")
