"""The outbox's way out: what a target's worker takes next, and what that is made of.

Per station the oldest item goes first. A worker learns which stations have something waiting from
the index alone, then takes a few items of each, so that neither a backlog of months nor one busy
station makes the others wait. What became of an item is written by store/relay/receipts.py.

An item whose readings are still to be settled (store/slots/settling.py) waits for that, and with it what is
younger of its station: what fails against its neighbours must not go first and be withdrawn afterwards.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, select, update

from store.relay.outbox import MADE_OF, RELAYED_STATES
from store.tables import channel, channel_symbol, data_file, dirty_hour, reading, relay_item

ALL_OF_TARGET = ("cannot_connect", "refused_login")
"""Outcomes that say something of the target, not of the file that met them."""


class Item(NamedTuple):
    """A piece of work, as it stood when it was taken."""

    id: int
    station_id: int
    measured_at: datetime
    path: str
    name: str
    revision: int
    claimed_revision: int | None
    """The revision that was being sent when something went wrong: it may have arrived."""
    sent_at: datetime | None
    """When an earlier content was acknowledged."""
    sha256: str | None
    """Of the content that was acknowledged last."""


class RelayedFile(NamedTuple):
    """A file of the ledger that an item is made of."""

    id: int
    station_id: int
    measured_at: datetime
    name: str
    first_at: datetime
    last_at: datetime
    readings: int
    problems: int
    notes: list[str]
    content: bytes


_ITEM_COLUMNS = [relay_item.c[name] for name in Item._fields]
_FILE_COLUMNS = [data_file.c[name] for name in RelayedFile._fields]
_UNSETTLED = exists(
    select(dirty_hour.c.hour)
    .join(
        data_file,
        and_(
            # the hours that a file's times may lie in, so that the mark is found by its key
            dirty_hour.c.hour <= data_file.c.last_at,
            dirty_hour.c.first_at <= data_file.c.last_at,
            dirty_hour.c.last_at >= data_file.c.first_at,
        ),
    )
    .where(
        dirty_hour.c.station_id == relay_item.c.station_id,
        dirty_hour.c.readings,
        MADE_OF,
    )
    .correlate(relay_item)
)
_NEXT_ITEMS = (  # built once: it is asked for every station in turn
    select(*_ITEM_COLUMNS, _UNSETTLED.label("unsettled"))
    .where(
        relay_item.c.target_id == bindparam("of_target"),
        relay_item.c.state == "waiting",
        relay_item.c.station_id == bindparam("of_station"),
        relay_item.c.due_at <= bindparam("now"),
    )
    .order_by(relay_item.c.measured_at, relay_item.c.name)
    .limit(bindparam("most"))
)


def held_is_due(connection: Connection, target_id: int, now: datetime) -> bool:
    """Whether the time of something held has come."""
    return bool(connection.scalar(select(exists().where(*_held_and_due(target_id, now)))))


def release_held(connection: Connection, target_id: int, now: datetime) -> None:
    """Lets wait what was held until now. What a person has to release stays held."""
    connection.execute(update(relay_item).where(*_held_and_due(target_id, now)).values(state="waiting"))


def _held_and_due(target_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (relay_item.c.target_id == target_id, relay_item.c.state == "held", relay_item.c.due_at <= now)


def stations_waiting(connection: Connection, target_id: int, now: datetime) -> list[int]:
    """The stations of which something is due, oldest measurement first: from the index alone."""
    query = (
        select(relay_item.c.station_id)
        .where(
            relay_item.c.target_id == target_id,
            relay_item.c.state == "waiting",
            relay_item.c.due_at <= now,
        )
        .group_by(relay_item.c.station_id)
        .order_by(func.min(relay_item.c.measured_at), relay_item.c.station_id)
    )
    return list(connection.scalars(query))


def next_items(
    connection: Connection, target_id: int, station_id: int, now: datetime, limit: int
) -> list[Item]:
    """A station's waiting items that are due, oldest measurement first, up to one that is not settled yet."""
    values = {"of_target": target_id, "of_station": station_id, "now": now, "most": limit}
    items = []
    for *item, unsettled in connection.execute(_NEXT_ITEMS, values):
        if unsettled:
            break
        items.append(Item(*item))
    return items


