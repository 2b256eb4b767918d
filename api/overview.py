"""What the overview page says: every station now and on one day, what was rejected, what waits.

Put together in one consistent view of the store, without scanning readings or the ledger. Plain
values; how they are worded and drawn is the templates' business.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from api.condition import CONDITIONS, GROUPS, Condition, Group
from api.rejected_groups import RejectedGroup, grouped
from api.station_line import Day, StationLine
from api.station_now import stations_now
from api.strip import SHOWN, Mark
from quality.completeness import station_account
from quality.slots import day_of, day_start
from quality.stretches import Stretch
from store.events.unsolved_view import SystemTrouble, system_troubles, unsolved_by_station
from store.files.file_view import count_received, newest_rejected
from store.limits.dated_rules import load_rules
from store.network.station_view import station_page
from store.relay.view import TargetNow, targets_now, waiting_by_station
from store.service.outages import outage_stretches
from store.setup_view import Setup, setup_so_far
from store.slots.first_days import EARLIEST, first_days
from store.slots.view import channel_days

UNSOLVED_DAYS = 30
"""How far back what nobody dealt with is counted, unless it goes on."""
PAGE = 100
"""Stations on one page: as many as a browser shows at once without being felt."""

_REJECTED_LOOKED_AT = 500
_REJECTED_SHOWN = 12


class Wanted(NamedTuple):
    """What a visitor asked to see."""

    condition: Condition | None = None
    """Only stations of which this is said; None: all."""
    search: str = ""
    """Only stations whose code, name or facility holds these words, in any case, with or without marks."""
    day: date | None = None
    """None, and days to come: today. None earlier than EARLIEST."""
    page: int | None = 1
    """From 1; None: all stations on one page."""


class Overview(NamedTuple):
    """The whole page."""

    now: datetime
    day: date
    stations: Sequence[StationLine]
    """Of this page; the most urgent first, then by code."""
    found: int
    """Stations on all pages together."""
    page: int | None
    pages: int
    shown: Condition | None
    search: str
    conditions: dict[Condition, int]
    """How many stations there are of each, the most urgent first."""
    marks: Sequence[Mark]
    """What the strips of this page show, and what the legend always explains."""
    outages: Sequence[Stretch]
    """Ours, of the day shown."""
    received_rate: float | None
    """Of what all stations owe on the day shown."""
    target_rate: float
    """What a received rate is to reach on that day."""
    files_today: int
    rejected: Sequence[RejectedGroup]
    rejected_today: int
    rejected_is_all: bool
    """False where there are more rejected files than were looked at."""
    targets: Sequence[TargetNow]
    troubles: Sequence[SystemTrouble]
    setup: Setup
    groups: dict[Group, int]
    """How many stations are under each heading, on all pages together."""

    @property
    def midnight(self) -> datetime:
        """With which the day shown begins."""
        return day_start(self.day)

    @property
    def before(self) -> str:
        """The day before, as links name it."""
        return (self.day - timedelta(days=1)).isoformat()

    @property
    def after(self) -> str:
        """The day after."""
        return (self.day + timedelta(days=1)).isoformat()

    @property
    def counts_unsolved(self) -> bool:
        """Whether any station of this page has events that nobody has dealt with."""
        return any(line.unsolved for line in self.stations)

    @property
    def today(self) -> bool:
        """Whether the day shown is today."""
        return self.day == day_of(self.now)

    @property
    def waiting(self) -> int:
        """Items that wait for any target."""
        return sum(target.waiting for target in self.targets)


EVERYTHING = Wanted()


def look(connection: Connection, now: datetime, wanted: Wanted = EVERYTHING) -> Overview:
    """The overview at `now` (aware)."""
    today = day_start(day_of(now))
    day = Day(min(max(wanted.day or today.date(), EARLIEST), today.date()), now)
    lines = _lines(connection, day)
    conditions = Counter(line.condition for line in lines)
    words = _plain(wanted.search).split()
    chosen = [
        line for line in lines
        if wanted.condition in (None, line.condition) and all(word in _searched(line) for word in words)
    ]  # fmt: skip
    pages = max(-(-len(chosen) // PAGE), 1)
    page = None if wanted.page is None else min(max(wanted.page, 1), pages)
    stations = chosen if page is None else chosen[(page - 1) * PAGE : page * PAGE]
    groups = Counter(line.group for line in chosen)
    marks = {band.state for line in stations for band in line.strip.bands} | {"valid", "absent"}
    rejected = newest_rejected(connection, None, _REJECTED_LOOKED_AT)
    target = load_rules(connection).number("target_percent", day_start(day.date))
    return Overview(
        now=now,
        day=day.date,
        target_rate=target / 100,
        stations=stations,
        found=len(chosen),
        page=page,
        pages=pages,
        shown=wanted.condition,
        search=wanted.search,
        conditions={condition: conditions[condition] for condition in CONDITIONS},
        marks=[mark for mark in SHOWN if mark in marks],
        outages=outage_stretches(connection, day.begin, day.end, now),
        received_rate=station_account((), [line.account for line in lines], ()).delivered_rate,
        files_today=count_received(connection, today),
        rejected=grouped(rejected)[:_REJECTED_SHOWN],
        rejected_today=sum(entry.received_at >= today for entry in rejected),
        rejected_is_all=len(rejected) < _REJECTED_LOOKED_AT,
        targets=targets_now(connection),
        troubles=system_troubles(connection),
        setup=setup_so_far(connection),
        groups={group: groups[group] for group in GROUPS},
    )


def _lines(connection: Connection, day: Day) -> list[StationLine]:
    """Every station's line, the most urgent first, then by code."""
    entries = station_page(connection, None)
    present = stations_now(connection, entries, day.now, day.begin, day.end)
    channels = channel_days(connection, day.date)
    began = first_days(connection, [entry.id for entry in entries if entry.in_service_from is None])
    waiting = waiting_by_station(connection)
    unsolved = unsolved_by_station(connection, day.now - timedelta(days=UNSOLVED_DAYS))
    lines = []
    for entry in entries:
        first = entry.in_service_from or began.get(entry.id)
        line = StationLine(
            entry=entry,
            present=present[entry.id],
            channels=channels.get(entry.id, []),
            in_service=first is not None and first <= day.date,
            waiting=waiting.get(entry.id, 0),
            unsolved=unsolved.get(entry.id, {}),
            day=day,
        )
        lines.append(line)
    return sorted(lines, key=lambda line: line.place)


def _searched(line: StationLine) -> str:
    return _plain(f"{line.entry.code} {line.entry.name} {line.entry.facility or ''}")


def _plain(text: str) -> str:
    """Without case, marks and the stroke of đ, as people type it in a hurry."""
    apart = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
