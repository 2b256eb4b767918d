"""GET /relay/items: the outbox, and the receipt of everything that was relayed."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode
from api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    RelayState,
    RelayStateParameter,
    TargetName,
    cut,
)
from api.problems import documented, not_found
from api.vietnam_time import VietnamTime
from store.engine import reading
from store.relay.view import find_target, relay_page

router = APIRouter(tags=["relay"], responses=documented(401, 403, 404, 422))


class RelayItemOut(BaseModel):
    """One file at one target."""

    target: str
    station: str
    name: str
    path: str = Field(description="From the target's own root.")
    state: RelayState
    attempts: int
    last_outcome: str | None
    queued_at: VietnamTime
    sent_at: VietnamTime | None
    bytes: int | None
    sha256: str | None
    out_of_order: bool = Field(description="It went after a file of the same station with a later time.")
    reissues: int = Field(description="How often a changed content went after the first one.")
    withdrawn: bool = Field(description="The target has it, but since a review nothing of it may go.")


class RelayItemPage(Page[RelayItemOut]):
    """One page of items, in the order in which they were queued."""


@router.get("/relay/items")
def list_relay_items(
    context: Here,
    caller: Reader,
    target: TargetName = None,
    state: RelayStateParameter = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> RelayItemPage:
    """Items by target and state."""
    after = int(decode("relay-items", cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        target_id = None
        if target is not None:
            target_id = find_target(connection, target)
            if target_id is None:
                raise not_found(f"There is no relay target {target!r}.")
        entries = relay_page(connection, caller.visible(connection), target_id, state, after, limit + 1)
    page, following = cut(entries, limit, lambda entry: encode("relay-items", entry.id))
    return RelayItemPage(
        items=[RelayItemOut.model_validate(entry._asdict()) for entry in page], next=following
    )
