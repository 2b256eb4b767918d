"""What people made of readings, for ever: reviews, what each changed, what was said of it; and closed days.

Rows are added and never altered. A review that was undone is one that another review names in `undoes`;
a day is closed or open as its newest closing says. `closed_day` alone changes: it is the present state.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

review = Table(
    "review",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("action", Text, nullable=False, doc="accept, reject, correct or undo"),
    Column("from_at", UtcTime, nullable=False),
    Column("to_at", UtcTime, nullable=False, doc="not included"),
    Column("parameters", JSON, doc="list of parameter ids; null: every parameter"),
    Column("value", Float, doc="of a correction: the number that counts"),
    Column("factor", Float, doc="of a correction: what each value is multiplied by, before `shift`"),
    Column("shift", Float, doc="of a correction: what is added to each value"),
    Column("file_id", Id, doc="the file whose value was chosen to stand"),
    Column("undoes", ForeignKey("review.id"), unique=True, doc="the review that this one undoes"),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("readings", Integer, nullable=False, doc="how many readings it changed"),
    Column("passed_over", Integer, nullable=False, doc="readings of its range to which it could not apply"),
    Index("ix_review_station", "station_id", "from_at"),
)

review_attachment = Table(
    "review_attachment",
    metadata,
    Column("review_id", ForeignKey("review.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

review_comment = Table(
    "review_comment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("review_id", ForeignKey("review.id"), nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("text", Text, nullable=False),
)


def _standing(prefix: str) -> list[Column[object]]:
    """A reading as it stood; the same columns before and after a review."""
    return [
        Column(f"{prefix}file_id", Id, nullable=False),
        Column(f"{prefix}line", Integer, nullable=False),
        Column(f"{prefix}text", Text, nullable=False),
        Column(f"{prefix}unit", Text, nullable=False),
        Column(f"{prefix}status", Text, nullable=False),
        Column(f"{prefix}value", Float),
        Column(f"{prefix}valid", Boolean, nullable=False),
        Column(f"{prefix}release_at", UtcTime),
        Column(f"{prefix}review", Text),
        Column(f"{prefix}reviewed_value", Float),
    ]


reading_review = Table(
    "reading_review",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("measured_at", UtcTime, nullable=False),
    Column("parameter_id", Id, nullable=False),
    Column("review_id", Id, nullable=False),
    *_standing("before_"),
    *_standing("after_"),
    PrimaryKeyConstraint("station_id", "measured_at", "parameter_id", "review_id"),
    Index("ix_reading_review_review", "review_id", "measured_at", "parameter_id"),
    sqlite_with_rowid=False,
)

day_closing = Table(
    "day_closing",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam"),
    Column("action", Text, nullable=False, doc="close or reopen"),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", Text, doc="of the day's readings as they were closed; null where it is reopened"),
    Index("ix_day_closing_station", "station_id", "day"),
    Index("ix_day_closing_at", "at"),
)

closed_day = Table(
    "closed_day",
    metadata,
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam"),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("digest", Text, nullable=False),
    Column("changed_at", UtcTime, doc="since when its readings are not what was closed; null: they are"),
    PrimaryKeyConstraint("station_id", "day"),
)
