"""Failed logins at the pages, and who has to wait because of them.

Counted in the store, so that they hold across processes and restarts, by three subjects: an address, a user
at an address, and a user from anywhere. The last one's threshold is high: guessing from elsewhere makes
nobody wait at their own desk soon. Each failure past a threshold doubles the wait.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from store.tables import login_failure
from store.upsert import insert_for

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=24)
_OF_ADDRESS, _OF_LOGIN, _OF_USER = 10, 5, 50
"""Failures before anybody has to wait."""


def subjects(user: str, peer: str) -> dict[str, int]:
    """What a login is counted under, each with its threshold."""
    name = user[:64].casefold()
    return {f"address {peer}": _OF_ADDRESS, f"login {name} {peer}": _OF_LOGIN, f"user {name}": _OF_USER}


def waits_until(connection: Connection, user: str, peer: str, now: datetime) -> datetime | None:
    """Until when that login is not even tried; None: it may be."""
    until: datetime | None = connection.scalar(
        select(func.max(login_failure.c.locked_until)).where(
            login_failure.c.subject.in_(list(subjects(user, peer))), login_failure.c.locked_until > now
        )
    )
    return until


def failed(connection: Connection, user: str, peer: str, now: datetime) -> None:
    """Counts a failed login."""
    connection.execute(delete(login_failure).where(login_failure.c.failed_at < now - FORGOTTEN_AFTER))
    for subject, threshold in subjects(user, peer).items():
        query = select(login_failure.c.failures).where(login_failure.c.subject == subject)
        failures = (connection.scalar(query) or 0) + 1
        past = failures - threshold
        # beyond ten doublings the power only grows
        wait = min(FIRST_WAIT * 2 ** min(past, 10), LONGEST_WAIT) if past >= 0 else None
        values = {
            "failures": failures,
            "failed_at": now,
            "locked_until": None if wait is None else now + wait,
        }
        statement = insert_for(connection, login_failure).values(subject=subject, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=values))


def succeeded(connection: Connection, user: str, peer: str) -> None:
    """Forgets the failures of a login that was right at last; the address keeps its own."""
    gone: Collection[str] = [one for one in subjects(user, peer) if not one.startswith("address ")]
    connection.execute(delete(login_failure).where(login_failure.c.subject.in_(gone)))
