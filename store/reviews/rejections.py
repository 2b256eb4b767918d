"""The stretches of time whose values people rejected, and which hold for values that come later.

Ingest carries them in its snapshot of the network: nearly every station has none, and then nothing is
asked. Which reviews are in force is decided here alone: those that no other review undoes.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from store.tables import review

_UNDOING = review.alias("undoing")


class Rejection(NamedTuple):
    """A review that rejects, as far as a reading needs to know it."""

    review_id: int
    from_at: datetime
    to_at: datetime
    """Not included."""
    parameter_ids: frozenset[int] | None
    """None: every parameter."""

    def covers(self, measured_at: datetime, parameter_id: int) -> bool:
        """Whether it speaks of that time and parameter."""
        return self.from_at <= measured_at < self.to_at and (
            self.parameter_ids is None or parameter_id in self.parameter_ids
        )


def in_force() -> ColumnElement[bool]:
    """The condition of a review that nobody undid."""
    return ~select(_UNDOING.c.id).where(_UNDOING.c.undoes == review.c.id).exists()


def rejections(
    connection: Connection, station_ids: Collection[int] | None = None
) -> dict[int, tuple[Rejection, ...]]:
    """The rejections in force by station id, the last one given first; stations without any are left out."""
    query = select(
        review.c.station_id, review.c.id, review.c.from_at, review.c.to_at, review.c.parameters
    ).where(review.c.action == "reject", in_force())
    if station_ids is not None:
        query = query.where(review.c.station_id.in_(station_ids))
    found: dict[int, list[Rejection]] = {}
    for station_id, review_id, from_at, to_at, ids in connection.execute(query.order_by(review.c.id.desc())):
        of = None if ids is None else frozenset(ids)
        found.setdefault(station_id, []).append(Rejection(review_id, from_at, to_at, of))
    return {station_id: tuple(given) for station_id, given in found.items()}
