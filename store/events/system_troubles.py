"""What is wrong with the system itself, as events: what is found opens one, what is gone closes it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from quality.events import EventKind, EventLevel
from quality.slots import day_of, day_start
from store.events.writing import Happening, amend, close_event, open_event, open_events
from store.relay.view import targets_now
from store.tables import data_file, event


class Trouble(NamedTuple):
    """Something that is wrong now."""

    subject: str
    """What is: a target, a folder, an account. One event for each."""
    level: EventLevel
    detail: Mapping[str, Any]


def keep(
    connection: Connection, kind: EventKind, troubles: Collection[Trouble], now: datetime, of: str = ""
) -> None:
    """Makes the open events of a kind those that are found now. A detail that moves is no news.

    of: how the subjects begin that whoever looks can see at all, such as a host's name.
    """
    present = {
        found.subject: found for found in open_events(connection, kind) if found.subject.startswith(of)
    }
    for trouble in troubles:
        found = present.pop(trouble.subject, None)
        if found is None:
            open_event(
                connection, Happening(kind, None, None, trouble.subject, now, trouble.level, trouble.detail)
            )
        elif found.level != trouble.level:
            amend(connection, found.id, level=trouble.level, detail=trouble.detail)
    for gone in present.values():
        close_event(connection, gone.id, now)


def stuck_relays(connection: Connection, now: datetime, after: timedelta) -> list[Trouble]:
    """Targets for which something has been waiting for longer than `after`, after an attempt that failed."""
    return [
        Trouble(
            target.name,
            "alarm",
            {
                "waiting": target.waiting,
                "outcome": target.last_outcome,
                "message": target.last_detail,
                "waiting_since": target.oldest_queued_at.isoformat(),
            },
        )
        for target in targets_now(connection)
        if not target.disabled
        and target.last_outcome not in (None, "sent")
        and target.oldest_queued_at is not None
        and now - target.oldest_queued_at > after
    ]


def tell_rejected_files(connection: Connection, now: datetime) -> None:
    """One event a day (in Vietnam) for each station, account and reason with rejected files."""
    begin = day_start(day_of(now))
    columns = (data_file.c.station_id, data_file.c.account, data_file.c.reason)
    # As a table of its own: SQLite would else walk through every file of every station, to have them grouped.
    rejected = (
        select(*columns, data_file.c.received_at)
        .where(data_file.c.state == "rejected", data_file.c.received_at >= begin)
        .cte("rejected")
        .prefix_with("MATERIALIZED")
    )
    came = rejected.c.received_at
    groups = (rejected.c.station_id, rejected.c.account, rejected.c.reason)
    query = select(*groups, func.min(came), func.max(came), func.count()).group_by(*groups)
    for station_id, account, reason, first, last, count in connection.execute(query):
        subject = f"{account}: {reason}"
        detail = {"account": account, "reason": reason, "count": count}
        known = connection.scalar(
            select(event.c.id).where(
                event.c.kind == "file_rejected",
                event.c.station_id == (station_id or 0),
                event.c.subject == subject,
                event.c.started_at >= begin,
            )
        )
        if known is None:
            known = open_event(
                connection, Happening("file_rejected", station_id, None, subject, first, "warning", detail)
            )
        amend(connection, known, ended_at=last, detail=detail)
