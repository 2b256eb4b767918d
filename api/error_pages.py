"""Errors as pages, for people: whoever opens a page in a browser reads what happened and what to do.

Every error is made as a problem (api/problems.py), also outside of the routes. What a browser asked for
outside of the REST interface is shown as a page instead, with the same status and headers. It asks the store
nothing, so it is there when the store is away; it then tries again by itself, as a screen on a wall must.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import words
from api.access import SAFE
from api.pages import STATIC, show
from api.problems import MEDIA_TYPE

_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", f"{STATIC}/")
_AGAIN_SECONDS = 15


class ErrorPages:
    """Inside of the headers, outside of everything that may fail."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_page(Request(scope)):
            await self.app(scope, receive, send)
            return
        problem: Message | None = None

        async def hold(message: Message) -> None:
            nonlocal problem
            if message["type"] == "http.response.start" and _is_problem(message):
                problem = message
            if problem is None:
                await send(message)

        await self.app(scope, receive, hold)
        if problem is not None:
            await _page(Request(scope), problem)(scope, receive, send)


def _is_problem(answer: Message) -> bool:
    content_type = Headers(scope=answer).get("content-type")
    return bool(answer["status"] >= 400 and content_type == MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_FOR_PROGRAMS)


def _page(request: Request, problem: Message) -> ASGIApp:
    status = problem["status"]
    refresh = None
    if status == 503:  # a form is not sent twice
        refresh = str(_AGAIN_SECONDS) if request.method in SAFE else f"{_AGAIN_SECONDS}; url=/"
    page = show(request, "error.html", status, refresh, error=words.error(status))
    for name, value in Headers(scope=problem).items():
        if not name.startswith("content-"):
            page.headers.setdefault(name, value)
    return page
