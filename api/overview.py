"""What the overview page says: every station now and today, what was rejected, what waits.

Put together in one consistent view of the store, without scanning readings or the ledger. Plain
values; how they are worded and drawn is the templates' business.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from api.strip import Strip, day_strip
from api.words import REASONS, STATION_STATES, UNREADABLE, Reason
from quality.completeness import Account, DayLines, Span, account, spans, station_account
from quality.slots import day_of, day_start, slots_due, slots_per_day
from quality.station_state import StationState, station_state
from store.file_view import FileEntry, count_received, newest_rejected
from store.relay_view import TargetNow, targets_now, waiting_by_station
from store.slot_view import ChannelDay, channel_days
from store.station_now_view import Newest, newest
from store.station_view import StationEntry, station_page

_REJECTED_LOOKED_AT = 500
_REJECTED_SHOWN = 12
_URGENCY = {state: place for place, state in enumerate(STATION_STATES)}


class StationLine(NamedTuple):
    """A station as its line in the table."""

    code: str
    name: str
    kind: str
    facility: str | None
    state: StationState
    last_measured_at: datetime | None
    strip: Strip
    received_rate: float | None
    """Of today's slots that are due; None where none is."""
    waiting: int
    """Items that wait for any relay target."""


class RejectedGroup(NamedTuple):
    """Rejected files that have the same cause and the same remedy."""

    reason: Reason
    code: str
    """The station's code as the names wrote it; empty where they have none."""
    account: str
    files: int
    newest: FileEntry


class Overview(NamedTuple):
    """The whole page."""

    now: datetime
    stations: Sequence[StationLine]
    """The most urgent first, then by code."""
    shown: StationState | None
    """Which stations are listed; None: all."""
    states: dict[StationState, int]
    """How many stations are in each state, the most urgent first."""
    received_rate: float | None
    """Of all stations' due slots today."""
    files_today: int
    rejected: Sequence[RejectedGroup]
    rejected_today: int
    rejected_is_all: bool
    """False where there are more rejected files than were looked at."""
    targets: Sequence[TargetNow]

    @property
    def waiting(self) -> int:
        """Items that wait for any target."""
        return sum(target.waiting for target in self.targets)


def look(connection: Connection, now: datetime, shown: StationState | None = None) -> Overview:
    """The overview at `now` (aware), of the stations in the state `shown`, or of all."""
    day = day_of(now)
    entries = station_page(connection, None)
    latest = newest(connection, [entry.id for entry in entries], now)
    channels = channel_days(connection, day)
    waiting = waiting_by_station(connection)
    lines: list[StationLine] = []
    accounts: list[Account] = []
    for entry in entries:
        line, owed = _line(entry, latest[entry.id], channels.get(entry.id, []), waiting.get(entry.id, 0), now)
        lines.append(line)
        accounts.append(owed)
    states = Counter(line.state for line in lines)
    lines.sort(key=lambda line: _URGENCY[line.state])
    rejected = newest_rejected(connection, None, _REJECTED_LOOKED_AT)
    return Overview(
        now=now,
        stations=[line for line in lines if shown in (None, line.state)],
        shown=shown,
        states={state: states[state] for state in STATION_STATES},
        received_rate=station_account((), accounts, ()).received_rate,
        files_today=count_received(connection, day_start(day)),
        rejected=grouped(rejected)[:_REJECTED_SHOWN],
        rejected_today=sum(entry.received_at >= day_start(day) for entry in rejected),
        rejected_is_all=len(rejected) < _REJECTED_LOOKED_AT,
        targets=targets_now(connection),
    )


def _line(
    entry: StationEntry, last: Newest, channels: Sequence[ChannelDay], waiting: int, now: datetime
) -> tuple[StationLine, Account]:
    day = day_of(now)
    interval = entry.interval_minutes
    began = entry.in_service_from is not None and entry.in_service_from <= day
    in_service = began or (entry.in_service_from is None and last.last_measured_at is not None)
    owed = _account_today(channels, interval, in_service, now)
    strip = day_strip(
        [channel.states for channel in channels if channel.interval == interval],
        slots_per_day(interval),
        slots_due(now, day, interval),
        expected=in_service and bool(channels),
    )
    state = station_state(
        interval,
        last.last_measured_at,
        last.last_arrival_at,
        last.latest,
        now,
        exceeding=last.exceeding,
        warned=last.warned,
    )
    line = StationLine(
        code=entry.code,
        name=entry.name,
        kind=entry.kind,
        facility=entry.facility,
        state=state,
        last_measured_at=last.last_measured_at,
        strip=strip,
        received_rate=owed.received_rate,
        waiting=waiting,
    )
    return line, owed


def _account_today(channels: Sequence[ChannelDay], interval: int, in_service: bool, now: datetime) -> Account:
    """The slot account of a station's day so far; out of service it owes nothing."""
    begin = day_start(day_of(now))
    counted: list[Span] = []
    if in_service:
        counted = spans(begin, begin + timedelta(days=1), now, lambda _day: interval)
    # Most channels of a station have the same line, and a line has one account.
    known = {
        channel: account(
            counted, {begin.date(): DayLines(channel.interval, channel.states)} if channel.states else {}
        )
        for channel in set(channels)
    }
    return station_account(counted, [known[channel] for channel in channels], ())


def grouped(files: Iterable[FileEntry]) -> list[RejectedGroup]:
    """Rejected files, newest first, as one group for each cause at each station and account."""
    groups: dict[tuple[str, str, str], RejectedGroup] = {}
    for entry in files:
        code = entry.station_code or entry.station or ""
        reason = REASONS.get(entry.reason or "", UNREADABLE)
        key = (reason.what, code, entry.account)
        present = groups.get(key)
        if present is None:
            groups[key] = RejectedGroup(reason, code, entry.account, 1, entry)
        else:
            groups[key] = present._replace(files=present.files + 1)
    return list(groups.values())
