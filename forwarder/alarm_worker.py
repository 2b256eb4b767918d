"""The alarms' worker: takes the news of events, queues what is to be told, and sends what is due.

A recipient whose server does not answer holds up nobody else's messages for longer than one request. Where
much is due for one recipient at once, it is told in one message. The daily self-test is an event like any
other.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, time
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Connection, Engine

from forwarder.alarm_channels import Channels, DeliveryError
from forwarder.alarm_texts import Text, compose, digest
from parsers.vietnam_time import VN
from store.engine import STORE_AWAY, reading, writing_along
from store.events.notifications import (
    Notification,
    anything_to_do,
    claim_due,
    mark_failed,
    mark_sent,
    queue_news,
    queue_reminders,
)
from store.events.writing import Happening, close_event, open_event

log = structlog.get_logger()

POLL_SECONDS = 1.0
REMIND_SECONDS = 30.0
RETRY_SECONDS = 5.0
AT_ONCE = 50
"""Notifications claimed at once: they must be sent within the claim's five minutes."""
DIGEST_FROM = 4
"""So many for one recipient become one message."""

Watch = Callable[[Connection, datetime], None]
"""Looks after one thing that can go wrong with the system itself, and keeps its events."""


def run_alarms(
    engine: Engine,
    channels: Channels,
    now: Callable[[], datetime],
    stop: Event,
    self_test_at: time,
    watches: Sequence[Watch] = (),
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Works until `stop` is set; a message that is being sent then is finished."""
    looked_at = float("-inf")
    while not stop.is_set():
        try:
            if monotonic() - looked_at >= REMIND_SECONDS:
                looked_at = monotonic()
                look_round(engine, now(), self_test_at, watches)
            with reading(engine) as connection:
                busy = anything_to_do(connection, now())
            if busy:
                take_news(engine, now())
                send_due(engine, channels, now, stop)
        except STORE_AWAY as error:
            log.warning("alarms_wait_for_store", error=str(error.orig))
            stop.wait(RETRY_SECONDS)
            continue
        if not busy:
            stop.wait(poll_seconds)


def look_round(engine: Engine, now: datetime, self_test_at: time, watches: Sequence[Watch]) -> None:
    """Looks after the system, opens the day's self-test once its time has come, and queues reminders."""
    for watch in watches:
        try:
            with writing_along(engine) as connection:
                watch(connection, now)
        except STORE_AWAY:
            raise
        except Exception:  # one thing that cannot be looked at must not blind the others; the log has it
            log.exception("watch_failed", watch=watch.__qualname__)
    with writing_along(engine) as connection:
        local = now.astimezone(VN)
        due = datetime.combine(local.date(), self_test_at, VN)
        if local >= due:
            # once a day: opened again, it is found
            test = Happening("self_test", None, None, "", due, "notice", state="solved")
            found = open_event(connection, test)
            close_event(connection, found, due)
        queue_reminders(connection, now)


def take_news(engine: Engine, now: datetime) -> int:
    """Queues what the news of events say is to be told; how many events had news."""
    with writing_along(engine) as connection:
        return queue_news(connection, now)


def send_due(engine: Engine, channels: Channels, now: Callable[[], datetime], stop: Event) -> int:
    """Sends what is due; how many notifications were tried."""
    with writing_along(engine) as connection:
        claimed = claim_due(connection, now(), AT_ONCE)
    by_rule: dict[int, list[Notification]] = defaultdict(list)
    for one in claimed:
        by_rule[one.rule.id].append(one)
    for waiting in by_rule.values():
        groups = [waiting] if len(waiting) >= DIGEST_FROM else [[one] for one in waiting]
        for group in groups:
            if not stop.is_set():
                _send(engine, channels, group, now)
    return len(claimed)


def _send(engine: Engine, channels: Channels, group: list[Notification], now: Callable[[], datetime]) -> None:
    """One message for the group, and what became of it."""
    rule = group[0].rule
    key = f"qttd-{'-'.join(str(one.id) for one in (group[0], group[-1]))}"
    try:
        channels.deliver(rule, _text(group), key, {"events": [_facts(one) for one in group]}, now())
    except DeliveryError as error:
        log.warning("alarm_not_delivered", rule=rule.name, channel=rule.channel, error=str(error))
        with writing_along(engine) as connection:
            given_up = mark_failed(connection, group, str(error), now())
        if given_up:
            log.error("alarms_given_up", rule=rule.name, count=len(given_up))  # noqa: TRY400 - no bug of ours
        return
    with writing_along(engine) as connection:
        mark_sent(connection, [one.id for one in group], now())
    log.info("alarm_sent", rule=rule.name, channel=rule.channel, events=[one.entry.event.id for one in group])


def _text(group: list[Notification]) -> Text:
    language = group[0].rule.language
    texts = [compose(one.entry, one.station_name, one.occasion, language) for one in group]
    return texts[0] if len(texts) == 1 else digest(texts, language)


def _facts(one: Notification) -> dict[str, object]:
    """An event for a program that receives a webhook: the same words as the REST interface's."""
    event = one.entry.event
    return {
        "id": event.id,
        "occasion": one.occasion,
        "kind": event.kind,
        "station": one.entry.station,
        "parameter": one.entry.parameter,
        "subject": event.subject,
        "level": event.level,
        "started_at": event.started_at.astimezone(VN).isoformat(),
        "ended_at": None if event.ended_at is None else event.ended_at.astimezone(VN).isoformat(),
        "detail": event.detail,
    }
