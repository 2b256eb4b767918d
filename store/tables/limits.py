"""Limits as dated data: the standards' tables, the figures around them, and which of them bind a station.

Every row says from which day until which day it holds; the past is judged by what held then. A row that
came with qttd (`seeded`) is never written over by a newer qttd once a person has touched it.
"""

from sqlalchemy import (
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime


def _days() -> list[Column[object]]:
    return [
        Column("valid_from", Date, nullable=False, doc="first day in Vietnam on which it holds"),
        Column("valid_to", Date, doc="last day on which it holds; null: until something else does"),
    ]


figure = Table(
    "figure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("case", Text, nullable=False, server_default=""),
    Column("above", Float),
    Column("up_to", Float),
    Column("value", Float, nullable=False),
    *_days(),
    Column("confidence", Text, nullable=False),
)

limit_value = Table(
    "limit_value",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, doc="the standard: QCVN 40:2011/BTNMT"),
    Column("column", Text, nullable=False, server_default="", doc="A, B, A1 …; empty where it has none"),
    Column("station_kind", Text, nullable=False, server_default=""),
    Column("parameter", Text, nullable=False, doc="by name: a standard limits more than loggers send"),
    Column("unit", Text, nullable=False, server_default=""),
    Column("low", Float),
    Column("high", Float, doc="0 is a limit like any other"),
    Column("basis", Text, nullable=False),
    Column("factors", Text, nullable=False, server_default=""),
    *_days(),
    Column("confidence", Text, nullable=False),
    Column("applies_to", Text, nullable=False, server_default="all"),
    UniqueConstraint(
        "code",
        "column",
        "station_kind",
        "parameter",
        "basis",
        "applies_to",
        "valid_from",
        name="uq_limit_value_key",  # PostgreSQL's names are 63 letters at most
    ),
)

station_limit = Table(
    "station_limit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("column", Text, nullable=False, server_default=""),
    *_days(),
    Column("facility", Text, nullable=False, server_default="existing", doc="existing or new"),
    Column("kq", Float, doc="given directly, as the next three; else derived from what follows"),
    Column("kf", Float),
    Column("kp", Float),
    Column("kv", Float),
    Column("receiving_water", Text, nullable=False, server_default=""),
    Column("river_flow", Float, doc="m3/s"),
    Column("lake_volume", Float, doc="m3"),
    Column("discharge", Float, doc="m3 a day"),
    Column("gas_flow", Float, doc="m3/h"),
    Column("zone", Text, nullable=False, server_default="", doc="1 to 5"),
    Column("oxygen_reference", Float, doc="%V; null: what the standard says"),
    Column("basis", Text, nullable=False, server_default="", doc="empty: what the standard says"),
    UniqueConstraint("station_id", "code", "column", "valid_from"),
    Index("ix_station_limit_code", "code", "column"),
)

permit_limit = Table(
    "permit_limit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("parameter", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    Column("low", Float),
    Column("high", Float),
    Column("permit", Text, nullable=False, doc="number of the environmental permit"),
    Column("oxygen_reference", Float, doc="%V that measured values are corrected to; null: as they are"),
    *_days(),
    UniqueConstraint("station_id", "parameter", "basis", "valid_from"),
)

judge_day = Table(
    "judge_day",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam whose averages are to be held against limits"),
    Column("due_at", UtcTime, nullable=False, doc="not before then: a period of it ends"),
    PrimaryKeyConstraint("station_id", "day"),
    Index("ix_judge_day_due", "due_at"),
    sqlite_with_rowid=False,
)
