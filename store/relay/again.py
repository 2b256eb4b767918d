"""Having items of the outbox composed again, because what may go of their files has changed.

The forwarder compares what comes out with what the target has: an unchanged content is not sent again, a
changed one is, and one of which nothing may go any more stays where it is.
"""

from datetime import datetime

from sqlalchemy import Connection, and_, case, literal, update

from store.revisions import bump
from store.tables import relay_item


def relay_again(
    connection: Connection, station_id: int, begin: datetime | None, end: datetime | None, now: datetime
) -> int:
    """Composes again a station's items measured from `begin` up to `end` (None: open); returns how many.

    What waits for the review policy's time goes on waiting for it.
    """
    chosen = [relay_item.c.station_id == station_id]
    if begin is not None:
        chosen.append(relay_item.c.measured_at >= begin)
    if end is not None:
        chosen.append(relay_item.c.measured_at < end)
    # what waits for a release that has its time, or waits already, is composed when that has come
    settled = and_(
        relay_item.c.state.in_(("sent", "held")),
        (relay_item.c.due_at.is_(None)) | (relay_item.c.due_at <= now),
    )
    touched = connection.execute(
        update(relay_item)
        .where(*chosen, settled)
        .values(
            revision=relay_item.c.revision + 1,
            state="waiting",
            due_at=now,
            queued_at=case(
                (relay_item.c.sent_revision < relay_item.c.revision, relay_item.c.queued_at),
                # with its type: a bare moment would be written as a text on SQLite
                else_=literal(now, relay_item.c.queued_at.type),
            ),
        )
    ).rowcount
    if touched:
        bump(connection, "targets")
    return touched
