"""Which variant of VN_WQI a person has confirmed for publishing, and from which day on."""

from sqlalchemy import Boolean, Column, Date, Table, Text

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

wqi_confirmation = Table(
    "wqi_confirmation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("variant", Text, nullable=False, doc="envisoft or 1460"),
    Column("valid_from", Date, nullable=False, doc="first day in Vietnam that it is about"),
    Column("confirmed", Boolean, nullable=False, doc="false: what was confirmed before is so no more"),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("note", Text, nullable=False, doc="on what grounds"),
)
