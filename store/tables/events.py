"""What happened that a person must hear of: limits, interruptions, devices, relays, the system itself.

An event is never deleted: one that later data or a review disproves is withdrawn. `started_at`, `ended_at`
and `detail` say what happened and are the machine's; `state` and the acknowledgement are people's.
"""

from sqlalchemy import JSON, Boolean, Column, Index, Table, Text, UniqueConstraint, text, true

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    # 0 and not null: nulls are never equal, and the key below would let the same event in twice
    Column("station_id", Id, nullable=False, server_default="0", doc="0: not of a station"),
    Column("kind", Text, nullable=False, doc="quality/events.py"),
    Column("parameter_id", Id, nullable=False, server_default="0", doc="0: of no parameter"),
    Column(
        "subject", Text, nullable=False, server_default="", doc="what else it is about: a target, an account"
    ),
    Column("level", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, doc="null: it goes on"),
    Column("withdrawn_at", UtcTime, doc="since when it counts as never having happened"),
    Column("detail", JSON, nullable=False),
    Column("state", Text, nullable=False, server_default="unsolved"),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", UtcTime),
    Column("note", Text, nullable=False, server_default="", doc="what the people who handle it say"),
    Column("updated_at", UtcTime, nullable=False),
    Column("news", Boolean, nullable=False, server_default=true(), doc="what it says was told to nobody yet"),
    UniqueConstraint("station_id", "kind", "parameter_id", "subject", "started_at"),
    Index("ix_event_started_at", "started_at", "id"),
    Index("ix_event_station", "station_id", "started_at", "id"),
    Index(
        "ix_event_open",
        "kind",
        "station_id",
        sqlite_where=text("ended_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=text("ended_at IS NULL AND withdrawn_at IS NULL"),
    ),
    Index("ix_event_news", "id", sqlite_where=text("news = 1"), postgresql_where=text("news")),
)
