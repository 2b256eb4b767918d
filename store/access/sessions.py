"""Who is signed in: a session for each browser, known by the hash of a random token.

The token itself is in the browser only; a stolen store signs nobody in. A session ends when it is idle for
long, at a fixed time whatever is done with it, when its user signs out, is shut out or gets a new password.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from store.tables import app_user, user_session

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was used last: a write for every request would be too many."""


class SessionRules(NamedTuple):
    """How long a session lasts."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)


class SignedIn(NamedTuple):
    """The person behind a session that is in force."""

    session_id: int
    name: str
    role: str
    stations: tuple[str, ...]
    seen_at: datetime


class SessionEntry(NamedTuple):
    """A session in force."""

    id: int
    user: str
    peer: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def token_hash(token: str) -> str:
    """What is kept of a token: its SHA-256, hexadecimal."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(token: str) -> str:
    """What a page of the session must send along with a change: only who holds the token can tell it."""
    return sha256(f"csrf of {token}".encode("utf-8", "surrogatepass")).hexdigest()


def open_session(connection: Connection, user: str, peer: str, now: datetime, rules: SessionRules) -> str:
    """A new session of a user that exists; returns its token, once and for all."""
    token = token_urlsafe(32)
    user_id = connection.scalar(select(app_user.c.id).where(app_user.c.name == user))
    connection.execute(
        insert(user_session).values(
            token_hash=token_hash(token),
            user_id=user_id,
            peer=peer,
            created_at=now,
            seen_at=now,
            expires_at=now + rules.longest,
        )
    )
    return token


def signed_in(connection: Connection, token: str, now: datetime, rules: SessionRules) -> SignedIn | None:
    """Who is signed in with a token; None where nobody is, or not any more."""
    query = (
        select(
            user_session.c.id,
            app_user.c.name,
            app_user.c.role,
            app_user.c.stations,
            user_session.c.seen_at,
        )
        .join(app_user, app_user.c.id == user_session.c.user_id)
        .where(
            user_session.c.token_hash == token_hash(token),
            user_session.c.ended_at.is_(None),
            user_session.c.expires_at > now,
            user_session.c.seen_at > now - rules.idle,
            ~app_user.c.disabled,
        )
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else SignedIn(row.id, row.name, row.role, tuple(row.stations), row.seen_at)


def seen(connection: Connection, session_id: int, now: datetime) -> None:
    """The session was used."""
    connection.execute(update(user_session).where(user_session.c.id == session_id).values(seen_at=now))


def end(connection: Connection, token: str, now: datetime) -> None:
    """Ends the session of a token, if there is one."""
    connection.execute(
        update(user_session)
        .where(user_session.c.token_hash == token_hash(token), user_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all_of(connection: Connection, user: str, now: datetime) -> int:
    """Ends every session of a user; how many."""
    of = select(app_user.c.id).where(app_user.c.name == user).scalar_subquery()
    ended = connection.execute(
        update(user_session)
        .where(user_session.c.user_id == of, user_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return ended.rowcount


def in_force(connection: Connection, now: datetime, rules: SessionRules) -> list[SessionEntry]:
    """Who is signed in, by user and time."""
    query = (
        select(
            user_session.c.id,
            app_user.c.name,
            user_session.c.peer,
            user_session.c.created_at,
            user_session.c.seen_at,
            user_session.c.expires_at,
        )
        .join(app_user, app_user.c.id == user_session.c.user_id)
        .where(
            user_session.c.ended_at.is_(None),
            user_session.c.expires_at > now,
            user_session.c.seen_at > now - rules.idle,
        )
        .order_by(app_user.c.name, user_session.c.id)
    )
    return [SessionEntry(*row) for row in connection.execute(query)]
