"""The kit at work: a real FTP door in a folder of its own, one account, and somebody who makes trouble.

The door, its journal and its answers are those of a department's server; only the hooks of
receiver/trial.py are taken. Nothing is read into a store, and the folder goes when the kit ends.
"""

import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from qttd.conformance.judging import Arrived, Finding, judge
from qttd.conformance.trouble import Outage, Trouble
from qttd.demo.certificate import make_certificate
from qttd.errors import UnreachableError
from receiver.admission.accounts import Account
from receiver.admission.ban_rules import BanPolicy
from receiver.ftp.options import FtpOptions
from receiver.journal.arrivals import Journal
from receiver.receive_role import OpenPorts, run_receive
from store.access.secrets import hash_password

STARTS_WITHIN = 20.0
SLOTS_AWAY = 3


class KitOptions(NamedTuple):
    """What a run is asked for."""

    host: str
    port: int
    passive_ports: range
    user: str
    password: str
    interval: timedelta


class _OneAccount:
    """The only account, which never changes."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def revision(self) -> int:
        return 1

    def load(self) -> list[Account]:
        return [self._account]


class Kit:
    """An open kit; `open_kit` makes one."""

    def __init__(self, options: KitOptions, port: int, trouble: Trouble, journal: Journal) -> None:
        self.options = options
        self.port = port
        self._trouble = trouble
        self._journal = journal

    def files(self) -> list[Arrived]:
        """What came whole, in the order in which it came."""
        arrivals = self._journal.after(0, 1_000_000, max_bytes=512 * 1024 * 1024)
        return [Arrived(one.path, one.content, one.arrived_at) for one in arrivals if one.fate == "complete"]

    def outage(self) -> Outage | None:
        """When the server was away, if it was yet."""
        return self._trouble.outage()

    def judge(self) -> list[Finding]:
        """What the logger's behaviour until now is worth."""
        return judge(self._trouble.attempts(), self.files(), self.outage(), self.options.interval)


def new_password() -> str:
    """A password that any logger can be given: letters and digits."""
    return secrets.token_hex(8)


@contextmanager
def open_kit(options: KitOptions, now: Callable[[], datetime]) -> Iterator[Kit]:
    """Opens the door. Raises UnreachableError where the port cannot be had."""
    trouble = Trouble(now, SLOTS_AWAY * options.interval)
    stop, opened = threading.Event(), threading.Event()
    ports: list[int] = []
    failures: list[BaseException] = []
    with tempfile.TemporaryDirectory(prefix="qttd-conformance-") as name:
        folder = Path(name)
        certificate = make_certificate(folder, datetime.now(UTC))
        door = FtpOptions(
            host=options.host, port=options.port, passive_ports=options.passive_ports,
            tls_cert=certificate.certificate, tls_key=certificate.key, min_free_bytes=0, max_connections=200,
            bans=BanPolicy(0), trial=trouble,
        )  # fmt: skip
        account = Account(options.user, hash_password(options.password))

        def on_ready(open_ports: OpenPorts) -> None:
            ports.append(open_ports.ftp)
            opened.set()

        def serve() -> None:
            try:
                run_receive(
                    door, folder / "intake.db", _OneAccount(account), now, stop, threading.Event(), on_ready
                )
            except BaseException as error:  # noqa: BLE001 - told by the thread that opened the kit
                failures.append(error)
                opened.set()

        thread = threading.Thread(target=serve, name="conformance-door")
        thread.start()
        try:
            if not opened.wait(STARTS_WITHIN) or failures:
                why = failures[0] if failures else "no answer"
                raise UnreachableError(f"{options.host}:{options.port} cannot be listened on: {why}")
            with Journal.open(folder / "intake.db") as journal:
                yield Kit(options, ports[0], trouble, journal)
        finally:
            stop.set()
            thread.join()
        if failures:
            raise failures[0]
