"""Who may do what: loggers' accounts, people, programs' keys, and what they did.

No secret stands here in the clear: passwords are argon2 hashes, keys are SHA-256 hashes of
random texts (store/access/secrets.py).
"""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, false

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("allow", JSON, nullable=False, doc="list of address ranges; empty: any address"),
    Column("reader", Boolean, nullable=False, server_default=false()),
    Column("layout", Integer, nullable=False, server_default="0", doc="of a reader's dated folders, 0-9"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
)

account_station = Table(
    "account_station",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("code_key", Text, primary_key=True, doc="the station may be declared later"),
    Column("code", Text, nullable=False),
)

app_user = Table(
    "app_user",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("stations", JSON, nullable=False, server_default="[]", doc="codes that a facility's user may see"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
)

user_session = Table(
    "user_session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True, doc="SHA-256 of what the browser holds"),
    Column("user_id", ForeignKey("app_user.id"), nullable=False, index=True),
    Column("peer", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, doc="whatever is done with it"),
    Column("ended_at", UtcTime, doc="logged out, or ended by somebody"),
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("subject", Text, primary_key=True, doc="an address, a user, or a user at an address"),
    Column("failures", Integer, nullable=False),
    Column("failed_at", UtcTime, nullable=False),
    Column("locked_until", UtcTime),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("stations", JSON, nullable=False, doc="codes it may see and send for; empty: as its role has it"),
    Column("actions", JSON, doc="list of what it may do of its role's; null: all of it"),
    Column("expires_at", UtcTime, doc="null: never"),
    Column("last_used_at", UtcTime, doc="to the minute"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("prev", Text, nullable=False, doc="hash of the row before"),
    Column("hash", Text, nullable=False, doc="over all of the row: store/audit.py"),
    Index("ix_audit_log_at", "at"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("day", Date, primary_key=True, doc="a day in Vietnam"),
    Column("head_id", Id, nullable=False),
    Column("hash", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime, doc="when it left the house; null: not yet"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
)
