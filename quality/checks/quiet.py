"""Telling at a glance that the neighbour checks have nothing to say of a channel: nearly always it is so.

Only what is beyond doubt is quiet; whatever comes near a limit is left to the checks themselves. So a wrong
answer here could only be one that is too careful.
"""

from collections.abc import Sequence

from quality.checks.eras import Era
from quality.checks.exact import CLEAR


def is_quiet(times: Sequence[int], values: Sequence[float], begin: int, known_to: int, era: Era) -> bool:
    """Whether no reading of a series without flags gets one by a change in it, and no more need be loaded.

    times, values: the readings that take part, from at least two before `begin` (where the change begins) up
    to `known_to`, which is at least two gaps behind its end; milliseconds. era: of them all.
    """
    if len(times) < 3 or times[1] >= begin:
        return False  # which neighbours it has must be looked up
    gap, change, peak = era.gap, era.checks.rate_of_change, era.checks.spike
    # what is allowed: a fixed amount, or a share of the value before, or of the neighbours' mean
    allowed = change.amount * CLEAR if change is not None else 0.0
    share_of_before = change is not None and change.per_cent
    height = peak.amount * CLEAR if peak is not None else 0.0
    share_of_mean = peak is not None and peak.per_cent
    flat = era.checks.flat_line
    run_began = 0
    earlier = before = values[0]
    at = times[0]
    for index in range(1, len(times)):
        value, time = values[index], times[index]
        step = value - before
        if time - at > gap:
            return False  # other neighbours count
        if step:
            run_began = index
        elif flat is not None and (not run_began or index - run_began + 1 >= flat.at_least):
            return False  # a run that is too long, or may have begun before
        # a step over missing slots may be larger; what is small enough for one interval is so for more
        if change is not None and not abs(step) < (
            allowed * abs(before) / 100 if share_of_before else allowed
        ):
            return False
        if peak is not None and index > 1:
            mean = (earlier + value) / 2
            if not abs(before - mean) < (height * abs(mean) / 100 if share_of_mean else height):
                return False
        earlier, before, at = before, value, time
    return flat is None or run_began == len(times) - 1 or at + gap <= known_to  # else the run may go on
