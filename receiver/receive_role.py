"""The receive role: a process (or thread) that runs the FTP and SFTP doors until it is told to stop.

Everything the doors need is made here and ended here in the right order: first no new clients, then
transfers and commits under way, then the threads. The supervisor in qttd calls `run_receive`;
signals are its business, the role only looks at the two events.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import structlog
from sqlalchemy import Engine

from receiver.admission.account_book import AccountBook
from receiver.admission.account_cache import AccountCache
from receiver.admission.accounts import AccountSource
from receiver.admission.bans import Bans
from receiver.admission.logins import Logins
from receiver.ftp.door import FtpDoor
from receiver.ftp.options import FtpOptions
from receiver.ftp.tls import CertificateError
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from receiver.reader_tree import ReaderTree
from receiver.sftp.options import SftpOptions

if TYPE_CHECKING:
    from receiver.sftp.door import SftpDoor

EVENT_SECONDS = 0.1
"""How long a stop or reload may go unnoticed."""

log = structlog.get_logger()


class OpenPorts(NamedTuple):
    """Where the doors listen; 0 where there is none."""

    ftp: int
    ftps: int
    """Implicit FTPS."""
    sftp: int


class _ToStructlog(logging.Handler):
    """pyftpdlib's own warnings, should there be any."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("pyftpdlib", message=record.getMessage())


def _quieten_pyftpdlib() -> None:
    logger = logging.getLogger("pyftpdlib")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(_ToStructlog())


def run_receive(
    options: FtpOptions,
    journal_path: Path,
    account_source: AccountSource,
    now: Callable[[], datetime],
    stop: threading.Event,
    reload: threading.Event,
    on_ready: Callable[[OpenPorts], None],
    store: Engine | None = None,
    sftp: SftpOptions | None = None,
) -> None:
    """Opens the doors, tells `on_ready` their ports, and serves until `stop` is set.

    When `stop` is set, listening ends, transfers under way finish (at most `shutdown_grace` seconds), and
    the function returns with everything closed. `reload` reads certificates and accounts anew and is
    cleared. `now` gives aware UTC. Reader accounts look into `store`; without it they are answered 451.
    Raises JournalError, CertificateError, HostKeyError or OSError when a door can not be opened.
    """
    _quieten_pyftpdlib()
    with Journal.open(journal_path) as journal:
        cache = AccountCache(journal_path)
        book = AccountBook(account_source, cache)
        bans = Bans(journal_path, options.bans, now)
        logins = Logins(book, cache, bans)
        committer = Committer(journal)
        readers = None if store is None else ReaderTree(store, options.reader_days, now)
        door: FtpDoor | None = None
        beside: SftpDoor | None = None
        try:
            door = FtpDoor(options, journal, committer, logins, bans, readers, now)
            log.info(
                "ftp_door_open",
                host=options.host, port=door.port, implicit_port=door.implicit_port,
                tls=door.tls is not None,
            )  # fmt: skip
            if sftp is not None:
                # takes a third of the role's start: only who has this door waits for it
                from receiver.sftp import door as sftp_door

                beside = sftp_door.SftpDoor(sftp, options, journal, committer, logins, bans, readers, now)
                log.info("sftp_door_open", host=options.host, port=beside.port)
            gc.collect()
            gc.freeze()  # what lives for ever need not be looked at by each collection
            on_ready(OpenPorts(door.port, door.implicit_port, beside.port if beside is not None else 0))
            _serve(door, beside, book, stop, reload)
        finally:
            if beside is not None:
                beside.close()
            if door is not None:
                door.end_sessions()
            committer.close()
            logins.close()
            bans.close()
            book.close()
            if door is not None:
                door.close()
    log.info("ftp_door_closed")


def _serve(
    door: FtpDoor,
    beside: "SftpDoor | None",
    book: AccountBook,
    stop: threading.Event,
    reload: threading.Event,
) -> None:
    wait = 0.0
    while not stop.is_set():
        due = door.ioloop.loop(timeout=wait, blocking=False)
        wait = EVENT_SECONDS if due is None else min(due, EVENT_SECONDS)
        if not door.committer.alive:
            raise RuntimeError("the committer has died: nothing can be stored any more")
        if beside is not None:
            beside.raise_error()
        if reload.is_set():
            reload.clear()
            _reload(door, book)
    if beside is not None:
        beside.stop()
    door.refuse_new()
    deadline = time.monotonic() + door.options.shutdown_grace
    while door.busy and time.monotonic() < deadline:
        door.ioloop.loop(timeout=EVENT_SECONDS, blocking=False)
        door.refuse_new()
    if door.busy:
        log.warning("transfers_abandoned", sessions=len(door.sessions))


def _reload(door: FtpDoor, book: AccountBook) -> None:
    try:
        door.reload_certificate()
    except CertificateError:
        log.exception("certificate_not_reloaded")  # the old one stays in use
    # in a thread of its own: the store may take its time, the loggers do not
    threading.Thread(target=lambda: book.look(again=True), name="account-reload", daemon=True).start()
    log.info("reloaded")
