"""The day's last hash of the audit log, on its way out of the house.

A mailbox that the database's owner cannot reach keeps what the log was on each day. Each day has one head,
made when the day is over; it stays on the list until it was sent, however long the mail server is away.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from quality.slots import day_of
from store.audit import head
from store.tables import audit_head
from store.upsert import insert_for


class AuditHead(NamedTuple):
    """The log at the end of a day."""

    day: date
    """In Vietnam."""
    head_id: int
    hash: str
    made_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str


def make_head(connection: Connection, now: datetime) -> date | None:
    """Writes down the head of the day that ended last, once; the day, where that was done now.

    Made late, it holds what was recorded until then, which is just as good: it fixes all that came before.
    """
    day = day_of(now) - timedelta(days=1)
    if connection.scalar(select(audit_head.c.day).where(audit_head.c.day == day)) is not None:
        return None
    last = head(connection)
    if last is None:
        return None
    statement = insert_for(connection, audit_head).values(
        day=day, head_id=last.id, hash=last.hash, made_at=now
    )
    done = connection.execute(statement.on_conflict_do_nothing())
    return day if done.rowcount else None


def unsent(connection: Connection) -> list[AuditHead]:
    """Heads that nobody outside has yet, the oldest first."""
    columns = (audit_head.c[name] for name in AuditHead._fields)
    query = select(*columns).where(audit_head.c.sent_at.is_(None)).order_by(audit_head.c.day)
    return [AuditHead(*row) for row in connection.execute(query)]


def heads(connection: Connection, limit: int = 1000) -> list[AuditHead]:
    """The newest heads, newest first."""
    columns = (audit_head.c[name] for name in AuditHead._fields)
    query = select(*columns).order_by(audit_head.c.day.desc()).limit(limit)
    return [AuditHead(*row) for row in connection.execute(query)]


def sent(connection: Connection, day: date, now: datetime) -> None:
    """The day's head has left the house."""
    _tried(connection, day, sent_at=now, last_error="")


def failed(connection: Connection, day: date, error: str) -> None:
    """The day's head could not be sent; it stays on the list."""
    _tried(connection, day, last_error=error[:500])


def _tried(connection: Connection, day: date, **values: object) -> None:
    connection.execute(
        update(audit_head).where(audit_head.c.day == day).values(attempts=audit_head.c.attempts + 1, **values)
    )
