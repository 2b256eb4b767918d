"""GET /signs: the signs of manipulation that were found, with score and evidence, for a person to look at.

They are the events of kind `tamper`; here they are told by rule, with its name.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until, cut
from api.problems import documented
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.events import EventState
from quality.rules import RULES
from quality.signs.words import told
from store.engine import reading
from store.events.view import EventEntry, EventFilter, event_page

router = APIRouter(tags=["signs"], responses=documented(401, 403, 404, 422))

_NAMES = {rule.id: rule.name for rule in RULES if rule.kind == "sign"}
_NOT_EVIDENCE = frozenset({"score", "history", "withdrawn_because"})


class NameOut(BaseModel):
    """The same in both languages: a rule's name, a sentence."""

    vi: str
    en: str


class SignOut(BaseModel):
    """Something for a person to look at. It fails no reading and proves nothing."""

    event_id: int = Field(description="To be acknowledged and solved as any event: /events/{event_id}.")
    station: str | None
    parameter: str | None = Field(description="null: of the station as a whole.")
    rule: str
    name: NameOut
    started_at: VietnamTime
    ended_at: VietnamTime | None
    score: int = Field(
        description="0 to 100: how far the data are from what honest data does; no probability."
    )
    evidence: dict[str, Any] = Field(description="Figures that can be looked up in the data.")
    told: NameOut = Field(description="What the figures say, in sentences.")
    withdrawn_at: VietnamTime | None = Field(description="Since when the data no longer show it.")
    withdrawn_because: NameOut | None
    state: EventState
    note: str


class SignPage(Page[SignOut]):
    """One page of signs, in the order in which they began."""


@router.get("/signs")
def list_signs(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    withdrawn: Annotated[bool, Query(description="Also those that the data no longer show.")] = False,
) -> SignPage:
    """Signs of one station, or of all that the key may see. `from` and `to` are of their beginnings."""
    after = None
    if cursor:
        started, number = decode("signs", cursor, "ii")
        after = moment(started), int(number or 0)
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        wanted = EventFilter(visible, station_id, "tamper", since=since, until=until, withdrawn=withdrawn)
        entries = event_page(connection, wanted, after, limit + 1)
    page, following = cut(entries, limit, lambda one: encode("signs", one.event.started_at, one.event.id))
    return SignPage(items=[sign_out(entry) for entry in page], next=following)


def sign_out(entry: EventEntry) -> SignOut:
    """A sign as it is shown to the outside."""
    event = entry.event
    name = _NAMES.get(event.subject)
    evidence = {key: value for key, value in event.detail.items() if key not in _NOT_EVIDENCE}
    words = told(event.subject, evidence, str(evidence.get("unit", "")))
    return SignOut(
        event_id=event.id,
        station=entry.station,
        parameter=entry.parameter,
        rule=event.subject,
        name=NameOut(vi=name.vi if name else event.subject, en=name.en if name else event.subject),
        started_at=event.started_at,
        ended_at=event.ended_at,
        score=int(event.detail.get("score", 0)),
        evidence=evidence,
        told=NameOut(vi=words.vi, en=words.en),
        withdrawn_at=event.withdrawn_at,
        withdrawn_because=event.detail.get("withdrawn_because") if event.withdrawn_at else None,
        state=event.state,
        note=event.note,
    )
