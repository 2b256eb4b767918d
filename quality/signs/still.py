"""When a station's flow stood still: then nothing else moves either, for a good reason."""

from collections.abc import Sequence
from statistics import median

from quality.signs.course import measured
from quality.signs.sample import HOUR, Sample

FLOWS = ("Flow", "Flow_out", "Flow_in")
"""Parameters that say so, the first that a station has."""
_SHARE = 0.02
_SHORTEST = HOUR


def still_times(flow: Sequence[Sample]) -> list[tuple[int, int]]:
    """The stretches of an hour or more in which the flow was below 2 % of its median while it flows."""
    points = measured(flow)
    flowing = [value for _, value in points if value > 0]
    floor = _SHARE * median(flowing) if flowing else 0.0
    found: list[tuple[int, int]] = []
    begin: int | None = None
    last = 0
    for at, value in points:
        if value <= floor:
            begin, last = (at if begin is None else begin), at
        elif begin is not None:
            if last - begin >= _SHORTEST:
                found.append((begin, at))
            begin = None
    if begin is not None and last - begin >= _SHORTEST:
        found.append((begin, last))
    return found
