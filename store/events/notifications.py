"""The queue of notifications: what is to be told to whom, and what became of it.

`queue_news` takes the news of events and queues what the rules say, in one transaction. A notification that
is being sent is claimed by moving its due time: after a crash it is due again, so that it is told at least
once. Its number goes with it, so that a receiver can tell the second copy.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, select, update

from quality.alarms import GIVE_UP, Matter, not_before, occasions, pause, reminder
from quality.service import Service
from store.events.alarm_rules import RuleEntry, all_rules
from store.events.view import EventEntry
from store.events.writing import EVENT_COLUMNS, Event, of_row, take_news
from store.service.service_view import services
from store.tables import alarm_rule, event, notification, parameter, station
from store.upsert import insert_for

CLAIM = timedelta(minutes=5)
"""How long sending may take before it counts as lost."""


NotificationState = Literal["waiting", "sent", "given_up"]


class Notification(NamedTuple):
    """What is to be sent now."""

    id: int
    occasion: str
    rule: RuleEntry
    entry: EventEntry
    station_name: str | None
    attempts: int
    created_at: datetime


class QueueEntry(NamedTuple):
    """A notification as lists show it."""

    id: int
    event_id: int
    rule: str
    channel: str
    address: str
    occasion: str
    state: NotificationState
    due_at: datetime
    attempts: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None


def anything_to_do(connection: Connection, now: datetime) -> bool:
    """Whether an event has news, or a notification is due. Looks without asking for the right to write."""
    due = select(notification.c.id).where(notification.c.state == "waiting", notification.c.due_at <= now)
    news = select(event.c.id).where(event.c.news)
    return any(connection.scalar(query.limit(1)) is not None for query in (due, news))


def queue_news(connection: Connection, now: datetime, limit: int = 200) -> int:
    """Queues what is to be told of up to `limit` events with news; returns how many events it took."""
    events = take_news(connection, limit)
    if not events:
        return 0
    rules = [rule for rule in all_rules(connection) if not rule.disabled]
    stations = _stations(connection, events, now)
    told = _told(connection, [found.id for found in events])
    for found in events:
        matter = _matter(found, stations)
        for entry in rules:
            rule = entry.rule()
            for occasion in occasions(rule, matter, told[found.id, entry.id], now):
                _queue(connection, found.id, entry.id, occasion, not_before(rule, matter, now), now)
    return len(events)


def queue_reminders(connection: Connection, now: datetime) -> int:
    """Queues what is to be told again, of events that go on and that nobody has acknowledged."""
    rules = {
        entry.id: entry for entry in all_rules(connection) if entry.repeat_minutes and not entry.disabled
    }
    sent = (
        select(notification.c.event_id, notification.c.rule_id, func.max(notification.c.sent_at))
        .join(event, event.c.id == notification.c.event_id)
        .where(
            event.c.ended_at.is_(None), event.c.withdrawn_at.is_(None), event.c.acknowledged_at.is_(None),
            notification.c.rule_id.in_(rules), notification.c.sent_at.is_not(None),
        )
        .group_by(notification.c.event_id, notification.c.rule_id)
    )  # fmt: skip
    rows = connection.execute(sent).all()
    if not rows:
        return 0
    events = {
        found.id: found
        for row in connection.execute(select(*EVENT_COLUMNS).where(event.c.id.in_({row[0] for row in rows})))
        for found in [of_row(row)]
    }
    stations = _stations(connection, events.values(), now)
    told = _told(connection, list(events))
    count = 0
    for event_id, rule_id, last_sent in rows:
        found, rule = events[event_id], rules[rule_id].rule()
        matter = _matter(found, stations)
        occasion = reminder(rule, matter, told[event_id, rule_id], last_sent, now)
        if occasion is not None:
            count += _queue(connection, event_id, rule_id, occasion, not_before(rule, matter, now), now)
    return count


def claim_due(connection: Connection, now: datetime, limit: int) -> list[Notification]:
    """Takes up to `limit` notifications that are due, oldest first, for the next minutes."""
    due = (
        select(notification.c.id)
        .where(notification.c.state == "waiting", notification.c.due_at <= now)
        .order_by(notification.c.due_at, notification.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.scalars(due).all()
    if not ids:
        return []
    connection.execute(update(notification).where(notification.c.id.in_(ids)).values(due_at=now + CLAIM))
    rules = {rule.id: rule for rule in all_rules(connection)}
    own = [notification.c[name] for name in ("id", "occasion", "rule_id", "attempts", "created_at")]
    query = (
        select(*own, station.c.code, station.c.name, parameter.c.code, *EVENT_COLUMNS)
        .join(event, event.c.id == notification.c.event_id)
        .outerjoin(station, station.c.id == event.c.station_id)
        .outerjoin(parameter, parameter.c.id == event.c.parameter_id)
        .where(notification.c.id.in_(ids))
        .order_by(notification.c.id)
    )
    return [
        Notification(
            row[0], row[1], rules[row[2]], EventEntry(of_row(row[8:]), row[5], row[7]), row[6], row[3], row[4]
        )
        for row in connection.execute(query)
    ]


def mark_sent(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """The recipient's server took them. They were due by then: the claim had moved that."""
    done = notification.c.id.in_(ids)
    connection.execute(
        update(notification)
        .where(done)
        .values(state="sent", sent_at=now, due_at=now, attempts=notification.c.attempts + 1, last_error="")
    )


