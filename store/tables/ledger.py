"""The ledger: every file that any door took, for ever; its bytes too, until a month archive has them.

`data_file` is unique on (journal_uuid, journal_id): a crash between a batch's commit and the
next one replays arrivals without doubling any. `ingest_position` moves in the same transaction
as what it accounts for.
"""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

data_file = Table(
    "data_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("journal_uuid", Text, nullable=False),
    Column("journal_id", Id, nullable=False),
    Column("account", Text, nullable=False),
    Column("path", Text, nullable=False, doc="as the client gave it, from the root of its account"),
    Column("name", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("station_id", ForeignKey("station.id")),
    Column("station_code", Text, doc="as the name wrote it; null where the name has none"),
    Column("measured_at", UtcTime, doc="the name's time, else the first reading's"),
    Column("first_at", UtcTime, doc="earliest measured time in it"),
    Column("last_at", UtcTime, doc="latest measured time in it"),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False, doc="hexadecimal"),
    Column("encoding", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text, doc="why it was rejected: a problem code"),
    Column("readings", Integer, nullable=False, doc="readings in the file"),
    Column("problems", Integer, nullable=False),
    Column("notes", JSON, nullable=False, doc="list of note codes"),
    Column("archive_id", ForeignKey("archive.id"), doc="where the bytes are since they are not here"),
    Column("content", LargeBinary, doc="the bytes as received; null: in the archive"),
    UniqueConstraint("journal_uuid", "journal_id"),
    Index("ix_data_file_account_path", "account", "path", "id"),
    Index("ix_data_file_station", "station_id", "measured_at"),
    Index("ix_data_file_measured_at", "measured_at"),
    Index("ix_data_file_received_at", "received_at"),
    Index("ix_data_file_station_arrival", "station_id", "received_at"),
    Index(
        "ix_data_file_archive",
        "archive_id",
        sqlite_where=text("archive_id IS NOT NULL"),
        postgresql_where=text("archive_id IS NOT NULL"),
    ),
    Index(
        "ix_data_file_unusual",
        "state",
        "id",
        sqlite_where=text("state <> 'accepted'"),
        postgresql_where=text("state <> 'accepted'"),
    ),
    Index(
        "ix_data_file_rejected",
        "reason",
        sqlite_where=text("state = 'rejected'"),
        postgresql_where=text("state = 'rejected'"),
    ),
)

file_problem = Table(
    "file_problem",
    metadata,
    Column("file_id", ForeignKey("data_file.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line", Integer),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

ingest_position = Table(
    "ingest_position",
    metadata,
    Column("journal_uuid", Text, primary_key=True),
    Column("position", Id, nullable=False, doc="the last journal row that is in the ledger"),
    Column("moved_at", UtcTime, nullable=False),
)

read_again = Table(
    "read_again",
    metadata,
    Column("file_id", ForeignKey("data_file.id"), primary_key=True),
    Column("asked_at", UtcTime, nullable=False),
)
