"""Runs the application on a socket until it is told to stop, and ends what is in flight first.

Signals are the process's business (the role sets `stop`), so uvicorn's own handlers stay out.
The log is the application's; an access log would only repeat what a proxy in front writes.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import structlog
import uvicorn
from fastapi import FastAPI

log = structlog.get_logger()

_BACKLOG = 512
_CONNECTIONS = 500
"""Connections and running requests at once; beyond that callers get 503 and try again."""
_KEEP_ALIVE_SECONDS = 20
_GRACE_SECONDS = 20
"""How long requests in flight may take once it was told to stop."""
_HEAD_BYTES = 32 * 1024
"""The most that a request's first line and headers may be."""


class _Server(uvicorn.Server):
    """uvicorn's server, stopped by an Event and saying when it listens."""

    def __init__(self, config: uvicorn.Config, stop: Event, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)


def run_api(app: FastAPI, host: str, port: int, stop: Event, on_ready: Callable[[int], None]) -> None:
    """Serves `app` until `stop` is set; returns when the requests in flight are answered.

    port: 0 for any free one. on_ready: called once, with the port, when connections are taken. Raises
    OSError where the address cannot be had.
    """
    listener = _listen(host, port)
    with listener:
        bound = int(listener.getsockname()[1])
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            # Who is trusted to name another peer's address is for a setting to say; nobody is until then.
            proxy_headers=False,
            http="h11",
            ws="none",
            lifespan="on",
            limit_concurrency=_CONNECTIONS,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=_HEAD_BYTES,
        )

        def listening() -> None:
            log.info("api_listening", host=host, port=bound)
            on_ready(bound)

        asyncio.run(_Server(config, stop, listening).serve([listener]))
        log.info("api_stopped", port=bound)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _name, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host in ("", "::"):
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
