"""What a person's word does to a reading: which value counts, and whether it is valid.

The third of the three layers (docs/rulebook.md, section 1). What was received and what the checks said
stay as they are; a review stands beside them, and whoever asks what counts asks `stands`, so that slots,
averages, limits, the relay and the interface never disagree. Pure: which review is in force for a
reading, and since when, is the store's business (store/reviews/reviewing.py).
"""

from typing import Literal, NamedTuple, get_args

from quality.verdict import Flag

Review = Literal["accepted", "rejected", "corrected"]
"""accepted: valid in spite of failing checks; rejected: never valid; corrected: another number counts."""
REVIEWS: tuple[Review, ...] = get_args(Review)

REJECTED = Flag("rejected", 4, "not rejected by a person", "a person rejected it")
"""How a rejection is told among the flags. It is never kept with them: those are the checks' own."""

UNDECLARED = "undeclared"
"""The flag of a symbol that nobody declared: of an unknown quantity no number can be accepted."""

_FAILING = frozenset({4, 9})


class Stand(NamedTuple):
    """What counts of a reading."""

    value: float | None
    """In the channel's unit: the corrected number where there is one, else the received one."""
    valid: bool


def stands(
    status: str,
    value: float | None,
    flags: tuple[Flag, ...],
    review: Review | None = None,
    reviewed_value: float | None = None,
) -> Stand:
    """Which value of a reading counts, and whether it is valid.

    status, value, flags: as received and as checked. reviewed_value: the number of a correction, in the
    channel's unit. Without a review a reading is valid when it has a number, status 00 and no failing
    check; a suspect one is valid. Without its review (the first three alone) it is the reading as received.
    """
    if review is None:
        if not flags:
            return Stand(value, value is not None and status == "00")
        return Stand(value, value is not None and status == "00" and not _fails(flags))
    if review == "rejected":
        return Stand(value, False)
    counted = reviewed_value if review == "corrected" else value
    return Stand(counted, counted is not None and not any(flag.rule == UNDECLARED for flag in flags))


def told_flags(flags: tuple[Flag, ...], review: Review | None) -> tuple[Flag, ...]:
    """The flags as people are shown them: the checks' own, and a person's rejection first."""
    return (REJECTED, *flags) if review == "rejected" else flags


def pins(review: Review | None) -> bool:
    """Whether the review was given to the very value in force, so that no other may take its place.

    Accepting and correcting speak of the number that was seen; a rejection speaks of the time, whatever
    value stands there.
    """
    return review in ("accepted", "corrected")


def _fails(flags: tuple[Flag, ...]) -> bool:
    return any(flag.code in _FAILING for flag in flags)
