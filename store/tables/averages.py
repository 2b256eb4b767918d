"""Hourly and daily averages, as received and as reviewed side by side.

Computed from `reading` by store/averages/keeping.py and from nothing else: either table can be thrown away
and made anew. 600 stations with ten parameters fill 53 million rows of `hourly` a year, a twelfth of what
`reading` gets, so the row is kept small: counts are two bytes, and the moment of an extreme is its
distance from the row's beginning, not a moment of its own. Longer averages are computed from these two
when somebody looks.

An hour or a day that is still under way has no row: it is owed (`owed_hour`, `owed_day`), and averaged once,
when it is over.
"""

from sqlalchemy import Column, Date, Float, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

SIDES = ("received", "reviewed")


def _side(side: str, what: str, of_day: bool) -> list[Column[object]]:
    """What is kept of one layer."""
    columns: list[Column[object]] = [
        Column(f"{side}_count", SmallInteger, nullable=False, doc=f"slots with a value {what}")
    ]
    if of_day:
        columns.append(Column(f"{side}_hours", SmallInteger, nullable=False, doc="hours with an average"))
    columns.append(Column(f"{side}_mean", Float, doc="in the channel's unit"))
    if of_day:
        columns.append(Column(f"{side}_total", Float, doc="mean x time, in the channel's unit x hours"))
    for end in ("min", "max"):
        columns.append(Column(f"{side}_{end}", Float, doc="of the readings"))
        columns.append(Column(f"{side}_{end}_at", Integer, doc="ms after the row's beginning"))
    return columns


hourly = Table(
    "hourly",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("hour", UtcTime, nullable=False, doc="its start"),
    Column("parameter_id", Id, nullable=False),
    Column("expected", SmallInteger, nullable=False, doc="slots that begin in the hour"),
    *_side("received", "as received", of_day=False),
    *_side("reviewed", "that stands after checks and review", of_day=False),
    PrimaryKeyConstraint("station_id", "hour", "parameter_id"),
    sqlite_with_rowid=False,
)

daily = Table(
    "daily",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam"),
    Column("parameter_id", Id, nullable=False),
    Column("interval_minutes", SmallInteger, nullable=False, doc="by which its hours were counted"),
    Column("expected", SmallInteger, nullable=False, doc="hours of the day in which a slot begins"),
    *_side("received", "as received", of_day=True),
    *_side("reviewed", "that stands after checks and review", of_day=True),
    PrimaryKeyConstraint("station_id", "day", "parameter_id"),
    sqlite_with_rowid=False,
)

owed_hour = Table(
    "owed_hour",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("hour", UtcTime, nullable=False, doc="its start; readings came, and it is not averaged yet"),
    Column("due_at", UtcTime, nullable=False, doc="when it is over, and what is on time has come"),
    PrimaryKeyConstraint("station_id", "hour"),
    Index("ix_owed_hour_due", "due_at"),
    sqlite_with_rowid=False,
)

owed_day = Table(
    "owed_day",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam of which an hour was averaged or is owed"),
    Column("due_at", UtcTime, nullable=False, doc="when its last hour is due"),
    PrimaryKeyConstraint("station_id", "day"),
    Index("ix_owed_day_due", "due_at"),
    sqlite_with_rowid=False,
)
