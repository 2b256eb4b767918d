"""Puts the interface together: the REST calls, health, metrics and the pages, behind one envelope.

The application is plain values in, ASGI out: it opens no file and reads no setting. Other rooms'
routes (the HTTP upload is a door of the receiver's) come in through `extra_routers`, and ask who
calls through api/access.py.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version as installed_version

import anyio.to_thread
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from api import (
    alarms,
    archives,
    audit,
    averages,
    completeness,
    days,
    events,
    exceedances,
    files,
    health,
    indices,
    interruptions,
    limits,
    readings,
    registers,
    relay_items,
    reviews,
    service,
    signs,
    stations,
)
from api.body_limit import DEFAULT_BYTES, BodyLimit, own_limits
from api.context import Context, Readiness
from api.document import document
from api.envelope import Envelope
from api.error_pages import ErrorPages
from api.login import login_router
from api.metrics import Backlog, HostFigures, StoreCollector, metrics_router
from api.page_access import NoPageError, PageDoor, PageLogin
from api.pages import STATIC, Static, page_router, show, show_no_page
from api.problems import Faults, install_handlers
from store.access.sessions import SessionRules
from store.engine import STORE_AWAY

log = structlog.get_logger()

PREFIX = "/api/v1"
_ROUTERS = (
    stations,
    reviews,
    readings,
    files,
    archives,
    completeness,
    averages,
    limits,
    exceedances,
    indices,
    relay_items,
    events,
    signs,
    alarms,
    days,
    audit,
    interruptions,
    service,
    registers,
)
_THREADS = 12
"""Requests that ask the store at once: fewer than the connections its pool may open (15), so that
none waits for a connection while another waits for a thread."""


def create_app(
    engine: Engine,
    now: Callable[[], datetime],
    readiness: Readiness,
    extra_routers: Sequence[APIRouter] = (),
    *,
    page_login: PageLogin = "remote",
    sessions: SessionRules = SessionRules(),  # noqa: B008 - an immutable value
    tls_in_front: bool = False,
    backlog: Backlog = lambda: None,
    host: HostFigures = tuple,
    max_body_bytes: int = DEFAULT_BYTES,
) -> FastAPI:
    """The application.

    now: the clock, aware. readiness: what must be open, by name, None where it is. extra_routers: more
    routes under /api/v1. page_login: who signs in to open the pages (api/page_access.py).
    sessions: how long people stay signed in. tls_in_front: a proxy speaks TLS for us. backlog:
    arrivals that wait in the intake journal, where this host has it. host: what the metrics say of it.
    max_body_bytes: of a request; uploads and reviews have limits of their own (api/body_limit.py).
    """
    version = installed_version("qttd")
    collector = StoreCollector(engine, now, backlog, version, host)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        try:
            await anyio.to_thread.run_sync(collector.begin)
        except STORE_AWAY as error:
            # The interface answers (503, and says why) while the store is away; counting begins later.
            log.warning("api_store_unreachable", path="", error=str(error))
        yield

    app = FastAPI(
        title="QTTĐ",
        summary="Receiving server for automatic environmental monitoring",
        version=version,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Envelope),
            Middleware(ErrorPages),
            Middleware(Faults),
            Middleware(BodyLimit, most=max_body_bytes, own=own_limits(PREFIX)),
            Middleware(
                GZipMiddleware,
                minimum_size=1024,
                compresslevel=5,
                # Bytes as received go as they are, for clients that count them.
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream"),
            ),
        ],
    )
    app.state.context = Context(engine, now, readiness, sessions, tls_in_front)
    install_handlers(app)
    app.add_exception_handler(NoPageError, show_no_page)
    for module in _ROUTERS:
        app.include_router(module.router, prefix=PREFIX)
    for router in extra_routers:
        app.include_router(router, prefix=PREFIX)
    for router in (health.router, metrics_router(collector)):
        app.include_router(router)
        app.include_router(router, prefix=PREFIX, include_in_schema=False)
    app.include_router(login_router(show))
    app.include_router(page_router(PageDoor(page_login)))
    app.mount(STATIC, Static())
    app.openapi = document(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app
