"""What may be removed from the store because an archive holds it, and removing it.

Nothing here looks into an archive: the caller has read it (qttd/retention/). A file is kept, whatever
its age, while anything may still need its bytes; the first reason of KEPT that holds is told. Its row, hash,
state and reason stay for ever, and so does everything that was counted from readings.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from quality.months import month_span
from quality.slots import day_of
from store.files.archive_view import in_month
from store.minutes_before import minutes_before
from store.tables import (
    archive,
    data_file,
    dirty_hour,
    event,
    judge_again,
    owed_day,
    read_again,
    reading,
    reading_version,
    relay_item,
    relay_target,
)

KEPT = ("not_archived", "rejected", "read_again", "relay", "review", "event")
"""Why a file's bytes stay. not_archived: it came after the month's archive was made. rejected: its event is
not solved. read_again: asked for. relay: a target has not everything of its time, or is being caught up.
review: a reading of it is not released. event: one that is not solved lies near it."""
MARGIN = timedelta(days=7)
"""Round an event everything stays: its dossier shows the calibrations of a week."""


class Kept(NamedTuple):
    """Files of a month that stay for one reason, or (None) need not stay."""

    reason: str | None
    files: int
    bytes: int


class RawFile(NamedTuple):
    """A file whose bytes may go."""

    id: int
    sha256: str
    """As it was when it came."""
    content: bytes


def count_files(
    connection: Connection, station_id: int | None, month: date, archived_up_to: int, now: datetime
) -> list[Kept]:
    """The files of a month whose bytes are here, by why they stay. archived_up_to: the newest one there."""
    reason = case((data_file.c.id > archived_up_to, literal("not_archived")), else_=_reason(now)).label(
        "kept"
    )
    query = (
        select(reason, func.count(), func.sum(data_file.c.size))
        .where(in_month(station_id, month), data_file.c.archive_id.is_(None))
        .group_by(reason)
    )
    return [Kept(*row) for row in connection.execute(query)]


def removable_ids(connection: Connection, station_id: int | None, month: date, now: datetime) -> list[int]:
    """The files of a month whose bytes are here and need not stay, by id."""
    query = select(data_file.c.id).where(
        in_month(station_id, month), data_file.c.archive_id.is_(None), _reason(now).is_(None)
    )
    return list(connection.scalars(query.order_by(data_file.c.id)))


def still_removable(connection: Connection, ids: Collection[int], now: datetime) -> list[RawFile]:
    """Those of the files that may go now, with their bytes, kept from others until the transaction's end."""
    query = (
        select(data_file.c.id, data_file.c.sha256, data_file.c.content)
        .where(data_file.c.id.in_(ids), data_file.c.archive_id.is_(None), _reason(now).is_(None))
        .order_by(data_file.c.id)
        .with_for_update(of=data_file)
    )
    return [RawFile(*row) for row in connection.execute(query)]


def remove_bytes(connection: Connection, ids: Collection[int], archive_id: int) -> None:
    """Lets the files' bytes go. The caller has compared them with those in the archive."""
    connection.execute(
        update(data_file).where(data_file.c.id.in_(ids)).values(content=None, archive_id=archive_id)
    )


def removed_ids(connection: Connection, archive_id: int) -> list[int]:
    """The files whose bytes are only in an archive."""
    query = select(data_file.c.id).where(data_file.c.archive_id == archive_id)
    return list(connection.scalars(query.order_by(data_file.c.id)))


def put_bytes_back(connection: Connection, archive_id: int, contents: Mapping[int, bytes]) -> int:
    """Gives files of an archive their bytes again; what the relay waits for of them goes on."""
    count = 0
    for file_id, content in contents.items():
        mine = and_(data_file.c.id == file_id, data_file.c.archive_id == archive_id)
        row = connection.execute(
            select(data_file.c.station_id, data_file.c.measured_at).where(mine)
        ).one_or_none()
        if row is None:
            continue
        connection.execute(update(data_file).where(mine).values(content=content, archive_id=None))
        connection.execute(
            update(relay_item)
            .where(
                relay_item.c.station_id == row.station_id,
                relay_item.c.measured_at == row.measured_at,
                relay_item.c.state == "held",
                relay_item.c.last_detail == "archived",
            )
            .values(state="waiting", due_at=relay_item.c.queued_at, last_detail=None)
        )
        count += 1
    return count


