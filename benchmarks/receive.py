"""The FTP door against stock pyftpdlib, and three thousand loggers in the same second.

Builds ftpload.c, pins the servers to core 0 and the generator to core 1, and lets both servers take
short sessions (log in, one file, quit) of 20 clients in turn, within one run: these machines
are shared, so only the ratio means anything. Stock pyftpdlib writes each file to the same disk,
flushes nothing and logs nothing; the door answers when the file is durable, and has the log of the
usual level. Then 3,000 sessions start within one second; all must be served.

    python benchmarks/receive.py [--rounds N] [--seconds S] [--floor RATIO] [--tls]
"""

import argparse
import json
import logging
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import structlog
import trustme
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

from receiver.admission.accounts import Account
from receiver.ftp.options import FtpOptions
from receiver.journal.arrivals import Journal
from receiver.receive_role import run_receive
from store.access.secrets import hash_password

HERE = Path(__file__).parent
BURST = 3000
USER, PASSWORD = "u", "p"


class OneAccount:
    """An account source with the generator's account."""

    def revision(self) -> int:
        return 1

    def load(self) -> list[Account]:
        return [Account(USER, hash_password(PASSWORD))]


def serve_door(folder: Path, tls: Path | None, ready: Callable[[int], None]) -> None:
    """The door as in production: durable, with the log of the usual level."""
    with (folder / "door.log").open("w") as lines:
        structlog.configure(
            processors=[structlog.processors.TimeStamper("iso"), structlog.processors.JSONRenderer()],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.WriteLoggerFactory(lines),
            cache_logger_on_first_use=True,
        )
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        options = FtpOptions(host="127.0.0.1", port=0, tls_cert=tls, tls_key=tls, max_connections=9000)
        accounts = OneAccount()
        journal = folder / "intake.db"
        run_receive(
            options,
            journal,
            accounts,
            lambda: datetime.now(UTC),
            stop,
            threading.Event(),
            lambda ports: ready(ports.ftp),
        )


def serve_stock(folder: Path, tls: Path | None, ready: Callable[[int], None]) -> None:
    """pyftpdlib's asynchronous server with a plain handler; quiet."""
    logging.basicConfig(level=logging.ERROR)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm="elradfmwMT")
    base = FTPHandler if tls is None else TLS_FTPHandler
    handler = type("Handler", (base,), {"authorizer": authorizer, "certfile": str(tls) if tls else None})
    server = FTPServer(("127.0.0.1", 0), handler, backlog=4096)
    server.max_cons = 20_000
    ready(server.address[1])
    server.serve_forever()


def start(kind: str, folder: Path, tls: Path | None) -> tuple["subprocess.Popen[str]", int]:
    """A server in a process of its own on core 0, and its port."""
    folder.mkdir()
    program = [sys.executable, __file__, "--serve", kind, str(folder), str(tls or "")]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(process.pid, {0})
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def load(generator: Path, port: int, *options: object) -> dict[str, float]:
    """Runs the generator on core 1; its figures."""
    command = ["taskset", "-c", "1", str(generator), "--port", str(port), *map(str, options)]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    figures: dict[str, float] = json.loads(result.stdout)
    return figures


def peak_mib(pid: int) -> float:
    """The most memory the process has used, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def compare(generator: Path, folder: Path, tls: Path | None, rounds: int, seconds: float) -> float:
    """Prints each round's files a second; the ratio of the medians."""
    servers = {kind: start(kind, folder / kind, tls) for kind in ("stock", "door")}
    rates: dict[str, list[float]] = {kind: [] for kind in servers}
    try:
        for number in range(rounds):
            for kind, (_, port) in servers.items():
                figures = load(
                    generator, port, "--clients", 20, "--files", 100_000, "--duration", seconds,
                    "--first", number * 100_000, *(["--tls"] if tls else []),
                )  # fmt: skip
                assert not figures["errors"], figures
                rates[kind].append(figures["files_per_s"])
                print(f"{kind:5} {figures['files_per_s']:8.0f} files/s   p99 {figures['p99_ms']:6.1f} ms")
    finally:
        for process, _ in servers.values():
            process.terminate()
            process.wait()
    ratio = statistics.median(rates["door"]) / statistics.median(rates["stock"])
    print(f"ratio {ratio:8.2f}  (door, durable : stock pyftpdlib, not)")
    return ratio


def burst(generator: Path, folder: Path) -> None:
    """3,000 sessions that start within one second: all are served, and the role stays small."""
    process, port = start("door", folder / "burst", None)
    try:
        load(generator, port, "--clients", 1, "--files", 1)
        began = time.monotonic()
        figures = load(
            generator, port, "--clients", BURST, "--files", BURST, "--rate", BURST, "--duration", 60,
            "--first", 1,
        )  # fmt: skip
        took = time.monotonic() - began
        memory = peak_mib(process.pid)
    finally:
        process.terminate()
        process.wait()
    with Journal.open(folder / "burst" / "intake.db") as journal:
        kept = journal.last_id()
    print(
        f"burst {figures['done']:.0f} of {BURST} served, {figures['errors']:.0f} errors, all in {took:.1f} s,"
        f" slowest {figures['max_ms'] / 1000:.1f} s, {kept - 1} in the journal, peak {memory:.0f} MiB"
    )
    assert figures["done"] == BURST
    assert kept == BURST + 1
    assert memory < 150


def main() -> int:
    """0 when the door is fast enough, 1 when it is not."""
    if sys.argv[1:2] == ["--serve"]:
        kind, own, pem = sys.argv[2:]
        serve = serve_door if kind == "door" else serve_stock
        serve(Path(own), Path(pem) if pem else None, lambda port: print(port, flush=True))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--floor", type=float, default=1.5, help="least ratio that is good enough")
    parser.add_argument("--tls", action="store_true", help="explicit FTPS instead of clear text")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix=".bench-receive-", dir=Path.cwd()))  # a real disk, not /tmp
    try:
        generator = folder / "ftpload"
        source = str(HERE / "ftpload.c")
        subprocess.run(
            ["gcc", "-O2", "-pthread", "-w", "-o", generator, source, "-lssl", "-lcrypto"], check=True
        )
        tls = None
        if arguments.tls:
            tls = folder / "cert.pem"
            trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tls)
        ratio = compare(generator, folder, tls, arguments.rounds, arguments.seconds)
        if tls is None:  # a burst of fresh TLS sessions measures the processor's arithmetic only
            burst(generator, folder)
    finally:
        shutil.rmtree(folder)
    return 0 if ratio >= arguments.floor else 1


if __name__ == "__main__":
    sys.exit(main())
