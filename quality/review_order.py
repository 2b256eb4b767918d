"""Which value of a key stands, and under which review: the same whatever the order things came in.

Values come by files, late and again; reviews come by people, who undo them too. What stands follows from
the set of both and from nothing else, so a file that is read again never undoes a review, and undoing a
review leaves what would have been without it. Pure: the store collects the two sets (store/reviews/fold.py).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from parsers.number import is_missing, number_of
from quality.review import Review

Action = Literal["accept", "reject", "correct", "undo"]

Said = tuple[float | None, str, str]
"""Number, unit and status as the logger wrote them: two lines of one key that agree in these say the same."""


class Value(NamedTuple):
    """A value that came for a key."""

    said: Said
    received_at: datetime
    file_id: int
    line: int


class Given(NamedTuple):
    """A review that is in force, as it was given to one key."""

    review_id: int
    """Later ones have higher ids."""
    action: Action
    said: Said | None
    """The value it speaks of, where it accepts or corrects; a rejection speaks of every value."""
    reviewed_value: float | None = None


class Ruling(NamedTuple):
    """What stands."""

    value: Value
    given: Given | None
    """The review it stands under."""

    @property
    def review(self) -> Review | None:
        """As the reading carries it."""
        return None if self.given is None else _WORDS[self.given.action]


_WORDS: dict[Action, Review] = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}


def said_of(text: str, unit: str, status: str) -> Said:
    """What a line said, from the text that was received."""
    return None if is_missing(text) else number_of(text), unit, status


def rule(values: Sequence[Value], reviews: Collection[Given]) -> Ruling:
    """What stands of at least one value under the reviews in force.

    The newest review counts. One that accepted or corrected a value makes that value stand; without one,
    and under a rejection, the value that arrived first stands.
    """
    newest = max(reviews, key=lambda given: given.review_id, default=None)
    by_arrival = sorted(values, key=lambda value: (value.received_at, value.file_id, value.line))
    if newest is not None and newest.said is not None:
        for value in by_arrival:
            if value.said == newest.said:
                return Ruling(value, newest)
        raise ValueError("a review speaks of a value that never came")
    return Ruling(by_arrival[0], newest)
