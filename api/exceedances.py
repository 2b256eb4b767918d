"""GET /exceedances: what exceeded a limit or came near it, by which average and which limit."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.limits import WordsOut
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until, blank_is_none, cut
from api.problems import documented, not_found
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.events import EventState
from quality.limits.records import Basis
from store.engine import reading
from store.events.view import EventEntry, find_event
from store.limits.exceedance_view import ExceedanceFilter, exceedance_page, files_of
from store.limits.limit_events import KINDS

router = APIRouter(tags=["exceedances"], responses=documented(401, 403, 404, 422))

Kind = Literal["limit_exceeded", "limit_warning"]
_KIND = "exceedances"


class ChangeOut(BaseModel):
    """What became of it, and what it said then."""

    what: str
    at: str
    limit: float | None
    unit: str | None
    peak: float | None
    peak_at: str | None
    periods: int | None
    until: str | None


class ExceedanceOut(BaseModel):
    """Periods in a row that were beyond a limit, or within a warning step of it."""

    id: int = Field(description="The event's.")
    kind: Kind
    level: Literal["exceeded", "preparing", "tendency"]
    station: str
    parameter: str
    basis: Basis
    started_at: VietnamTime
    ended_at: VietnamTime | None = Field(description="null: it goes on.")
    until: VietnamTime = Field(description="The end of the last period so far.")
    periods: int
    side: Literal["max", "min"]
    limit: float
    unit: str
    peak: float = Field(description="The value farthest beyond the limit.")
    peak_at: VietnamTime = Field(description="Start of its period.")
    multiple: float | None = Field(description="Peak ÷ limit; limit ÷ peak below a minimum.")
    code: str
    column: str
    oxygen_reference: float | None
    confirmed: bool = Field(description="false: the limit is not certain until a person confirms it.")
    formula: WordsOut
    derivation: WordsOut
    withdrawn_at: VietnamTime | None = Field(description="Since when the data no longer say so.")
    withdrawn_because: WordsOut | None
    state: EventState
    history: list[ChangeOut]


class ExceedanceWithFiles(ExceedanceOut):
    """The same, with the files that its readings came in."""

    files: list[int]


class ExceedancePage(Page[ExceedanceOut]):
    """One page of them, in the order in which they began."""


@router.get("/exceedances")
def list_exceedances(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    kind: Annotated[Kind | None, blank_is_none, Query()] = None,
    withdrawn: Annotated[bool, Query(description="Also those that the data no longer say.")] = True,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ExceedancePage:
    """Those of one station, or of all that the key may see, that touch the time between `from` and `to`."""
    after = _key(cursor) if cursor else None
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        ids = visible if station is None else [seen_station(connection, station, visible).id]
        wanted = ExceedanceFilter(ids, since, until, kind, withdrawn)
        entries = exceedance_page(connection, wanted, after, limit + 1)
    page, following = cut(entries, limit, _cursor)
    return ExceedancePage(items=[exceedance_out(entry) for entry in page], next=following)


@router.get("/exceedances/{event_id}")
def show_exceedance(
    context: Here, caller: Reader, event_id: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> ExceedanceWithFiles:
    """One of them, by its event's id, with its files."""
    with reading(context.engine) as connection:
        entry = find_event(connection, event_id, caller.visible(connection))
        if entry is None or entry.event.kind not in KINDS:
            raise not_found(f"There is no exceedance {event_id} that this key may see.")
        files = files_of(connection, entry.event)
    return ExceedanceWithFiles(**_values(entry), files=files)


def exceedance_out(entry: EventEntry) -> ExceedanceOut:
    """One as it is shown to the outside."""
    return ExceedanceOut(**_values(entry))


def _values(entry: EventEntry) -> dict[str, Any]:
    one, detail = entry.event, entry.event.detail
    told = {name: detail[name] for name in ExceedanceOut.model_fields if name in detail}
    return {
        **told,
        "id": one.id,
        "kind": one.kind,
        "station": entry.station,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "until": datetime.fromisoformat(detail["until"]),
        "peak_at": datetime.fromisoformat(detail["peak_at"]),
        "withdrawn_at": one.withdrawn_at,
        # of one that happened after all the reason of its withdrawal is history
        "withdrawn_because": detail.get("withdrawn_because") if one.withdrawn_at else None,
        "state": one.state,
    }


def _cursor(entry: EventEntry) -> str:
    return encode(_KIND, entry.event.started_at, entry.event.id)


def _key(cursor: str) -> tuple[datetime, int]:
    started_at, number = decode(_KIND, cursor, "ii")
    return moment(started_at), int(number or 0)
