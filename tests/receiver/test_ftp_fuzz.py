"""100,000 commands that no client would send, and a logger beside them that notices nothing.

The door runs as a process of its own, so that its memory and descriptors are its own. QTTD_FUZZ_COMMANDS
sets another number.
"""

import ftplib
import io
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from receiver.journal.arrivals import Journal
from tests.receiver.conftest import PASSWORD, free_range, poll

COMMANDS = int(os.environ.get("QTTD_FUZZ_COMMANDS", "100000"))
SESSIONS = 12
VERBS = """
USER PASS ACCT CWD XCWD CDUP XCUP SMNT REIN QUIT PORT EPRT PASV EPSV TYPE STRU MODE RETR STOR STOU APPE ALLO
REST RNFR RNTO ABOR DELE RMD XRMD MKD XMKD PWD XPWD LIST NLST MLSD MLST SITE SYST STAT HELP NOOP FEAT OPTS
AUTH PBSZ PROT CCC SIZE MDTM MFMT LANG HOST CLNT
""".split()  # noqa: SIM905 - to be read as text
WORDS = (
    "", "u", "/", "..", "../..", "a.txt", "a.tmp", "/2026/05/30", "127,0,0,1,4,1", "|1|127.0.0.1|1025|",
    "A N", "I", "-1", "99999999999999999999", "TLS", "P", "0", "ALL", "UTF8 ON", "*", "[", "'; DROP TABLE",
    "%s%n", "\x00", "\u1ec7",
)  # fmt: skip


class Running(NamedTuple):
    process: subprocess.Popen[str]
    port: int
    journal: Path


@pytest.fixture
def running(tmp_path: Path, password_hash: str) -> Iterator[Running]:
    program = Path(__file__).with_name("receive_process.py")
    journal = tmp_path / "intake.db"
    arguments = [str(journal), str(free_range(200).start), password_hash, "never-ban"]
    process = subprocess.Popen(
        [sys.executable, str(program), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("port "):
            port = int(line.split()[1])
            break
    else:
        raise AssertionError("the door did not open")
    drain = threading.Thread(target=process.stdout.read, name="drain")
    drain.start()
    yield Running(process, port, journal)
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    drain.join(10)
    process.stdout.close()


def command(chance: random.Random) -> bytes:
    """One line that a client might never send, but somebody will."""
    kind = chance.random()
    if kind < 0.04:
        return chance.randbytes(chance.randrange(1, 300)) + b"\r\n"
    if kind < 0.05:
        return b"STOR " + b"x" * chance.randrange(2000, 20000) + b"\r\n"
    if kind < 0.06:
        return b"\xff\xf4\xff\xf2ABOR\r\n"
    verb = chance.choice(VERBS)
    verb = verb.lower() if kind < 0.3 else verb
    end = b"\n" if kind < 0.35 else b"\r\n"
    return f"{verb} {chance.choice(WORDS)}".strip().encode() + end


class Fuzz:
    """Sessions that send bursts and read what comes, all at once."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.chance = random.Random(seed)
        self.sent = 0
        self.refused = 0
        self.selector = selectors.DefaultSelector()

    def run(self, commands: int) -> None:
        with self.selector:
            for _ in range(SESSIONS):
                self.begin()
            deadline = time.monotonic() + commands / 500
            while self.sent < commands:
                assert time.monotonic() < deadline, f"the door hangs after {self.sent} commands"
                for key, ready in self.selector.select(1):
                    self.step(key.fileobj, ready)  # type: ignore[arg-type]
            for key in list(self.selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]

    def begin(self) -> None:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        sock.setblocking(False)
        if self.chance.random() < 0.8:
            sock.send(f"USER u\r\nPASS {PASSWORD}\r\n".encode())
        self.selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def step(self, sock: socket.socket, ready: int) -> None:
        try:
            if ready & selectors.EVENT_READ and not sock.recv(65536):
                raise ConnectionError
            if ready & selectors.EVENT_WRITE:
                burst = [command(self.chance) for _ in range(self.chance.randrange(1, 12))]
                line = b"".join(burst)
                sock.send(line[: self.chance.randrange(1, len(line))] if self.chance.random() < 0.1 else line)
                self.sent += len(burst)
                if self.chance.random() < 0.01:
                    raise ConnectionError
        except BlockingIOError:
            return
        except OSError:
            self.selector.unregister(sock)
            sock.close()
            self.refused += 1
            self.begin()


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def upload(running: Running, number: int) -> float:
    """A logger's whole session; its seconds."""
    begun = time.monotonic()
    with ftplib.FTP(timeout=10, encoding="utf-8") as client:
        client.connect("127.0.0.1", running.port)
        client.login("u", PASSWORD)
        client.storbinary(f"STOR logger/{number}.txt", io.BytesIO(b"%d" % number))
    return time.monotonic() - begun


@pytest.mark.timeout(max(120, COMMANDS // 400))
def test_a_hundred_thousand_senseless_commands(running: Running) -> None:
    pid = running.process.pid
    upload(running, 0)
    Fuzz(running.port, 1).run(5000)
    poll(lambda: descriptors(pid) < 40)
    before, memory = descriptors(pid), resident_kib(pid)

    fuzz = Fuzz(running.port, 20261122)
    worker = threading.Thread(target=fuzz.run, args=(COMMANDS,), name="fuzz")
    worker.start()
    taken = []
    while worker.is_alive():
        taken.append(upload(running, len(taken) + 1))
        worker.join(0.2)
    assert fuzz.sent >= COMMANDS

    assert running.process.poll() is None
    poll(lambda: descriptors(pid) <= before)
    assert resident_kib(pid) - memory < 40 * 1024
    in_time = sum(seconds <= 1 for seconds in taken)
    assert in_time >= 0.9 * len(taken), sorted(taken)[-5:]
    with Journal.open(running.journal) as journal:
        kept = [arrival for arrival in journal.after(0, 1_000_000) if arrival.path.startswith("/logger/")]
    assert [(arrival.path, arrival.content) for arrival in kept] == [
        (f"/logger/{number}.txt", b"%d" % number) for number in range(len(taken) + 1)
    ]
