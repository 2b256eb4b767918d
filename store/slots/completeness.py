"""The slot account of stations, per channel and in all: what REST, reports and the command line show.

Reads the slot lines and leaves all arithmetic to quality/completeness.py. One station is in memory at a
time. Lines are as new as the completeness ledger: about a second old.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from quality.completeness import Account, DayLines, account, excuses_of, spans, station_account
from quality.dated_rules import DatedRules
from quality.periods import By, Period, parts, whole
from quality.slot_state import SlotState
from quality.slots import day_of, day_start
from store.limits.dated_rules import load_rules
from store.network.station_view import StationEntry
from store.relay.duties import Duties, Duty, load_duties
from store.service.service_view import services
from store.slots.first_days import first_days
from store.tables import channel, parameter, slot_day, slot_relay


class CompletenessItem(NamedTuple):
    """One line of the account, as the outside contract has it: `_asdict()` is its JSON."""

    station: str
    period: str
    """2026-05-30, 2026-05 or 2026-05-01/2026-05-30 (quality/periods.py)."""
    parameter: str | None
    """None: all channels of the station together."""
    expected: int
    states: dict[SlotState, int]
    """All ten states; they add up to `expected`."""
    received_rate: float | None
    """This and all other rates: a fraction of 1; None where the divisor is 0."""
    valid_rate: float | None
    effective_rate: float | None
    on_time_rate: float | None
    relayed: dict[str, float | None]
    """Target's name -> acknowledged ÷ (valid + suspect); every enabled target the station goes to."""
    relayed_rate: float | None
    """The least of them."""
    longest_gap_minutes: int
    target_rate: float
    """What the rates are to reach, by the dated figure of the period's last day."""


@dataclass(frozen=True)
class _Channel:
    parameter_id: int
    parameter: str


class StationAccount(NamedTuple):
    """A station's account of one period."""

    station: StationEntry
    period: Period
    whole: Account
    channels: Sequence[tuple[str, Account]]
    """By parameter, in the order of declaration."""


def completeness(
    connection: Connection,
    stations: Iterable[StationEntry],
    from_: datetime | None,
    to: datetime | None,
    by: By | None,
    now: datetime,
) -> Iterator[CompletenessItem]:
    """The accounts of the stations, in their order, by period: all channels together, then one by one.

    from_, to: aware, `to` not included; None: from the first day in service, until now. Only slots that
    are due at `now` and in service are expected. Without `by` every channel has one item; with it,
    periods before the service and after `now` have none.
    """
    assessed = Assessed(load_rules(connection))
    for one in station_accounts(connection, stations, from_, to, by, now):
        yield CompletenessItem(
            one.station.code, one.period.label, None, **assessed.told(one.period, one.whole)
        )
        for name, counts in one.channels:
            yield CompletenessItem(
                one.station.code, one.period.label, name, **assessed.told(one.period, counts)
            )


def station_accounts(
    connection: Connection,
    stations: Iterable[StationEntry],
    from_: datetime | None,
    to: datetime | None,
    by: By | None,
    now: datetime,
) -> Iterator[StationAccount]:
    """The accounts themselves; see completeness."""
    duties = load_duties(connection)
    for station in stations:
        yield from _of_station(connection, station, duties, from_, to, by, now)


class Assessed:
    """What rates and targets are told of an account, by the figures of its time."""

    def __init__(self, rules: DatedRules) -> None:
        self._rules = rules

    def told(self, period: Period, counts: Account) -> dict[str, Any]:
        """What an item says from `expected` on. A period is assessed by the figures of its last day."""
        at = period.end - timedelta(microseconds=1)
        return {
            "expected": counts.expected,
            "states": dict(counts.states),
            "received_rate": counts.received_rate,
            "valid_rate": counts.valid_rate,
            "effective_rate": counts.effective_rate(self._rules.at("effective_rate", at)),
            "on_time_rate": counts.on_time_rate,
            "relayed": counts.relayed_rates,
            "relayed_rate": counts.relayed_rate,
            "longest_gap_minutes": counts.longest_gap_minutes,
            "target_rate": self._rules.number("target_percent", at) / 100,
        }


