"""The interface on a real socket: any port, a graceful end, and no word about who it is."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from threading import Event, Thread
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from structlog.testing import capture_logs

from api.app import create_app
from api.server import run_api
from store.engine import open_engine


@contextmanager
def serving(app: FastAPI, host: str = "127.0.0.1") -> Iterator[tuple[int, Callable[[], None]]]:
    """The application on a free port; the function tells it to stop and waits until it has."""
    stop, ports, ready = Event(), [], Event()

    def listening(port: int) -> None:
        ports.append(port)
        ready.set()

    thread = Thread(target=run_api, args=(app, host, 0, stop, listening))
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()

    try:
        assert ready.wait(30)
        yield ports[0], end
    finally:
        end()


def get(host: str, port: int, path: str) -> tuple[HTTPResponse, bytes]:
    """The answer to a request on a connection of its own, and its body."""
    with closing(HTTPConnection(host, port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_answers_and_says_little_of_itself(engine: Any, clock: Any, host: str) -> None:
    with serving(create_app(engine, clock, dict), host) as (port, end):
        answer, body = get(host, port, "/healthz")
        assert (answer.status, body) == (200, b'{"status":"ok"}')
        assert answer.headers["Server"] is None
        end()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port), 5)


def test_what_is_in_flight_is_answered_before_it_ends(engine: Any, clock: Any) -> None:
    router, begun, go_on = APIRouter(), Event(), Event()

    @router.get("/slow")
    def slow() -> str:
        begun.set()
        assert go_on.wait(20)
        return "done"

    answers: list[tuple[int, bytes]] = []
    with serving(create_app(engine, clock, dict, (router,))) as (port, end):
        idle = socket.create_connection(("127.0.0.1", port), 5)

        def ask() -> None:
            answer, body = get("127.0.0.1", port, "/api/v1/slow")
            answers.append((answer.status, body))

        asking, ending = Thread(target=ask), Thread(target=end)
        asking.start()
        assert begun.wait(20)
        ending.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
            except ConnectionRefusedError:
                break
            time.sleep(0.02)  # between two looks at a port that is being closed
        assert answers == []
        go_on.set()
        asking.join(20)
        ending.join(20)
        idle.close()
    assert answers == [(200, b'"done"')]


def test_a_request_with_an_endless_head_is_cut_off(engine: Any, clock: Any) -> None:
    with (
        serving(create_app(engine, clock, dict)) as (port, _end),
        socket.create_connection(("127.0.0.1", port), 10) as raw,
    ):
        raw.settimeout(10)
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_an_address_that_is_taken_is_an_error(engine: Any, clock: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        run_api(
            create_app(engine, clock, dict), "127.0.0.1", taken.getsockname()[1], Event(), lambda _port: None
        )


def test_it_starts_while_the_store_is_away(tmp_path: Any, clock: Any) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
    app = create_app(engine, clock, dict, page_login="never")
    with capture_logs() as logs, serving(app) as (port, _end):
        found = {path: get("127.0.0.1", port, path)[0].status for path in ("/healthz", "/", "/metrics")}
    assert found == {"/healthz": 200, "/": 503, "/metrics": 503}
    assert "api_store_unreachable" in [entry["event"] for entry in logs]
    engine.dispose()
