"""GET /completeness: the slot account, per station, period and parameter, and in all.

The figures are store/slots/completeness.py's; here they are only cut into pages: a page ends anywhere in a
station's account, and the next one begins there again.
"""

from collections.abc import Iterator
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, ByParameter, Cursor, Limit, Page, Since, StationCode, Until, cut
from api.problems import documented
from api.stations import seen_station
from quality.slot_state import SlotState
from store.engine import reading
from store.network.station_view import station_page
from store.slots.completeness import CompletenessItem, completeness
from store.slots.completeness_groups import Group, grouped_completeness

router = APIRouter(tags=["completeness"], responses=documented(401, 403, 404, 422))

_KIND = "completeness"
_GROUPS = "completeness groups"


class AccountOut(BaseModel):
    """What became of the slots of a period."""

    period: str = Field(description="2026-05-30, 2026-05, 2026-Q2, 2026 or 2026-05-01/2026-05-30.")
    expected: int = Field(description="Slots that were due while the station was in service.")
    states: dict[SlotState, int] = Field(description="All ten states; they add up to `expected`.")
    received_rate: float | None = Field(description="Fractions of 1; null where the divisor is 0.")
    valid_rate: float | None
    effective_rate: float | None
    on_time_rate: float | None
    relayed: dict[str, float | None] = Field(description="By target: acknowledged of what is valid.")
    relayed_rate: float | None = Field(description="The least of them.")
    longest_gap_minutes: int
    target_rate: float = Field(description="What the rates are to reach, as the period ends.")


class CompletenessOut(AccountOut):
    """The account of one channel, or of a station as a whole, over a period."""

    station: str
    parameter: str | None = Field(description="null: all channels of the station together.")


class GroupOut(AccountOut):
    """The account of many stations together, over a period."""

    group: str = Field(description="Facility, province or kind; empty: of stations that have none.")
    stations: int = Field(description="How many of its stations were in service.")


class GroupPage(Page[GroupOut]):
    """One page of accounts, group by group, period by period."""


class CompletenessPage(Page[CompletenessOut]):
    """One page of accounts: station by station, period by period, the whole station first."""


@router.get("/completeness")
def list_completeness(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    by: ByParameter = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CompletenessPage:
    """Accounts of one station, or of all that the key may see, over the whole time or by period."""
    first, skip = _key(cursor) if cursor else ("", 0)
    now = context.now()
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        entries = (
            station_page(connection, visible)
            if station is None
            else [seen_station(connection, station, visible)]
        )
        rest = [entry for entry in entries if entry.code_key >= first]
        keys = {entry.code: entry.code_key for entry in rest}
        by_station = groupby(completeness(connection, rest, since, until, by, now), attrgetter("station"))
        accounts = chain.from_iterable(_numbered(keys[code], items) for code, items in by_station)
        # Only the station that the page before ended in has items to skip; it comes first, if it is there.
        wanted = ((key, number, item) for key, number, item in accounts if key != first or number >= skip)
        page = list(islice(wanted, limit + 1))
    following = None
    if len(page) > limit:
        key, number, _item = page.pop()
        following = encode(_KIND, key, number)
    return CompletenessPage(
        items=[CompletenessOut.model_validate(item._asdict()) for _key_, _number, item in page],
        next=following,
    )


@router.get("/completeness/groups")
def list_groups(
    context: Here,
    caller: Reader,
    group: Annotated[Group, Query(description="What the stations are put together by.")],
    since: Since = None,
    until: Until = None,
    by: ByParameter = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> GroupPage:
    """Accounts of facilities, provinces or kinds of station, of the stations that the key may see."""
    after = tuple(map(str, decode(_GROUPS, cursor, "tt"))) if cursor else ()
    with reading(context.engine) as connection:
        entries = station_page(connection, caller.visible(connection))
        items = grouped_completeness(connection, entries, group, since, until, by, context.now())
    rest = [item for item in items if (item.group, item.period) > after]
    page, following = cut(rest[: limit + 1], limit, lambda item: encode(_GROUPS, item.group, item.period))
    return GroupPage(items=[GroupOut.model_validate(item._asdict()) for item in page], next=following)


def _numbered(key: str, items: Iterator[CompletenessItem]) -> Iterator[tuple[str, int, CompletenessItem]]:
    for number, item in enumerate(items):
        yield key, number, item


def _key(cursor: str) -> tuple[str, int]:
    key, number = decode(_KIND, cursor, "ti")
    return str(key), int(number or 0)