def mark_failed(
    connection: Connection, failed: Iterable[Notification], error: str, now: datetime
) -> list[int]:
    """They were not taken: each is tried again later, or given up after a week; returns those given up."""
    given_up = []
    for one in failed:
        attempts = one.attempts + 1
        state = "given_up" if now - one.created_at > GIVE_UP else "waiting"
        if state == "given_up":
            given_up.append(one.id)
        connection.execute(
            update(notification)
            .where(notification.c.id == one.id)
            .values(state=state, attempts=attempts, last_error=error, due_at=now + pause(attempts))
        )
    return given_up


def queue_page(
    connection: Connection,
    state: NotificationState | None,
    event_id: int | None,
    before: int | None,
    limit: int,
) -> list[QueueEntry]:
    """Notifications, the newest first, from the one before the id `before` on."""
    of_rule = {"rule": alarm_rule.c.name, "channel": alarm_rule.c.channel, "address": alarm_rule.c.address}
    columns = [of_rule[name] if name in of_rule else notification.c[name] for name in QueueEntry._fields]
    query = select(*columns).join(alarm_rule, alarm_rule.c.id == notification.c.rule_id)
    if state is not None:
        query = query.where(notification.c.state == state)
    if event_id is not None:
        query = query.where(notification.c.event_id == event_id)
    if before is not None:
        query = query.where(notification.c.id < before)
    return [
        QueueEntry(*row) for row in connection.execute(query.order_by(notification.c.id.desc()).limit(limit))
    ]


def _queue(
    connection: Connection, event_id: int, rule_id: int, occasion: str, due_at: datetime, now: datetime
) -> bool:
    statement = insert_for(connection, notification).values(
        event_id=event_id, rule_id=rule_id, occasion=occasion, due_at=due_at, created_at=now
    )
    return bool(connection.execute(statement.on_conflict_do_nothing()).rowcount)


def _told(connection: Connection, event_ids: Sequence[int]) -> dict[tuple[int, int], list[str]]:
    """Which occasions were told or queued, by event and rule, in that order."""
    told: dict[tuple[int, int], list[str]] = defaultdict(list)
    columns = (notification.c.event_id, notification.c.rule_id, notification.c.occasion)
    query = select(*columns).where(notification.c.event_id.in_(event_ids)).order_by(notification.c.id)
    for row in connection.execute(query):
        told[row.event_id, row.rule_id].append(row.occasion)
    return told


class _Stations(NamedTuple):
    """What is to be known of the stations of some events."""

    codes: Mapping[int, str]
    services: Mapping[int, Service]


def _stations(connection: Connection, events: Collection[Event], now: datetime) -> _Stations:
    ids = {found.station_id for found in events if found.station_id is not None}
    query = select(station.c.id, station.c.code).where(station.c.id.in_(ids))
    return _Stations(dict(connection.execute(query).all()), services(connection, ids, now, now, now))


def _matter(found: Event, stations: _Stations) -> Matter:
    handled = found.acknowledged_at is not None or found.state == "solved"
    code, testing = None, False
    if found.station_id is not None:
        code = stations.codes.get(found.station_id)
        testing = stations.services[found.station_id].phase_at(found.started_at) == "testing"
    return Matter(
        found.kind, code, found.level, found.started_at, found.ended_at, found.withdrawn_at, handled, testing
    )
