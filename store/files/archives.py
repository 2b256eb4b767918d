"""The month archives that the store knows: made, read again, found damaged, relied on.

An archive is known by its hash; where it lies may change. Once anything was removed because an archive
holds it (`relied_on`), its row stays, and what comes later for its month goes into a further part.
What lies in an archive is qttd/archive/'s business, what may be removed store/files/retention.py's.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, or_, select, update

from quality.months import month_span
from store.audit import Act
from store.files.archive_view import in_month
from store.network.station_view import Visible
from store.tables import archive, data_file, review, station


class Archive(NamedTuple):
    """One archive as it was seen last. Times are in UTC."""

    id: int
    station_id: int | None
    """None: files that belong to no station."""
    station: str | None
    month: date
    """Its first day, in Vietnam."""
    part: int
    path: str
    """Absolute."""
    sha256: str
    size: int
    files: int
    readings: int
    other_values: int
    newest_file_id: int
    made_at: datetime
    made_by: str
    verified_at: datetime
    """When all of it was read last."""
    verified_by: str
    damage: str | None
    """What was wrong then; None: it was whole."""
    readings_removed_at: datetime | None


class Written(NamedTuple):
    """An archive that was just written and read back."""

    station_id: int | None
    month: date
    part: int
    path: str
    sha256: str
    size: int
    files: int
    readings: int
    other_values: int
    newest_file_id: int


class Since(NamedTuple):
    """What makes an archive out of date: it came after the newest archive of its month was made."""

    files: int
    reviews: int


_COLUMNS = [
    station.c.code.label("station") if name == "station" else archive.c[name] for name in Archive._fields
]
_ALL = select(*_COLUMNS).outerjoin(station, station.c.id == archive.c.station_id)


def add(connection: Connection, written: Written, act: Act) -> None:
    """Puts down an archive that was written; one with the same bytes is found, and lies there now.

    A row of the same place that nothing relies on says what is no more, and goes.
    """
    seen = {"path": written.path, "verified_at": act.at, "verified_by": act.who, "damage": None}
    known = connection.scalar(select(archive.c.id).where(archive.c.sha256 == written.sha256))
    connection.execute(
        delete(archive).where(
            archive.c.path == written.path, archive.c.sha256 != written.sha256, ~_relied_on()
        )
    )
    if known is not None:
        connection.execute(update(archive).where(archive.c.id == known).values(seen))
    else:
        values = {**written._asdict(), **seen, "made_at": act.at, "made_by": act.who}
        connection.execute(insert(archive).values(values))


def seen_whole(connection: Connection, archive_id: int, path: str, act: Act) -> None:
    """All of it was read at that place, and it is what it was."""
    values = {"path": path, "verified_at": act.at, "verified_by": act.who, "damage": None}
    connection.execute(update(archive).where(archive.c.id == archive_id).values(values))


def seen_damaged(connection: Connection, archive_id: int, damage: str, act: Act) -> None:
    """It is not there, or not what it was."""
    values = {"verified_at": act.at, "verified_by": act.who, "damage": damage}
    connection.execute(update(archive).where(archive.c.id == archive_id).values(values))


def by_hash(connection: Connection, sha256: str) -> Archive | None:
    """The archive with these bytes."""
    row = connection.execute(_ALL.where(archive.c.sha256 == sha256)).one_or_none()
    return None if row is None else Archive(*row)


def at_path(connection: Connection, path: str) -> Archive | None:
    """The archive that lay there last."""
    row = connection.execute(_ALL.where(archive.c.path == path).order_by(archive.c.id.desc())).first()
    return None if row is None else Archive(*row)


def of_month(connection: Connection, station_id: int | None, month: date) -> list[Archive]:
    """The archives of a station's month, newest part first."""
    rows = connection.execute(_ALL.where(_whose(station_id), archive.c.month == month).order_by(*_NEWEST))
    return [Archive(*row) for row in rows]


def of_file(connection: Connection, file_id: int) -> Archive | None:
    """Where a file's bytes are since they are not in the store; None: they are."""
    query = _ALL.join(data_file, data_file.c.archive_id == archive.c.id).where(data_file.c.id == file_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Archive(*row)


def archive_page(
    connection: Connection,
    visible: Visible = None,
    station_id: int | None = None,
    month: date | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Archive]:
    """Archives in the order in which they were made, behind the given id."""
    query = _ALL.where(archive.c.id > after).order_by(archive.c.id).limit(limit)
    if visible is not None:
        query = query.where(archive.c.station_id.in_(visible))
    if station_id is not None:
        query = query.where(archive.c.station_id == station_id)
    if month is not None:
        query = query.where(archive.c.month == month)
    return [Archive(*row) for row in connection.execute(query)]


def relied_on(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """How many files' bytes are only in each of these archives; archives that nothing relies on are left out.

    0: readings alone are.
    """
    counts = (
        select(archive.c.id, func.count(data_file.c.id))
        .outerjoin(data_file, data_file.c.archive_id == archive.c.id)
        .where(archive.c.id.in_(ids))
        .group_by(archive.c.id, archive.c.readings_removed_at)
        .having(or_(func.count(data_file.c.id) > 0, archive.c.readings_removed_at.is_not(None)))
    )
    return dict(connection.execute(counts).all())


def since(connection: Connection, one: Archive, newest: Sequence[Archive]) -> Since:
    """What came for an archive's month after the newest part of it was made (`newest`: of_month)."""
    last = newest[0] if newest else one
    files = connection.scalar(
        select(func.count()).where(
            in_month(one.station_id, one.month),
            data_file.c.id > last.newest_file_id,
            data_file.c.archive_id.is_(None),
        )
    )
    return Since(files or 0, _reviews_since(connection, one, last.made_at))


def months_without_readings(connection: Connection, station_ids: Collection[int]) -> set[tuple[int, date]]:
    """(station, month) whose readings were removed: what was counted of them is not counted anew."""
    query = select(archive.c.station_id, archive.c.month).where(
        archive.c.readings_removed_at.is_not(None), archive.c.station_id.in_(station_ids)
    )
    return {(row.station_id, row.month) for row in connection.execute(query.distinct())}


def only_places_of_readings(
    connection: Connection, station_id: int, first: date, last: date
) -> list[Archive]:
    """The archives that readings of a station's months, from `first` to `last`, are only in."""
    query = _ALL.where(
        _whose(station_id), archive.c.month.between(first, last), archive.c.readings_removed_at.is_not(None)
    )
    return [Archive(*row) for row in connection.execute(query.order_by(archive.c.month, archive.c.part))]


def _reviews_since(connection: Connection, one: Archive, made_at: datetime) -> int:
    if one.station_id is None:
        return 0
    begin, end = month_span(one.month)
    counted = select(func.count()).where(
        review.c.station_id == one.station_id,
        review.c.from_at < end,
        review.c.to_at > begin,
        review.c.at > made_at,
    )
    return connection.scalar(counted) or 0


def _whose(station_id: int | None) -> ColumnElement[bool]:
    return archive.c.station_id.is_(None) if station_id is None else archive.c.station_id == station_id


def _relied_on() -> ColumnElement[bool]:
    return or_(
        archive.c.readings_removed_at.is_not(None),
        exists().where(data_file.c.archive_id == archive.c.id),
    )


_NEWEST = (archive.c.part.desc(), archive.c.id.desc())
