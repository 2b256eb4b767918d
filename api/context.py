"""What every endpoint works with, put together once by create_app and handed to each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from store.access.sessions import SessionRules

Readiness = Callable[[], Mapping[str, str | None]]
"""What must be so for the system to be ready: by name, None where it is, else what is wrong."""


_SESSIONS = SessionRules()


@dataclass(frozen=True)
class Context:
    """The store, the clock (aware), and the system's readiness."""

    engine: Engine
    now: Callable[[], datetime]
    readiness: Readiness
    sessions: SessionRules = _SESSIONS
    """How long people stay signed in."""
    tls_in_front: bool = False
    """A proxy speaks TLS for us: cookies go over TLS only, and the caller's address is the one it names."""


def context_of(request: Request) -> Context:
    """The context of the application that serves the request."""
    return cast(Context, request.app.state.context)


Here = Annotated[Context, Depends(context_of)]
