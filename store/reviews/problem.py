"""Why a review, or the closing of a day, is refused: with the name of what is wrong, for whoever asked."""

from collections.abc import Sequence
from datetime import date


class ReviewProblemError(Exception):
    """What was asked for cannot be meant. `field` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ClosedDayError(Exception):
    """The readings of a closed day are to be changed by a person: it is reopened first."""

    def __init__(self, station: str, days: Sequence[date]) -> None:
        named = ", ".join(day.isoformat() for day in days[:5]) + (" …" if len(days) > 5 else "")
        super().__init__(f"closed at {station}: {named}; a reviewer must reopen it first, with a reason")
        self.station = station
        self.days = tuple(days)
