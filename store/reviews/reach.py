"""The readings that a review speaks of, a piece at a time: a month of a station is never held at once.

Pieces come by time and parameter and follow on from the last key, so that what the caller writes to the
rows of one piece, in the same transaction, moves nothing into or out of the next.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from store.readings.written import COLUMNS, ReadingRow, row_of
from store.tables import reading, reading_review

PIECE = 5_000
"""Readings held at once."""


class Reach(NamedTuple):
    """Readings in force of one station."""

    station_id: int
    from_at: datetime
    to_at: datetime
    """Not included."""
    parameter_ids: Collection[int] | None
    """None: every parameter."""
    touched_by: int | None = None
    """Also, or with no parameter only, those that a review was given to, whatever their parameter is now."""


def pieces(connection: Connection, reach: Reach, size: int = PIECE) -> Iterator[list[ReadingRow]]:
    """The readings in order of time and parameter, `size` at once."""
    moment, parameter_id = reading.c.measured_at, reading.c.parameter_id
    query = select(*COLUMNS).where(_condition(reach)).order_by(moment, parameter_id).limit(size)
    following = query
    while rows := [row_of(row) for row in connection.execute(following).all()]:
        yield rows
        if len(rows) < size:
            return
        at, of = rows[-1]["measured_at"], rows[-1]["parameter_id"]
        following = query.where(moment >= at, or_(moment > at, parameter_id > of))


def count(connection: Connection, reach: Reach, most: int | None = None) -> int:
    """How many they are; beyond `most` it does not go on counting."""
    found = select(reading.c.parameter_id).where(_condition(reach)).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def _condition(reach: Reach) -> ColumnElement[bool]:
    here = and_(
        reading.c.station_id == reach.station_id,
        reading.c.measured_at >= reach.from_at,
        reading.c.measured_at < reach.to_at,
    )
    if reach.parameter_ids is None:
        return here
    named = reading.c.parameter_id.in_(reach.parameter_ids)
    if reach.touched_by is None:
        return and_(here, named)
    key = ("station_id", "measured_at", "parameter_id")
    touched = select(reading_review.c.review_id).where(
        *(reading_review.c[name] == reading.c[name] for name in key),
        reading_review.c.review_id == reach.touched_by,
    )
    return and_(here, or_(named, touched.exists()))
