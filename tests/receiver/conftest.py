"""Helpers for the doors' tests: a running FTP door, and a client that can misbehave."""

import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import trustme
from sqlalchemy import Engine

from receiver.admission.accounts import Account
from receiver.ftp.options import FtpOptions
from receiver.ingest.watcher import Watcher
from receiver.journal.arrival import Arrival
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from receiver.receive_role import OpenPorts, run_receive
from receiver.sftp.options import SftpOptions
from store.access.secrets import hash_password
from tests.receiver.house import DECLARED, NOON, House, allow, declare

PASSWORD = "m\u1eadt kh\u1ea9u"
NOW = datetime(2026, 5, 30, 3, 16, tzinfo=UTC)


def poll(question: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Asks until the answer is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
    return answer


class Accounts:
    """A store's accounts that a test can change, or take away."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = list(accounts)
        self.number = 1
        self.away = False
        self.loads = 0

    def revision(self) -> int:
        if self.away:
            raise ConnectionError("the store is away")
        return self.number

    def load(self) -> list[Account]:
        if self.away:
            raise ConnectionError("the store is away")
        self.loads += 1
        return list(self.accounts)

    def change(self, *accounts: Account) -> None:
        self.accounts = list(accounts)
        self.number += 1


class Door:
    """An FTP door that runs in a thread of the test."""

    def __init__(
        self,
        journal_path: Path,
        accounts: Accounts,
        options: FtpOptions,
        store: Engine | None = None,
        sftp: SftpOptions | None = None,
    ) -> None:
        self.journal_path = journal_path
        self.accounts = accounts
        self.host = "::1" if options.host == "::" else options.host
        self.port = 0
        self.ftps_port = 0
        self.sftp_port = 0
        self.stop = threading.Event()
        self.reload = threading.Event()
        self.error: BaseException | None = None
        self._options = options
        self._store = store
        self._sftp = sftp
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="door")
        self._thread.start()
        assert self._ready.wait(20)
        if self.error is not None:
            self._thread.join()
            raise self.error

    def _run(self) -> None:
        try:
            run_receive(
                self._options,
                self.journal_path,
                self.accounts,
                lambda: NOW,
                self.stop,
                self.reload,
                self._opened,
                self._store,
                self._sftp,
            )
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            self.error = error
            self._ready.set()

    def _opened(self, ports: OpenPorts) -> None:
        self.port, self.ftps_port, self.sftp_port = ports
        self._ready.set()

    def arrivals(self) -> list[Arrival]:
        with Journal.open(self.journal_path) as journal:
            return journal.after(0, 100_000)

    def files(self) -> list[tuple[str, bytes, str]]:
        return [(arrival.path, arrival.content, arrival.fate) for arrival in self.arrivals()]

    def client(self, login: bool = True) -> "Client":
        client = Client(self.host, self.port)
        if login:
            client.login()
        return client

    def raise_error(self) -> None:
        """Raises what ended the door by itself, if anything did."""
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self.raise_error()


class Client:
    """A bare FTP client: sends what it is told, byte by byte if need be."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.socket = socket.create_connection((host, port), timeout=10)
        self._buffer = b""
        try:
            assert self.reply().startswith("220")
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self._buffer)
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def reply(self) -> str:
        """The last line of the next reply."""
        while True:
            line = self.line()
            if re.match(rb"\d\d\d( |$)", line):
                return line.decode("utf-8", "backslashreplace")

    def ask(self, command: str | bytes) -> str:
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def login(self, name: str = "u", password: str = PASSWORD) -> str:
        self.ask(f"USER {name}")
        answer = self.ask(f"PASS {password}")
        assert answer.startswith("230"), answer
        return answer

    def passive(self) -> int:
        answer = self.ask("EPSV")
        assert answer.startswith("229"), answer
        return int(answer.split("|||")[1].split("|")[0])

    def data(self, command: str | bytes) -> socket.socket:
        """Opens a passive data connection and gives the transfer command; the data socket."""
        sock = socket.create_connection((self.host, self.passive()), timeout=10)
        try:
            answer = self.ask(command)
            assert answer[:3] in ("125", "150"), answer
        except BaseException:
            sock.close()
            raise
        return sock

    def store(self, name: str | bytes, content: bytes) -> str:
        with self.data(b"STOR " + (name.encode() if isinstance(name, str) else name)) as sock:
            sock.sendall(content)
        return self.reply()

    def read(self, command: str | bytes) -> bytes:
        """What a listing or RETR sends."""
        with self.data(command) as sock:
            content = b""
            while chunk := sock.recv(65536):
                content += chunk
        answer = self.reply()
        assert answer.startswith("226"), answer
        return content

    def names(self, folder: str = "") -> list[str]:
        return self.read(f"NLST {folder}".strip()).decode().split("\r\n")[:-1]


