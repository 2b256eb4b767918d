"""Interruptions (mất kết nối) of stations and channels, and the marks that say where to look for them again.

Rows follow from the ledger's arrivals and the slot account alone; what people say of one (cause, notice,
remedy) stays with it when it is found again with another beginning or end.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

interruption = Table(
    "interruption",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("parameter_id", Id, nullable=False, server_default="0", doc="0: the whole station"),
    Column("started_at", UtcTime, nullable=False, doc="the last good slot"),
    Column("ended_at", UtcTime, doc="the first slot that came in time again; null: it goes on"),
    Column("silent_from", UtcTime, nullable=False, doc="the last arrival before it"),
    Column("settled_at", UtcTime, doc="the arrival by which its end is known; null: it goes on"),
    Column("cause", Text, nullable=False, server_default=""),
    Column("notice_by", Text, nullable=False, server_default=""),
    Column("notice_at", UtcTime),
    Column("notice", Text, nullable=False, server_default="", doc="what the facility told"),
    Column("remedy", Text, nullable=False, server_default=""),
    Column("withdrawn_at", UtcTime, doc="later facts show that it never was"),
    Column("event_id", Id),
    Index("ix_interruption_station", "station_id", "parameter_id", "started_at"),
    Index("ix_interruption_time", "started_at", "id"),
    Index(
        "ix_interruption_open",
        "station_id",
        sqlite_where=text("ended_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=text("ended_at IS NULL AND withdrawn_at IS NULL"),
    ),
)

arrival_mark = Table(
    "arrival_mark",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("since", UtcTime, nullable=False, doc="arrivals from then on are new, or are judged otherwise"),
    PrimaryKeyConstraint("station_id"),
)

channel_mark = Table(
    "channel_mark",
    metadata,
    Column("station_id", Id, nullable=False),
    Column("day", Date, nullable=False, doc="a day in Vietnam whose slot lines changed"),
    PrimaryKeyConstraint("station_id", "day"),
)
