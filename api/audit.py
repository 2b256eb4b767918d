"""GET /audit: who did what; and whether the log of it is whole. For admins and auditors."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import Caller, allowed
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, Until, blank_is_none, cut
from api.problems import documented, unprocessable
from api.vietnam_time import VietnamTime
from store import audit
from store.engine import reading

router = APIRouter(tags=["audit"], responses=documented(401, 403, 422))

Auditor = Annotated[Caller, Depends(allowed("read the audit log"))]


class AuditOut(BaseModel):
    """One line of the log."""

    id: int
    at: VietnamTime
    who: str = Field(description="user:NAME, key:NAME, or cli:NAME of the machine's administrator.")
    action: str
    subject: str
    detail: dict[str, Any]
    prev: str = Field(description="The hash of the line before.")
    hash: str


class AuditPage(Page[AuditOut]):
    """One page of the log, the first line first."""


class FlawOut(BaseModel):
    """A line at which the log is not what was written."""

    id: int
    what: str


class VerifiedOut(BaseModel):
    """Whether the log is whole."""

    whole: bool
    lines: int = Field(description="The last line's id.")
    head: str | None = Field(description="The last line's hash.")
    flaws: list[FlawOut]


@router.get("/audit")
def list_audit(
    context: Here,
    caller: Auditor,
    who: Annotated[str | None, blank_is_none, Query()] = None,
    action: Annotated[
        str | None, blank_is_none, Query(description="station.add, or station for all of it.")
    ] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AuditPage:
    """The log. `from` and `to` are of when it was done."""
    if "\0" in (who or "") + (action or ""):
        raise unprocessable("A NUL character has no place here.")
    after = int(decode("audit", cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        entries = audit.entries(
            connection, limit + 1, after=after, who=who, action=action, since=since, until=until
        )
    page, following = cut(entries, limit, lambda entry: encode("audit", entry.id))
    return AuditPage(items=[AuditOut(**entry._asdict()) for entry in page], next=following)


@router.get("/audit/verify")
def verify_audit(
    context: Here,
    caller: Auditor,
    head: Annotated[
        list[str] | None, Query(description="Hashes that were sent out of the house.", max_length=1000)
    ] = None,
) -> VerifiedOut:
    """Computes the whole chain again."""
    with reading(context.engine) as connection:
        flaws = audit.verify(connection, dict.fromkeys(head or []))
        last = audit.head(connection)
    return VerifiedOut(
        whole=not flaws,
        lines=0 if last is None else last.id,
        head=None if last is None else last.hash,
        flaws=[FlawOut(**flaw._asdict()) for flaw in flaws],
    )
