"""Which cell of a line is what: the shapes of a line in docs/file-format.md.

A line is split at TABs and nowhere else: a symbol may hold spaces and commas, a unit may be
empty. Loggers write the five columns in two orders and leave columns out, so the cell that looks
like a time (14 or 12 digits) tells the shape. Here cells only get their places; whether the
number is one and the time exists is read later (parsers/line_reading.py).

The shape also decides whether a last line without a line end is whole: a cut `…\\t0` of `…\\t01`
would otherwise pass as a good "measuring".
"""

from collections.abc import Callable
from typing import NamedTuple

from parsers.excerpt import excerpt
from parsers.records import ProblemCode
from parsers.time_stamp import WITH_SECONDS, looks_like_time

COLUMNS = 5

_STATUS_LENGTH = 2
LONGEST_CELL = 512
_LONGEST_LINE = 1 << 20


class Placed(NamedTuple):
    """The stripped cells of one reading, each in its place."""

    start: int
    """Number of its first cell in the line, from 0."""
    stop: int
    """Number of the cell behind its last."""
    symbol: str
    text: str
    unit: str | None
    """None where the column was left out; "" where its cell is empty."""
    time: str
    time_at: int
    """Which of its cells is the time: 3, 2 (no unit column) or 0 (time first)."""
    status: str | None
    """None where the column was left out; "" where its cell is empty."""


class Misplaced(NamedTuple):
    """Cells in which no reading can be found, and why."""

    start: int
    stop: int
    code: ProblemCode
    detail: str


_Place = Callable[[list[str], int], Placed]

_FIVE: tuple[tuple[int, _Place], ...] = (
    (3, lambda c, i: Placed(i, i + 5, c[0], c[1], c[2], c[3], 3, c[4])),
    (0, lambda c, i: Placed(i, i + 5, c[1], c[2], c[3], c[0], 0, c[4])),
)
_FOUR: tuple[tuple[int, _Place], ...] = (
    (3, lambda c, i: Placed(i, i + 4, c[0], c[1], c[2], c[3], 3, None)),
    (0, lambda c, i: Placed(i, i + 4, c[1], c[2], c[3], c[0], 0, None)),
    (2, lambda c, i: Placed(i, i + 4, c[0], c[1], None, c[2], 2, c[3])),
)
_THREE: tuple[tuple[int, _Place], ...] = (
    (0, lambda c, i: Placed(i, i + 3, c[1], c[2], None, c[0], 0, None)),
)
_SHAPES = {5: _FIVE, 4: _FOUR, 3: _THREE}
"""For each number of cells: where the time may stand, in the order it is looked for, and what that makes."""


def arrange(line: str) -> list[Placed | Misplaced]:
    """The cells of a line that is not blank, in their places: one reading, or n of a line of 5·n cells.

    TABs behind the last column are dropped; an empty cell in the place of a column stays. A cell beyond
    512 characters or a line beyond a mebibyte comes from no logger. Linear in the length of the line.
    """
    if len(line) > _LONGEST_LINE:
        return [_no_columns(0, 1, f"The line has {len(line)} characters; no station file has such lines.")]
    cells = [cell.strip() for cell in line.split("\t")]
    _drop_trailing_tabs(cells)
    count = len(cells)
    if count <= COLUMNS:
        return [_place(cells, 0)]
    if count % COLUMNS:
        return [_no_columns(0, count, f"The line has {count} cells; expected 5, or 5 for each reading.")]
    groups = [_place(cells[start : start + COLUMNS], start) for start in range(0, count, COLUMNS)]
    if not any(looks_like_time(cells[at]) for start in range(0, count, COLUMNS) for at in (start, start + 3)):
        return [_no_columns(0, count, f"None of the line's {count} cells is a time in the place of one.")]
    return groups


def is_whole(line: str, before: str | None) -> bool:
    """Whether a last line that has no line end can be believed to be complete.

    It must have as many cells as the line `before` it, each time in the same place, and times and
    statuses of the same length; with no line before it 5·n cells, times of 14 digits and statuses of two
    letters. A line that ends in its value or unit offers nothing to compare: it is never believed.
    """
    shape = _shape(line)
    if shape is None:
        return False
    if before is not None:
        return shape == _shape(before)
    return all(
        (cells, time, status) == (COLUMNS, WITH_SECONDS, _STATUS_LENGTH) for cells, _at, time, status in shape
    )


def _drop_trailing_tabs(cells: list[str]) -> None:
    while len(cells) > COLUMNS and not cells[-1] and (len(cells) % COLUMNS or not any(cells[-COLUMNS:])):
        cells.pop()


def _place(cells: list[str], start: int) -> Placed | Misplaced:
    """Up to five cells, the first of them number `start` of its line."""
    count = len(cells)
    for time_at, place in _SHAPES.get(count, ()):
        if looks_like_time(cells[time_at]):
            return checked(place(cells, start))
    if count < COLUMNS:
        return _no_columns(start, start + count, _NO_TIME.format(count, "cell" if count == 1 else "cells"))
    if not cells[4] and looks_like_time(cells[2]):
        return _place(cells[:4], start)
    return Misplaced(
        start, start + count, "bad_time",
        f"Neither the fourth cell, {excerpt(cells[3])}, nor the first, {excerpt(cells[0])}, "
        "is a time; expected yyyyMMddHHmmss.",
    )  # fmt: skip


_NO_TIME = (
    "The line has {} {} and no time where one belongs; "
    "expected symbol, value, unit, time and status, with TABs between them."
)


def checked(placed: Placed) -> Placed | Misplaced:
    """The reading's cells, unless one of them cannot be: no symbol, or longer than any logger writes."""
    if not placed.symbol:
        return _no_columns(placed.start, placed.stop, "The cell of the symbol is empty.")
    longest = max(len(placed.symbol), len(placed.text), len(placed.unit or ""), len(placed.status or ""))
    if longest > LONGEST_CELL:
        return _no_columns(
            placed.start, placed.stop, f"A cell has {longest} characters; at most {LONGEST_CELL} are read."
        )
    return placed


def _no_columns(start: int, stop: int, detail: str) -> Misplaced:
    return Misplaced(start, stop, "bad_columns", detail)


def _shape(line: str) -> list[tuple[int, int, int, int]] | None:
    """For each reading of the line: cells, place and length of the time, length of the status (-1: none).

    None where the line holds cells without a place, or ends in a cell of any length.
    """
    shape = []
    for placed in arrange(line):
        if isinstance(placed, Misplaced):
            return None
        cells = placed.stop - placed.start
        if placed.status is None and placed.time_at != cells - 1:
            return None
        status = -1 if placed.status is None else len(placed.status)
        shape.append((cells, placed.time_at, len(placed.time), status))
    return shape