def readings_kept_by(connection: Connection, station_id: int, month: date, now: datetime) -> str | None:
    """Why a month's readings stay; None: they need not."""
    begin, end = month_span(month)
    station_month = and_(reading.c.station_id == station_id, reading.c.measured_at >= begin)
    unsettled = select(dirty_hour.c.hour).where(
        dirty_hour.c.station_id == station_id, dirty_hour.c.last_at >= begin, dirty_hour.c.first_at < end
    )
    averaged = select(owed_day.c.day).where(
        owed_day.c.station_id == station_id, owed_day.c.day >= day_of(begin), owed_day.c.day < day_of(end)
    )
    judged = select(judge_again.c.symbol).where(judge_again.c.station_id == station_id)
    owed = select(relay_item.c.id).where(
        relay_item.c.station_id == station_id,
        relay_item.c.measured_at >= begin - timedelta(days=1),  # a file may hold what was measured later
        relay_item.c.measured_at < end + timedelta(days=1),
        relay_item.c.state != "sent",
    )
    unreleased = select(reading.c.parameter_id).where(
        station_month, reading.c.measured_at < end, reading.c.review.is_(None), _unreleased(now)
    )
    unsolved = select(event.c.id).where(
        event.c.station_id == station_id,
        event.c.state != "solved",
        event.c.withdrawn_at.is_(None),
        event.c.started_at < end + MARGIN,
        or_(event.c.ended_at.is_(None), event.c.ended_at >= begin - MARGIN),
    )
    found = {"settling": or_(exists(unsettled), exists(averaged), exists(judged)), "relay": exists(owed)}
    found |= {"review": exists(unreleased), "event": exists(unsolved)}
    reason = case(*((condition, literal(name)) for name, condition in found.items()))
    return connection.scalar(select(reason))


def count_readings(connection: Connection, station_id: int, month: date) -> int:
    """How many readings of a month are here."""
    return connection.scalar(_count(reading, station_id, month)) or 0


def stations_with_readings(connection: Connection, month: date) -> list[int]:
    """The stations of which the month has readings."""
    begin, end = month_span(month)
    query = select(reading.c.station_id).where(reading.c.measured_at >= begin, reading.c.measured_at < end)
    return sorted(connection.scalars(query.distinct()))


def remove_readings(connection: Connection, station_id: int, begin: datetime, end: datetime) -> int:
    """Deletes a span's readings and other values; how many readings. The caller has compared each."""
    gone = 0
    for table in (reading_version, reading):
        gone = connection.execute(
            delete(table).where(
                table.c.station_id == station_id, table.c.measured_at >= begin, table.c.measured_at < end
            ),
            execution_options={"preserve_rowcount": True},
        ).rowcount
    return gone


def note_readings_removed(connection: Connection, archive_id: int, now: datetime) -> None:
    """From now on the month's readings are in archives only, and nothing is counted anew without them."""
    connection.execute(update(archive).where(archive.c.id == archive_id).values(readings_removed_at=now))


def note_readings_back(connection: Connection, archive_id: int, removed_at: datetime | None) -> bool:
    """The month's readings are all here again; False where some were removed after `removed_at`."""
    noted = connection.execute(
        update(archive)
        .where(archive.c.id == archive_id, archive.c.readings_removed_at == removed_at)
        .values(readings_removed_at=None),
        execution_options={"preserve_rowcount": True},
    )
    return noted.rowcount == 1


def _count(table: Any, station_id: int, month: date) -> Any:
    begin, end = month_span(month)
    return select(func.count()).where(
        table.c.station_id == station_id, table.c.measured_at >= begin, table.c.measured_at < end
    )


def _unreleased(now: datetime) -> ColumnElement[bool]:
    return or_(reading.c.release_at.is_(None), reading.c.release_at > now)


def _reason(now: datetime) -> ColumnElement[Any]:
    return case(*((condition, literal(name)) for name, condition in _conditions(now)))


def _conditions(now: datetime) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """In the order of KEPT. Each looks at other tables by their indices only."""
    file = data_file.c
    whose = func.coalesce(file.station_id, 0)
    solved = exists().where(
        event.c.kind == "file_rejected",
        event.c.station_id == whose,
        event.c.subject == file.account + ": " + file.reason,
        event.c.started_at <= file.received_at,
        event.c.ended_at >= file.received_at,
        event.c.state == "solved",
    )
    yield "rejected", and_(file.state == "rejected", ~solved)
    yield "read_again", exists().where(read_again.c.file_id == file.id)
    owed = exists().where(
        relay_item.c.station_id == file.station_id,
        relay_item.c.measured_at == file.measured_at,
        relay_item.c.state != "sent",
    )
    caught_up = exists().where(
        relay_target.c.backfill_after < file.id, relay_target.c.backfill_until >= file.id
    )
    yield "relay", or_(owed, caught_up)
    yield (
        "review",
        exists().where(
            reading.c.station_id == file.station_id,
            reading.c.measured_at >= file.first_at,
            reading.c.measured_at <= file.last_at,
            reading.c.file_id == file.id,
            reading.c.review.is_(None),
            _unreleased(now),
        ),
    )
    yield (
        "event",
        exists().where(
            event.c.station_id == file.station_id,
            event.c.kind != "file_rejected",
            event.c.state != "solved",
            event.c.withdrawn_at.is_(None),
            event.c.started_at <= _shifted(func.coalesce(file.last_at, file.received_at), MARGIN),
            or_(
                event.c.ended_at.is_(None),
                event.c.ended_at >= _shifted(func.coalesce(file.first_at, file.received_at), -MARGIN),
            ),
        ),
    )


def _shifted(moment: ColumnElement[Any], by: timedelta) -> ColumnElement[Any]:
    return minutes_before(moment, literal_column(str(-round(by.total_seconds() / 60))))
