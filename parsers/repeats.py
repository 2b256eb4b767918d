"""The same parameter and time twice: once where both say the same, a conflict where they do not.

Used within one file, and across the files that are relayed as one.
"""

from datetime import datetime

from parsers.records import Reading


class FirstReadings:
    """The first reading of every (symbol, measured_at) met so far: the one that stands."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, datetime], Reading] = {}

    def meet(self, reading: Reading) -> Reading:
        """The reading that stands for this one's symbol and time: this one itself when it is the first."""
        return self._first.setdefault((reading.symbol, reading.measured_at), reading)


def says_the_same(one: Reading, other: Reading) -> bool:
    """Whether two readings of one symbol and time agree in value, unit and status.

    Values are compared as numbers: `7.1` and `7.10` are one value, and so are two words for missing.
    """
    return (one.value, one.unit, one.status) == (other.value, other.unit, other.status)
