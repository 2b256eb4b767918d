"""/phases, /planned-stops, /outages: when stations are to deliver, and when we could not receive."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader, allowed
from api.bodies import Body, Moment, Name, Words
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until, cut
from api.permissions import own_stations_only
from api.problems import Refusal, documented, not_found, unprocessable
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.service import Phase
from store.audit import Act
from store.engine import reading, writing
from store.readings.reading_view import find_parameter
from store.service.outages import outages, present_outage
from store.service.phases import PhaseEntry, PhaseProblemError, all_phases, remove_phase, set_phase
from store.service.planned_stops import (
    Announcement,
    StopEntry,
    StopProblemError,
    announce,
    cancel,
    find_stop,
    stop_page,
)

router = APIRouter(tags=["service"], responses=documented(401, 403, 404, 422))

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Manager = Annotated[Caller, Depends(allowed("manage stations"))]
Announcer = Annotated[Caller, Depends(allowed("announce stops"))]


class PhaseOut(BaseModel):
    """From when on a station is in a phase."""

    id: int
    station: str
    phase: Phase
    from_at: VietnamTime
    note: str


class PhasePage(Page[PhaseOut]):
    """One page of phases, in the order in which they were said."""


class PhaseIn(Body):
    """A phase that begins."""

    station: Name
    phase: Phase
    from_at: Moment
    note: Words = ""


class StopOut(BaseModel):
    """An announced stop of a station, or of one of its channels."""

    id: int
    station: str
    parameter: str | None = Field(description="null: the whole station.")
    from_at: VietnamTime
    to_at: VietnamTime = Field(description="Not included.")
    reason: str
    announced_by: str
    announced_at: VietnamTime
    announced_before: bool = Field(description="Whether it was told before it began.")
    recorded_by: str
    recorded_at: VietnamTime
    cancelled_by: str | None
    cancelled_at: VietnamTime | None


class StopPage(Page[StopOut]):
    """One page of stops, in the order in which they were written down."""


class StopIn(Body):
    """What somebody told of a stop."""

    station: Name
    parameter: Name | None = None
    from_at: Moment
    to_at: Moment
    reason: Words
    announced_by: Words = Field(default="", description="Who told the department; empty: the key's holder.")
    announced_at: Moment | None = Field(default=None, description="When; null: now.")


class OutageOut(BaseModel):
    """A time in which no door of ours was open."""

    from_at: VietnamTime
    to_at: VietnamTime | None = Field(description="null: it goes on.")
    minutes: int


class OutagePage(Page[OutageOut]):
    """All outages of the time, oldest first."""


@router.get("/phases")
def list_phases(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PhasePage:
    """The phases of stations; one without any is official."""
    after = _after("phases", cursor)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        entries = all_phases(connection, visible, station_id, after, limit + 1)
    page, following = cut(entries, limit, lambda entry: encode("phases", entry.id))
    return PhasePage(items=[_phase(entry) for entry in page], next=following)


@router.post("/phases", status_code=201)
def add_phase(context: Here, caller: Manager, body: PhaseIn) -> PhaseOut:
    """Says in which phase a station is from then on, until its next one."""
    with writing(context.engine) as connection:
        entry = seen_station(connection, body.station, caller.visible(connection))
        act = Act(caller.account, context.now())
        number = set_phase(connection, entry.id, body.phase, body.from_at, body.note, act)
    return PhaseOut(id=number, station=entry.code, phase=body.phase, from_at=body.from_at, note=body.note)


@router.delete("/phases/{phase_id}", status_code=204)
def delete_phase(context: Here, caller: Manager, phase_id: RowId) -> None:
    """Takes back what was said wrongly."""
    with writing(context.engine) as connection:
        try:
            remove_phase(connection, phase_id, Act(caller.account, context.now()))
        except PhaseProblemError as error:
            raise not_found(f"There is no phase {phase_id}.") from error


@router.get("/planned-stops")
def list_stops(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> StopPage:
    """Announced stops that touch the time from `from` up to `to`; cancelled ones say so."""
    after = _after("planned-stops", cursor)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        entries = stop_page(connection, visible, station_id, since, until, after, limit + 1)
    page, following = cut(entries, limit, lambda entry: encode("planned-stops", entry.id))
    return StopPage(items=[_stop(entry) for entry in page], next=following)


@router.post("/planned-stops", status_code=201)
def add_stop(context: Here, caller: Announcer, body: StopIn) -> StopOut:
    """Announces a stop. A facility announces its own, before they begin; afterwards the department does."""
    now = context.now()
    with writing(context.engine) as connection:
        visible = caller.visible(connection)
        entry = seen_station(connection, body.station, visible)
        bound = own_stations_only(caller.role)
        if bound and (body.from_at < now or body.announced_at is not None):
            raise Refusal(403, "A facility announces a stop before it begins; later, the department does.")
        told = Announcement(
            entry.id,
            _parameter_id(connection, entry.id, body.parameter),
            body.from_at,
            body.to_at,
            body.reason,
            body.announced_by or caller.account,
            body.announced_at or now,
        )
        try:
            number = announce(connection, told, Act(caller.account, now))
        except StopProblemError as error:
            field = "to_at" if error.field == "to" else error.field
            raise unprocessable(f"{field}: {error.what}") from error
        stop = find_stop(connection, number, visible)
    return _stop(stop)


@router.post("/planned-stops/{stop_id}/cancel")
def cancel_stop(context: Here, caller: Announcer, stop_id: RowId) -> StopOut:
    """Cancels a stop; a facility its own ones that have not begun."""
    now = context.now()
    with writing(context.engine) as connection:
        visible = caller.visible(connection)
        found = find_stop(connection, stop_id, visible)
        if found is None:
            raise not_found(f"There is no planned stop {stop_id} that this key may see.")
        if own_stations_only(caller.role) and found.from_at <= now:
            raise Refusal(403, "This stop has begun; the department cancels it.")
        try:
            cancel(connection, stop_id, Act(caller.account, now))
        except StopProblemError as error:
            raise unprocessable(str(error)) from error
        return _stop(find_stop(connection, stop_id, visible))


@router.get("/outages")
def list_outages(context: Here, _caller: Reader, since: Since = None, until: Until = None) -> OutagePage:
    """Our own outages that touch the time from `from` up to `to`."""
    now = context.now()
    with reading(context.engine) as connection:
        found = outages(connection, since, until)
        present = present_outage(connection, now)
    items = [_outage(one.from_at, one.to_at, going_on=False) for one in found]
    if present is not None and (until is None or present.from_at < until) and (since is None or now > since):
        items.append(_outage(present.from_at, now, going_on=True))
    return OutagePage(items=items, next=None)


def _outage(from_at: datetime, to_at: datetime, *, going_on: bool) -> OutageOut:
    minutes = int((to_at - from_at).total_seconds() // 60)
    return OutageOut(from_at=from_at, to_at=None if going_on else to_at, minutes=minutes)


def _after(kind: str, cursor: str | None) -> int | None:
    return int(decode(kind, cursor, "i")[0] or 0) if cursor else None


def _parameter_id(connection: Connection, station_id: int, name: str | None) -> int | None:
    if name is None:
        return None
    found = find_parameter(connection, name, station_id)
    if found is None:
        raise unprocessable(f"parameter: the station declares no {name!r}")
    return found


def _phase(entry: PhaseEntry) -> PhaseOut:
    return PhaseOut.model_validate(entry._asdict())


def _stop(entry: StopEntry | None) -> StopOut:
    if entry is None:
        raise not_found("There is no such planned stop that this key may see.")
    return StopOut.model_validate({**entry._asdict(), "announced_before": entry.announced_before})
