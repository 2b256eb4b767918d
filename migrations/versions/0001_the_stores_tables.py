"""The store's tables."""

import sqlalchemy as sa
from alembic import op

from store.time_type import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("allow", sa.JSON(), nullable=False),
        sa.Column("reader", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("layout", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "alarm_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("stations", sa.JSON(), nullable=False),
        sa.Column("min_level", sa.Text(), server_default="notice", nullable=False),
        sa.Column("repeat_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quiet_hours", sa.Text(), server_default="", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_rule")),
        sa.UniqueConstraint("name", name=op.f("uq_alarm_rule_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("stations", sa.JSON(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
    )
    op.create_table(
        "app_user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("stations", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("name", name=op.f("uq_app_user_name")),
    )
    op.create_table(
        "arrival_mark",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_arrival_mark")),
    )
    op.create_table(
        "audit_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("head_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index("ix_audit_log_at", ["at"], unique=False)

    op.create_table(
        "channel_mark",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "day", name=op.f("pk_channel_mark")),
    )
    op.create_table(
        "daily",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("interval_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("expected", sa.SmallInteger(), nullable=False),
        sa.Column("received_count", sa.SmallInteger(), nullable=False),
        sa.Column("received_hours", sa.SmallInteger(), nullable=False),
        sa.Column("received_mean", sa.Float(), nullable=True),
        sa.Column("received_total", sa.Float(), nullable=True),
        sa.Column("received_min", sa.Float(), nullable=True),
        sa.Column("received_min_at", sa.Integer(), nullable=True),
        sa.Column("received_max", sa.Float(), nullable=True),
        sa.Column("received_max_at", sa.Integer(), nullable=True),
        sa.Column("reviewed_count", sa.SmallInteger(), nullable=False),
        sa.Column("reviewed_hours", sa.SmallInteger(), nullable=False),
        sa.Column("reviewed_mean", sa.Float(), nullable=True),
        sa.Column("reviewed_total", sa.Float(), nullable=True),
        sa.Column("reviewed_min", sa.Float(), nullable=True),
        sa.Column("reviewed_min_at", sa.Integer(), nullable=True),
        sa.Column("reviewed_max", sa.Float(), nullable=True),
        sa.Column("reviewed_max_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "day", "parameter_id", name=op.f("pk_daily")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dated_rule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "valid_from", name=op.f("pk_dated_rule")),
    )
    op.create_table(
        "dirty_hour",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", UtcTime(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("readings", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "hour", name=op.f("pk_dirty_hour")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("dirty_hour", schema=None) as batch_op:
        batch_op.create_index("ix_dirty_hour_hour", ["hour"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "station_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), server_default="unsolved", nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("news", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint(
            "station_id",
            "kind",
            "parameter_id",
            "subject",
            "started_at",
            name=op.f("uq_event_station_id_kind_parameter_id_subject_started_at"),
        ),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_news",
            ["id"],
            unique=False,
            sqlite_where=sa.text("news = 1"),
            postgresql_where=sa.text("news"),
        )
        batch_op.create_index(
            "ix_event_open",
            ["kind", "station_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
        )
        batch_op.create_index("ix_event_started_at", ["started_at", "id"], unique=False)
        batch_op.create_index("ix_event_station", ["station_id", "started_at", "id"], unique=False)

    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("name", name=op.f("uq_facility_name")),
    )
    op.create_table(
        "figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), server_default="", nullable=False),
        sa.Column("above", sa.Float(), nullable=True),
        sa.Column("up_to", sa.Float(), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
    )
    op.create_table(
        "hourly",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", UtcTime(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expected", sa.SmallInteger(), nullable=False),
        sa.Column("received_count", sa.SmallInteger(), nullable=False),
        sa.Column("received_mean", sa.Float(), nullable=True),
        sa.Column("received_min", sa.Float(), nullable=True),
        sa.Column("received_min_at", sa.Integer(), nullable=True),
        sa.Column("received_max", sa.Float(), nullable=True),
        sa.Column("received_max_at", sa.Integer(), nullable=True),
        sa.Column("reviewed_count", sa.SmallInteger(), nullable=False),
        sa.Column("reviewed_mean", sa.Float(), nullable=True),
        sa.Column("reviewed_min", sa.Float(), nullable=True),
        sa.Column("reviewed_min_at", sa.Integer(), nullable=True),
        sa.Column("reviewed_max", sa.Float(), nullable=True),
        sa.Column("reviewed_max_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "hour", "parameter_id", name=op.f("pk_hourly")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ingest_position",
        sa.Column("journal_uuid", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("moved_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("journal_uuid", name=op.f("pk_ingest_position")),
    )
    op.create_table(
        "judge_day",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "day", name=op.f("pk_judge_day")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("judge_day", schema=None) as batch_op:
        batch_op.create_index("ix_judge_day_due", ["due_at"], unique=False)

    op.create_table(
        "limit_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), server_default="", nullable=False),
        sa.Column("station_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("factors", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.Text(), server_default="all", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_value")),
        sa.UniqueConstraint(
            "code",
            "column",
            "station_kind",
            "parameter",
            "basis",
            "applies_to",
            "valid_from",
            name="uq_limit_value_key",
        ),
    )
    op.create_table(
        "login_failure",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcTime(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_failure")),
    )
    op.create_table(
        "obligation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("facility", sa.Text(), server_default="", nullable=False),
        sa.Column("duty", sa.Text(), server_default="", nullable=False),
        sa.Column("station_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("facility", "duty", name=op.f("uq_obligation_facility_duty")),
    )
    op.create_table(
        "our_outage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("to_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_our_outage")),
        sa.UniqueConstraint("from_at", name=op.f("uq_our_outage_from_at")),
    )
    op.create_table(
        "owed_day",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "day", name=op.f("pk_owed_day")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("owed_day", schema=None) as batch_op:
        batch_op.create_index("ix_owed_day_due", ["due_at"], unique=False)

    op.create_table(
        "owed_hour",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "hour", name=op.f("pk_owed_hour")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("owed_hour", schema=None) as batch_op:
        batch_op.create_index("ix_owed_hour_due", ["due_at"], unique=False)

    op.create_table(
        "parameter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("molar_mass", sa.Float(), nullable=True),
        sa.Column("symbols", sa.Text(), server_default="", nullable=False),
        sa.Column("seeded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("averaging", sa.Text(), server_default="mean", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter")),
        sa.UniqueConstraint("code", name=op.f("uq_parameter_code")),
    )
    op.create_table(
        "reading",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=True),
        sa.Column("release_at", UtcTime(), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("reviewed_value", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", "measured_at", "parameter_id", name=op.f("pk_reading")),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (measured_at)",
    )
    if op.get_bind().dialect.name == "postgresql":
        # the safety net for what has no month of its own (store/readings/partitions.py)
        op.execute("CREATE TABLE reading_default PARTITION OF reading DEFAULT")
    op.create_table(
        "reading_review",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("before_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("before_line", sa.Integer(), nullable=False),
        sa.Column("before_text", sa.Text(), nullable=False),
        sa.Column("before_unit", sa.Text(), nullable=False),
        sa.Column("before_status", sa.Text(), nullable=False),
        sa.Column("before_value", sa.Float(), nullable=True),
        sa.Column("before_valid", sa.Boolean(), nullable=False),
        sa.Column("before_release_at", UtcTime(), nullable=True),
        sa.Column("before_review", sa.Text(), nullable=True),
        sa.Column("before_reviewed_value", sa.Float(), nullable=True),
        sa.Column("after_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("after_line", sa.Integer(), nullable=False),
        sa.Column("after_text", sa.Text(), nullable=False),
        sa.Column("after_unit", sa.Text(), nullable=False),
        sa.Column("after_status", sa.Text(), nullable=False),
        sa.Column("after_value", sa.Float(), nullable=True),
        sa.Column("after_valid", sa.Boolean(), nullable=False),
        sa.Column("after_release_at", UtcTime(), nullable=True),
        sa.Column("after_review", sa.Text(), nullable=True),
        sa.Column("after_reviewed_value", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint(
            "station_id", "measured_at", "parameter_id", "review_id", name=op.f("pk_reading_review")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("reading_review", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reading_review_review", ["review_id", "measured_at", "parameter_id"], unique=False
        )

    op.create_table(
        "reading_version",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "station_id", "measured_at", "parameter_id", "file_id", "line", name=op.f("pk_reading_version")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "relay_target",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("trust", sa.Text(), server_default="", nullable=False),
        sa.Column("layout", sa.Integer(), server_default="0", nullable=False),
        sa.Column("send", sa.Text(), server_default="verified", nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("from_at", UtcTime(), nullable=True),
        sa.Column("upload", sa.Text(), server_default="rename", nullable=False),
        sa.Column("status_lines", sa.Text(), server_default="keep", nullable=False),
        sa.Column("also", sa.Text(), server_default="", nullable=False),
        sa.Column("mapped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column(
            "after_file",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("backfill_after", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("backfill_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_target")),
        sa.UniqueConstraint("name", name=op.f("uq_relay_target_name")),
    )
    op.create_table(
        "revision",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_revision")),
    )
    op.create_table(
        "role_beat",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("beat_at", UtcTime(), nullable=False),
        sa.Column("open_since", UtcTime(), nullable=True),
        sa.Column("open_at", UtcTime(), nullable=True),
        sa.Column("read_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("host", "role", name=op.f("pk_role_beat")),
    )
    op.create_table(
        "sign_look",
        sa.Column(
            "station_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("looked_at", UtcTime(), nullable=True),
        sa.Column("again_from", UtcTime(), nullable=True),
        sa.Column("again_to", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_sign_look")),
    )
    op.create_table(
        "slot_day",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("suspect", sa.Integer(), nullable=False),
        sa.Column("failed_check", sa.Integer(), nullable=False),
        sa.Column("calibrating", sa.Integer(), nullable=False),
        sa.Column("device_error", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("missing_value", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "day", "parameter_id", name=op.f("pk_slot_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slot_relay",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("relayed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "day", "parameter_id", "target_id", name=op.f("pk_slot_relay")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_quota",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_upload_quota")),
    )
    op.create_table(
        "wqi_confirmation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wqi_confirmation")),
    )
    op.create_table(
        "account_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_key_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_key")),
        sa.UniqueConstraint("account_id", "fingerprint", name=op.f("uq_account_key_account_id_fingerprint")),
    )
    op.create_table(
        "account_station",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_station_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "code_key", name=op.f("pk_account_station")),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_notification_event_id_event")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alarm_rule.id"], name=op.f("fk_notification_rule_id_alarm_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "event_id", "rule_id", "occasion", name=op.f("uq_notification_event_id_rule_id_occasion")
        ),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notification_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "station",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("province", sa.Text(), server_default="", nullable=False),
        sa.Column("interval_minutes", sa.Integer(), server_default="5", nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("review", sa.Text(), server_default="auto", nullable=False),
        sa.Column("in_service_from", sa.Date(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_station_facility_id_facility")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("code_key", name=op.f("uq_station_code_key")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "archive",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("other_values", sa.Integer(), nullable=False),
        sa.Column("newest_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("verified_at", UtcTime(), nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=False),
        sa.Column("damage", sa.Text(), nullable=True),
        sa.Column("readings_removed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_archive_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
        sa.UniqueConstraint("sha256", name=op.f("uq_archive_sha256")),
    )
    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.create_index("ix_archive_station_month", ["station_id", "month"], unique=False)

    op.create_table(
        "channel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parameter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("factor", sa.Float(), server_default="1", nullable=False),
        sa.Column("device_min", sa.Float(), nullable=True),
        sa.Column("device_max", sa.Float(), nullable=True),
        sa.Column("usual_min", sa.Float(), nullable=True),
        sa.Column("usual_max", sa.Float(), nullable=True),
        sa.Column("checks", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["parameter_id"], ["parameter.id"], name=op.f("fk_channel_parameter_id_parameter")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_channel_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("station_id", "parameter_id", name=op.f("uq_channel_station_id_parameter_id")),
    )
    op.create_table(
        "closed_day",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_closed_day_station_id_station")
        ),
        sa.PrimaryKeyConstraint("station_id", "day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "day_closing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_day_closing_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_closing")),
    )
    with op.batch_alter_table("day_closing", schema=None) as batch_op:
        batch_op.create_index("ix_day_closing_at", ["at"], unique=False)
        batch_op.create_index("ix_day_closing_station", ["station_id", "day"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("maker", sa.Text(), server_default="", nullable=False),
        sa.Column("serial", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("range", sa.Text(), server_default="", nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_device_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint(
            "station_id", "parameter_id", "serial", name=op.f("uq_device_station_id_parameter_id_serial")
        ),
    )
    op.create_table(
        "interruption",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("silent_from", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("notice_by", sa.Text(), server_default="", nullable=False),
        sa.Column("notice_at", UtcTime(), nullable=True),
        sa.Column("notice", sa.Text(), server_default="", nullable=False),
        sa.Column("remedy", sa.Text(), server_default="", nullable=False),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_interruption_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interruption")),
    )
    with op.batch_alter_table("interruption", schema=None) as batch_op:
        batch_op.create_index(
            "ix_interruption_open",
            ["station_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
        )
        batch_op.create_index(
            "ix_interruption_station", ["station_id", "parameter_id", "started_at"], unique=False
        )
        batch_op.create_index("ix_interruption_time", ["started_at", "id"], unique=False)

    op.create_table(
        "judge_again",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_judge_again_station_id_station")
        ),
        sa.PrimaryKeyConstraint("station_id", "symbol", name=op.f("pk_judge_again")),
    )
    op.create_table(
        "operating_firm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("firm", sa.Text(), server_default="", nullable=False),
        sa.Column("contract", sa.Text(), server_default="", nullable=False),
        sa.Column("contract_from", sa.Date(), nullable=False),
        sa.Column("contract_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_operating_firm_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operating_firm")),
        sa.UniqueConstraint(
            "station_id",
            "parameter_id",
            "firm",
            "contract_from",
            name=op.f("uq_operating_firm_station_id_parameter_id_firm_contract_from"),
        ),
    )
    op.create_table(
        "permit_limit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("oxygen_reference", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_permit_limit_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_limit")),
        sa.UniqueConstraint(
            "station_id",
            "parameter",
            "basis",
            "valid_from",
            name=op.f("uq_permit_limit_station_id_parameter_basis_valid_from"),
        ),
    )
    op.create_table(
        "planned_stop",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("to_at", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("announced_by", sa.Text(), nullable=False),
        sa.Column("announced_at", UtcTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_planned_stop_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_stop")),
    )
    with op.batch_alter_table("planned_stop", schema=None) as batch_op:
        batch_op.create_index("ix_planned_stop_station", ["station_id", "from_at"], unique=False)
        batch_op.create_index("ix_planned_stop_time", ["from_at", "id"], unique=False)

    op.create_table(
        "present_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("expected_back", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_present_state_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_present_state")),
        sa.UniqueConstraint(
            "station_id", "parameter_id", "since", name=op.f("uq_present_state_station_id_parameter_id_since")
        ),
    )
    op.create_table(
        "ra_assessment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("result_percent", sa.Float(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_ra_assessment_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ra_assessment")),
        sa.UniqueConstraint(
            "station_id",
            "parameter_id",
            "assessed_on",
            name=op.f("uq_ra_assessment_station_id_parameter_id_assessed_on"),
        ),
    )
    op.create_table(
        "relay_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measured_at", UtcTime(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sent_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_revision", sa.Integer(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("next_try_at", UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("reissues", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("out_of_order", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_relay_item_station_id_station")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["relay_target.id"], name=op.f("fk_relay_item_target_id_relay_target")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_item")),
        sa.UniqueConstraint("target_id", "path", name=op.f("uq_relay_item_target_id_path")),
    )
    with op.batch_alter_table("relay_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_relay_item_held",
            ["target_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.create_index(
            "ix_relay_item_late",
            ["target_id", "sent_at"],
            unique=False,
            sqlite_where=sa.text("out_of_order = 1"),
            postgresql_where=sa.text("out_of_order"),
        )
        batch_op.create_index("ix_relay_item_station", ["station_id", "measured_at"], unique=False)
        batch_op.create_index(
            "ix_relay_item_work", ["target_id", "state", "station_id", "measured_at", "due_at"], unique=False
        )

    op.create_table(
        "relay_map",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remote_code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("from_at", UtcTime(), nullable=True),
        sa.Column("to_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_relay_map_station_id_station")),
        sa.ForeignKeyConstraint(
            ["target_id"], ["relay_target.id"], name=op.f("fk_relay_map_target_id_relay_target")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_map")),
    )
    with op.batch_alter_table("relay_map", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relay_map_target_id"), ["target_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("to_at", UtcTime(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("factor", sa.Float(), nullable=True),
        sa.Column("shift", sa.Float(), nullable=True),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("undoes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_review_station_id_station")),
        sa.ForeignKeyConstraint(["undoes"], ["review.id"], name=op.f("fk_review_undoes_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("undoes", name=op.f("uq_review_undoes")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index("ix_review_station", ["station_id", "from_at"], unique=False)

    op.create_table(
        "seal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("removed_because", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_seal_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint(
            "station_id", "parameter_id", "number", name=op.f("uq_seal_station_id_parameter_id_number")
        ),
    )
    op.create_table(
        "standard_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("standard", sa.Text(), server_default="", nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("measured", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("checked_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_standard_check_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_check")),
        sa.UniqueConstraint(
            "station_id",
            "parameter_id",
            "checked_on",
            "standard",
            name=op.f("uq_standard_check_station_id_parameter_id_checked_on_standard"),
        ),
    )
    op.create_table(
        "station_alias",
        sa.Column("alias_key", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_alias_station_id_station")
        ),
        sa.PrimaryKeyConstraint("alias_key", name=op.f("pk_station_alias")),
    )
    with op.batch_alter_table("station_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_station_alias_station_id"), ["station_id"], unique=False)

    op.create_table(
        "station_interval",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_interval_station_id_station")
        ),
        sa.PrimaryKeyConstraint("station_id", "valid_until", name=op.f("pk_station_interval")),
    )
    op.create_table(
        "station_limit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("facility", sa.Text(), server_default="existing", nullable=False),
        sa.Column("kq", sa.Float(), nullable=True),
        sa.Column("kf", sa.Float(), nullable=True),
        sa.Column("kp", sa.Float(), nullable=True),
        sa.Column("kv", sa.Float(), nullable=True),
        sa.Column("receiving_water", sa.Text(), server_default="", nullable=False),
        sa.Column("river_flow", sa.Float(), nullable=True),
        sa.Column("lake_volume", sa.Float(), nullable=True),
        sa.Column("discharge", sa.Float(), nullable=True),
        sa.Column("gas_flow", sa.Float(), nullable=True),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("oxygen_reference", sa.Float(), nullable=True),
        sa.Column("basis", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_limit_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_limit")),
        sa.UniqueConstraint(
            "station_id",
            "code",
            "column",
            "valid_from",
            name=op.f("uq_station_limit_station_id_code_column_valid_from"),
        ),
    )
    with op.batch_alter_table("station_limit", schema=None) as batch_op:
        batch_op.create_index("ix_station_limit_code", ["code", "column"], unique=False)

    op.create_table(
        "station_phase",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", UtcTime(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_station_phase_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_phase")),
        sa.UniqueConstraint("station_id", "from_at", name=op.f("uq_station_phase_station_id_from_at")),
    )
    op.create_table(
        "upkeep",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("check_every_days", sa.Integer(), nullable=True),
        sa.Column("maintenance_every_days", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_upkeep_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep")),
        sa.UniqueConstraint("station_id", "parameter_id", name=op.f("uq_upkeep_station_id_parameter_id")),
    )
    op.create_table(
        "verification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parameter_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("certificate", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_verification_station_id_station")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
        sa.UniqueConstraint(
            "station_id",
            "parameter_id",
            "kind",
            "valid_from",
            "certificate",
            name=op.f("uq_verification_station_id_parameter_id_kind_valid_from_certificate"),
        ),
    )
    op.create_table(
        "channel_setting",
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=False),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.Column("device_min", sa.Float(), nullable=True),
        sa.Column("device_max", sa.Float(), nullable=True),
        sa.Column("usual_min", sa.Float(), nullable=True),
        sa.Column("usual_max", sa.Float(), nullable=True),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_setting_channel_id_channel")
        ),
        sa.PrimaryKeyConstraint("channel_id", "valid_until", name=op.f("pk_channel_setting")),
    )
    op.create_table(
        "channel_symbol",
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_channel_symbol_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_channel_symbol_station_id_station")
        ),
        sa.PrimaryKeyConstraint("station_id", "symbol", name=op.f("pk_channel_symbol")),
    )
    with op.batch_alter_table("channel_symbol", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_symbol_channel_id"), ["channel_id"], unique=False)

    op.create_table(
        "data_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_uuid", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("station_code", sa.Text(), nullable=True),
        sa.Column("measured_at", UtcTime(), nullable=True),
        sa.Column("first_at", UtcTime(), nullable=True),
        sa.Column("last_at", UtcTime(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("archive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["archive_id"], ["archive.id"], name=op.f("fk_data_file_archive_id_archive")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_data_file_station_id_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_file")),
        sa.UniqueConstraint("journal_uuid", "journal_id", name=op.f("uq_data_file_journal_uuid_journal_id")),
    )
    with op.batch_alter_table("data_file", schema=None) as batch_op:
        batch_op.create_index("ix_data_file_account_path", ["account", "path", "id"], unique=False)
        batch_op.create_index(
            "ix_data_file_archive",
            ["archive_id"],
            unique=False,
            sqlite_where=sa.text("archive_id IS NOT NULL"),
            postgresql_where=sa.text("archive_id IS NOT NULL"),
        )
        batch_op.create_index("ix_data_file_measured_at", ["measured_at"], unique=False)
        batch_op.create_index("ix_data_file_received_at", ["received_at"], unique=False)
        batch_op.create_index(
            "ix_data_file_rejected",
            ["reason"],
            unique=False,
            sqlite_where=sa.text("state = 'rejected'"),
            postgresql_where=sa.text("state = 'rejected'"),
        )
        batch_op.create_index("ix_data_file_station", ["station_id", "measured_at"], unique=False)
        batch_op.create_index("ix_data_file_station_arrival", ["station_id", "received_at"], unique=False)
        batch_op.create_index(
            "ix_data_file_unusual",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state <> 'accepted'"),
            postgresql_where=sa.text("state <> 'accepted'"),
        )

    op.create_table(
        "relay_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["relay_item.id"], name=op.f("fk_relay_attempt_item_id_relay_item")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_attempt")),
    )
    with op.batch_alter_table("relay_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relay_attempt_item_id"), ["item_id"], unique=False)

    op.create_table(
        "review_attachment",
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_attachment_review_id_review")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_attachment")),
    )
    op.create_table(
        "review_comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_comment_review_id_review")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comment")),
    )
    with op.batch_alter_table("review_comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_comment_review_id"), ["review_id"], unique=False)

    op.create_table(
        "file_problem",
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["data_file.id"], name=op.f("fk_file_problem_file_id_data_file")
        ),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_file_problem")),
    )
    op.create_table(
        "read_again",
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["data_file.id"], name=op.f("fk_read_again_file_id_data_file")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_read_again")),
    )


def downgrade() -> None:
    op.drop_table("read_again")
    op.drop_table("file_problem")
    with op.batch_alter_table("review_comment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_comment_review_id"))

    op.drop_table("review_comment")
    op.drop_table("review_attachment")
    with op.batch_alter_table("relay_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relay_attempt_item_id"))

    op.drop_table("relay_attempt")
    with op.batch_alter_table("data_file", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_data_file_unusual",
            sqlite_where=sa.text("state <> 'accepted'"),
            postgresql_where=sa.text("state <> 'accepted'"),
        )
        batch_op.drop_index("ix_data_file_station_arrival")
        batch_op.drop_index("ix_data_file_station")
        batch_op.drop_index(
            "ix_data_file_rejected",
            sqlite_where=sa.text("state = 'rejected'"),
            postgresql_where=sa.text("state = 'rejected'"),
        )
        batch_op.drop_index("ix_data_file_received_at")
        batch_op.drop_index("ix_data_file_measured_at")
        batch_op.drop_index(
            "ix_data_file_archive",
            sqlite_where=sa.text("archive_id IS NOT NULL"),
            postgresql_where=sa.text("archive_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_data_file_account_path")

    op.drop_table("data_file")
    with op.batch_alter_table("channel_symbol", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_channel_symbol_channel_id"))

    op.drop_table("channel_symbol")
    op.drop_table("channel_setting")
    op.drop_table("verification")
    op.drop_table("upkeep")
    op.drop_table("station_phase")
    with op.batch_alter_table("station_limit", schema=None) as batch_op:
        batch_op.drop_index("ix_station_limit_code")

    op.drop_table("station_limit")
    op.drop_table("station_interval")
    with op.batch_alter_table("station_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_station_alias_station_id"))

    op.drop_table("station_alias")
    op.drop_table("standard_check")
    op.drop_table("seal")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index("ix_review_station")

    op.drop_table("review")
    with op.batch_alter_table("relay_map", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relay_map_target_id"))

    op.drop_table("relay_map")
    with op.batch_alter_table("relay_item", schema=None) as batch_op:
        batch_op.drop_index("ix_relay_item_work")
        batch_op.drop_index("ix_relay_item_station")
        batch_op.drop_index(
            "ix_relay_item_late",
            sqlite_where=sa.text("out_of_order = 1"),
            postgresql_where=sa.text("out_of_order"),
        )
        batch_op.drop_index(
            "ix_relay_item_held",
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.drop_table("relay_item")
    op.drop_table("ra_assessment")
    op.drop_table("present_state")
    with op.batch_alter_table("planned_stop", schema=None) as batch_op:
        batch_op.drop_index("ix_planned_stop_time")
        batch_op.drop_index("ix_planned_stop_station")

    op.drop_table("planned_stop")
    op.drop_table("permit_limit")
    op.drop_table("operating_firm")
    op.drop_table("judge_again")
    with op.batch_alter_table("interruption", schema=None) as batch_op:
        batch_op.drop_index("ix_interruption_time")
        batch_op.drop_index("ix_interruption_station")
        batch_op.drop_index(
            "ix_interruption_open",
            sqlite_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
        )

    op.drop_table("interruption")
    op.drop_table("device")
    with op.batch_alter_table("day_closing", schema=None) as batch_op:
        batch_op.drop_index("ix_day_closing_station")
        batch_op.drop_index("ix_day_closing_at")

    op.drop_table("day_closing")
    op.drop_table("closed_day")
    op.drop_table("channel")
    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.drop_index("ix_archive_station_month")

    op.drop_table("archive")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    op.drop_table("station")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notification_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.drop_table("notification")
    op.drop_table("account_station")
    op.drop_table("account_key")
    op.drop_table("wqi_confirmation")
    op.drop_table("upload_quota")
    op.drop_table("slot_relay")
    op.drop_table("slot_day")
    op.drop_table("sign_look")
    op.drop_table("role_beat")
    op.drop_table("revision")
    op.drop_table("relay_target")
    op.drop_table("reading_version")
    with op.batch_alter_table("reading_review", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_review_review")

    op.drop_table("reading_review")
    op.drop_table("reading")
    op.drop_table("parameter")
    with op.batch_alter_table("owed_hour", schema=None) as batch_op:
        batch_op.drop_index("ix_owed_hour_due")

    op.drop_table("owed_hour")
    with op.batch_alter_table("owed_day", schema=None) as batch_op:
        batch_op.drop_index("ix_owed_day_due")

    op.drop_table("owed_day")
    op.drop_table("our_outage")
    op.drop_table("obligation")
    op.drop_table("login_failure")
    op.drop_table("limit_value")
    with op.batch_alter_table("judge_day", schema=None) as batch_op:
        batch_op.drop_index("ix_judge_day_due")

    op.drop_table("judge_day")
    op.drop_table("ingest_position")
    op.drop_table("hourly")
    op.drop_table("figure")
    op.drop_table("facility")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_station")
        batch_op.drop_index("ix_event_started_at")
        batch_op.drop_index(
            "ix_event_open",
            sqlite_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND withdrawn_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_event_news", sqlite_where=sa.text("news = 1"), postgresql_where=sa.text("news")
        )

    op.drop_table("event")
    with op.batch_alter_table("dirty_hour", schema=None) as batch_op:
        batch_op.drop_index("ix_dirty_hour_hour")

    op.drop_table("dirty_hour")
    op.drop_table("dated_rule")
    op.drop_table("daily")
    op.drop_table("channel_mark")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_log_at")

    op.drop_table("audit_log")
    op.drop_table("audit_head")
    op.drop_table("arrival_mark")
    op.drop_table("app_user")
    op.drop_table("api_key")
    op.drop_table("alarm_rule")
    op.drop_table("account")
