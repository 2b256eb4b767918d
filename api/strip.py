"""A station's day in one line of coloured slots: which state each slot is in, over all its parameters.

A slot shows the worst of what came in it, so that one parameter in trouble is seen; it shows
a gap only where nothing at all came. Slots that are not due yet stay empty.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from quality.slot_line import ABSENT, LETTERS
from quality.slot_state import BEST_FIRST, SlotState

SHOWN: tuple[SlotState, ...] = (*BEST_FIRST, "absent")
"""The states that a strip can show, in the order of its legend."""

_NOTHING = 0
_RANKS = bytes.maketrans(
    "".join([ABSENT, *(LETTERS[state] + LETTERS[state].lower() for state in BEST_FIRST)]).encode(),
    bytes([_NOTHING, *(rank for rank in range(1, len(BEST_FIRST) + 1) for _case in range(2))]),
)
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
_HEIGHT = 12
_GAP_TOP = 9
"""A gap is a low line at the foot, so that it is told from a full slot without colours."""


class Band(NamedTuple):
    """All slots of one state, as the path of an SVG whose unit is one slot wide."""

    state: SlotState
    slots: int
    path: str


class Strip(NamedTuple):
    """A day's slots."""

    width: int
    """Slots in the day."""
    due: int
    bands: tuple[Band, ...]
    """In the order of SHOWN; states that no slot is in are left out."""


def day_strip(lines: Iterable[str], slots: int, due: int, expected: bool) -> Strip:
    """The strip of a station's channels.

    lines: a slot line per channel; those of another length are of another interval and say nothing.
    due: how many slots have ended. expected: whether a due slot in which nothing came is a gap.
    """
    ranked = {line.encode("ascii").translate(_RANKS) for line in lines if len(line) == slots}
    return _drawn(frozenset(ranked), slots, due if expected else 0, due)


@lru_cache(maxsize=2048)
def _drawn(ranked: frozenset[bytes], slots: int, gaps_until: int, due: int) -> Strip:
    worst = _worst(ranked, slots)
    paths: dict[SlotState, list[str]] = {}
    counts: dict[SlotState, int] = {}

    def draw(state: SlotState, first: int, last: int) -> None:
        top = _GAP_TOP if state == "absent" else 0
        width = last - first
        paths.setdefault(state, []).append(f"M{first} {top}h{width}v{_HEIGHT - top}h-{width}z")
        counts[state] = counts.get(state, 0) + width

    for run in _RUN.finditer(worst):
        rank = run.group(1)[0]
        if rank != _NOTHING:
            draw(BEST_FIRST[rank - 1], run.start(), run.end())
        elif run.start() < gaps_until:
            draw("absent", run.start(), min(run.end(), gaps_until))
    bands = tuple(Band(state, counts[state], "".join(paths[state])) for state in SHOWN if state in paths)
    return Strip(slots, due, bands)


def _worst(ranked: frozenset[bytes], slots: int) -> bytes:
    if len(ranked) > 1:
        return bytes(map(max, *ranked))
    return next(iter(ranked), bytes(slots))
