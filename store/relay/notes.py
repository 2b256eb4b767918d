"""What the ledger says of files of which a target got nothing: the note `nothing_to_relay`."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from store.relay.outbox import RELAYED_STATES
from store.tables import data_file, relay_item

NOTHING_TO_RELAY = "nothing_to_relay"
NOTHING_GOES = ("nothing_to_send", "testing_phase")
"""What an item says of which no line may go as things stand."""


def note_empty(connection: Connection, station_id: int, measured_at: datetime) -> None:
    """Notes on an item's files that no line of them may go."""
    _note(connection, station_id, measured_at, present=True)


def note_no_longer_empty(connection: Connection, item_id: int) -> None:
    """Takes the ledger's note back, unless another target still gets nothing of the same files."""
    query = select(relay_item.c.station_id, relay_item.c.measured_at).where(relay_item.c.id == item_id)
    station_id, measured_at = connection.execute(query).one()
    others = select(relay_item.c.id).where(
        relay_item.c.station_id == station_id,
        relay_item.c.measured_at == measured_at,
        relay_item.c.id != item_id,
        relay_item.c.last_detail.in_(NOTHING_GOES),
    )
    if connection.scalar(others.limit(1)) is None:
        _note(connection, station_id, measured_at, present=False)


def _note(connection: Connection, station_id: int, measured_at: datetime, *, present: bool) -> None:
    query = select(data_file.c.id, data_file.c.notes).where(
        data_file.c.station_id == station_id,
        data_file.c.measured_at == measured_at,
        data_file.c.state.in_(RELAYED_STATES),
    )
    for file_id, notes in connection.execute(query).all():
        wanted = [note for note in notes if note != NOTHING_TO_RELAY] + [NOTHING_TO_RELAY] * present
        if wanted != notes:
            connection.execute(update(data_file).where(data_file.c.id == file_id).values(notes=wanted))
