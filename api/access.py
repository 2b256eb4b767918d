"""Who is calling: a program by its key, or a person who signed in at the page.

A key comes as `Authorization: Bearer KEY` and is looked up by its SHA-256; a person's browser sends the
cookie of its session (api/login.py) and, with everything that changes something, the session's CSRF token.
What a caller may do is decided in api/permissions.py. A refusal is in the audit log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Annotated, Literal

import structlog
from fastapi import BackgroundTasks, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, Engine

from api.context import Context, Here
from api.permissions import Action, may, own_stations_only
from api.problems import Refusal, unauthorized
from store.access.api_key_view import USED_EVERY, key_holder, used
from store.access.api_keys import key_hash
from store.access.sessions import SEEN_EVERY, csrf_of, seen, signed_in
from store.audit import Act, record
from store.engine import STORE_AWAY, reading, writing_along
from store.network.station_view import Visible, station_ids

log = structlog.get_logger()

COOKIE = "qttd_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSALS_KEPT = 1000
_bearer = HTTPBearer(auto_error=False, description="A key made with `qttd apikey add`")


@dataclass(frozen=True)
class Caller:
    """The holder of a key that is in force, or a person whose session is."""

    name: str
    role: str
    stations: tuple[str, ...]
    """Codes that the caller is bound to; empty: as the role has it."""
    kind: Literal["key", "user"] = "key"
    actions: tuple[str, ...] | None = None
    """What a key may do of its role's; None: all of it."""

    @property
    def account(self) -> str:
        """The name under which the ledger keeps what the caller sends, and the audit log what it does."""
        return f"{self.kind}:{self.name}"

    def may(self, action: Action) -> bool:
        """Whether the caller may do this. Files are sent with a key: a browser is no logger."""
        if action == "upload" and self.kind == "user":
            return False
        return may(self.role, action) and (self.actions is None or action in self.actions)

    def visible(self, connection: Connection) -> Visible:
        """The ids of the stations it may see; None: all of them."""
        if self.stations or own_stations_only(self.role):
            return station_ids(connection, self.stations)
        return None


def authenticate(
    request: Request,
    context: Here,
    later: BackgroundTasks,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """The caller of a request; 401 without a key or a session in force, 403 without its CSRF token."""
    if credentials is not None:
        return _program(context, later, credentials.credentials)
    token = request.cookies.get(COOKIE)
    caller = None if token is None else person(context, later, token)
    if token is None or caller is None:
        raise unauthorized("This needs a key: send the header Authorization: Bearer KEY.", "Bearer")
    if request.method not in SAFE:
        sent = request.headers.get(CSRF_HEADER, "")
        if is_foreign(request) or not compare_digest(sent.encode(), csrf_of(token).encode()):
            raise Refusal(403, f"A change from a browser needs the session's token in {CSRF_HEADER}.")
    return caller


def _program(context: Context, later: BackgroundTasks, key: str) -> Caller:
    now = context.now()
    with reading(context.engine) as connection:
        holder = key_holder(connection, key_hash(key), now)
    if holder is None:
        raise unauthorized("This key is unknown or was withdrawn.", 'Bearer error="invalid_token"')
    if holder.last_used_at is None or now - holder.last_used_at >= USED_EVERY:
        later.add_task(_note_use, context.engine, lambda connection: used(connection, holder.name, now))
    return Caller(holder.name, holder.role, holder.stations, "key", holder.actions)


def person(context: Context, later: BackgroundTasks | None, token: str) -> Caller | None:
    """The person behind a session's token; None where it is not in force."""
    now = context.now()
    with reading(context.engine) as connection:
        found = signed_in(connection, token, now, context.sessions)
    if found is None:
        return None
    if later is not None and now - found.seen_at >= SEEN_EVERY:
        later.add_task(_note_use, context.engine, lambda connection: seen(connection, found.session_id, now))
    return Caller(found.name, found.role, found.stations, "user")


def is_foreign(request: Request) -> bool:
    """Whether a browser says that another site made it send this."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _note_use(engine: Engine, note: Callable[[Connection], None]) -> None:
    """Once the answer is out: a store that is busy makes nobody wait for this."""
    try:
        with writing_along(engine) as connection:
            note(connection)
    except STORE_AWAY as error:
        log.warning("use_not_noted", error=str(error.orig))


class _Refusals:
    """Writes refusals into the audit log: each sort of each caller once a minute, however often it tries."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], datetime] = {}

    def tell(self, context: Context, caller: Caller, action: str) -> None:
        now = context.now()
        told = self._told.get((caller.account, action))
        if told is not None and timedelta() <= now - told < timedelta(minutes=1):
            return
        if len(self._told) >= _REFUSALS_KEPT:
            self._told.clear()
        self._told[caller.account, action] = now
        try:
            with writing_along(context.engine) as connection:
                act = Act(caller.account, now)
                record(connection, act, "access.refused", action, {"role": caller.role})
        except STORE_AWAY as error:
            log.warning("use_not_noted", error=str(error.orig))


_refusals = _Refusals()


class Allowed:
    """What an endpoint depends on: the caller, where it may do this; 401 or 403 where it may not."""

    def __init__(self, action: Action) -> None:
        self.action: Action = action

    def __call__(self, context: Here, caller: Annotated[Caller, Depends(authenticate)]) -> Caller:
        if not caller.may(self.action):
            _refusals.tell(context, caller, self.action)
            raise Refusal(403, f"A {caller.kind} with the role {caller.role} may not {self.action}.")
        return caller


def allowed(action: Action) -> Allowed:
    """The dependency of an endpoint that does this."""
    return Allowed(action)


uploader = allowed("upload")
"""For whose stations it may send is the watcher's to judge, as with every other door."""

Reader = Annotated[Caller, Depends(allowed("read"))]
