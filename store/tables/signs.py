"""Until when each station's data was looked through for signs of manipulation; the signs are events."""

from sqlalchemy import Column, Table

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

sign_look = Table(
    "sign_look",
    metadata,
    Column("station_id", Id, primary_key=True, autoincrement=False),
    Column("looked_at", UtcTime, nullable=False, doc="what had come until then was looked through"),
)
