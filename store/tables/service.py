"""When stations are to deliver, and the dated figures by which that is judged.

Phases, announced stops, and our own outages. What was said wrongly is cancelled or
replaced, and the audit log has both.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

station_phase = Table(
    "station_phase",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("from_at", UtcTime, nullable=False),
    Column("phase", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    UniqueConstraint("station_id", "from_at"),
)

planned_stop = Table(
    "planned_stop",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("parameter_id", Id, nullable=False, server_default="0", doc="0: the whole station"),
    Column("from_at", UtcTime, nullable=False),
    Column("to_at", UtcTime, nullable=False, doc="not included"),
    Column("reason", Text, nullable=False),
    Column("announced_by", Text, nullable=False, doc="who told the department"),
    Column("announced_at", UtcTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("cancelled_by", Text),
    Column("cancelled_at", UtcTime),
    Index("ix_planned_stop_station", "station_id", "from_at"),
    Index("ix_planned_stop_time", "from_at", "id"),
)

our_outage = Table(
    "our_outage",
    metadata,
    Column("id", Id, primary_key=True),
    Column("from_at", UtcTime, nullable=False, unique=True, doc="the last sign of open doors"),
    Column("to_at", UtcTime, nullable=False, doc="doors open again"),
)

dated_rule = Table(
    "dated_rule",
    metadata,
    Column("name", Text, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("name", "valid_from"),
)
