"""Reviews as people look at them: lists, what each changed, what is said of them, and one reading's story."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, literal, select, tuple_

from store.network.station_view import Visible
from store.tables import (
    data_file,
    parameter,
    reading,
    reading_review,
    reading_version,
    review,
    review_attachment,
    review_comment,
    station,
)

_UNDOING = review.alias("undoing")


class ReviewEntry(NamedTuple):
    """A review."""

    id: int
    station: str
    action: str
    from_at: datetime
    to_at: datetime
    """Not included."""
    parameters: tuple[str, ...] | None
    """None: every parameter."""
    value: float | None
    factor: float | None
    shift: float | None
    file_id: int | None
    undoes: int | None
    undone_by: int | None
    who: str
    at: datetime
    reason: str
    readings: int
    passed_over: int
    attachment: str | None
    attachment_sha256: str | None
    comments: int


class Standing(NamedTuple):
    """A reading as it stood, before a review or after."""

    file_id: int
    text: str
    value: float | None
    unit: str
    status: str
    valid: bool
    release_at: datetime | None
    review: str | None
    reviewed_value: float | None


class ChangeEntry(NamedTuple):
    """What a review did to one reading."""

    parameter: str
    measured_at: datetime
    parameter_id: int
    before: Standing
    after: Standing
    review_id: int
    who: str
    at: datetime
    action: str
    reason: str


class Comment(NamedTuple):
    """What somebody said of a review."""

    id: int
    who: str
    at: datetime
    text: str


class OtherValue(NamedTuple):
    """A value that came for a reading's key, in force or kept beside."""

    file_id: int
    file: str
    received_at: datetime
    symbol: str
    text: str
    value: float | None
    unit: str
    status: str
    in_force: bool


def review_page(
    connection: Connection,
    visible: Visible,
    station_id: int | None,
    since: datetime | None,
    until: datetime | None,
    action: str | None,
    after: int | None,
    limit: int,
) -> list[ReviewEntry]:
    """Reviews in the order in which they were given, whose stretch of time meets since <= … < until."""
    query = _seen(visible)
    if station_id is not None:
        query = query.where(review.c.station_id == station_id)
    if since is not None:
        query = query.where(review.c.to_at > since)
    if until is not None:
        query = query.where(review.c.from_at < until)
    if action is not None:
        query = query.where(review.c.action == action)
    if after is not None:
        query = query.where(review.c.id > after)
    rows = connection.execute(query.order_by(review.c.id).limit(limit)).all()
    codes = dict(connection.execute(select(parameter.c.id, parameter.c.code)).all()) if rows else {}
    return [_entry(row, codes) for row in rows]


def find_review(connection: Connection, review_id: int, visible: Visible) -> ReviewEntry | None:
    """One review; None where there is none, or none of a station that is seen."""
    row = connection.execute(_seen(visible).where(review.c.id == review_id)).one_or_none()
    if row is None:
        return None
    return _entry(row, dict(connection.execute(select(parameter.c.id, parameter.c.code)).all()))


def changes_of(
    connection: Connection, review_id: int, after: tuple[datetime, int] | None, limit: int
) -> list[ChangeEntry]:
    """What a review did, reading by reading, in the order of time and parameter."""
    moment, of = reading_review.c.measured_at, reading_review.c.parameter_id
    query = _changes().where(reading_review.c.review_id == review_id)
    if after is not None:
        query = query.where(tuple_(moment, of) > tuple_(literal(after[0], moment.type), after[1]))
    return _read(connection, query.order_by(moment, of).limit(limit))


def story_of(
    connection: Connection, station_id: int, parameter_id: int, measured_at: datetime
) -> list[ChangeEntry]:
    """All that people did to one reading, the first act first."""
    query = _changes().where(
        reading_review.c.station_id == station_id,
        reading_review.c.measured_at == measured_at,
        reading_review.c.parameter_id == parameter_id,
    )
    return _read(connection, query.order_by(reading_review.c.review_id))


def values_of(
    connection: Connection, station_id: int, parameter_id: int, measured_at: datetime
) -> list[OtherValue]:
    """Every value that came for one reading, by arrival."""
    found: list[OtherValue] = []
    for table, stands in ((reading, True), (reading_version, False)):
        names = ("file_id", "received_at", "symbol", "text", "value", "unit", "status")
        query = (
            select(*(table.c[name] for name in names), data_file.c.name)
            .join(data_file, data_file.c.id == table.c.file_id)
            .where(
                table.c.station_id == station_id,
                table.c.measured_at == measured_at,
                table.c.parameter_id == parameter_id,
            )
        )
        found += [
            OtherValue._make([file_id, name, received_at, *rest, stands])
            for file_id, received_at, *rest, name in connection.execute(query)
        ]
    return sorted(found, key=lambda value: (value.received_at, value.file_id))


def comments_of(connection: Connection, review_id: int) -> list[Comment]:
    """What was said of a review, the first word first."""
    columns = (review_comment.c[name] for name in Comment._fields)
    query = select(*columns).where(review_comment.c.review_id == review_id).order_by(review_comment.c.id)
    return [Comment(*row) for row in connection.execute(query)]


def attachment_of(connection: Connection, review_id: int) -> tuple[str, bytes] | None:
    """Name and bytes of what the reviewer attached."""
    query = select(review_attachment.c.name, review_attachment.c.content)
    row = connection.execute(query.where(review_attachment.c.review_id == review_id)).one_or_none()
    return None if row is None else (row.name, row.content)


def _seen(visible: Visible) -> Select[*tuple[Any, ...]]:
    said = (
        select(func.count()).where(review_comment.c.review_id == review.c.id).correlate(review)
    ).scalar_subquery()
    query = (
        select(
            review,
            station.c.code,
            _UNDOING.c.id.label("undone_by"),
            review_attachment.c.name.label("attachment"),
            review_attachment.c.sha256.label("attachment_sha256"),
            said.label("comments"),
        )
        .join(station, station.c.id == review.c.station_id)
        .outerjoin(_UNDOING, _UNDOING.c.undoes == review.c.id)
        .outerjoin(review_attachment, review_attachment.c.review_id == review.c.id)
    )
    return query if visible is None else query.where(review.c.station_id.in_(visible))


def _entry(row: Any, codes: dict[int, str]) -> ReviewEntry:
    named = None if row.parameters is None else tuple(codes[one] for one in row.parameters)
    given = {
        name: getattr(row, name) for name in ReviewEntry._fields if name not in ("station", "parameters")
    }
    return ReviewEntry(station=row.code, parameters=named, **given)


def _changes() -> Select[*tuple[Any, ...]]:
    return (
        select(
            reading_review,
            parameter.c.code,
            review.c.who,
            review.c.at,
            review.c.action,
            review.c.reason,
        )
        .join(review, review.c.id == reading_review.c.review_id)
        .join(parameter, parameter.c.id == reading_review.c.parameter_id)
    )


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[ChangeEntry]:
    return [
        ChangeEntry(
            row["code"],
            row["measured_at"],
            row["parameter_id"],
            Standing(*(row[f"before_{name}"] for name in Standing._fields)),
            Standing(*(row[f"after_{name}"] for name in Standing._fields)),
            row["review_id"],
            row["who"],
            row["at"],
            row["action"],
            row["reason"],
        )
        for row in connection.execute(query).mappings()
    ]
