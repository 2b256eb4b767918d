"""How spreads stand in the rows of `hourly` and `daily`, and come back out of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete

from quality.averages import Spread
from store.millis import millis
from store.tables import daily, hourly

HOUR_COLUMNS = tuple(hourly.columns.keys())
HOUR_CELLS = [millis(column) if column is hourly.c.hour else column for column in hourly.columns]
"""What is selected for a row of `hourly` in the order of HOUR_COLUMNS, the hour in milliseconds."""
DAY_COLUMNS = tuple(daily.columns.keys())
_HOUR_SIDE = 6
_DAY_SIDE = 8


class Sides(NamedTuple):
    """A stretch of time in both layers."""

    received: Spread
    """Of readings with a number and status 00, as they came."""
    reviewed: Spread
    """Of the values that stand after checks and review."""


def hour_cells(key: tuple[int, int, int], expected: int, sides: Sides) -> tuple[Any, ...]:
    """A row of `hourly` in the order of HOUR_COLUMNS; the hour is in milliseconds."""
    received, reviewed = sides
    side = _hour_side(received, key[1])
    # mostly both layers are one
    return (*key, expected, *side, *(side if reviewed is received else _hour_side(reviewed, key[1])))


def sides_of(cells: Sequence[Any]) -> tuple[int, Sides]:
    """What such a row says: the slots that were expected, and both layers."""
    hour = cells[1]
    received = _hour_spread(cells[4 : 4 + _HOUR_SIDE], hour)
    if cells[4 : 4 + _HOUR_SIDE] == cells[4 + _HOUR_SIDE :]:
        return cells[3], Sides(received, received)
    return cells[3], Sides(received, _hour_spread(cells[4 + _HOUR_SIDE :], hour))


def day_cells(
    key: tuple[int, date, int], begin: int, interval: int, expected: int, sides: Sides
) -> tuple[Any, ...]:
    """A row of `daily` in the order of DAY_COLUMNS. begin: the day's midnight in milliseconds."""
    return (*key, interval, expected, *_day_side(sides.received, begin), *_day_side(sides.reviewed, begin))


def day_sides(cells: Sequence[Any], begin: int) -> Sides:
    """What such a row says of both layers."""
    first, second = cells[5 : 5 + _DAY_SIDE], cells[5 + _DAY_SIDE :]
    return Sides(_day_spread(first, begin), _day_spread(second, begin))


def remove_rows(connection: Connection, table: Table, when: str, keys: Sequence[tuple[Any, ...]]) -> None:
    """Takes away rows of `hourly` or `daily`: keys are (station, value of the column `when`, parameter)."""
    if keys:
        connection.execute(
            delete(table).where(
                table.c.station_id == bindparam("of_station"),
                table.c[when] == bindparam("at"),
                table.c.parameter_id == bindparam("of_parameter"),
            ),
            [dict(zip(("of_station", "at", "of_parameter"), key, strict=True)) for key in keys],
        )


def _hour_side(spread: Spread, begin: int) -> tuple[Any, ...]:
    return (
        spread.slots,
        spread.mean,
        spread.low,
        None if spread.low_at is None else spread.low_at - begin,
        spread.high,
        None if spread.high_at is None else spread.high_at - begin,
    )


def _hour_spread(cells: Sequence[Any], begin: int) -> Spread:
    count, mean, low, low_at, high, high_at = cells
    return Spread(count, mean, low, _at(low_at, begin), high, _at(high_at, begin))


def _day_side(spread: Spread, begin: int) -> tuple[Any, ...]:
    count, mean, *extremes = _hour_side(spread, begin)
    return count, spread.hours, mean, spread.total, *extremes


def _day_spread(cells: Sequence[Any], begin: int) -> Spread:
    count, hours, mean, total, low, low_at, high, high_at = cells
    return Spread(count, mean, low, _at(low_at, begin), high, _at(high_at, begin), hours, total)


def _at(distance: int | None, begin: int) -> int | None:
    return None if distance is None else begin + distance
