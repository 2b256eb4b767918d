"""How the running roles notice changes, and how it is noticed that they run."""

from sqlalchemy import Column, Integer, Table, Text

from store.tables.metadata import metadata
from store.time_type import UtcTime

revision = Table(
    "revision",
    metadata,
    Column("subject", Text, primary_key=True, doc="accounts, network or targets"),
    Column("number", Integer, nullable=False, doc="rises with every change of the subject"),
)

role_beat = Table(
    "role_beat",
    metadata,
    Column("host", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("beat_at", UtcTime, nullable=False),
    Column("open_since", UtcTime, doc="since when its doors are open without a break; null: it has none"),
    Column("open_at", UtcTime, doc="its last sign of open doors; a later one of shut doors leaves it"),
    Column("read_until", UtcTime, doc="ingest: what came until then is in the store; null: not known yet"),
)