def reset(sock: socket.socket) -> None:
    """Closes with a RST instead of a FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def free_range(count: int) -> range:
    """Passive ports below the kernel's own range, where other tests are unlikely to be."""
    first = random.randrange(20000, 32000 - count)
    return range(first, first + count)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def account(password_hash: str) -> Account:
    return Account("u", password_hash, frozenset({"QN_THUB_NUODAU"}))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Certificate, key, and the authority's certificate, as PEM files."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1", "::1")
    cert, key, ca = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    authority.cert_pem.write_to_path(ca)
    return cert, key, ca


def open_descriptors() -> set[str]:
    """What this process has open: targets of /proc/self/fd, without those that come and go by themselves."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{path.name} {path.readlink()}")
        except FileNotFoundError:
            continue  # the descriptor of the listing itself
    return found


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """After the test as many threads and descriptors as before."""
    threads = set(threading.enumerate())
    before = open_descriptors()
    yield
    poll(lambda: set(threading.enumerate()) <= threads)
    left = open_descriptors() - before
    assert not left


@pytest.fixture
def make_door(tmp_path: Path, account: Account, no_leaks: None) -> Iterator[Callable[..., Door]]:
    """Opens doors on a fresh journal, and closes them after the test."""
    doors: list[Door] = []
    accounts = Accounts(account)

    def make(
        accounts: Accounts = accounts,
        store: Engine | None = None,
        sftp: SftpOptions | None = None,
        **changes: Any,
    ) -> Door:
        options = FtpOptions(
            host="127.0.0.1", port=0, passive_ports=free_range(100), login_delay=0.05, max_connections=500,
            min_free_bytes=0,
        )  # fmt: skip
        door = Door(tmp_path / "intake.db", accounts, replace(options, **changes), store, sftp)
        doors.append(door)
        return door

    yield make
    for door in doors:
        door.close()


@pytest.fixture
def door(make_door: Callable[..., Door]) -> Door:
    """A plain door on 127.0.0.1."""
    return make_door()


@pytest.fixture
def tls_door(make_door: Callable[..., Door], certificate: tuple[Path, Path, Path]) -> Door:
    """A door that offers explicit FTPS."""
    return make_door(tls_cert=certificate[0], tls_key=certificate[1])


@pytest.fixture
def make_house(engine: Engine, tmp_path: Path) -> Iterator[Callable[[], House]]:
    opened: list[House] = []

    def make() -> House:
        journal = Journal.open(tmp_path / f"intake{len(opened)}.db")
        clock = [NOON]
        watcher = Watcher(engine, journal, lambda: clock[0], timedelta(days=7))
        house = House(engine, journal, Committer(journal), watcher, clock)
        opened.append(house)
        return house

    yield make
    for house in opened:
        house.committer.close()
        house.journal.close()


@pytest.fixture
def house(make_house: Callable[[], House], engine: Engine) -> House:
    declare(engine, "QN_THUB_NUODAU", DECLARED)
    allow(engine, "thub", "QN_THUB_NUODAU")
    return make_house()
