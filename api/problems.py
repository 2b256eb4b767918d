"""Every error as application/problem+json (RFC 9457), whoever noticed it.

Endpoints raise Refusal; the framework's own errors (unknown path, wrong method, a parameter of
the wrong form) and our faults end here too, so a caller reads one shape only. A fault of ours is
logged with its trace and told to the caller without it.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from json import dumps
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.cursor import CursorError
from store.engine import STORE_AWAY, took_too_long
from store.reviews.problem import ClosedDayError, ReviewProblemError

log = structlog.get_logger()

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """An error, as RFC 9457 shapes it."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no station QN_THUB_NUODAU."])
    instance: str = Field(examples=["/api/v1/stations/QN_THUB_NUODAU"])


class Refusal(HTTPException):
    """An error that the caller can do something about: a status and a sentence that says what."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)


def unauthorized(detail: str, scheme: str) -> Refusal:
    """401, naming the scheme that would be accepted."""
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": scheme})


def not_found(detail: str) -> Refusal:
    """404: there is no such thing, or none that the caller may see."""
    return Refusal(HTTPStatus.NOT_FOUND, detail)


def unprocessable(detail: str) -> Refusal:
    """422: a parameter has no meaning."""
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


class _ProblemResponse(JSONResponse):
    """A problem may repeat a text that no encoding has: half a letter, as `\\ud800` in JSON gives."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        return dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def problem_response(
    path: str, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The answer itself; `more` are further members."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
        **more,
    }
    return _ProblemResponse(body, status, headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside its success, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install_handlers(app: FastAPI) -> None:
    """Makes the application's own errors problems. What is not foreseen here is for `Faults`."""

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> JSONResponse:
        headers = error.headers
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {**(headers or {}), "Allow": _allowed(request)}
        return problem_response(request.url.path, error.status_code, error.detail, headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"where": _where(item["loc"]), "message": item["msg"].removeprefix("Value error, ")}
            for item in error.errors()
        ]
        detail = "; ".join(f"{item['where']}: {item['message']}" for item in errors)
        return problem_response(request.url.path, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)

    @app.exception_handler(ReviewProblemError)
    async def _cannot_be_meant(request: Request, error: ReviewProblemError) -> JSONResponse:
        errors = [{"where": error.field, "message": str(error)}]
        detail = f"{error.field}: {error}"
        return problem_response(request.url.path, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)

    @app.exception_handler(ClosedDayError)
    async def _closed(request: Request, error: ClosedDayError) -> JSONResponse:
        said = str(error)
        detail = f"{said[:1].upper()}{said[1:]}."
        return problem_response(request.url.path, HTTPStatus.CONFLICT, detail)

    @app.exception_handler(CursorError)
    async def _bad_cursor(request: Request, _error: CursorError) -> JSONResponse:
        detail = "cursor: not one of this list; pass back the `next` of its page before, or leave it out."
        return problem_response(request.url.path, HTTPStatus.UNPROCESSABLE_ENTITY, detail)

    async def _store_away(request: Request, error: Exception) -> JSONResponse:
        log.error("api_store_unreachable", path=request.url.path, error=str(error.__cause__ or error))
        detail = "The store cannot be reached just now. Try again in a few seconds."
        if took_too_long(error):
            detail = "The store took too long over this. Ask for less, or try again when it is less busy."
        headers = {"Retry-After": "5"}
        return problem_response(request.url.path, HTTPStatus.SERVICE_UNAVAILABLE, detail, headers)

    for kind in STORE_AWAY:
        app.add_exception_handler(kind, _store_away)
    app.add_exception_handler(PoolTimeoutError, _store_away)


def _allowed(request: Request) -> str:
    """The methods of the path: of every route that has it, since the router names but the first one's."""
    return ", ".join(
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )


def _where(loc: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])


class Faults:
    """Outermost but for the headers: what nobody foresaw becomes a logged 500 with no inside shown."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            log.info("api_caller_left", path=scope.get("path"))
        except Exception:  # whatever it is, the caller gets an answer and the log gets the trace
            log.exception("api_request_failed", path=scope.get("path"), method=scope.get("method"))
            if started or scope["type"] != "http":
                raise
            detail = "The server made a mistake. It is in its log; please tell the people who run it."
            response = problem_response(scope["path"], HTTPStatus.INTERNAL_SERVER_ERROR, detail)
            await response(scope, receive, send)
