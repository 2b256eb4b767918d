"""Readings, the other values that came for the same key, and the slot account.

`reading` is keyed (station, time, parameter) with the parameter last: one file touches one
page of the tree. Every unique key here begins with the station, so the tables can be spread
by station.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime


def _value_columns() -> list[Column[object]]:
    """What a reading is, in force or not; the same columns in both tables."""
    return [
        Column("symbol", Text, nullable=False, doc="as the logger wrote it, NFC"),
        Column("text", Text, nullable=False, doc="the number's text as received"),
        Column("value", Float, doc="in the channel's unit; null where missing"),
        Column("unit", Text, nullable=False, doc="as received"),
        Column("status", Text, nullable=False),
        Column("file_id", Id, nullable=False),
        Column("line", Integer, nullable=False),
        Column("received_at", UtcTime, nullable=False),
    ]


reading = Table(
    "reading",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("measured_at", UtcTime, nullable=False),
    Column("parameter_id", Id, nullable=False),
    *_value_columns(),
    Column("valid", Boolean, nullable=False, doc="what quality/review.py says, with the review"),
    Column("flags", Text, doc="the failed and suspect checks as JSON; null: every check passed"),
    Column("release_at", UtcTime, doc="from when the review policy lets it go; null: when a person does"),
    Column("review", Text, doc="accepted, rejected or corrected by a person; null: nobody judged it"),
    Column("reviewed_value", Float, doc="the corrected number, in the channel's unit"),
    PrimaryKeyConstraint("station_id", "measured_at", "parameter_id"),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (measured_at)",  # by month: store/readings/partitions.py
)

reading_version = Table(
    "reading_version",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("measured_at", UtcTime, nullable=False),
    Column("parameter_id", Id, nullable=False),
    *_value_columns(),
    PrimaryKeyConstraint("station_id", "measured_at", "parameter_id", "file_id", "line"),
    sqlite_with_rowid=False,
)

dirty_hour = Table(
    "dirty_hour",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("hour", UtcTime, nullable=False, doc="start of the hour"),
    Column("first_at", UtcTime, nullable=False, doc="the earliest moment of it that changed"),
    Column("last_at", UtcTime, nullable=False, doc="the latest one"),
    Column("readings", Boolean, nullable=False, doc="readings changed; false: only receipts came"),
    PrimaryKeyConstraint("station_id", "hour"),
    Index("ix_dirty_hour_hour", "hour"),
    sqlite_with_rowid=False,
)

judge_again = Table(
    "judge_again",
    metadata,
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("symbol", Text, nullable=False, doc="its readings are to be judged anew"),
    Column("asked_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("station_id", "symbol"),
)

slot_day = Table(
    "slot_day",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam"),
    Column("parameter_id", Id, nullable=False),
    Column("interval_minutes", Integer, nullable=False),
    Column("states", Text, nullable=False, doc="one letter a slot; see quality/slot_line.py"),
    Column("valid", Integer, nullable=False),
    Column("suspect", Integer, nullable=False),
    Column("failed_check", Integer, nullable=False),
    Column("calibrating", Integer, nullable=False),
    Column("device_error", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("missing_value", Integer, nullable=False),
    Column("on_time", Integer, nullable=False),
    PrimaryKeyConstraint("station_id", "day", "parameter_id"),
    sqlite_with_rowid=False,
)

slot_relay = Table(
    "slot_relay",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam"),
    Column("parameter_id", Id, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("marks", Text, nullable=False, doc="one letter a slot: R acknowledged by the target, - not"),
    Column("relayed", Integer, nullable=False),
    PrimaryKeyConstraint("station_id", "day", "parameter_id", "target_id"),
    sqlite_with_rowid=False,
)
