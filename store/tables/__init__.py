"""The tables of the store, one subject a file; `metadata` holds them all.

Repositories import the tables from here; nobody else imports them.
"""

from store.tables.account_keys import account_key
from store.tables.alarms import alarm_rule, notification
from store.tables.archives import archive
from store.tables.averages import daily, hourly, owed_day, owed_hour
from store.tables.events import event
from store.tables.indices import wqi_confirmation
from store.tables.interruptions import arrival_mark, channel_mark, interruption
from store.tables.ledger import data_file, file_problem, ingest_position, read_again
from store.tables.limits import figure, judge_day, limit_value, permit_limit, station_limit
from store.tables.metadata import metadata
from store.tables.network import (
    channel,
    channel_setting,
    channel_symbol,
    facility,
    parameter,
    station,
    station_alias,
    station_interval,
)
from store.tables.operation import revision, role_beat
from store.tables.people import (
    account,
    account_station,
    api_key,
    app_user,
    audit_head,
    audit_log,
    login_failure,
    user_session,
)
from store.tables.quotas import upload_quota
from store.tables.readings import dirty_hour, judge_again, reading, reading_version, slot_day, slot_relay
from store.tables.registers import (
    device,
    obligation,
    operating_firm,
    present_state,
    ra_assessment,
    seal,
    standard_check,
    upkeep,
    verification,
)
from store.tables.relay import relay_attempt, relay_item, relay_map, relay_target
from store.tables.reviews import (
    closed_day,
    day_closing,
    reading_review,
    review,
    review_attachment,
    review_comment,
)
from store.tables.service import dated_rule, our_outage, planned_stop, station_phase
from store.tables.signs import sign_look

__all__ = [
    "account",
    "account_key",
    "account_station",
    "alarm_rule",
    "api_key",
    "app_user",
    "archive",
    "arrival_mark",
    "audit_head",
    "audit_log",
    "channel",
    "channel_mark",
    "channel_setting",
    "channel_symbol",
    "closed_day",
    "daily",
    "data_file",
    "dated_rule",
    "day_closing",
    "device",
    "dirty_hour",
    "event",
    "facility",
    "figure",
    "file_problem",
    "hourly",
    "ingest_position",
    "interruption",
    "judge_again",
    "judge_day",
    "limit_value",
    "login_failure",
    "metadata",
    "notification",
    "obligation",
    "operating_firm",
    "our_outage",
    "owed_day",
    "owed_hour",
    "parameter",
    "permit_limit",
    "planned_stop",
    "present_state",
    "ra_assessment",
    "read_again",
    "reading",
    "reading_review",
    "reading_version",
    "relay_attempt",
    "relay_item",
    "relay_map",
    "relay_target",
    "review",
    "review_attachment",
    "review_comment",
    "revision",
    "role_beat",
    "seal",
    "sign_look",
    "slot_day",
    "slot_relay",
    "standard_check",
    "station",
    "station_alias",
    "station_interval",
    "station_limit",
    "station_phase",
    "upkeep",
    "upload_quota",
    "user_session",
    "verification",
    "wqi_confirmation",
]
