"""GET /stations and /stations/{code}: what a station is, and what it is doing now."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy import Connection

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, cut
from api.problems import documented, not_found
from api.station_now import StationNow, stations_now
from api.vietnam_time import VietnamTime
from quality.service import Phase
from quality.slots import day_of
from quality.station_state import ConnectionState, StationState, connection_state
from store.engine import reading
from store.network.station_now_view import recent_arrivals
from store.network.station_view import (
    StationEntry,
    Visible,
    aliases_of,
    channels_of,
    find_station,
    station_page,
)

router = APIRouter(tags=["stations"], responses=documented(401, 403, 422))


class ChannelOut(BaseModel):
    """A declared parameter of a station."""

    parameter: str
    symbols: list[str]
    name: str
    unit: str
    device_min: float | None
    device_max: float | None
    usual_min: float | None
    usual_max: float | None


class IntervalOut(BaseModel):
    """How many minutes a slot has from a day in Vietnam on; without a day: from ever."""

    valid_from: date | None
    minutes: int


class StationOut(BaseModel):
    """A station with its state now."""

    code: str
    name: str
    kind: str
    facility: str | None
    province: str
    interval_minutes: int
    intervals: list[IntervalOut]
    latitude: float | None
    longitude: float | None
    aliases: list[str]
    review: str
    in_service_from: date | None
    state: StationState
    connection: ConnectionState
    phase: Phase
    last_measured_at: VietnamTime | None
    last_arrival_at: VietnamTime | None
    channels: list[ChannelOut]


class StationPage(Page[StationOut]):
    """One page of stations, in the order of their codes."""


@router.get("/stations")
def list_stations(
    context: Here, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> StationPage:
    """The stations that the key may see."""
    after = str(decode("stations", cursor, "t")[0]) if cursor else None
    with reading(context.engine) as connection:
        entries = station_page(connection, caller.visible(connection), after, limit + 1)
        page, following = cut(entries, limit, lambda entry: encode("stations", entry.code_key))
        return StationPage(items=_stations(connection, page, context.now()), next=following)


@router.get("/stations/{code}", responses=documented(404))
def show_station(context: Here, caller: Reader, code: Annotated[str, Path()]) -> StationOut:
    """One station, by its code or an alias, in any case of letters."""
    with reading(context.engine) as connection:
        entry = seen_station(connection, code, caller.visible(connection))
        return _stations(connection, [entry], context.now())[0]


def seen_station(connection: Connection, code: str, visible: Visible) -> StationEntry:
    """The station that a caller names; 404 where there is none, or none that the caller may see."""
    entry = None if "\0" in code else find_station(connection, code, visible)
    if entry is None:
        raise not_found(f"There is no station {code!r} that this key may see.")
    return entry


def _stations(connection: Connection, entries: Sequence[StationEntry], now: datetime) -> list[StationOut]:
    ids = [entry.id for entry in entries]
    aliases = aliases_of(connection, ids)
    channels = channels_of(connection, ids)
    present = stations_now(connection, entries, now)
    return [
        StationOut(
            code=entry.code,
            name=entry.name,
            kind=entry.kind,
            facility=entry.facility,
            province=entry.province,
            interval_minutes=entry.intervals.on(day_of(now)),
            intervals=[IntervalOut(**one._asdict()) for one in entry.intervals.history],
            latitude=entry.latitude,
            longitude=entry.longitude,
            aliases=aliases.get(entry.id, []),
            review=entry.review,
            in_service_from=entry.in_service_from,
            state=present[entry.id].state,
            connection=_connection(connection, entry, present[entry.id], now),
            phase=present[entry.id].phase,
            last_measured_at=present[entry.id].last.last_measured_at,
            last_arrival_at=present[entry.id].last.last_arrival_at,
            channels=[
                ChannelOut(**{**channel._asdict(), "symbols": list(channel.symbols)})
                for channel in channels.get(entry.id, [])
            ],
        )
        for entry in entries
    ]


def _connection(
    connection: Connection, entry: StationEntry, present: StationNow, now: datetime
) -> ConnectionState:
    measured_at = present.last.last_measured_at
    late = measured_at is None or now - measured_at > present.patience.offline_after
    # whose newest times are of now needs no second look
    second_look = late and present.last.last_arrival_at is not None
    arrivals = recent_arrivals(connection, entry.id) if second_look else []
    return connection_state(
        entry.intervals.on(day_of(now)),
        measured_at,
        arrivals,
        now,
        present.patience,
        present.excused,
    )
