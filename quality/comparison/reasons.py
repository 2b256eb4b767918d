"""Why a value of an export differs from ours, told from what is known of our own file and line.

The other program is EnviSoft, whose public reader is known to skip files that come late, to lose lines, and
to turn what is no number into 0 (docs/beside-envisoft.md names each case). What nothing explains is said to
be unexplained. Pure.
"""

from collections.abc import Sequence
from typing import Literal

from quality.comparison.sides import OurReading, Side, Theirs, equal

Explanation = Literal[
    "late_file_skipped", "error_read_as_zero", "missing_read_as_zero", "no_number_read_as_zero",
    "error_read_as_measurement", "calibration_read_as_measurement", "slot_287", "label_at_end",
    "line_lost_to_space", "line_lost_to_empty_unit", "several_times_joined", "later_value_taken",
    "not_converted", "mean_with_zeros", "mean_with_status_lines", "too_few_for_a_mean",
    "rejected_here", "not_received_here", "absent_there", "unexplained",
]  # fmt: skip
"""Why a value differs. `label_at_end` is said once of a whole export."""


def explain(
    left: Theirs | None,
    right: Side | None,
    whole_row: bool,
    at_edge: bool,
    rejected: bool,
    near: Sequence[float],
) -> Explanation:
    if right is None:
        as_zero = rejected and left is not None and left.value == 0
        return "no_number_read_as_zero" if as_zero else "rejected_here" if rejected else "not_received_here"
    if left is None or left.value is None:
        return _explain_absent(right, whole_row, at_edge)
    if right.reading is None:
        return _explain_mean(left, right)
    return _explain_value(left, right.reading, near)


def _explain_absent(right: Side, whole_row: bool, at_edge: bool) -> Explanation:
    """They have nothing where we have a measurement."""
    one = right.reading
    if one is None:
        return "unexplained"
    if not whole_row:
        if any(letter.isspace() for letter in one.symbol):
            return "line_lost_to_space"
        return "line_lost_to_empty_unit" if not one.unit else "unexplained"
    if one.several_times:
        return "several_times_joined"
    if one.late_file:
        return "late_file_skipped"
    return "slot_287" if at_edge else "absent_there"


def _explain_mean(left: Theirs, right: Side) -> Explanation:
    if equal(left, right.mean_with_zeros):
        return "mean_with_zeros"
    if right.too_few:
        return "too_few_for_a_mean"
    return "mean_with_status_lines" if equal(left, right.mean_of_all) else "unexplained"


def _explain_value(left: Theirs, one: OurReading, near: Sequence[float]) -> Explanation:
    """Both have a number, or they have one where we have no measurement."""
    if one.status in ("01", "02"):
        if one.status == "02" and left.value == 0:
            return "error_read_as_zero"
        if equal(left, one.value) or equal(left, one.raw):
            return "error_read_as_measurement" if one.status == "02" else "calibration_read_as_measurement"
    if one.value is None and left.value == 0:
        return "missing_read_as_zero"
    if left.value == 0 and "," in one.text:
        return "no_number_read_as_zero"
    if any(equal(left, other) for other in one.others):
        return "later_value_taken"
    if equal(left, one.raw):
        return "not_converted"
    if one.several_times and any(left.value == value for value in near):
        return "several_times_joined"
    return "unexplained"
