"""The pages' door: people with a user's name and password (HTTP Basic); by default none at this machine.

argon2 is slow on purpose, so a success is remembered for a few minutes; what is remembered
includes the stored hash, so that a changed password or a disabled user counts at once. One
password is verified at a time: guessing gets no faster by asking often, and slows nothing else.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import ip_address
from threading import Lock
from typing import Literal

import structlog
from fastapi import Request
from sqlalchemy import Engine

from api.permissions import may
from api.problems import Refusal, unauthorized
from store.engine import reading
from store.secrets import hash_password, verify_password
from store.user_view import User, find_user

log = structlog.get_logger()

_REMEMBER = timedelta(minutes=5)
_REMEMBERED_AT_MOST = 1000
_CHALLENGE = 'Basic realm="QTTD", charset="UTF-8"'


def credentials_of(header: str | None) -> tuple[str, str] | None:
    """Name and password of an Authorization header; None where it holds none.

    Browsers send UTF-8, as the challenge asks; FastAPI's own reader takes ASCII only, and a Vietnamese
    password is not.
    """
    scheme, _space, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:  # not ASCII, not base64, or not UTF-8
        return None
    return (name, password) if colon else None


PageLogin = Literal["remote", "always", "never"]
"""Who signs in: those who come from another machine, everybody, or nobody."""

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def comes_from_here(peer: str, headers: Mapping[str, str]) -> bool:
    """Whether a request was made on this machine itself, and not by a proxy on it for somebody else."""
    try:
        local = ip_address(peer).is_loopback
    except ValueError:
        return False
    return local and not any(name in headers for name in _FORWARDED)


class PageDoor:
    """Decides who may open the pages. One instance an application."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], login: PageLogin) -> None:
        self._engine = engine
        self._now = now
        self._login = login
        self._key = secrets.token_bytes(32)
        self._verified: dict[bytes, datetime] = {}
        self._lock = Lock()
        # Verified where there is no such user, so that the answer takes as long as for a wrong password.
        self._nobody = User("", "" if login == "never" else hash_password(secrets.token_bytes(16)), "")

    def enter(self, name: str, password: str, peer: str) -> User:
        """The user with that name and password; 401 where there is none, 403 where the role has no page."""
        with reading(self._engine) as connection:
            user = find_user(connection, name)
        if not self._is(user or self._nobody, password) or user is None:
            log.warning("page_login_failed", user=name[:64], peer=peer)
            raise unauthorized("This user or password is not right.", _CHALLENGE)
        if not may(user.role, "overview"):
            raise Refusal(403, f"A user with the role {user.role} may not open this page.")
        return user

    def _is(self, user: User, password: str) -> bool:
        told = "\0".join((user.name, password, user.password_hash)).encode("utf-8", "surrogatepass")
        proof = blake2b(told, key=self._key).digest()
        with self._lock:
            now = self._now()
            self._verified = {known: until for known, until in self._verified.items() if until > now}
            if proof in self._verified:
                return True
            if not verify_password(password, user.password_hash):
                return False
            if len(self._verified) < _REMEMBERED_AT_MOST:
                self._verified[proof] = now + _REMEMBER
            return True

    def __call__(self, request: Request) -> None:
        """As a dependency of a page's route: lets in or raises."""
        peer = request.client.host if request.client else ""
        if self._login == "never" or (self._login == "remote" and comes_from_here(peer, request.headers)):
            return
        credentials = credentials_of(request.headers.get("authorization"))
        if credentials is None:
            raise unauthorized("This page needs a user's name and password.", _CHALLENGE)
        self.enter(*credentials, peer)
