"""Signing in and out: a form, a session, a cookie that scripts and other sites cannot use.

argon2 is slow on purpose, so one password is verified at a time, and an unknown name costs what a wrong
password does. Failures make the login wait longer and longer (store/access/login_failures.py). A new session
begins with every login, so that a token somebody planted before is worth nothing. All of it is in the audit
log.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.access import COOKIE, is_foreign, person
from api.context import Context, Here
from api.problems import Refusal
from store.access import login_failures, sessions
from store.access.secrets import hash_password, verify_password
from store.access.user_view import User, find_user
from store.audit import Act, record
from store.engine import reading, writing_along

log = structlog.get_logger()

_LONGEST_FORM = 8192
Show = Callable[..., Response]
"""Makes a page: request, template, status, values."""


class Login:
    """Verifies passwords. One instance an application."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._nobody: User | None = None

    def enter(self, context: Context, name: str, password: str, peer: str, old: str | None) -> str | datetime:
        """The token of a new session; or until when this login waits; Refusal 401 for a wrong password."""
        now = context.now()
        with reading(context.engine) as connection:
            waits = login_failures.waits_until(connection, name, peer, now)
            user = find_user(connection, name)
        if waits is not None:
            return waits
        right = self._is(user, password)
        with writing_along(context.engine) as connection:
            # the audit log's lock lets one through at a time, so that failures at once are all counted
            if not right or user is None:
                log.warning("page_login_failed", user=name[:64], peer=peer)
                record(connection, Act(f"user:{name[:64]}", now), "login.failed", peer)
                login_failures.failed(connection, name, peer, now)
                token = None
            else:
                record(connection, Act(f"user:{user.name}", now), "login.done", peer)
                login_failures.succeeded(connection, name, peer)
                if old is not None:
                    sessions.end(connection, old, now)
                token = sessions.open_session(connection, user.name, peer, now, context.sessions)
        if token is None:
            raise Refusal(401, "This user or password is not right.")
        return token

    def _is(self, user: User | None, password: str) -> bool:
        with self._lock:
            if self._nobody is None:
                self._nobody = User("", hash_password(secrets.token_urlsafe(16)), "")
            right = verify_password(password, (user or self._nobody).password_hash)
        return right and user is not None


def login_router(show: Show) -> APIRouter:
    """The routes. show: makes the page with the form."""
    router = APIRouter(include_in_schema=False)
    login = Login()

    @router.get("/login")
    def form(request: Request, next: str = "/") -> Response:  # noqa: A002 - the parameter's name
        return show(request, "login.html", 200, next=_inside(next), waits=None, wrong=False)

    @router.post("/login")
    async def enter(request: Request, context: Here) -> Response:
        if is_foreign(request):
            raise Refusal(403, "Another site sent this form.")
        given = await _form(request)
        target = _inside(given.get("next", "/"))
        old = request.cookies.get(COOKIE)
        try:
            entered = await run_in_threadpool(
                login.enter, context, given.get("name", ""), given.get("password", ""), peer_of(request), old
            )
        except Refusal as refused:
            if refused.status_code != 401:
                raise
            return show(request, "login.html", 401, next=target, waits=None, wrong=True)
        if isinstance(entered, datetime):
            # told by the minute, so by the one in which it is over
            minute = (entered + timedelta(minutes=1, microseconds=-1)).replace(second=0, microsecond=0)
            response = show(request, "login.html", 429, next=target, waits=minute, wrong=False)
            seconds = (entered - context.now()).total_seconds()
            response.headers["Retry-After"] = str(max(int(seconds) + 1, 1))
            return response
        answer = RedirectResponse(target, 303)
        _set_cookie(answer, context, entered)
        return answer

    @router.post("/logout")
    async def leave(request: Request, context: Here) -> Response:
        token = request.cookies.get(COOKIE)
        given = await _form(request)
        if token is not None:
            sent = given.get("csrf", "")
            if is_foreign(request) or not compare_digest(sent.encode(), sessions.csrf_of(token).encode()):
                raise Refusal(403, "Signing out needs the session's token.")
            await run_in_threadpool(_leave, context, token)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return router


def peer_of(request: Request) -> str:
    """Whence a request came: what the proxy in front of us says, where there is one that we trust."""
    context: Context = request.app.state.context
    named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if context.tls_in_front and named:
        return named[:64]
    return request.client.host if request.client else ""


def _leave(context: Context, token: str) -> None:
    caller = person(context, None, token)
    with writing_along(context.engine) as connection:
        sessions.end(connection, token, context.now())
        if caller is not None:
            record(connection, Act(caller.account, context.now()), "login.ended", "")


def _set_cookie(answer: Response, context: Context, token: str) -> None:
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(context.sessions.longest.total_seconds()),
        path="/",
        secure=context.tls_in_front,
        httponly=True,
        samesite="strict",
    )


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form. Refuses what is longer than a login can be."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise Refusal(413, "This form is too long.")
    fields: dict[str, Any] = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1].replace("\0", "") for name, values in fields.items()}


def _inside(path: str) -> str:
    """A path of this server; "/" for what might lead elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"
