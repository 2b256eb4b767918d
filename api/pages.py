"""The pages: which template, in which language, with which words. What they say is put together elsewhere.

Plain HTML that works without a script; one style sheet of our own and nothing from anywhere else.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import language as languages
from api import words
from api.access import COOKIE
from api.context import Here
from api.overview import look
from api.page_access import PageDoor
from api.strip import SHOWN
from api.vietnam_time import in_vietnam
from store.engine import reading
from store.sessions import csrf_of

STATIC = "/static"
REFRESH_SECONDS = 60

_HERE = Path(__file__).parent
_YEAR = 365 * 24 * 3600
_PARAMETERS = ("state", "still", "next")
"""What a page's own links keep of its query."""


class Static(StaticFiles):
    """The style sheets and pictures. Their addresses change with their content, so they are kept for ever."""

    def __init__(self) -> None:
        super().__init__(directory=_HERE / "static")

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"]:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response


@lru_cache
def static_url(name: str) -> str:
    """The address of a static file, with a mark of its content."""
    mark = sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:10]
    return f"{STATIC}/{name}?{mark}"


@lru_cache
def templates(code: str) -> Environment:
    """The templates in one language."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    language = languages.language(code)
    # The extension adds its methods to the environment at run time.
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        language=language,
        languages=languages.NAMES,
        static=static_url,
        iso=in_vietnam,
        version=version("qttd"),
        outcome_words=words.OUTCOMES,
        state_words={key: language.text(word) for key, word in words.STATION_STATES.items()},
        slot_words={key: language.text(word) for key, word in words.SLOT_STATES.items()},
        kind_words={key: language.text(word) for key, word in words.KINDS.items()},
        slot_states=SHOWN,
    )
    return environment


def page_router(door: PageDoor) -> APIRouter:
    """The pages' routes, behind their door."""
    router = APIRouter(
        include_in_schema=False, dependencies=[Depends(door)], default_response_class=HTMLResponse
    )

    @router.get("/")
    def overview(
        request: Request,
        context: Here,
        lang: Annotated[str | None, Query()] = None,
        state: Annotated[str | None, Query()] = None,
        still: Annotated[str | None, Query()] = None,
    ) -> HTMLResponse:
        """The overview. An unknown language or state is as if none was asked for."""
        now = context.now()
        shown = next((known for known in words.STATION_STATES if known == state), None)
        with reading(context.engine) as connection:
            view = look(connection, now, shown)
        return _page(
            request, lang, "overview.html", now, None if still else REFRESH_SECONDS,
            view=view, total=sum(view.states.values()),
        )  # fmt: skip

    return router


def show(request: Request, template: str, status: int, **values: Any) -> Response:
    """A page that needs no sign-in, in the visitor's language."""
    now = request.app.state.context.now()
    response = _page(request, request.query_params.get("lang"), template, now, None, **values)
    response.status_code = status
    return response


def _page(
    request: Request, lang: str | None, template: str, now: datetime, refresh: int | None, **values: Any
) -> HTMLResponse:
    code = languages.choose(
        lang, request.cookies.get(languages.COOKIE), request.headers.get("accept-language")
    )
    html = templates(code).get_template(template)
    response = HTMLResponse(
        html.render(
            now=now,
            now_iso=in_vietnam(now),
            refresh=refresh,
            link=_linker(request),
            signed_in=getattr(request.state, "signed_in", None),
            csrf=csrf_of(request.cookies.get(COOKIE, "")),
            **values,
        )
    )
    response.headers["Content-Language"] = code
    response.headers["Vary"] = "Accept-Language, Cookie"
    if lang in languages.NAMES:
        response.set_cookie(languages.COOKIE, lang, max_age=_YEAR, httponly=True, samesite="lax")
    return response


def _linker(request: Request) -> Callable[..., str]:
    """Makes links to the same page with something changed: an empty value takes the parameter away."""
    kept = {name: request.query_params[name] for name in _PARAMETERS if name in request.query_params}

    def link(**changes: str) -> str:
        query = {name: value for name, value in {**kept, **changes}.items() if value}
        return f"{request.url.path}?{urlencode(query)}" if query else request.url.path

    return link