def files_of(connection: Connection, item_ids: Collection[int]) -> dict[int, list[RelayedFile]]:
    """The files that each item is made of, by the item's id, in order of arrival."""
    found: dict[int, list[RelayedFile]] = {}
    query = (
        select(relay_item.c.id.label("item_id"), *_FILE_COLUMNS)
        .join(data_file, MADE_OF)
        .where(relay_item.c.id.in_(item_ids), data_file.c.state.in_(RELAYED_STATES))
        .order_by(data_file.c.received_at, data_file.c.id)
    )
    for item_id, *file in connection.execute(query):
        found.setdefault(item_id, []).append(RelayedFile(*file))
    return found


def archived_items(connection: Connection, item_ids: Collection[int]) -> set[int]:
    """Those of the items that are made of a file whose bytes are only in an archive."""
    query = (
        select(relay_item.c.id)
        .join(data_file, MADE_OF)
        .where(
            relay_item.c.id.in_(item_ids),
            data_file.c.state.in_(RELAYED_STATES),
            data_file.c.archive_id.is_not(None),
        )
    )
    return set(connection.scalars(query.distinct()))


def plain_readings(connection: Connection, item_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many readings of each of the items' files are in force, valid as received, and released.

    Of files of one time only. A reading like that may go by every policy (quality/relay_policy.py): where a
    file holds nothing else, it need not be taken apart to know that it goes as it is. Nearly every one is so.
    """
    # Their files first, as a table of its own: SQLite would else read every reading of their stations.
    files = (
        select(data_file.c.id, data_file.c.station_id, data_file.c.first_at)
        .select_from(relay_item)
        .join(data_file, MADE_OF)
        .where(relay_item.c.id.in_(item_ids), data_file.c.first_at == data_file.c.last_at)
        .cte("files")
        .prefix_with("MATERIALIZED")
    )
    query = (
        select(files.c.id, func.count())
        .join(
            reading,
            and_(
                reading.c.station_id == files.c.station_id,
                reading.c.measured_at == files.c.first_at,
                reading.c.file_id == files.c.id,
            ),
        )
        .where(reading.c.valid, reading.c.reviewed_value.is_(None), reading.c.release_at <= now)
        .group_by(files.c.id)
    )
    return dict(connection.execute(query).all())


def declared_symbols(connection: Connection, station_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """The parameter that each declared symbol of these stations stands for."""
    query = (
        select(channel_symbol.c.station_id, channel_symbol.c.symbol, channel.c.parameter_id)
        .join(channel, channel.c.id == channel_symbol.c.channel_id)
        .where(channel_symbol.c.station_id.in_(station_ids))
    )
    return {(row.station_id, row.symbol): row.parameter_id for row in connection.execute(query)}


def claim(connection: Connection, items: Sequence[tuple[int, int]]) -> None:
    """Says of (item, revision) pairs that they are being sent, before the first of them is.

    Whoever finds such a mark without an outcome knows that the content may have arrived.
    """
    if items:
        statement = update(relay_item).where(relay_item.c.id == bindparam("item_id"))
        connection.execute(
            statement.values(claimed_revision=bindparam("claimed")),
            [{"item_id": item_id, "claimed": revision} for item_id, revision in items],
        )


def newest_sent(connection: Connection, target_id: int, station_id: int) -> datetime | None:
    """The time of the newest measurement that the target has of a station."""
    return connection.scalar(
        select(relay_item.c.measured_at)
        .where(
            relay_item.c.station_id == station_id,
            relay_item.c.target_id == target_id,
            relay_item.c.sent_at.is_not(None),
        )
        .order_by(relay_item.c.measured_at.desc())
        .limit(1)
    )


def pauses(
    connection: Connection, target_id: int, now: datetime
) -> tuple[datetime | None, dict[int, datetime]]:
    """Until when the target, and until when single stations, were to be left alone when work broke off."""
    whole: datetime | None = None
    stations: dict[int, datetime] = {}
    query = select(relay_item.c.station_id, relay_item.c.next_try_at, relay_item.c.last_outcome).where(
        relay_item.c.target_id == target_id,
        relay_item.c.state == "waiting",
        relay_item.c.next_try_at > now,
    )
    for station_id, until, outcome in connection.execute(query):
        if outcome in ALL_OF_TARGET:
            whole = max(until, whole or until)
        else:
            stations[station_id] = max(until, stations.get(station_id, until))
    return whole, stations
