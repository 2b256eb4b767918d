"""Readings as the interface shows them: those in force, in the order of the table's own key.

A page is a walk along the primary key (station, measured time, parameter), so page one
thousand costs what page one does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, literal, or_, select, tuple_

from quality.qartod import Result
from quality.review import Review, told_flags
from quality.verdict import Flag, flags_from_json
from store.network.keys import symbol_key
from store.readings.reading_code import channels_by_parameter, code_of
from store.tables import channel, channel_symbol, parameter, reading


class ReadingEntry(NamedTuple):
    """One reading in force."""

    station_id: int
    measured_at: datetime
    parameter_id: int
    symbol: str
    parameter: str
    value: float | None
    text: str
    unit: str
    """The unit of `value`."""
    status: str
    checks: tuple[Flag, ...]
    valid: bool
    release_at: datetime | None
    file_id: int
    review: Review | None
    reviewed_value: float | None
    qartod: Result


class ReadingKey(NamedTuple):
    """Where in the table a page ended."""

    station_id: int
    measured_at: datetime
    parameter_id: int


def reading_page(
    connection: Connection,
    stations: Sequence[int],
    since: datetime | None,
    until: datetime | None,
    parameter_id: int | None,
    after: ReadingKey | None,
    limit: int,
) -> list[ReadingEntry]:
    """The next `limit` readings of the stations (ids, ascending) with since <= measured_at < until."""
    found: list[ReadingEntry] = []
    for station_id in stations:
        if after is not None and station_id < after.station_id:
            continue
        here = after if after is not None and station_id == after.station_id else None
        found += _of_station(connection, station_id, since, until, parameter_id, here, limit - len(found))
        if len(found) == limit:
            break
    return found


def _of_station(
    connection: Connection,
    station_id: int,
    since: datetime | None,
    until: datetime | None,
    parameter_id: int | None,
    after: ReadingKey | None,
    limit: int,
) -> list[ReadingEntry]:
    query = (
        select(
            reading,
            parameter.c.code.label("parameter"),
            parameter.c.unit.label("usual_unit"),
            channel.c.unit.label("channel_unit"),
        )
        .join(parameter, parameter.c.id == reading.c.parameter_id)
        .outerjoin(
            channel,
            and_(
                channel.c.station_id == reading.c.station_id, channel.c.parameter_id == reading.c.parameter_id
            ),
        )
        .where(reading.c.station_id == station_id)
    )
    if since is not None:
        query = query.where(reading.c.measured_at >= since)
    if until is not None:
        query = query.where(reading.c.measured_at < until)
    if parameter_id is not None:
        query = query.where(reading.c.parameter_id == parameter_id)
    if after is not None:
        key = tuple_(
            literal(after.measured_at, reading.c.measured_at.type),
            literal(after.parameter_id, reading.c.parameter_id.type),
        )
        query = query.where(tuple_(reading.c.measured_at, reading.c.parameter_id) > key)
    rows = connection.execute(query.order_by(reading.c.measured_at, reading.c.parameter_id).limit(limit))
    channels = channels_by_parameter(connection, station_id)
    entries = []
    for row in rows:
        checks = told_flags(flags_from_json(row.flags), row.review)
        converted = row.channel_unit is not None and not any(
            check.rule == "unit_mismatch" for check in checks
        )
        entries.append(
            ReadingEntry(
                station_id=row.station_id,
                measured_at=row.measured_at,
                parameter_id=row.parameter_id,
                symbol=row.symbol,
                parameter=row.parameter,
                value=row.value,
                text=row.text,
                unit=((row.channel_unit or row.usual_unit) if converted else "") or row.unit,
                status=row.status,
                checks=checks,
                valid=row.valid,
                release_at=row.release_at,
                file_id=row.file_id,
                review=row.review,
                reviewed_value=row.reviewed_value,
                qartod=code_of(row, channels),
            )
        )
    return entries


def find_parameter(connection: Connection, name: str, station_id: int | None) -> int | None:
    """The id of the parameter with this name, or with this symbol at the station; None when there is none.

    A parameter's own name comes first, letter by letter, then a symbol of the station, then
    the name in any case of letters.
    """
    symbol = symbol_key(name)
    found = connection.scalar(select(parameter.c.id).where(parameter.c.code == symbol))
    if found is None and station_id is not None:
        owner = channel_symbol.join(channel, channel.c.id == channel_symbol.c.channel_id)
        found = connection.scalar(
            select(channel.c.parameter_id)
            .select_from(owner)
            .where(channel_symbol.c.station_id == station_id, channel_symbol.c.symbol == symbol)
        )
    if found is None:
        same = select(parameter.c.id).where(
            or_(func.lower(parameter.c.code) == symbol.lower(), parameter.c.symbols == symbol)
        )
        found = connection.scalar(same.order_by(parameter.c.id).limit(1))
    return found
