"""Stations as the interface shows them: their master data, names and channels.

`visible` is the set of station ids the caller may see; None: all of them. What a station is
doing now is in store/network/station_now_view.py.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select

from quality.intervals import Intervals
from store.network.intervals import load_intervals
from store.network.keys import code_key
from store.tables import channel, channel_symbol, facility, parameter, station, station_alias

Visible = frozenset[int] | None


class StationEntry(NamedTuple):
    """A station's master data."""

    id: int
    code: str
    code_key: str
    name: str
    kind: str
    facility: str | None
    province: str
    latitude: float | None
    longitude: float | None
    review: str
    in_service_from: date | None
    intervals: Intervals


class ChannelEntry(NamedTuple):
    """A declared parameter of a station. `unit` is what its values are kept in; empty: none or any."""

    parameter: str
    symbols: tuple[str, ...]
    name: str
    unit: str
    device_min: float | None
    device_max: float | None
    usual_min: float | None
    usual_max: float | None


_ENTRY = select(
    station.c.id,
    station.c.code,
    station.c.code_key,
    station.c.name,
    station.c.kind,
    facility.c.name.label("facility"),
    station.c.province,
    station.c.latitude,
    station.c.longitude,
    station.c.review,
    station.c.in_service_from,
).outerjoin(facility, facility.c.id == station.c.facility_id)


def _seen(query: Select[*tuple[Any, ...]], visible: Visible) -> Select[*tuple[Any, ...]]:
    return query if visible is None else query.where(station.c.id.in_(visible))


def station_page(
    connection: Connection, visible: Visible, after: str | None = None, limit: int | None = None
) -> list[StationEntry]:
    """Stations in the order of their code keys, from the one after the code key `after` on."""
    query = _seen(_ENTRY, visible)
    if after is not None:
        query = query.where(station.c.code_key > after)
    rows = connection.execute(query.order_by(station.c.code_key).limit(limit))
    return _entries(connection, rows.all())


def find_station(connection: Connection, code: str, visible: Visible) -> StationEntry | None:
    """The station with this code or alias, in any case of letters; None when there is none to be seen."""
    key = code_key(code)
    rows = connection.execute(_seen(_ENTRY, visible).where(station.c.code_key == key)).all()
    if not rows:
        owner = select(station_alias.c.station_id).where(station_alias.c.alias_key == key)
        rows = connection.execute(_seen(_ENTRY, visible).where(station.c.id.in_(owner))).all()
    return next(iter(_entries(connection, rows)), None)


def _entries(connection: Connection, rows: Sequence[Row[Any]]) -> list[StationEntry]:
    known = load_intervals(connection, [row.id for row in rows])
    return [StationEntry(**row._mapping, intervals=known[row.id]) for row in rows]


def station_ids(connection: Connection, codes: Iterable[str]) -> frozenset[int]:
    """The ids of those stations that are declared, by code or alias."""
    keys = {code_key(code) for code in codes}
    own = connection.scalars(select(station.c.id).where(station.c.code_key.in_(keys)))
    other = connection.scalars(select(station_alias.c.station_id).where(station_alias.c.alias_key.in_(keys)))
    return frozenset([*own, *other])


def station_codes(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Codes by id."""
    rows = connection.execute(select(station.c.id, station.c.code).where(station.c.id.in_(ids)))
    return {row.id: row.code for row in rows}


def aliases_of(connection: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """The other names of each station, in order; stations without any are left out."""
    found: dict[int, list[str]] = {}
    query = select(station_alias.c.station_id, station_alias.c.alias).where(
        station_alias.c.station_id.in_(ids)
    )
    for row in connection.execute(query.order_by(station_alias.c.position, station_alias.c.alias_key)):
        found.setdefault(row.station_id, []).append(row.alias)
    return found


def channels_of(connection: Connection, ids: Collection[int]) -> dict[int, list[ChannelEntry]]:
    """The channels of each station in the order they were declared; stations without any are left out."""
    symbols: dict[int, list[str]] = {}
    named = select(channel_symbol.c.channel_id, channel_symbol.c.symbol).where(
        channel_symbol.c.station_id.in_(ids)
    )
    for row in connection.execute(named.order_by(channel_symbol.c.position)):
        symbols.setdefault(row.channel_id, []).append(row.symbol)
    query = (
        select(channel, parameter.c.code, parameter.c.name_vi, parameter.c.unit.label("usual_unit"))
        .join(parameter, parameter.c.id == channel.c.parameter_id)
        .where(channel.c.station_id.in_(ids))
        .order_by(channel.c.id)
    )
    found: dict[int, list[ChannelEntry]] = {}
    for row in connection.execute(query):
        entry = ChannelEntry(
            parameter=row.code,
            symbols=tuple(symbols.get(row.id, ())),
            name=row.name_vi,
            unit=row.unit or row.usual_unit,
            device_min=row.device_min,
            device_max=row.device_max,
            usual_min=row.usual_min,
            usual_max=row.usual_max,
        )
        found.setdefault(row.station_id, []).append(entry)
    return found
