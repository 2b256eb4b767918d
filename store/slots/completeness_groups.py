"""The slot account of many stations together: of a facility, a province, or a kind of station.

The sums are of the stations' own accounts (store/slots/completeness.py), period by period, so a group never
tells another story than its stations do.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from quality.completeness import Account, together
from quality.periods import By, Period, whole
from quality.slot_state import SlotState
from store.limits.dated_rules import load_rules
from store.network.station_view import StationEntry
from store.slots.completeness import Assessed, station_accounts

Group = Literal["facility", "province", "kind"]


class GroupItem(NamedTuple):
    """One group's account of one period; what is not told here is as in CompletenessItem."""

    group: str
    """The facility, the province or the kind; empty for stations that have none."""
    period: str
    stations: int
    """How many were in service in it."""
    expected: int
    states: dict[SlotState, int]
    received_rate: float | None
    valid_rate: float | None
    effective_rate: float | None
    on_time_rate: float | None
    relayed: dict[str, float | None]
    relayed_rate: float | None
    longest_gap_minutes: int
    """The longest of any of its stations."""
    target_rate: float


def grouped_completeness(
    connection: Connection,
    stations: Iterable[StationEntry],
    group: Group,
    from_: datetime | None,
    to: datetime | None,
    by: By | None,
    now: datetime,
) -> list[GroupItem]:
    """The accounts of the groups, by name and period. See completeness for the arguments."""
    found: dict[tuple[str, str], list[tuple[Period, Account]]] = defaultdict(list)
    for one in station_accounts(connection, stations, from_, to, by, now):
        if one.whole.expected:
            name: str | None = getattr(one.station, group)
            # without `by` every station has one period, which begins when it came into service
            found[name or "", one.period.label if by else ""].append((one.period, one.whole))
    assessed = Assessed(load_rules(connection))
    items = []
    for (name, label), parts in sorted(found.items()):
        begin, end = min(one.begin for one, _ in parts), max(one.end for one, _ in parts)
        period = Period(label, begin, end) if by else whole(begin, end)
        gap = max(counts.longest_gap_minutes for _, counts in parts)
        counts = together([counts for _, counts in parts], gap)
        items.append(GroupItem(name, period.label, len(parts), **assessed.told(period, counts)))
    return items
