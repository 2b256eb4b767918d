"""Who is told of which events, and what leaves: a queue that outlives restarts.

A notification is one message about one event to one recipient. It is queued in the transaction that takes the
event's news, and stays until the recipient's server took it; the key keeps the same occasion from being told
twice.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

alarm_rule = Table(
    "alarm_rule",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False, doc="email, webhook or gateway"),
    Column("address", Text, nullable=False, doc="an e-mail address, a URL, a telephone number"),
    Column("secret", Text, doc="what webhooks are signed with, encrypted (store/access/secret_box.py)"),
    Column("language", Text, nullable=False, server_default="vi"),
    Column("kinds", JSON, nullable=False, doc="list of kinds of events; empty: all"),
    Column("stations", JSON, nullable=False, doc="list of codes; empty: all, and what concerns no station"),
    Column("min_level", Text, nullable=False, server_default="notice"),
    Column("repeat_minutes", Integer, nullable=False, server_default="0", doc="0: no reminders"),
    Column("quiet_hours", Text, nullable=False, server_default="", doc="22:00-06:00 in Vietnam; empty: none"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", ForeignKey("event.id"), nullable=False),
    Column("rule_id", ForeignKey("alarm_rule.id"), nullable=False),
    Column("occasion", Text, nullable=False, doc="level:alarm, ended, withdrawn, reminder:2"),
    Column("state", Text, nullable=False, server_default="waiting", doc="waiting, sent or given_up"),
    Column(
        "due_at", UtcTime, nullable=False, doc="not before; while it is being sent, until when that may take"
    ),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    UniqueConstraint("event_id", "rule_id", "occasion"),
    Index(
        "ix_notification_waiting",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