def _of_station(
    connection: Connection,
    station: StationEntry,
    duties: Duties,
    from_: datetime | None,
    to: datetime | None,
    by: By | None,
    now: datetime,
) -> Iterator[StationAccount]:
    channels = _channels(connection, station.id)
    service = station.in_service_from or first_days(connection, [station.id]).get(station.id)
    # A station that never came and has no date is not in service yet: nothing is expected of it.
    in_service = now if service is None else day_start(service)
    begin = in_service if from_ is None else max(from_, in_service)
    end = now if to is None else min(to, now)
    if by is None:
        asked = whole(in_service if from_ is None else from_, now if to is None else to)
        periods: Iterable[Period] = [asked._replace(begin=begin, end=end)]
    else:
        periods = parts(begin, end, by)
    targets = duties.of(station.id, begin, end)
    lines, cuts = _lines(connection, station.id, channels, targets, begin, end)
    duty = services(connection, [station.id], begin, end, now)[station.id]
    days = [lines[one.parameter_id] for one in channels]
    names = [target.name for target in targets]
    for period in periods:
        counted = spans(
            period.begin,
            period.end,
            now,
            lambda day: cuts.get(day) or station.intervals.on(day),
            duty,
        )
        accounts = [
            account(counted, known, names, excuses_of(duty, one.parameter_id))
            for one, known in zip(channels, days, strict=True)
        ]
        whole_station = station_account(counted, accounts, days, excuses_of(duty))
        by_parameter = [(one.parameter, counts) for one, counts in zip(channels, accounts, strict=True)]
        yield StationAccount(station, period, whole_station, by_parameter)


def _channels(connection: Connection, station_id: int) -> list[_Channel]:
    query = (
        select(channel.c.parameter_id, parameter.c.code)
        .join(parameter, parameter.c.id == channel.c.parameter_id)
        .where(channel.c.station_id == station_id)
        .order_by(channel.c.id)
    )
    return [_Channel(*row) for row in connection.execute(query)]


def _lines(
    connection: Connection,
    station_id: int,
    channels: Sequence[_Channel],
    targets: Sequence[Duty],
    begin: datetime,
    end: datetime,
) -> tuple[dict[int, dict[date, DayLines]], dict[date, int]]:
    """The declared channels' lines by parameter and day, and the interval by which each day is cut."""
    lines: dict[int, dict[date, DayLines]] = {one.parameter_id: {} for one in channels}
    cuts: dict[date, int] = {}
    if begin >= end:
        return lines, cuts
    first, last = day_of(begin), day_of(end)
    marks = _marks(connection, station_id, targets, first, last)
    query = select(
        slot_day.c.day, slot_day.c.parameter_id, slot_day.c.interval_minutes, slot_day.c.states
    ).where(slot_day.c.station_id == station_id, slot_day.c.day >= first, slot_day.c.day <= last)
    for day, parameter_id, interval, states in connection.execute(query).all():
        days = lines.get(parameter_id)
        if days is not None:
            days[day] = DayLines(interval, states, marks.get((day, parameter_id), {}))
            cuts[day] = interval
    return lines, cuts


def _marks(
    connection: Connection, station_id: int, targets: Sequence[Duty], first: date, last: date
) -> dict[tuple[date, int], dict[str, str]]:
    """(day, parameter) -> target's name -> relay line."""
    found: dict[tuple[date, int], dict[str, str]] = defaultdict(dict)
    if not targets:
        return found
    names = {target.target_id: target.name for target in targets}
    query = select(
        slot_relay.c.day, slot_relay.c.parameter_id, slot_relay.c.target_id, slot_relay.c.marks
    ).where(slot_relay.c.station_id == station_id, slot_relay.c.day >= first, slot_relay.c.day <= last)
    for day, parameter_id, target_id, marks in connection.execute(query).all():
        if target_id in names:
            found[day, parameter_id][names[target_id]] = marks
    return found
