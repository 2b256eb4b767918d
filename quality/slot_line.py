"""A day's slots as a line of letters, one a slot: how the slot account is kept.

    V valid      S suspect       F failed_check    C calibrating    E device_error
    R rejected   M missing_value - nothing came

An upper-case letter came on time, a lower-case one late, so "VVv-" is two slots in time, one late
and one absent. In a relay line, R is a slot that a target acknowledged and - one that it did not.
A line is ASCII and as long as its day has slots, and all of its work is done by the string methods.
"""

from collections.abc import Mapping

from quality.slot_state import BEST_FIRST, SlotState

ABSENT = "-"
RELAYED = "R"

LETTERS: Mapping[SlotState, str] = {
    "valid": "V", "suspect": "S", "failed_check": "F", "calibrating": "C", "device_error": "E",
    "rejected": "R", "missing_value": "M",
}  # fmt: skip
"""Each state's letter, on time."""

_RANK = {LETTERS[state]: rank for rank, state in enumerate(BEST_FIRST)}


def letter(state: SlotState, on_time: bool) -> str:
    """The letter of one reading's state."""
    return LETTERS[state] if on_time else LETTERS[state].lower()


def better(old: str, new: str) -> str:
    """The letter of a slot that holds both: the better state, on time when either was."""
    best = min(old.upper(), new.upper(), key=_RANK.__getitem__)
    return best if old.isupper() or new.isupper() else best.lower()


def empty_line(slots: int) -> str:
    """A line in which nothing came."""
    return ABSENT * slots


def patch(line: str, first: int, last: int, letters: Mapping[int, str]) -> str:
    """`line` with its slots from `first` up to `last`, not included, told anew: by `letters`, else absent."""
    return line[:first] + "".join([letters.get(slot, ABSENT) for slot in range(first, last)]) + line[last:]


def count_states(line: str) -> dict[SlotState, int]:
    """How many slots are in each state that came; states with none are left out."""
    counts: dict[SlotState, int] = {}
    left = len(line) - line.count(ABSENT)
    # Nearly every line is all of one state: stop as soon as every slot is accounted for.
    for state, mark in LETTERS.items():
        if not left:
            break
        found = line.count(mark) + line.count(mark.lower())
        if found:
            counts[state] = found
            left -= found
    if left:
        raise ValueError(f"a slot line holds a letter that means nothing: {line!r}")
    return counts


def count_on_time(line: str) -> int:
    """How many slots came on time."""
    return sum(map(line.count, LETTERS.values()))


def count_relayed(marks: str) -> int:
    """How many slots of a relay line the target acknowledged."""
    return marks.count(RELAYED)
