"""How long a request's body may be: looked at as it comes in, before anybody is asked for a key.

Plain ASGI. A body that names its length is refused at once; one that comes in chunks, as soon as too much
of it has come. Uploads are streamed by a door with a limit of its own; a review may carry an attachment.
"""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Refusal, problem_response
from store.reviews.reviewing import MOST_BYTES

DEFAULT_BYTES = 1 << 20
_REST_OF_A_REVIEW = 64 << 10


def own_limits(prefix: str) -> Mapping[str, int | None]:
    """The calls with another limit, by path; None: they see to it themselves."""
    return {f"{prefix}/files": None, f"{prefix}/reviews": MOST_BYTES * 4 // 3 + _REST_OF_A_REVIEW}


class BodyLimit:
    """Answers 413 where a body is longer than it may be."""

    def __init__(self, app: ASGIApp, most: int, own: Mapping[str, int | None]) -> None:
        self.app = app
        self._most = most
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = self._own.get(scope["path"], 0) if scope["type"] == "http" else None
        if own is None:
            await self.app(scope, receive, send)
            return
        most = max(own, self._most)
        detail = f"The body of this call may have {most // 1024} KiB at most."
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > most:
            await problem_response(
                scope["path"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"}
            )(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"})
            return message

        await self.app(scope, counted, send)
