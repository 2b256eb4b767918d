"""GET /alarms/rules and /alarms/notifications: who is told of what, and what became of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import Caller, allowed
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, blank_is_none, cut
from api.problems import documented
from api.vietnam_time import VietnamTime
from store.engine import reading
from store.events.alarm_rules import all_rules
from store.events.notifications import NotificationState, queue_page

router = APIRouter(tags=["alarms"], responses=documented(401, 403, 422))
Watcher = Annotated[Caller, Depends(allowed("see alarms"))]


class RuleOut(BaseModel):
    """Who is told, by which channel, of what."""

    name: str
    channel: Literal["email", "webhook", "gateway"]
    address: str
    language: Literal["vi", "en"]
    kinds: list[str] = Field(description="Empty: all.")
    stations: list[str] = Field(description="Empty: all, and what concerns no station.")
    min_level: str
    repeat_minutes: int = Field(description="0: no reminders.")
    quiet_hours: str = Field(description="In Vietnam; empty: none.", examples=["22:00-06:00"])
    disabled: bool


class RulePage(Page[RuleOut]):
    """The rules, by name."""


class NotificationOut(BaseModel):
    """One message about one event to one recipient."""

    id: int
    event_id: int
    rule: str
    channel: str
    address: str
    occasion: str = Field(examples=["level:alarm", "ended", "withdrawn", "reminder:1"])
    state: NotificationState
    due_at: VietnamTime
    attempts: int
    last_error: str
    created_at: VietnamTime
    sent_at: VietnamTime | None


class NotificationPage(Page[NotificationOut]):
    """One page of notifications, the newest first."""


@router.get("/alarms/rules")
def list_rules(context: Here, caller: Watcher) -> RulePage:
    """Every alarm rule."""
    with reading(context.engine) as connection:
        rules = all_rules(connection)
    return RulePage(items=[RuleOut.model_validate(rule._asdict()) for rule in rules], next=None)


@router.get("/alarms/notifications")
def list_notifications(
    context: Here,
    caller: Watcher,
    state: Annotated[NotificationState | None, blank_is_none, Query()] = None,
    event: Annotated[
        Annotated[int, Field(ge=1, le=2**63 - 1)] | None,
        blank_is_none,
        Query(description="Only of this event."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> NotificationPage:
    """What is to be told, and what became of it."""
    before = int(decode("notifications", cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        entries = queue_page(connection, state, event, before, limit + 1)
    page, following = cut(entries, limit, lambda one: encode("notifications", one.id))
    return NotificationPage(
        items=[NotificationOut.model_validate(entry._asdict()) for entry in page], next=following
    )
