"""What every endpoint works with, put together once by create_app and handed to each request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

Readiness = Callable[[], Mapping[str, str | None]]
"""What must be so for the system to be ready: by name, None where it is, else what is wrong."""


@dataclass(frozen=True)
class Context:
    """The store, the clock (aware), and the system's readiness."""

    engine: Engine
    now: Callable[[], datetime]
    readiness: Readiness


def context_of(request: Request) -> Context:
    """The context of the application that serves the request."""
    return cast(Context, request.app.state.context)


Here = Annotated[Context, Depends(context_of)]
