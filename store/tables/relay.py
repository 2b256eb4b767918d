"""The relay: targets, their station maps, the outbox, and every attempt to empty it.

An outbox item is (target, remote path). What it says is composed when it goes, from all files
of the station that carry the item's time; `revision` counts changes of that content, and the
item is done when `sent_revision` has caught up.
"""

from sqlalchemy import (
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

relay_target = Table(
    "relay_target",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False, doc="without a password"),
    Column("secret", Text, doc="the password or private key, encrypted (store/access/secret_box.py)"),
    Column(
        "trust", Text, nullable=False, server_default="", doc="its certificate, authority or host key, public"
    ),
    Column("layout", Integer, nullable=False, server_default="0"),
    Column("send", Text, nullable=False, server_default="verified"),
    Column("every_minutes", Integer, doc="null: each file at once"),
    Column("from_at", UtcTime, doc="files measured from then on; null: what comes after after_file"),
    Column("upload", Text, nullable=False, server_default="rename"),
    Column("status_lines", Text, nullable=False, server_default="keep"),
    Column("also", Text, nullable=False, server_default="", doc="quiet doors whose files it gets too"),
    Column("mapped", Boolean, nullable=False, server_default=false()),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
    Column("after_file", Id, nullable=False, server_default="0", doc="the ledger's newest id at creation"),
    Column("backfill_after", Id, doc="files up to this ledger id were looked at; null: nothing to catch up"),
    Column("backfill_until", Id, doc="the last ledger id to look at: later ones are queued as they come"),
)

relay_map = Table(
    "relay_map",
    metadata,
    Column("id", Id, primary_key=True),
    Column("target_id", ForeignKey("relay_target.id"), nullable=False, index=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("remote_code", Text, nullable=False),
    Column("path", Text, nullable=False, server_default=""),
    Column("from_at", UtcTime, doc="null: from ever"),
    Column("to_at", UtcTime, doc="not included; null: for ever"),
)

relay_item = Table(
    "relay_item",
    metadata,
    Column("id", Id, primary_key=True),
    Column("target_id", ForeignKey("relay_target.id"), nullable=False),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("measured_at", UtcTime, nullable=False, doc="data_file.measured_at of the files it is made of"),
    Column("path", Text, nullable=False, doc="from the target's own root"),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("sent_revision", Integer, nullable=False, server_default="0"),
    Column("claimed_revision", Integer, doc="being sent; left over from a crash: may have arrived"),
    Column("due_at", UtcTime, doc="not before; null: when a person releases it"),
    Column("next_try_at", UtcTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_outcome", Text),
    Column("last_detail", Text),
    Column("queued_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column(
        "reissues",
        Integer,
        nullable=False,
        server_default="0",
        doc="how often another content went after the first",
    ),
    Column("bytes", Integer),
    Column("sha256", Text),
    Column("out_of_order", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("target_id", "path"),
    Index("ix_relay_item_work", "target_id", "state", "station_id", "measured_at", "due_at"),
    Index("ix_relay_item_station", "station_id", "measured_at"),
    Index(
        "ix_relay_item_late",
        "target_id",
        "sent_at",
        sqlite_where=text("out_of_order = 1"),
        postgresql_where=text("out_of_order"),
    ),
    Index(
        "ix_relay_item_held",
        "target_id",
        "due_at",
        sqlite_where=text("state = 'held'"),
        postgresql_where=text("state = 'held'"),
    ),
)

relay_attempt = Table(
    "relay_attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("item_id", ForeignKey("relay_item.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("bytes", Integer),
    Column("sha256", Text),
)
