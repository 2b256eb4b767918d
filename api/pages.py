"""The pages: which template, in which language, with which words. What they say is put together elsewhere.

Plain HTML that works without a script; one style sheet of our own and nothing from anywhere else.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
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
from api.condition import CONDITIONS
from api.context import Here
from api.overview import PAGE, UNSOLVED_DAYS, Wanted, look
from api.page_access import RENEWED, PageDoor
from api.vietnam_time import in_vietnam
from store.access.sessions import csrf_of
from store.engine import reading

STATIC = "/static"
REFRESH_SECONDS = 60

_HERE = Path(__file__).parent
_YEAR = 365 * 24 * 3600
_LONGEST_SEARCH = 100
_PARAMETERS = ("state", "q", "day", "page", "still", "next")
"""What a page's own links keep of its query."""
_WORDS: Mapping[str, Mapping[Any, str]] = {
    "condition_words": words.CONDITIONS,
    "group_words": words.GROUPS,
    "mark_words": words.MARKS,
    "kind_words": words.KINDS,
    "trouble_words": words.TROUBLES,
    "outcome_words": words.OUTCOMES,
}
"""By the name under which the templates know them."""


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
        page_size=PAGE,
        unsolved_days=UNSOLVED_DAYS,
        unsolved_words=words.UNSOLVED,
        **{name: {key: language.text(word) for key, word in of.items()} for name, of in _WORDS.items()},
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
        q: Annotated[str, Query()] = "",
        day: Annotated[str | None, Query()] = None,
        page: Annotated[str | None, Query()] = None,
        still: Annotated[str | None, Query()] = None,
    ) -> HTMLResponse:
        """The overview. What is unknown or makes no sense is as if nothing was asked for."""
        now = context.now()
        shown = next((known for known in CONDITIONS if known == state), None)
        wanted = Wanted(shown, q[:_LONGEST_SEARCH].replace("\0", ""), _day(day), _number(page))
        with reading(context.engine) as connection:
            view = look(connection, now, wanted)
        again = f"{REFRESH_SECONDS}; url={_linker(_kept(request), request.url.path)(**{RENEWED: '1'})}"
        return _page(
            request, lang, "overview.html", now, None if still else again,
            view=view, total=sum(view.conditions.values()),
        )  # fmt: skip

    return router


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    """A page's number; None for all on one."""
    if text == "all":
        return None
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


def show(request: Request, template: str, status: int, refresh: str | None = None, **values: Any) -> Response:
    """A page that needs no sign-in, in the visitor's language. refresh: as a `meta` has it."""
    now = request.app.state.context.now()
    response = _page(request, request.query_params.get("lang"), template, now, refresh, **values)
    response.status_code = status
    return response


def show_no_page(request: Request, _error: Exception) -> Response:
    """Of api/page_access.py's NoPageError: says where the data are, and lets sign out."""
    return show(request, "no_page.html", 403)


def _page(
    request: Request, lang: str | None, template: str, now: datetime, refresh: str | None, **values: Any
) -> HTMLResponse:
    code = languages.choose(
        lang, request.cookies.get(languages.COOKIE), request.headers.get("accept-language")
    )
    kept = _kept(request)
    html = templates(code).get_template(template)
    response = HTMLResponse(
        html.render(
            now=now,
            now_iso=in_vietnam(now),
            refresh=refresh,
            link=_linker(kept, request.url.path),
            kept=kept,
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


def _kept(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in _PARAMETERS if name in request.query_params}


def _linker(kept: Mapping[str, str], path: str) -> Callable[..., str]:
    """Makes links to the same page with something changed: an empty value takes the parameter away."""

    def link(**changes: str) -> str:
        query = {name: value for name, value in {**kept, **changes}.items() if value}
        return f"{path}?{urlencode(query)}" if query else path

    return link
