"""GET /events and /events/{id}: what happened that a person must hear of; and what people do about it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader, allowed
from api.bodies import Body, Words
from api.context import Context, Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until, blank_is_none, cut
from api.problems import documented, not_found
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.events import EventKind, EventLevel, EventState
from store.audit import Act
from store.engine import reading, writing
from store.events.handling import acknowledge, set_state
from store.events.view import EventEntry, EventFilter, event_page, find_event

router = APIRouter(tags=["events"], responses=documented(401, 403, 404, 422))

EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Handler = Annotated[Caller, Depends(allowed("handle events"))]


class EventOut(BaseModel):
    """Something that happened, and how far people are with it."""

    id: int
    kind: EventKind
    station: str | None = Field(description="null: of no station.")
    parameter: str | None
    subject: str = Field(description="What else it is about: a target, an account.")
    level: EventLevel
    started_at: VietnamTime
    ended_at: VietnamTime | None = Field(description="null: it goes on.")
    withdrawn_at: VietnamTime | None = Field(description="Since when it counts as never having happened.")
    state: EventState
    detail: dict[str, Any] = Field(description="What the kind says of it.")
    acknowledged_by: str | None
    acknowledged_at: VietnamTime | None
    note: str
    updated_at: VietnamTime


class EventPage(Page[EventOut]):
    """One page of events, in the order in which they began."""


class AcknowledgeIn(Body):
    """That somebody has seen it."""

    note: Words = ""


class StateIn(Body):
    """How far it is."""

    state: EventState
    note: Words = Field(default="", description="Empty: the note that is there stays.")


@router.get("/events")
def list_events(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    kind: Annotated[EventKind | None, blank_is_none, Query()] = None,
    state: Annotated[EventState | None, blank_is_none, Query()] = None,
    going_on: Annotated[
        bool | None, blank_is_none, Query(description="true: not ended yet. false: ended.")
    ] = None,
    withdrawn: Annotated[bool, Query(description="Also those that were withdrawn.")] = False,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> EventPage:
    """Events that the key may see. `from` and `to` are of their beginnings."""
    after = None
    if cursor:
        started, number = decode("events", cursor, "ii")
        after = moment(started), int(number or 0)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        wanted = EventFilter(visible, station_id, kind, state, going_on, since, until, withdrawn)
        entries = event_page(connection, wanted, after, limit + 1)
    page, following = cut(entries, limit, lambda one: encode("events", one.event.started_at, one.event.id))
    return EventPage(items=[_out(entry) for entry in page], next=following)


@router.get("/events/{event_id}")
def show_event(context: Here, caller: Reader, event_id: EventId) -> EventOut:
    """One event, withdrawn or not."""
    with reading(context.engine) as connection:
        return _out(_seen(connection, caller, event_id))


@router.post("/events/{event_id}/acknowledge")
def acknowledge_event(context: Here, caller: Handler, event_id: EventId, body: AcknowledgeIn) -> EventOut:
    """Says that somebody has seen it; who was first stays, the newest note counts."""
    return _changed(
        context, caller, event_id, lambda connection, act: acknowledge(connection, event_id, body.note, act)
    )


@router.post("/events/{event_id}/state")
def change_state(context: Here, caller: Handler, event_id: EventId, body: StateIn) -> EventOut:
    """Says how far people are with it."""
    return _changed(
        context,
        caller,
        event_id,
        lambda connection, act: set_state(connection, event_id, body.state, body.note, act),
    )


def _changed(
    context: Context, caller: Caller, event_id: int, change: Callable[[Connection, Act], None]
) -> EventOut:
    with writing(context.engine) as connection:
        _seen(connection, caller, event_id)
        change(connection, Act(caller.account, context.now()))
        return _out(_seen(connection, caller, event_id))


def _seen(connection: Connection, caller: Caller, event_id: int) -> EventEntry:
    entry = find_event(connection, event_id, caller.visible(connection))
    if entry is None:
        raise not_found(f"There is no event {event_id} that this key may see.")
    return entry


def _out(entry: EventEntry) -> EventOut:
    names = {"station": entry.station, "parameter": entry.parameter}
    return EventOut.model_validate({**entry.event._asdict(), **names})
