"""A station's readings with what their files tell, as a comparison with an export asks for them."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from parsers.number import NotANumberError, is_missing, number_of
from parsers.vietnam_time import VN
from quality.comparison.sides import OurReading
from store.network.keys import symbol_key
from store.tables import channel, channel_symbol, data_file, parameter, reading, reading_version

_LATER_NAMES = timedelta(days=2)
"""How far behind the period a file may be measured that came before one of the period."""


class OurSide(NamedTuple):
    """What the store knows of the period. Times are in +07:00, to the minute."""

    readings: dict[tuple[datetime, str], OurReading]
    """By time and the parameter's own name."""
    unread: set[datetime]
    """Times of files that were rejected, or of which lines could not be read."""


def our_side(connection: Connection, station_id: int, first: datetime, end: datetime) -> OurSide:
    """Readings in force with first <= measured time < end (aware)."""
    late, several, unread = _files(connection, station_id, first, end)
    others = _others(connection, station_id, first, end)
    query = (
        select(reading, parameter.c.code)
        .join(parameter, parameter.c.id == reading.c.parameter_id)
        .where(
            reading.c.station_id == station_id, reading.c.measured_at >= first, reading.c.measured_at < end
        )
        .order_by(reading.c.measured_at)
    )
    found: dict[tuple[datetime, str], OurReading] = {}
    for row in connection.execute(query):
        key = (_minute(row.measured_at), row.code)
        one = OurReading(
            symbol=row.symbol,
            text=row.text,
            value=row.value,
            raw=_number(row.text),
            unit=row.unit,
            status=row.status,
            valid=row.valid,
            late_file=row.file_id in late,
            several_times=row.file_id in several,
            others=others.get((row.measured_at, row.parameter_id), ()),
        )
        found.setdefault(key, one)  # two in one minute: the first, as a reader of slots would
    return OurSide(found, unread)


def names_of_parameters(connection: Connection, station_id: int) -> dict[str, str]:
    """Under which names a station's parameters may stand in an export, each with the parameter's own name.

    Its channels' symbols, then the parameters' own names and the symbols that are known for them; of
    parameters without a channel there those that readings came under.
    """
    names: dict[str, str] = {}
    own = select(channel_symbol.c.symbol, parameter.c.code).join_from(
        channel_symbol, channel, channel.c.id == channel_symbol.c.channel_id
    )
    for row in connection.execute(
        own.join(parameter, parameter.c.id == channel.c.parameter_id).where(
            channel.c.station_id == station_id
        )
    ):
        names.setdefault(symbol_key(row.symbol), row.code)
        names.setdefault(row.code, row.code)
    for row in connection.execute(select(parameter.c.code, parameter.c.symbols).order_by(parameter.c.id)):
        for symbol in (row.code, *row.symbols.split(";")):
            if symbol.strip():
                names.setdefault(symbol_key(symbol), row.code)
    return names


def _files(
    connection: Connection, station_id: int, first: datetime, end: datetime
) -> tuple[set[int], set[int], set[datetime]]:
    """Ids of files that came behind one with a later name, of those with several times, and unread times."""
    query = (
        select(
            data_file.c.id,
            data_file.c.measured_at,
            data_file.c.received_at,
            data_file.c.notes,
            data_file.c.state,
            data_file.c.problems,
        )
        .where(
            data_file.c.station_id == station_id,
            or_(data_file.c.last_at >= first, data_file.c.measured_at >= first),
            data_file.c.measured_at < end + _LATER_NAMES,
        )
        .order_by(data_file.c.received_at, data_file.c.id)
    )
    late: set[int] = set()
    several: set[int] = set()
    unread: set[datetime] = set()
    newest: datetime | None = None
    for row in connection.execute(query):
        if newest is not None and row.measured_at < newest:
            late.add(row.id)
        newest = row.measured_at if newest is None else max(newest, row.measured_at)
        if "several_times" in row.notes:
            several.add(row.id)
        if row.state == "rejected" or row.problems:
            unread.add(_minute(row.measured_at))
    return late, several, unread


def _others(
    connection: Connection, station_id: int, first: datetime, end: datetime
) -> dict[tuple[datetime, int], tuple[float, ...]]:
    query = select(
        reading_version.c.measured_at, reading_version.c.parameter_id, reading_version.c.value
    ).where(
        reading_version.c.station_id == station_id,
        reading_version.c.measured_at >= first,
        reading_version.c.measured_at < end,
        reading_version.c.value.is_not(None),
    )
    found: dict[tuple[datetime, int], tuple[float, ...]] = {}
    for row in connection.execute(query):
        key = (row.measured_at, row.parameter_id)
        found[key] = (*found.get(key, ()), row.value)
    return found


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(VN).replace(second=0, microsecond=0)


def _number(text: str) -> float | None:
    """The number that the logger wrote, before its channel's factor and unit."""
    if is_missing(text):
        return None
    try:
        return number_of(text)
    except NotANumberError:  # readings hold numbers or nothing; whatever else, it is no number to compare
        return None
