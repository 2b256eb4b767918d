"""What an SFTP session sees: a sender's own files in the journal, or a reader's look into the store.

A sender's look-ups are a few index reads and are made in the loop, as the FTP door makes them. A reader's
go to the store, which may be away or slow, so they are made by a few threads of their own.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from typing import Protocol

import asyncssh
import structlog

from receiver.admission.accounts import Account
from receiver.file_tree import FileTree, Node
from receiver.reader_tree import Look, ReaderTree

log = structlog.get_logger()


class SftpTree(Protocol):
    """One account's files and folders, by absolute path. Raises SFTPFailure where nothing can be seen now."""

    async def node(self, path: str) -> Node | None:
        """The file or folder there."""

    def children(self, path: str) -> AsyncIterator[Node]:
        """What is in a folder, read as it is consumed."""

    async def content(self, path: str, node: Node) -> bytes | None:
        """A file's bytes, None where they are gone meanwhile."""


class SenderTree:
    """What an account that sends has sent."""

    def __init__(self, account: Account, tree: FileTree) -> None:
        self._account = account.name
        self._tree = tree

    async def node(self, path: str) -> Node | None:
        """See SftpTree."""
        return self._tree.node(self._account, path)

    async def children(self, path: str) -> AsyncIterator[Node]:
        """See SftpTree."""
        for node in self._tree.children(self._account, path):
            yield node

    async def content(self, path: str, node: Node) -> bytes | None:
        """See SftpTree."""
        return self._tree.content(node)


class StoreTree:
    """What a reader account sees: stations, dated folders, files."""

    def __init__(self, account: Account, tree: ReaderTree | None, threads: Executor) -> None:
        """Without a tree nothing can be seen: this process has no store."""
        self._account = account
        self._tree = tree
        self._threads = threads

    async def node(self, path: str) -> Node | None:
        """See SftpTree."""
        return (await self._look(path)).nodes.get(path)

    async def children(self, path: str) -> AsyncIterator[Node]:
        """See SftpTree."""
        for node in (await self._look(path, listing=True)).children.get(path, ()):
            yield node

    async def content(self, path: str, node: Node) -> bytes | None:
        """See SftpTree."""
        return (await self._look(path, content=True)).content

    async def _look(self, path: str, *, listing: bool = False, content: bool = False) -> Look:
        tree = self._tree
        if tree is None:
            raise asyncssh.SFTPFailure("The files can not be looked up here")
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: tree.look(self._account, path, listing=listing, content=content)
            )
        except Exception as error:
            # a store that is away raises what its driver raises
            log.warning(
                "reader_store_away", account=self._account.name[:64], error=f"{type(error).__name__}: {error}"
            )
            raise asyncssh.SFTPFailure("The files can not be looked up now; try again later") from error
