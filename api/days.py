"""Closing days (chốt ngày): which are closed, every closing there was, how many by whom; and closing them."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import Caller, Reader, allowed
from api.bodies import Body, Day, Name, Readable
from api.context import Here
from api.cursor import Part, decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, StationCode, blank_is_none, cut
from api.problems import documented
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from store.audit import Act
from store.engine import reading, writing
from store.reviews import closed_days, closing_view
from store.reviews.reviewing import LONGEST_REASON
from store.slots.settling import settle

router = APIRouter(tags=["days"], responses=documented(401, 403, 404, 422))

Closer = Annotated[Caller, Depends(allowed("close days"))]
FirstDay = Annotated[
    Day | None, blank_is_none, Query(alias="from", description="A day in Vietnam, included.")
]
LastDay = Annotated[Day | None, blank_is_none, Query(alias="to", description="A day in Vietnam, included.")]


class DaysIn(Body):
    """Days of a station, both ends included."""

    station: Name
    since: Day = Field(alias="from")
    until: Day | None = Field(default=None, alias="to", description="Left out: the one day.")
    reason: Annotated[str, Readable] = Field(
        default="", max_length=LONGEST_REASON, description="Required where days are reopened."
    )


class DaysOut(BaseModel):
    """Which days changed."""

    station: str
    days: list[date] = Field(description="Those that were so already are not among them.")


class ClosedOut(BaseModel):
    """A day that is closed."""

    station: str
    day: date
    who: str
    at: VietnamTime
    changed_at: VietnamTime | None = Field(description="Since when its readings are not what was closed.")


class ClosedPage(Page[ClosedOut]):
    """One page of closed days, by station and day."""


class ClosingOut(BaseModel):
    """A day was closed, or reopened."""

    id: int
    station: str
    day: date
    action: Literal["close", "reopen"]
    who: str
    at: VietnamTime
    reason: str


class ClosingPage(Page[ClosingOut]):
    """One page of closings, in the order in which they happened."""


class CountOut(BaseModel):
    """How many station-days somebody closed."""

    who: str
    closed: int
    reopened: int
    first_at: VietnamTime
    last_at: VietnamTime


class CountPage(Page[CountOut]):
    """The closings of a period, person by person."""


@router.get("/days")
def list_closed_days(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    first: FirstDay = None,
    last: LastDay = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ClosedPage:
    """The days that are closed."""
    after = None
    if cursor:
        station_id, ordinal = decode("days", cursor, "ii")
        after = int(station_id or 0), _day(ordinal)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        of = None if station is None else seen_station(connection, station, visible).id
        entries = closing_view.closed_page(connection, visible, of, first, last, after, limit + 1)
    page, following = cut(
        entries, limit, lambda entry: encode("days", entry.station_id, entry.day.toordinal())
    )
    return ClosedPage(items=[ClosedOut.model_validate(entry._asdict()) for entry in page], next=following)


@router.get("/days/closings")
def list_closings(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    first: FirstDay = None,
    last: LastDay = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ClosingPage:
    """Every closing and reopening: who, when, why."""
    after = int(decode("closings", cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        of = None if station is None else seen_station(connection, station, visible).id
        entries = closing_view.closing_page(connection, visible, of, first, last, after, limit + 1)
    page, following = cut(entries, limit, lambda entry: encode("closings", entry.id))
    return ClosingPage(items=[ClosingOut.model_validate(entry._asdict()) for entry in page], next=following)


@router.get("/days/count")
def count_closings(context: Here, caller: Reader, first: FirstDay = None, last: LastDay = None) -> CountPage:
    """How many station-days of a period each person closed and reopened: for the report."""
    with reading(context.engine) as connection:
        counts = closing_view.closing_counts(connection, caller.visible(connection), first, last)
    return CountPage(items=[CountOut(**count._asdict()) for count in counts], next=None)


@router.post("/days/close")
def close_days(context: Here, caller: Closer, body: DaysIn) -> DaysOut:
    """Closes days that are over. What is still to be counted of the station is counted first."""
    with reading(context.engine) as connection:
        found = seen_station(connection, body.station, caller.visible(connection))
    while settle(context.engine, 1000, context.now(), [found.id]):
        pass
    with writing(context.engine) as connection:
        act = Act(caller.account, context.now())
        days = closed_days.close(connection, found.id, _days(body), body.reason, act)
    return DaysOut(station=found.code, days=days)


@router.post("/days/reopen")
def reopen_days(context: Here, caller: Closer, body: DaysIn) -> DaysOut:
    """Opens closed days again, with a reason."""
    with writing(context.engine) as connection:
        found = seen_station(connection, body.station, caller.visible(connection))
        act = Act(caller.account, context.now())
        days = closed_days.reopen(connection, found.id, _days(body), body.reason, act)
    return DaysOut(station=found.code, days=days)


def _days(body: DaysIn) -> list[date]:
    last = body.until or body.since
    # one more than may be named is enough for it to be refused
    count = min((last - body.since).days + 1, closed_days.MOST_DAYS + 1)
    return [body.since + timedelta(days=number) for number in range(count)]


def _day(ordinal: Part) -> date:
    return date.fromordinal(min(max(int(ordinal or 1), 1), date.max.toordinal()))
