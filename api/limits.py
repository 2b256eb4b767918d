"""GET /limits: which limit holds for each parameter of a station on a day, and how it is derived in words."""

from datetime import date
from itertools import chain, islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.bodies import Day
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, StationCode, blank_is_none
from api.problems import documented
from api.stations import seen_station
from quality.limits.records import Basis, Words
from quality.slots import day_of
from store.engine import reading
from store.limits.limit_view import LimitItem, limits_shown
from store.network.station_view import station_page

router = APIRouter(tags=["limits"], responses=documented(401, 403, 404, 422))

_KIND = "limits"


class WordsOut(BaseModel):
    """A sentence in both languages."""

    en: str
    vi: str


class LimitOut(BaseModel):
    """A limit of a station on a day."""

    station: str
    day: date
    parameter: str
    basis: Basis = Field(description="What is compared with it: each reading, or an average.")
    unit: str
    min: float | None = Field(description="In force, after factors; null: there is none, or it is not known.")
    max: float | None = Field(description="As `min`. 0 is a limit.")
    source: Literal["table", "permit"]
    code: str = Field(description="The standard, or the permit's number.")
    column: str
    table_min: float | None = Field(description="Before factors.")
    table_max: float | None
    factors: dict[str, float]
    oxygen_reference: float | None = Field(description="%V that measured values are corrected to.")
    confirmed: bool = Field(description="false: not certain until a person confirms it.")
    governs: bool = Field(description="false: another one is stricter.")
    formula: WordsOut
    derivation: WordsOut
    judged: bool = Field(description="Whether averages are held against it.")
    not_judged: WordsOut | None = Field(description="Why not.")


class LimitPage(Page[LimitOut]):
    """One page of limits, station by station."""


@router.get("/limits")
def list_limits(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    day: Annotated[Day | None, blank_is_none, Query(description="In Vietnam; else today.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LimitPage:
    """The limits of one station, or of all that the key may see, as they were on a day."""
    first, skip = _key(cursor) if cursor else ("", 0)
    on = day or day_of(context.now())
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        entries = (
            station_page(connection, visible)
            if station is None
            else [seen_station(connection, station, visible)]
        )
        numbered = chain.from_iterable(
            ((number, item) for number, item in enumerate(limits_shown(connection, [entry], on)))
            for entry in entries
            if entry.code_key >= first
        )
        wanted = ((number, item) for number, item in numbered if item.code_key != first or number >= skip)
        page = list(islice(wanted, limit + 1))
    following = None
    if len(page) > limit:
        number, item = page.pop()
        following = encode(_KIND, item.code_key, number)
    return LimitPage(items=[limit_out(item) for _, item in page], next=following)


def limit_out(item: LimitItem) -> LimitOut:
    """A limit as it is shown to the outside."""
    one = item.limit
    return LimitOut(
        station=item.station,
        day=item.day,
        parameter=one.parameter,
        basis=one.basis,
        unit=one.unit,
        min=one.low,
        max=one.high,
        source=one.source,
        code=one.code,
        column=one.column,
        table_min=one.table_low,
        table_max=one.table_high,
        factors=dict(one.factors),
        oxygen_reference=one.oxygen_reference,
        confirmed=one.confirmed,
        governs=one.governs,
        formula=_words(one.formula),
        derivation=_words(one.derivation),
        judged=item.not_judged is None,
        not_judged=None if item.not_judged is None else _words(item.not_judged),
    )


def _words(words: Words) -> WordsOut:
    return WordsOut(en=words.en, vi=words.vi)


def _key(cursor: str) -> tuple[str, int]:
    key, number = decode(_KIND, cursor, "ti")
    return str(key), int(number or 0)
