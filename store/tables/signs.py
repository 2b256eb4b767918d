"""Until when each station's data was looked through for signs of manipulation; the signs are events."""

from sqlalchemy import Column, Table

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

sign_look = Table(
    "sign_look",
    metadata,
    Column("station_id", Id, primary_key=True, autoincrement=False),
    Column("looked_at", UtcTime, doc="what had come until then was looked through; null: nothing yet"),
    Column("again_from", UtcTime, doc="from when on readings were reviewed or judged anew since; null: none"),
    Column("again_to", UtcTime, doc="until when; not included"),
)
