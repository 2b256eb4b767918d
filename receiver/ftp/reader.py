"""How a reader's session looks into the store without stopping the event loop.

A command that looks at files waits, with all lines behind it, while a thread asks the store; then it runs
as any other, on a file system that holds just what was found. When the store does not answer, the
client is told 451 and may try again.
"""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import NamedTuple

import structlog

from receiver.admission.accounts import Account
from receiver.file_tree import Node
from receiver.ftp.file_system import VirtualFS
from receiver.ftp.mailbox import Mailbox
from receiver.reader_tree import Look, ReaderTree

THREADS = 2
MOST_WAITING = 200
"""Looks in the row; beyond, clients are told to come again: a store that is away must not fill the memory."""
ENDING_SECONDS = 5.0

LISTING = frozenset({b"LIST", b"NLST", b"MLSD", b"STAT"})
LOOKING = LISTING | {b"MLST", b"CWD", b"XCWD", b"SIZE", b"MDTM", b"RETR"}
"""The commands that need a look first."""

log = structlog.get_logger()


class ReaderFS(VirtualFS):
    """What a reader's session sees: what the last look found, and nothing else."""

    writable = False

    def __init__(self, account: Account) -> None:
        super().__init__(account.name)
        self.reader = account
        self.found: Look | None = None

    def file(self, path: str) -> Node | None:
        node = self.node(path)
        return None if node is None or node.is_folder else node

    def isdir(self, path: str) -> bool:
        node = self.node(path)
        return node is not None and node.is_folder

    def node(self, path: str) -> Node | None:
        return None if self.found is None else self.found.nodes.get(path)

    def children(self, path: str) -> Iterator[Node]:
        return iter(() if self.found is None else self.found.children.get(path, ()))

    def content(self, node: Node) -> bytes | None:
        return None if self.found is None else self.found.content


class _Job(NamedTuple):
    account: Account
    path: str
    verb: bytes
    done: Callable[[Look | None], None]


class ReaderDesk:
    """The threads that look into the store for all readers of one door. Without a tree none can be seen."""

    def __init__(self, tree: ReaderTree | None, mailbox: Mailbox) -> None:
        self._tree = tree
        self._mailbox = mailbox
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._posting = threading.Lock()
        self._ended = False
        self._threads = [
            threading.Thread(target=self._run, name=f"reader-{at}", daemon=True) for at in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def look(self, account: Account, path: str, verb: bytes, done: Callable[[Look | None], None]) -> None:
        """Has `done` called by the loop with what was found; with None where the store does not answer."""
        if self._jobs.qsize() >= MOST_WAITING:
            self._mailbox.post(done, None)
        else:
            self._jobs.put(_Job(account, path, verb, done))

    def close(self) -> None:
        """Ends the threads; one that waits for a store that is away is left behind, and says nothing more."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(ENDING_SECONDS)
        with self._posting:
            self._ended = True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            found = self._look(job)
            with self._posting:
                if not self._ended:
                    self._mailbox.post(job.done, found)

    def _look(self, job: _Job) -> Look | None:
        if self._tree is None:
            return None
        try:
            return self._tree.look(
                job.account, job.path, listing=job.verb in LISTING, content=job.verb == b"RETR"
            )
        except Exception as error:  # noqa: BLE001 - a store that is away raises what its driver raises
            log.warning(
                "reader_store_away", account=job.account.name[:64], error=f"{type(error).__name__}: {error}"
            )
            return None
