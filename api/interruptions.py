"""GET /interruptions: when stations and channels were interrupted; and what people say of it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader, allowed
from api.bodies import Body, Moment, Words
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until
from api.problems import documented, not_found, unprocessable
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from store.audit import Act
from store.engine import reading, writing
from store.network.station_view import Visible
from store.service.interruption_view import (
    InterruptionEntry,
    InterruptionFilter,
    Note,
    NoteProblemError,
    find_interruption,
    interruption_page,
    note_interruption,
)

router = APIRouter(tags=["interruptions"], responses=documented(401, 403, 404, 422))

InterruptionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Handler = Annotated[Caller, Depends(allowed("handle events"))]


class InterruptionOut(BaseModel):
    """A time in which a station, or one of its channels, sent nothing in time."""

    id: int
    station: str
    parameter: str | None = Field(description="null: the whole station.")
    started_at: VietnamTime = Field(description="The last good slot.")
    ended_at: VietnamTime | None = Field(description="The first slot that came in time; null: it goes on.")
    minutes: int = Field(description="Until now where it goes on.")
    excused_minutes: int = Field(description="Of them, announced stops and our own outages.")
    reportable: bool
    cause: str | None
    notice: str = Field(description="What the facility told.")
    notice_by: str
    notice_at: VietnamTime | None
    remedy: str


class InterruptionPage(Page[InterruptionOut]):
    """One page of interruptions, in the order in which they began."""


class NoteIn(Body):
    """What people say of it; what is not given stays."""

    cause: Words | None = None
    notice: Words | None = None
    notice_by: Words | None = None
    notice_at: Moment | None = None
    remedy: Words | None = None


@router.get("/interruptions")
def list_interruptions(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    reportable: Annotated[bool, Query(description="Only those that are.")] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> InterruptionPage:
    """Interruptions that touch the time from `from` up to `to`."""
    after = None
    if cursor:
        started, number = decode("interruptions", cursor, "ii")
        after = moment(started), int(number or 0)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        wanted = InterruptionFilter(visible, station_id, since, until, reportable)
        entries, following = interruption_page(connection, wanted, after, limit, context.now())
    return InterruptionPage(
        items=[_out(entry) for entry in entries],
        next=None if following is None else encode("interruptions", *following),
    )


@router.post("/interruptions/{interruption_id}/note")
def note(context: Here, caller: Handler, interruption_id: InterruptionId, body: NoteIn) -> InterruptionOut:
    """Says why it was, what the facility told when, and what was done."""
    now = context.now()
    with writing(context.engine) as connection:
        visible = caller.visible(connection)
        _seen(connection, interruption_id, visible, now)
        try:
            note_interruption(
                connection, interruption_id, Note(**body.model_dump()), Act(caller.account, now)
            )
        except NoteProblemError as error:
            raise unprocessable(str(error)) from error
        return _out(_seen(connection, interruption_id, visible, now))


def _seen(connection: Connection, number: int, visible: Visible, now: datetime) -> InterruptionEntry:
    entry = find_interruption(connection, number, visible, now)
    if entry is None:
        raise not_found(f"There is no interruption {number} that this key may see.")
    return entry


def _out(entry: InterruptionEntry) -> InterruptionOut:
    return InterruptionOut.model_validate(entry._asdict())
