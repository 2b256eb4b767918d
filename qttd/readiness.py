"""What must be so for the whole system to be ready, as /readyz tells it: looked at, never assumed."""

import socket
import ssl
from collections.abc import Callable, Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from qttd.clock import system_now
from qttd.errors import UnreachableError
from qttd.heartbeat import BEAT_WITHIN
from qttd.settings import Settings
from qttd.store_access import check_schema
from store.engine import reading
from store.role_beats import latest

DOOR_SECONDS = 1.0
WORKERS = ("ingest", "forward")
"""Roles that open no door and are known by their heartbeats."""


class Readiness:
    """Asked by the interface; each call looks anew."""

    def __init__(self, engine: Engine, doors: Mapping[str, Callable[[], str | None]]) -> None:
        """`doors` are asked each time, by name: None where the door is open, else what is wrong."""
        self._engine = engine
        self._doors = doors

    def __call__(self) -> Mapping[str, str | None]:
        """By name what is looked at: None where it is ready, else what is wrong."""
        store = self._store()
        workers = dict.fromkeys(WORKERS, store and "not known while the store is away")
        doors = {name: look() for name, look in self._doors.items()}
        return {"store": store, **doors, **(workers if store else self._workers())}

    def _store(self) -> str | None:
        try:
            check_schema(self._engine)
        except UnreachableError as error:
            return str(error)
        except SQLAlchemyError as error:
            return f"does not answer: {type(error).__name__}"
        return None

    def _workers(self) -> Mapping[str, str | None]:
        try:
            return silent_workers(self._engine)
        except SQLAlchemyError as error:
            return dict.fromkeys(WORKERS, f"not known: {type(error).__name__}")


def doors_of(settings: Settings) -> dict[str, Callable[[], str | None]]:
    """How to ask each door that the settings open, by name."""
    host = settings.ftp.host
    doors: dict[str, Callable[[], str | None]] = {"ftp": lambda: ftp_door(host, settings.ftp.port)}
    if settings.ftp.implicit_port:
        doors["ftps"] = lambda: ftps_door(host, settings.ftp.implicit_port)
    if settings.sftp.port:
        doors["sftp"] = lambda: sftp_door(host, settings.sftp.port)
    return doors


def ftp_door(host: str, port: int) -> str | None:
    """None where qttd's FTP door greets there, else what is wrong. Takes a second at most.

    Another FTP server at this port is no door of ours: loggers would talk to it.
    """
    try:
        with socket.create_connection((reachable_host(host), port), DOOR_SECONDS) as connection:
            greeting = connection.recv(256)
            connection.sendall(b"QUIT\r\n")
    except OSError as error:
        return f"does not answer: {error.strerror or type(error).__name__}"
    return _wrong_with(greeting, b"220 qttd")


def ftps_door(host: str, port: int) -> str | None:
    """As ftp_door, of the one that is encrypted from the first byte, whatever its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((reachable_host(host), port), DOOR_SECONDS) as bare,
            context.wrap_socket(bare) as connection,
        ):
            greeting = connection.recv(256)
            connection.sendall(b"QUIT\r\n")
    except OSError as error:
        return f"does not answer: {error.strerror or type(error).__name__}"
    return _wrong_with(greeting, b"220 qttd")


def sftp_door(host: str, port: int) -> str | None:
    """None where qttd's SFTP door greets there, else what is wrong. Takes a second at most."""
    try:
        with socket.create_connection((reachable_host(host), port), DOOR_SECONDS) as connection:
            greeting = connection.recv(256)
    except OSError as error:
        return f"does not answer: {error.strerror or type(error).__name__}"
    return _wrong_with(greeting, b"SSH-2.0-qttd")


def _wrong_with(greeting: bytes, ours: bytes) -> str | None:
    if greeting.startswith(ours):
        return None
    said = greeting.partition(b"\r")[0].decode("ascii", "replace")
    return f"does not greet as qttd does, but with {said!r}"


def silent_workers(engine: Engine) -> Mapping[str, str | None]:
    """By role: None where its heartbeat is fresh, else what is wrong. Raises SQLAlchemyError."""
    now = system_now()
    found: dict[str, str | None] = dict.fromkeys(WORKERS, "has not begun")
    with reading(engine) as connection:
        beats = latest(connection)
    for beat in beats:
        if beat.role in found and found[beat.role] is not None:
            silent = now - beat.beat_at
            wrong = f"silent for {silent.total_seconds():.0f} s on {beat.host}"
            found[beat.role] = None if silent <= BEAT_WITHIN else wrong
    return found


def reachable_host(host: str) -> str:
    """Where a door that listens on every address is reached from its own host."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - not to listen on
