"""What people do with events: acknowledging them with a note, and saying how far they are.

Each act is in the audit log; the event keeps who acknowledged it first, and the newest note.
"""

from typing import Any

from sqlalchemy import Connection, select, update

from quality.events import EventState
from store.audit import Act, record
from store.tables import event


class NoSuchEventError(Exception):
    """There is no event of that number."""


def acknowledge(connection: Connection, event_id: int, note: str, act: Act) -> None:
    """Says that somebody has seen it. A later one may add a note; whose eyes were first stays."""
    row = _row(connection, event_id)
    values: dict[str, Any] = {}
    if row.acknowledged_at is None:
        values |= {"acknowledged_by": act.who, "acknowledged_at": act.at}
    if note:
        values["note"] = note
    if values:
        connection.execute(
            update(event).where(event.c.id == event_id).values(**values, updated_at=act.at, news=True)
        )
    record(connection, act, "event.acknowledge", str(event_id), {"note": note} if note else None)


def set_state(connection: Connection, event_id: int, state: EventState, note: str, act: Act) -> None:
    """Says how far it is. That is an acknowledgement too."""
    before = _row(connection, event_id)
    acknowledge_by = {} if before.acknowledged_at else {"acknowledged_by": act.who, "acknowledged_at": act.at}
    connection.execute(
        update(event)
        .where(event.c.id == event_id)
        .values(state=state, note=note or before.note, updated_at=act.at, news=True, **acknowledge_by)
    )
    detail = {"before": before.state, "after": state} | ({"note": note} if note else {})
    record(connection, act, "event.state", str(event_id), detail)


def _row(connection: Connection, event_id: int) -> Any:
    columns = (event.c.state, event.c.note, event.c.acknowledged_at)
    # a second person waits for the first, so that neither's note is lost
    query = select(*columns).where(event.c.id == event_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchEventError(f"there is no event {event_id}")
    return row
