"""GET /averages: hours, moving 8 hours, days, months and years, as received and as reviewed side by side.

The figures are store/averages/view.py's; here they are only labelled, and cut into pages.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, ParameterName, Since, StationCode, Until, cut
from api.problems import documented, not_found
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.averages import By
from store.averages.items import AverageItem, AverageKey, SideItem
from store.averages.view import averages
from store.engine import reading
from store.network.station_view import station_page
from store.readings.reading_view import find_parameter

router = APIRouter(tags=["averages"], responses=documented(401, 403, 404, 422))

_KIND = "averages"
Label = Literal["start", "end"]


class SideOut(BaseModel):
    """An average in one layer."""

    mean: float | None = Field(description="null where there is too little for an average.")
    count: int = Field(description="Slots of an hour, hours of 8hour and day, days of month and year.")
    sufficient: bool
    min: float | None = Field(description="Of the readings; of a direction there is none.")
    min_at: VietnamTime | None
    max: float | None
    max_at: VietnamTime | None
    total: float | None = Field(description="Of a flow: what was measured, in `total_unit`.")


class AverageOut(BaseModel):
    """One parameter of one station over one period."""

    station: str
    parameter: str
    unit: str
    by: By
    time: VietnamTime = Field(description="The period's label: its start, or by choice its end.")
    start: VietnamTime
    end: VietnamTime
    over: bool = Field(description="Whether the period has passed; until then figures are those so far.")
    expected: int = Field(description="Of what `count` counts.")
    total_unit: str | None
    as_received: SideOut = Field(description="Of readings with a number and status 00, as they came.")
    as_reviewed: SideOut = Field(description="Of the values that stand after checks and review.")


class AveragePage(Page[AverageOut]):
    """One page of averages: station by station, in the order of time."""


@router.get("/averages")
def list_averages(
    context: Here,
    caller: Reader,
    by: Annotated[By, Query(description="The period.")] = "hour",
    station: StationCode = None,
    parameter: ParameterName = None,
    since: Since = None,
    until: Until = None,
    label: Annotated[Label, Query(description="What `time` says of a period.")] = "start",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AveragePage:
    """Averages of one station, or of all that the key may see."""
    with reading(context.engine) as connection:
        items = _walk(connection, caller, by, station, parameter, since, until, cursor)
        page, following = cut(list(islice(items, limit + 1)), limit, _cursor)
    now = context.now()
    return AveragePage(items=[average_out(item, label, now) for item in page], next=following)


def average_out(item: AverageItem, label: Label, now: datetime) -> AverageOut:
    """An average as it is shown to the outside."""
    return AverageOut(
        station=item.station,
        parameter=item.parameter,
        unit=item.unit,
        by=item.by,
        time=item.start if label == "start" else item.end,
        start=item.start,
        end=item.end,
        over=item.end <= now,
        expected=item.expected,
        total_unit=item.total_unit,
        as_received=_side(item.as_received),
        as_reviewed=_side(item.as_reviewed),
    )


def _side(side: SideItem) -> SideOut:
    return SideOut(**asdict(side))


def _walk(
    connection: Connection,
    caller: Caller,
    by: By,
    station: str | None,
    parameter: str | None,
    since: datetime | None,
    until: datetime | None,
    cursor: str | None,
) -> Iterator[AverageItem]:
    visible = caller.visible(connection)
    entries = (
        station_page(connection, visible) if station is None else [seen_station(connection, station, visible)]
    )
    parameter_id = None
    if parameter is not None:
        parameter_id = find_parameter(connection, parameter, entries[0].id if station is not None else None)
        if parameter_id is None:
            raise not_found(f"There is no parameter {parameter!r}.")
    after = None
    if cursor is not None:
        key, start, number = decode(_KIND, cursor, "tii")
        entries = [entry for entry in entries if entry.code_key >= str(key)]
        if entries and entries[0].code_key == key:
            after = AverageKey(moment(start), int(number or 0))
    return averages(connection, entries, by, since, until, parameter_id, after)


def _cursor(item: AverageItem) -> str:
    return encode(_KIND, item.code_key, item.start, item.parameter_id)
