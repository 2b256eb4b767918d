"""GET /aqi and GET /wqi: the ministry's indices of hours and days, each with its explanation.

The figures are store/averages/index_view.py's; here they are only written down, and cut into pages.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until
from api.problems import documented
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.indices.aqi import AqiBy
from quality.indices.aqi_words import aqi_words
from quality.indices.editions import Band
from quality.indices.wqi import WqiVariant
from quality.indices.wqi_words import wqi_words
from store.averages.index_view import AqiItem, WqiItem, aqi_items, wqi_items
from store.engine import reading
from store.network.station_view import StationEntry, station_page

router = APIRouter(tags=["indices"], responses=documented(401, 403, 404, 422))

By = Annotated[AqiBy, Query(description="The period.")]


class BandOut(BaseModel):
    """What the Decision calls a stretch of the index, and its colour."""

    name_vi: str
    name_en: str
    colour: tuple[int, int, int] = Field(description="Red, green, blue.")


class ExplanationOut(BaseModel):
    """Why: what decided, what else there was, what was missing; where there is no index, by which rule."""

    vi: str
    en: str


class AqiPartOut(BaseModel):
    """A parameter's own index by one basis."""

    parameter: str
    basis: Literal["1h", "nowcast", "24h", "max_1h", "max_8h"]
    concentration: float = Field(description="In µg/m3.")
    index: int
    at: VietnamTime | None = Field(description="Start of the hour, or of the first of eight, that it is of.")
    hours: int = Field(description="How many it was made of.")


class LackOut(BaseModel):
    """What could not be counted, and why."""

    parameter: str
    basis: str = Field(description="Of VN_WQI: the group.")
    reason: str
    detail: str


class AqiOut(BaseModel):
    """VN_AQI of one station over one hour or day."""

    station: str
    by: AqiBy
    start: VietnamTime
    end: VietnamTime
    over: bool = Field(description="Whether the period has passed; until then the index is that so far.")
    value: int | None = Field(description="null where there is none; `why_not` says by which rule.")
    band: BandOut | None
    deciding: list[str]
    parts: list[AqiPartOut]
    lacking: list[LackOut]
    decision: str
    why_not: str | None
    explanation: ExplanationOut


class WqiPartOut(BaseModel):
    """What a parameter contributes."""

    parameter: str
    group: str
    concentration: float
    unit: str
    value: float = Field(description="100 good, 10 bad.")
    saturation: float | None = Field(description="Of DO, in per cent.")


class WqiOut(BaseModel):
    """VN_WQI of one station over one hour or day, in one variant."""

    station: str
    by: AqiBy
    start: VietnamTime
    end: VietnamTime
    over: bool = Field(description="Whether the period has passed; until then the index is that so far.")
    variant: WqiVariant
    confirmed: bool = Field(description="Whether a person has confirmed the variant; else do not publish it.")
    value: int | None = Field(description="null where there is none; `why_not` says by which rule.")
    band: BandOut | None
    deciding: list[str] = Field(description="The parameters that are worst.")
    groups: dict[str, float]
    parts: list[WqiPartOut]
    lacking: list[LackOut]
    decision: str
    why_not: str | None
    explanation: ExplanationOut


class AqiPage(Page[AqiOut]):
    """One page of VN_AQI: station by station, in the order of time."""


class WqiPage(Page[WqiOut]):
    """One page of VN_WQI: station by station, in the order of time, both variants side by side."""


