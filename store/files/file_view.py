"""The ledger of files as the interface shows it: lists, one file, its problems, its bytes.

A list walks an index, never the whole table: by id, the order of arrival, when nothing or only a
state is asked for; by (measured_at, id) when a station or a time is. A file without a measured
time comes first there, and is outside every span of time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)

from store.files import archives
from store.files.archives import Archive
from store.network.station_view import Visible
from store.tables import data_file, file_problem, station


class Problem(NamedTuple):
    """Why a line, or the whole file (line None), could not be read."""

    line: int | None
    code: str
    detail: str


class BytesRemovedError(Exception):
    """The bytes of a file left the store; the message says which archive has them, and how to get at them."""

    def __init__(self, file_id: int, archive: Archive | None) -> None:
        if archive is None:
            super().__init__(f"The bytes of file {file_id} are not in the store.")
            return
        super().__init__(
            f"The bytes of file {file_id} left the store; they are in {PurePath(archive.path).name}, the"
            f" archive of {archive.month:%Y-%m} (SHA-256 {archive.sha256}). Its member files/{file_id}_… is"
            " the file: any zip program takes it out, and `qttd archive put-back` puts it back here."
        )


class FileEntry(NamedTuple):
    """A file of the ledger, without its bytes."""

    id: int
    name: str
    path: str
    account: str
    station: str | None
    door: str
    peer: str
    received_at: datetime
    measured_at: datetime | None
    size: int
    sha256: str
    encoding: str | None
    state: str
    reason: str | None
    readings: int
    notes: tuple[str, ...]
    station_code: str | None
    """As the name wrote it, declared or not."""
    archive_id: int | None
    """The archive that its bytes are in since they left the store; None: they are here."""


class FileFilter(NamedTuple):
    """Which files are meant; None: any. Times are of measured_at, `until` is not included."""

    visible: Visible = None
    station_id: int | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def by_time(self) -> bool:
        """Whether the list is in the order of measured times; else in that of arrival."""
        return self.station_id is not None or self.since is not None or self.until is not None


class FileKey(NamedTuple):
    """Where a page ended."""

    measured_at: datetime | None
    id: int


_ENTRY = select(
    data_file.c.id,
    data_file.c.name,
    data_file.c.path,
    data_file.c.account,
    station.c.code.label("station"),
    data_file.c.door,
    data_file.c.peer,
    data_file.c.received_at,
    data_file.c.measured_at,
    data_file.c.size,
    data_file.c.sha256,
    data_file.c.encoding,
    data_file.c.state,
    data_file.c.reason,
    data_file.c.readings,
    data_file.c.notes,
    data_file.c.station_code,
    data_file.c.archive_id,
).outerjoin(station, station.c.id == data_file.c.station_id)


def file_page(
    connection: Connection, wanted: FileFilter, after: FileKey | None, limit: int
) -> list[FileEntry]:
    """The next `limit` files after the key. Ids first, from the index alone; then those files' rows."""
    query = select(data_file.c.id).where(*_conditions(wanted))
    if wanted.by_time:
        if after is not None:
            query = query.where(_later_than(after))
        query = query.order_by(data_file.c.measured_at.asc().nulls_first(), data_file.c.id)
    else:
        if after is not None:
            query = query.where(data_file.c.id > after.id)
        query = query.order_by(data_file.c.id)
    return _entries(connection, connection.scalars(query.limit(limit)).all())


def newest_rejected(connection: Connection, visible: Visible, limit: int) -> list[FileEntry]:
    """The files that were rejected last and still are, newest first."""
    query: Select[int] = select(data_file.c.id).where(*_conditions(FileFilter(visible, state="rejected")))
    return _entries(connection, connection.scalars(query.order_by(data_file.c.id.desc()).limit(limit)).all())


def find_file(connection: Connection, file_id: int, visible: Visible) -> FileEntry | None:
    """One file; None when there is none or it is not to be seen."""
    query = select(data_file.c.id).where(data_file.c.id == file_id, *_conditions(FileFilter(visible)))
    found = _entries(connection, connection.scalars(query).all())
    return found[0] if found else None


def file_bytes(connection: Connection, file_id: int) -> bytes:
    """The bytes of a file of the ledger as they were received. Raises BytesRemovedError."""
    content: bytes | None = connection.execute(
        select(data_file.c.content).where(data_file.c.id == file_id)
    ).scalar_one()
    if content is None:
        raise BytesRemovedError(file_id, archives.of_file(connection, file_id))
    return content


def problems_of(connection: Connection, ids: Collection[int]) -> dict[int, list[Problem]]:
    """The problems of each file in their order; files without any are left out."""
    found: dict[int, list[Problem]] = {}
    query = select(file_problem).where(file_problem.c.file_id.in_(ids))
    for row in connection.execute(query.order_by(file_problem.c.file_id, file_problem.c.position)):
        found.setdefault(row.file_id, []).append(Problem(row.line, row.code, row.detail))
    return found


def count_received(connection: Connection, since: datetime) -> int:
    """How many files arrived from then on, at any door."""
    return connection.scalar(select(func.count()).where(data_file.c.received_at >= since)) or 0


def _entries(connection: Connection, ids: Sequence[int]) -> list[FileEntry]:
    rows = {row.id: row for row in connection.execute(_ENTRY.where(data_file.c.id.in_(ids)))}
    return [
        FileEntry(**{**rows[file_id]._mapping, "notes": tuple(rows[file_id].notes)})
        for file_id in ids
        if file_id in rows
    ]


def _conditions(wanted: FileFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.visible is not None:
        conditions.append(data_file.c.station_id.in_(wanted.visible))
    if wanted.station_id is not None:
        conditions.append(data_file.c.station_id == wanted.station_id)
    if wanted.state is not None:
        conditions.append(data_file.c.state == wanted.state)
        if wanted.state != "accepted":
            # Word for word the condition of the partial index, which is used only where it is seen to hold.
            conditions.append(data_file.c.state != literal_column("'accepted'"))
    if wanted.since is not None:
        conditions.append(data_file.c.measured_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(data_file.c.measured_at < wanted.until)
    return conditions


def _later_than(after: FileKey) -> ColumnElement[bool]:
    if after.measured_at is None:
        untimed = and_(data_file.c.measured_at.is_(None), data_file.c.id > after.id)
        return or_(untimed, data_file.c.measured_at.is_not(None))
    key = tuple_(
        literal(after.measured_at, data_file.c.measured_at.type), literal(after.id, data_file.c.id.type)
    )
    return tuple_(data_file.c.measured_at, data_file.c.id) > key
