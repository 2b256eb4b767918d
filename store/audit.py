"""The audit log: who changed what, and when. Written with the change, never altered.

`detail` holds no secret: a changed password is recorded as changed, and no more.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from store.tables import audit_log


class Act(NamedTuple):
    """Who acts, and when: every administrative change is told both."""

    who: str
    """A person or program, by where it came from: `cli:root`, `user:lan`, `key:phongmt`."""
    at: datetime
    """Aware."""


class Entry(NamedTuple):
    """One line of the log."""

    id: int
    at: datetime
    """UTC."""
    who: str
    action: str
    """A noun and a verb: `station.add`, `account.disable`."""
    subject: str
    detail: dict[str, Any]


def record(
    connection: Connection, act: Act, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Adds one line. Call it in the transaction of the change it records."""
    connection.execute(
        insert(audit_log).values(
            at=act.at, who=act.who, action=action, subject=subject, detail=dict(detail or {})
        )
    )


def entries(connection: Connection, limit: int = 1000) -> list[Entry]:
    """The newest lines, newest first."""
    columns = [audit_log.c[name] for name in Entry._fields]
    rows = connection.execute(select(*columns).order_by(audit_log.c.id.desc()).limit(limit))
    return [Entry(*row) for row in rows]
