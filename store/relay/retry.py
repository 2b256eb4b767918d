"""An operator's retry: what is blocked, or waits after a failure, is tried at once.

What is sent, or held for review, is left as it is. The forwarder hears of it by the revision
"targets".
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from store.audit import Act, record
from store.relay.targets import target_named
from store.revisions import bump
from store.tables import relay_item


class NotToBeRetriedError(Exception):
    """An item does not exist, or is neither blocked nor waiting; the message names each."""


class Retried(NamedTuple):
    """How many items a retry touched."""

    blocked: int
    backed_off: int


def retry_items(connection: Connection, act: Act, item_ids: Collection[int]) -> Retried:
    """Retries single items. Raises NotToBeRetriedError; nothing is changed then."""
    query = select(relay_item.c.id, relay_item.c.state).where(relay_item.c.id.in_(item_ids))
    states = dict(connection.execute(query).all())
    faults = [
        f"item {item_id} is {states[item_id]}" if item_id in states else f"there is no item {item_id}"
        for item_id in item_ids
        if states.get(item_id) not in ("blocked", "waiting")
    ]
    if faults:
        raise NotToBeRetriedError(f"{'; '.join(faults)}; nothing was changed")
    return _retry(connection, act, relay_item.c.id.in_(item_ids), ",".join(map(str, item_ids)))


def retry_target(connection: Connection, act: Act, name: str) -> Retried:
    """Retries everything of one target. Raises UnknownTargetError."""
    return _retry(connection, act, relay_item.c.target_id == target_named(connection, name).id, name)


def retry_all(connection: Connection, act: Act) -> Retried:
    """Retries everything of every target."""
    return _retry(connection, act, relay_item.c.target_id.is_not(None), "*")


def _retry(connection: Connection, act: Act, chosen: ColumnElement[bool], subject: str) -> Retried:
    backed_off = connection.execute(
        update(relay_item)
        .where(chosen, relay_item.c.state == "waiting", relay_item.c.next_try_at.is_not(None))
        .values(next_try_at=None)
    ).rowcount
    blocked = connection.execute(
        update(relay_item)
        .where(chosen, relay_item.c.state == "blocked")
        .values(state="waiting", next_try_at=None)
    ).rowcount
    record(connection, act, "relay.retry", subject, {"blocked": blocked, "backed_off": backed_off})
    bump(connection, "targets")
    return Retried(blocked, backed_off)
