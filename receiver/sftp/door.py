"""The SFTP door: its thread and event loop, and what its connections share.

It stands beside the FTP door in the receive role and shares journal, committer, accounts, logins and bans
with it; what belongs to one loop (connections that have not logged in, memory for uploads) each has for
itself. As there, nothing that matters is held here: what was promised is in the journal.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import asyncssh
import structlog

from receiver.admission.accounts import Account
from receiver.admission.bans import Bans
from receiver.admission.logins import Logins
from receiver.admission.quotas import Quotas
from receiver.disk_space import DiskSpace
from receiver.file_tree import FileTree
from receiver.ftp.admission import Admission
from receiver.ftp.door import BACKLOG, listen_at
from receiver.ftp.options import MIB, FtpOptions
from receiver.journal.arrivals import Journal
from receiver.journal.changes import Change
from receiver.journal.committer import Committer, Outcome
from receiver.reader_tree import ReaderTree
from receiver.sftp.host_key import HostKeyError, host_key
from receiver.sftp.login import SftpLogin
from receiver.sftp.options import SftpOptions
from receiver.sftp.tree import SenderTree, SftpTree, StoreTree
from receiver.upload_body import MemoryBudget

MEMORY = 16 * MIB
"""For uploads under way; beyond, they go to temporary files."""
WINDOW = 256 * 1024
"""Bytes that a client may send ahead of what was taken."""
OPENING_SECONDS = 30.0
READER_THREADS = 2

log = structlog.get_logger()


class SftpDoor:
    """An open SFTP door. `port` is the one it listens on; `close` must be called."""

    def __init__(
        self,
        sftp: SftpOptions,
        options: FtpOptions,
        journal: Journal,
        committer: Committer,
        logins: Logins,
        bans: Bans,
        reader_tree: ReaderTree | None,
        now: Callable[[], datetime],
    ) -> None:
        """Opens the door. Raises OSError where the address can not be listened on, and HostKeyError."""
        _quieten_asyncssh()
        self.options = options
        self.journal = journal
        self.logins = logins
        self.admission = Admission(
            bans, options.waiting_logins_per_address, options.fruitless_sessions_per_minute
        )
        self.now = now
        self.disk = DiskSpace(journal.path.parent, options.min_free_bytes)
        self.quotas = Quotas(journal)
        self.memory = MemoryBudget(MEMORY)
        self.in_flight = 0
        """Changes given to the committer and not yet answered."""
        self._committer = committer
        self._most = sftp.max_connections
        self._key = host_key(sftp.host_key, make=sftp.make_host_key)
        self._tree = FileTree(journal)
        self._reader_tree = reader_tree
        self._threads = ThreadPoolExecutor(READER_THREADS, "sftp-reader")
        self._connections: set[SftpLogin] = set()
        self._listener = listen_at(options.host, sftp.port)
        self.port: int = self._listener.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._opened = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sftp-door", daemon=True)
        self._thread.start()
        if not self._opened.wait(OPENING_SECONDS) or self._error is not None:
            self.close()
            raise HostKeyError(f"the SFTP door can not be opened: {self._error}") from self._error

    def raise_error(self) -> None:
        """Raises RuntimeError where the door has ended by itself."""
        if not self._thread.is_alive():
            raise RuntimeError("the SFTP door has died") from self._error

    def stop(self) -> None:
        """Has listening end, and connections once their uploads are done; does not wait. From any thread."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(stop.set)

    def close(self) -> None:
        """Ends the door and waits for it; uploads under way have the grace that `options` give."""
        self.stop()
        self._thread.join()
        self._listener.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- what connections ask for, in the loop's thread

    def refusal(self, peer: str) -> str | None:
        """Why a new client from that address is turned away, None where it is let in."""
        if len(self._connections) >= self._most:
            log.warning("too_many_sessions", peer=peer, sessions=len(self._connections))
            return "too many sessions"
        return self.admission.refusal(peer)

    def came(self, login: SftpLogin) -> None:
        """A connection begins."""
        self._connections.add(login)
        self.admission.came(login.peer)

    def left(self, login: SftpLogin) -> None:
        """A connection is over."""
        self._connections.discard(login)
        if login.account is None:
            self.admission.left(login.peer)

    def tree_of(self, account: Account) -> SftpTree:
        """What an account sees."""
        if "upload" in account.permissions:
            return SenderTree(account, self._tree)
        return StoreTree(account, self._reader_tree, self._threads)

    async def commit(self, change: Change, then: Callable[[Outcome], None] | None = None) -> Outcome:
        """Gives a change to the committer and waits until it is durable or failed; calls `then` with that.

        `then` is called even where the one that waits is gone.
        """
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def answered(outcome: Outcome) -> None:
            self.in_flight -= 1
            if then is not None:
                then(outcome)
            if not answer.done():
                answer.set_result(outcome)

        self.in_flight += 1
        self._committer.put(change, lambda outcome: self.call_soon(answered, outcome))
        return await answer

    def call_soon(self, call: Callable[..., None], *arguments: Any) -> None:
        """Has `call(*arguments)` run in the loop; nothing, once that has ended. From any thread."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            log.debug("sftp_loop_ended")  # whoever waited there is gone with it

    # --- the loop

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
            log.exception("sftp_door_failed")
        finally:
            self._opened.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        acceptor = await asyncssh.listen(
            sock=self._listener,
            backlog=BACKLOG,
            server_factory=lambda: SftpLogin(self),
            server_host_keys=[self._key],
            login_timeout=self.options.login_timeout,
            server_version="qttd",
            encoding=None,
            window=WINDOW,
            allow_scp=False,
            allow_pty=False,
            agent_forwarding=False,
            x11_forwarding=False,
            gss_host=None,
            config=None,
        )
        self._opened.set()
        sweep = min(5.0, self.options.data_timeout / 4, self.options.control_timeout / 4)
        while not self._stop.is_set():
            for login in list(self._connections):
                login.check_idle(time.monotonic())
            try:
                await asyncio.wait_for(self._stop.wait(), sweep)
            except TimeoutError:
                continue
        acceptor.close()
        await self._let_go()

    async def _let_go(self) -> None:
        """Ends connections in which nothing is going on, then the others, then waits for the journal."""
        deadline = time.monotonic() + self.options.shutdown_grace
        while self._connections and time.monotonic() < deadline:
            for login in list(self._connections):
                if not login.busy:
                    login.end("The server is going down; try again soon")
            await asyncio.sleep(0.02)
        if self._connections:
            log.warning("transfers_abandoned", sessions=len(self._connections))
        for login in list(self._connections):
            login.abort()
        while (self.in_flight or self._connections) and self._committer.alive:
            await asyncio.sleep(0.005)


class _ToStructlog(logging.Handler):
    """asyncssh's own warnings, should there be any."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("asyncssh", message=record.getMessage())


def _quieten_asyncssh() -> None:
    logger = logging.getLogger("asyncssh")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(_ToStructlog())
