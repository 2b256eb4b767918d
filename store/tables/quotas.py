"""How much a sender may upload a day; who is not in it may upload without end."""

from sqlalchemy import Column, Integer, Table, Text

from store.tables.metadata import Id, metadata

upload_quota = Table(
    "upload_quota",
    metadata,
    Column("sender", Text, primary_key=True, doc="as the ledger's account: an account's name, or key:NAME"),
    Column("files", Integer, doc="a day in Vietnam; null: any number"),
    Column("bytes", Id, doc="the same"),
)
