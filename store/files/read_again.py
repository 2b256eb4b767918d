"""Which rejected files the watcher shall read again, because what they were rejected for was mended."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, literal, select

from store.tables import data_file, read_again
from store.upsert import insert_for

NETWORK_REASONS = ("no_station", "not_allowed")
"""Reasons of rejection that a change of stations, aliases or accounts may have mended."""
_CHUNK = 400


def ask(connection: Connection, ids: Iterable[int], now: datetime) -> list[int]:
    """Asks for files by id; returns the ids that were asked for: those that the ledger holds as rejected,
    with their bytes."""
    wanted = list(dict.fromkeys(ids))
    asked: list[int] = []
    for start in range(0, len(wanted), _CHUNK):
        chosen = select(data_file.c.id).where(
            data_file.c.id.in_(wanted[start : start + _CHUNK]),
            data_file.c.state == "rejected",
            data_file.c.archive_id.is_(None),
        )
        asked += connection.scalars(chosen)
    if asked:
        statement = insert_for(connection, read_again).on_conflict_do_nothing()
        connection.execute(statement, [{"file_id": number, "asked_at": now} for number in asked])
    return asked


def ask_rejected(connection: Connection, reasons: Collection[str], now: datetime) -> int:
    """Asks for every file that is rejected for one of the reasons; returns how many are newly asked for."""
    chosen = select(data_file.c.id, literal(now, read_again.c.asked_at.type)).where(
        data_file.c.state == "rejected",
        data_file.c.reason.in_(reasons),
        data_file.c.archive_id.is_(None),
        data_file.c.id.not_in(select(read_again.c.file_id)),
    )
    statement = insert_for(connection, read_again).from_select(["file_id", "asked_at"], chosen)
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def waiting(connection: Connection, limit: int) -> list[int]:
    """Files that are asked for, oldest arrival first."""
    query = select(read_again.c.file_id).order_by(read_again.c.file_id).limit(limit)
    return list(connection.scalars(query))


def done(connection: Connection, ids: Collection[int]) -> None:
    """Takes files off the list: they were read, whatever came of it."""
    connection.execute(delete(read_again).where(read_again.c.file_id.in_(ids)))
