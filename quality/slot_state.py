"""The one state that a slot is in, from the readings it holds (docs/rulebook.md, section 3).

The ten states are the outside contract's words. Seven come from readings; `absent` is a slot
without any; `planned_stop` and `our_outage` are said of absent slots by whoever knows of announced
maintenance and of our own interruptions.
"""

from typing import Literal, get_args

from quality.review import Review, stands
from quality.verdict import Flag

SlotState = Literal[
    "valid", "suspect", "failed_check", "calibrating", "device_error", "rejected", "missing_value",
    "absent", "planned_stop", "our_outage",
]  # fmt: skip
SLOT_STATES: tuple[SlotState, ...] = get_args(SlotState)

BEST_FIRST: tuple[SlotState, ...] = (
    "valid", "suspect", "failed_check", "missing_value", "calibrating", "device_error", "rejected",
)  # fmt: skip
"""States of a reading, as a slot that holds several prefers them: the reverse of the order in which
several reasons of one reading are asked for."""

_FAILING = frozenset({4, 9})


def reading_state(
    status: str, value: float | None, flags: tuple[Flag, ...], review: Review | None = None
) -> SlotState:
    """The state of one reading; of several reasons the gravest counts, as BEST_FIRST has them.

    status: "00", "01", "02" or what the logger wrote. value: the one that counts. What a person accepted
    or corrected is valid, whatever the logger and the checks said of it (quality/review.py).
    """
    if review is not None:
        if review == "rejected":
            return "rejected"
        if stands(status, value, flags, review, value).valid:
            return "valid"
    elif not flags and status == "00" and value is not None:
        return "valid"
    if status == "02":
        return "device_error"
    if status == "01":
        return "calibrating"
    if value is None:
        return "missing_value"
    if status != "00" or any(flag.code in _FAILING for flag in flags):
        return "failed_check"
    return "suspect" if any(flag.code == 3 for flag in flags) else "valid"