@router.get("/aqi")
def list_aqi(
    context: Here,
    caller: Reader,
    by: By = "hour",
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AqiPage:
    """VN_AQI of one ambient air station, or of all that the key may see."""
    now = context.now()
    with reading(context.engine) as connection:
        entries, after = _from_cursor("aqi", _entries(connection, caller, station), cursor)
        found = list(islice(aqi_items(connection, entries, by, since, until, after), limit + 1))
    page = found[:limit]
    following = encode("aqi", page[-1].code_key, page[-1].start) if len(found) > limit else None
    return AqiPage(items=[aqi_out(item, now) for item in page], next=following)


@router.get("/wqi")
def list_wqi(
    context: Here,
    caller: Reader,
    by: By = "hour",
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> WqiPage:
    """VN_WQI of one surface water station, or of all that the key may see, in both variants."""
    now = context.now()
    with reading(context.engine) as connection:
        entries, after = _from_cursor("wqi", _entries(connection, caller, station), cursor)
        items = wqi_items(connection, entries, by, since, until, after)
        # Both variants of a period stay on one page, or the cursor would have to name one of them.
        page, more = _whole_periods(items, limit)
    following = encode("wqi", page[-1].code_key, page[-1].start) if more else None
    return WqiPage(items=[wqi_out(item, now) for item in page], next=following)


def aqi_out(item: AqiItem, now: datetime) -> AqiOut:
    """A VN_AQI as it is shown to the outside."""
    aqi = item.aqi
    words = aqi_words(aqi)
    return AqiOut(
        station=item.station,
        by=aqi.by,
        start=item.start,
        end=item.end,
        over=item.end <= now,
        value=aqi.value,
        band=_band(aqi.band),
        deciding=list(dict.fromkeys(part.parameter for part in aqi.deciding)),
        parts=[
            AqiPartOut.model_validate(
                {
                    "parameter": part.parameter,
                    "basis": part.basis,
                    "concentration": part.concentration,
                    "index": part.index,
                    "at": part.at,
                    "hours": part.hours,
                }
            )
            for part in aqi.parts
        ],
        lacking=[LackOut(**lack._asdict()) for lack in aqi.lacking],
        decision=aqi.decision,
        why_not=aqi.why_not,
        explanation=ExplanationOut(vi=words.vi, en=words.en),
    )


def wqi_out(item: WqiItem, now: datetime) -> WqiOut:
    """A VN_WQI as it is shown to the outside."""
    wqi = item.wqi
    words = wqi_words(wqi, item.confirmed)
    return WqiOut(
        station=item.station,
        by="hour" if (item.end - item.start).total_seconds() == 3600 else "day",
        start=item.start,
        end=item.end,
        over=item.end <= now,
        variant=wqi.variant,
        confirmed=item.confirmed,
        value=wqi.value,
        band=_band(wqi.band),
        deciding=[part.parameter for part in wqi.deciding],
        groups=dict(wqi.groups),
        parts=[WqiPartOut(**part._asdict()) for part in wqi.parts],
        lacking=[
            LackOut(parameter=lack.parameter, basis=lack.group, reason=lack.reason, detail=lack.detail)
            for lack in wqi.lacking
        ],
        decision=wqi.decision,
        why_not=wqi.why_not,
        explanation=ExplanationOut(vi=words.vi, en=words.en),
    )


def _band(band: Band | None) -> BandOut | None:
    return None if band is None else BandOut(name_vi=band.name_vi, name_en=band.name_en, colour=band.colour)


def _entries(connection: Connection, caller: Caller, station: str | None) -> list[StationEntry]:
    visible = caller.visible(connection)
    if station is None:
        return station_page(connection, visible)
    return [seen_station(connection, station, visible)]


def _from_cursor(
    kind: str, entries: list[StationEntry], cursor: str | None
) -> tuple[list[StationEntry], datetime | None]:
    """The stations from the one that the page before ended in, and what it ended with there."""
    if cursor is None:
        return entries, None
    key, start = decode(kind, cursor, "ti")
    rest = [entry for entry in entries if entry.code_key >= str(key)]
    return rest, moment(start) if rest and rest[0].code_key == key else None


def _whole_periods(items: Iterable[WqiItem], limit: int) -> tuple[list[WqiItem], bool]:
    page: list[WqiItem] = []
    waiting: Iterator[WqiItem] = iter(items)
    for item in waiting:
        same = bool(page) and (page[-1].code_key, page[-1].start) == (item.code_key, item.start)
        if len(page) >= limit and not same:
            return page, True
        page.append(item)
    return page, False
