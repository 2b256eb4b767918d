"""Numbers that rise when administration changes something, so that running roles notice.

A role remembers the number it loaded and asks for the present one about once a second. The
number moves in the transaction that changes the subject, so a role never loads half a change.
"""

from typing import Literal

from sqlalchemy import Connection, select

from store.tables import revision
from store.upsert import insert_for

Subject = Literal["accounts", "network", "targets"]
"""accounts: also programs' keys; network: stations, aliases, channels; targets: the relay, with its maps."""


def current(connection: Connection, subject: Subject) -> int:
    """The subject's number; 0 before its first change."""
    return connection.scalar(select(revision.c.number).where(revision.c.subject == subject)) or 0


def bump(connection: Connection, subject: Subject) -> None:
    """Says that the subject has changed. Call it in the transaction of the change."""
    statement = insert_for(connection, revision).values(subject=subject, number=1)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["subject"], set_={"number": revision.c.number + 1})
    )
