"""Limits as dated data: the standards' tables, the figures around them, and which of them bind a station.

Every row says from which day until which day it holds; the past is judged by what held then. A row that
came with qttd (`seeded`) is never written over by a newer qttd once a person has touched it.
"""

from sqlalchemy import Column, Date, Float, Table, Text

from store.tables.metadata import Id, metadata


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
