"""The receive role as a process of its own, for tests that kill it: prints its port when open.

Arguments: the journal's path, the first passive port, the password hash of account "u", and `never-ban` where
failed logins are to shut nobody out.
"""

import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from receiver.admission.accounts import Account
from receiver.admission.ban_rules import BanPolicy
from receiver.ftp.options import FtpOptions
from receiver.receive_role import run_receive


class OneAccount:
    """An account source with the one account."""

    def __init__(self, password_hash: str) -> None:
        self._account = Account("u", password_hash)

    def revision(self) -> int:
        return 1

    def load(self) -> list[Account]:
        return [self._account]


def main() -> None:
    journal_path, first_port, password_hash, *more = sys.argv[1:]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ports = range(int(first_port), int(first_port) + 200)
    bans = BanPolicy(0, 60.0) if "never-ban" in more else BanPolicy()
    options = FtpOptions(
        host="127.0.0.1", port=0, passive_ports=ports, max_connections=500, min_free_bytes=0, bans=bans
    )
    run_receive(
        options,
        Path(journal_path),
        OneAccount(password_hash),
        lambda: datetime.now(UTC),
        stop,
        threading.Event(),
        lambda ports: print(f"port {ports.ftp}", flush=True),  # noqa: T201 - the test reads it
    )


main()
