"""The ledger of files: what came, what became of it, and how far each journal has been read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from store.bulk import insert_rows
from store.key_list import key_list, matches
from store.network.snapshot import Station
from store.relay.outbox import QueuedFile
from store.tables import data_file, file_problem, ingest_position, station
from store.upsert import insert_for

_PATH = (data_file.c.account, data_file.c.path)
_CHUNK = 400
"""Keys per look-up: far below either database's limit of parameters."""


class Versions(NamedTuple):
    """What came under a path before: the newest file that was not rejected, and the newest that counts."""

    newest_sha256: str
    newest_state: str
    live_id: int | None
    """The newest one in state accepted or partial."""


class KeptFile(NamedTuple):
    """A file of the ledger with its bytes, as it is read again."""

    id: int
    door: str
    account: str
    path: str
    name: str
    received_at: datetime
    state: str
    reason: str | None
    measured_at: datetime | None
    station_id: int | None
    content: bytes


def position(connection: Connection, journal_uuid: str) -> int:
    """The last row of the journal that is in the ledger; 0 when none is."""
    query = select(ingest_position.c.position).where(ingest_position.c.journal_uuid == journal_uuid)
    return connection.scalar(query) or 0


def positions(connection: Connection) -> dict[str, int]:
    """How far every journal that was ever read is in the ledger, by its uuid."""
    rows = connection.execute(select(ingest_position.c.journal_uuid, ingest_position.c.position))
    return {row.journal_uuid: row.position for row in rows}


def sha256_at(connection: Connection, journal_uuid: str, journal_id: int) -> str | None:
    """Hash of the file that a journal's row became; None where the ledger has none."""
    query = select(data_file.c.sha256).where(
        data_file.c.journal_uuid == journal_uuid, data_file.c.journal_id == journal_id
    )
    return connection.scalar(query)


def hold_position(connection: Connection, journal_uuid: str, now: datetime) -> int:
    """The same, kept from any other watcher of this journal until the transaction's end."""
    first = insert_for(connection, ingest_position).values(
        journal_uuid=journal_uuid, position=0, moved_at=now
    )
    connection.execute(first.on_conflict_do_nothing())
    query = select(ingest_position.c.position).where(ingest_position.c.journal_uuid == journal_uuid)
    held: int = connection.execute(query.with_for_update()).scalar_one()
    return held


def move_position(connection: Connection, journal_uuid: str, to: int, now: datetime) -> None:
    """Records that the journal is in the ledger up to and including row `to`."""
    statement = insert_for(connection, ingest_position).values(
        journal_uuid=journal_uuid, position=to, moved_at=now
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["journal_uuid"], set_={"position": to, "moved_at": now}
        )
    )


def versions(connection: Connection, paths: Collection[tuple[str, str]]) -> dict[tuple[str, str], Versions]:
    """What came before under each (account, path); paths under which nothing did are left out."""
    live = case((data_file.c.state.in_(("accepted", "partial")), data_file.c.id))
    listed = key_list(connection, _PATH, paths)
    ids = (
        select(func.max(data_file.c.id).label("newest_id"), func.max(live).label("live_id"))
        .select_from(listed)
        .join(data_file, matches(_PATH, listed))
        .where(data_file.c.state != "rejected")
        .group_by(data_file.c.account, data_file.c.path)
        .subquery()
    )
    columns = (*_PATH, data_file.c.sha256, data_file.c.state, ids.c.live_id)
    rows = connection.execute(select(*columns).join(ids, ids.c.newest_id == data_file.c.id))
    return {(row.account, row.path): Versions(row.sha256, row.state, row.live_id) for row in rows}


def reserve_ids(connection: Connection, count: int) -> list[int]:
    """Ids for files that are about to be added, in order. Needs the write transaction that adds them."""
    if connection.dialect.name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence("data_file", "id"))
        return sorted(connection.scalars(select(sequence).select_from(func.generate_series(1, count))))
    newest = connection.scalar(select(func.max(data_file.c.id))) or 0
    return list(range(newest + 1, newest + 1 + count))


def add_files(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds ledger rows, each with a reserved id."""
    insert_rows(connection, data_file, rows)


def add_problems(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds problems of files: file_id, position, line, code, detail."""
    insert_rows(connection, file_problem, rows)


def update_file(connection: Connection, file_id: int, **values: Any) -> None:
    """Writes what became of a file when it was read again; its problems are replaced by the caller."""
    connection.execute(update(data_file).where(data_file.c.id == file_id).values(**values))
    connection.execute(delete(file_problem).where(file_problem.c.file_id == file_id))


def supersede(connection: Connection, file_ids: Iterable[int]) -> None:
    """Marks files all of whose readings a newer version repeats."""
    ids = [{"superseded_id": file_id} for file_id in file_ids]
    if ids:
        statement = update(data_file).where(data_file.c.id == bindparam("superseded_id"))
        connection.execute(statement.values(state="superseded"), ids)


def only_quiet(
    connection: Connection, station_id: int, measured_at: datetime, doors: Collection[str]
) -> bool:
    """Whether what the ledger has of a station's time came by these doors alone, and there is something."""
    query = select(data_file.c.door).where(
        data_file.c.station_id == station_id,
        data_file.c.measured_at == measured_at,
        data_file.c.state.in_(("accepted", "partial", "superseded")),
    )
    came = set(connection.scalars(query.distinct()))
    return bool(came) and came <= set(doors)


def kept_files(connection: Connection, file_ids: Collection[int]) -> list[KeptFile]:
    """Files with their bytes, oldest arrival first; those whose bytes are only in an archive are left out."""
    columns = [data_file.c[name] for name in KeptFile._fields]
    wanted = (data_file.c.id.in_(file_ids), data_file.c.archive_id.is_(None))
    rows = connection.execute(select(*columns).where(*wanted).order_by(data_file.c.id))
    return [KeptFile(*row) for row in rows]


def queued_files(connection: Connection, file_ids: Collection[int]) -> list[QueuedFile]:
    """Files as the outbox takes them, oldest arrival first; those that are rejected are left out."""
    found: list[QueuedFile] = []
    wanted = sorted(file_ids)
    for start in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(
                data_file.c.id,
                data_file.c.station_id,
                station.c.code,
                data_file.c.measured_at,
                data_file.c.received_at,
                station.c.review,
                data_file.c.door,
            )
            .join(station, station.c.id == data_file.c.station_id)
            .where(data_file.c.id.in_(wanted[start : start + _CHUNK]), data_file.c.state != "rejected")
            .order_by(data_file.c.id)
        )
        found += [
            QueuedFile(
                *row[:4],
                Station(row.station_id, row.code, row.review).release_at(row.received_at),
                row.door,
            )
            for row in rows
        ]
    return found
