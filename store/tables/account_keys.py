"""Public keys that accounts log in with at the SFTP door, beside their passwords."""

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

account_key = Table(
    "account_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column(
        "key", Text, nullable=False, doc="kind and base64, as in OpenSSH's .pub files, without the comment"
    ),
    Column("fingerprint", Text, nullable=False, doc="as OpenSSH prints it: SHA256:…"),
    Column("comment", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("account_id", "fingerprint"),
)
