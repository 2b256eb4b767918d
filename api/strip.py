"""A station's day in one line of slots: which state each slot is in, over all its parameters.

A slot shows the worst of what came in it, so that one parameter in trouble is seen; it shows a gap only
where nothing at all came. Slots that are not due yet stay empty, except where a stop is announced for them.
What is not counted (a station under test, or taken out of service) is drawn at half the height.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from quality.completeness import OURS, PLANNED
from quality.slot_line import ABSENT, LETTERS
from quality.slot_state import BEST_FIRST, SlotState

Mark = SlotState | Literal["uncounted"]
SHOWN: tuple[Mark, ...] = (*BEST_FIRST, "absent", "planned_stop", "our_outage", "uncounted")
"""What a strip can show, in the order of its legend."""

Stretches = tuple[tuple[int, int], ...]
"""Slots from the first up to the last, not included."""

_NOTHING = 0
_ABSENT = 3
_MARKS: tuple[SlotState, ...] = ("our_outage", "planned_stop", "absent", *BEST_FIRST)
"""By rank, from 1: of several channels' marks the last is shown, so a gap is excused only where all are."""
_LETTERS = [OURS, PLANNED, ABSENT, *(LETTERS[state] for state in BEST_FIRST)]
_RANKS = bytes.maketrans(
    "".join(letter + letter.lower() for letter in _LETTERS if letter.isupper()).encode() + ABSENT.encode(),
    bytes(rank for rank, letter in enumerate(_LETTERS, 1) if letter.isupper() for _case in range(2))
    + bytes([_ABSENT]),
)
_NO_GAPS = bytes.maketrans(bytes([_ABSENT]), bytes([_NOTHING]))
_ONLY_WHAT_CAME = bytes.maketrans(bytes([1, 2, _ABSENT]), bytes(3))
_RUN = re.compile(rb"(.)\1*", re.DOTALL)

DAY = 1440
"""Units of width: minutes, so that hatches look alike whatever the station's interval is."""
_HEIGHT = 12
_GAP_TOP = 9
"""A gap is a low line at the foot, so that it is told from a full slot without colours."""
_HALF = 6


class Band(NamedTuple):
    """All slots of one mark, as the path of an SVG that is a minute a unit wide and 12 high."""

    state: Mark
    slots: int
    path: str


class Strip(NamedTuple):
    """A day's slots."""

    due: int
    bands: tuple[Band, ...]
    """In the order of SHOWN; marks that no slot has are left out. The uncounted ones cover what is drawn
    before them; each other slot is in one band."""


def day_strip(lines: Iterable[str], slots: int, due: int, expected: bool, uncounted: Stretches = ()) -> Strip:
    """The strip of a station's channels.

    lines: a slot line per channel, its empty slots told by what excuses them (quality/completeness.py);
    those of another length are of another interval and say nothing. due: how many slots have ended.
    expected: whether a due slot in which nothing came is a gap. uncounted: slots of phases that do not count.
    """
    ranked = {line.encode("ascii").translate(_RANKS) for line in lines if len(line) == slots}
    return _drawn(frozenset(ranked), slots, due, due if expected else 0, uncounted)


@lru_cache(maxsize=2048)
def _drawn(ranked: frozenset[bytes], slots: int, due: int, gaps_until: int, uncounted: Stretches) -> Strip:
    paths: dict[Mark, list[str]] = {}
    counts: dict[Mark, int] = {}
    interval = DAY // slots

    def draw(state: Mark, first: int, last: int) -> None:
        top = _GAP_TOP if state == "absent" else 0
        height = _HALF if state == "uncounted" else _HEIGHT - top
        width = (last - first) * interval
        paths.setdefault(state, []).append(f"M{first * interval} {top}h{width}v{height}h-{width}z")
        counts[state] = counts.get(state, 0) + last - first

    for run in _RUN.finditer(_shown(ranked, slots, gaps_until, uncounted)):
        rank = run.group(1)[0]
        if rank != _NOTHING:
            draw(_MARKS[rank - 1], run.start(), run.end())
    for first, last in uncounted:
        draw("uncounted", first, last)
    return Strip(
        due, tuple(Band(mark, counts[mark], "".join(paths[mark])) for mark in SHOWN if mark in paths)
    )


def _shown(ranked: frozenset[bytes], slots: int, gaps_until: int, uncounted: Stretches) -> bytes:
    worst = bytes(map(max, *ranked)) if len(ranked) > 1 else next(iter(ranked), bytes([_ABSENT]) * slots)
    worst = worst[:gaps_until] + worst[gaps_until:].translate(_NO_GAPS)
    for first, last in uncounted:
        worst = worst[:first] + worst[first:last].translate(_ONLY_WHAT_CAME) + worst[last:]
    return worst
