"""Month archives: which there are, whether they are whole, and what was removed because they hold it.

An archive's row is never deleted once anything was removed on its account: `data_file.archive_id` says where
a file's bytes are since they are not here, `readings_removed_at` that a month's readings are only in it.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

archive = Table(
    "archive",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), doc="null: files that belong to no station"),
    Column("month", Date, nullable=False, doc="its first day, in Vietnam"),
    Column("part", Integer, nullable=False, doc="1; more where something came after the first was relied on"),
    Column("path", Text, nullable=False, doc="absolute, where it was seen last"),
    Column("sha256", Text, nullable=False, unique=True, doc="of the whole file, hexadecimal"),
    Column("size", Id, nullable=False),
    Column("files", Integer, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("other_values", Integer, nullable=False),
    Column("newest_file_id", Id, nullable=False, doc="what came later is not in it; 0: nothing had come"),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("verified_at", UtcTime, nullable=False, doc="when all of it was read last"),
    Column("verified_by", Text, nullable=False),
    Column("damage", Text, doc="what was wrong then; null: it was whole"),
    Column("readings_removed_at", UtcTime, doc="since when the month's readings are only in archives"),
    Index("ix_archive_station_month", "station_id", "month"),
)
