"""What an SFTP session may do with files: the same tree, the same changes as over FTP.

A file counts when its handle was closed: the answer to that close is given after the journal's commit, and a
connection that ends before it leaves nothing behind. Paths are bytes on the wire and texts of path_text here.
No path of a client ever touches the disk. Owners, permissions and times that clients set are taken
politely and mean nothing.
"""

import stat
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, cast

import asyncssh
import structlog
from asyncssh import SFTPAttrs, SFTPName

from receiver.admission.quotas import Refusal
from receiver.file_tree import Node
from receiver.ftp.file_system import list_line
from receiver.journal.arrival import Fate, to_microseconds, waits_for_rename
from receiver.journal.changes import Change, Hide, MakeFolder, RemoveFolder, Rename, Upload
from receiver.journal.committer import CommitError, Outcome
from receiver.path_text import BadPathError, absolute_path, decode_path, encode_path, split_path
from receiver.refusals import QuotaExceededError, RefusedError
from receiver.sftp.upload import HoleError, SftpUpload

if TYPE_CHECKING:
    from receiver.sftp.login import SftpLogin

log = structlog.get_logger()

NOT_STORED = "The file could not be stored; send it again later"


class Download:
    """A file that is being read: its bytes as they were when it was opened."""

    def __init__(self, node: Node, content: bytes) -> None:
        self.node = node
        self.content = content


File = SftpUpload | Download


class SftpFiles(asyncssh.SFTPServer):
    """One SFTP session of a logged-in account."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", login: "SftpLogin") -> None:
        super().__init__(chan)
        self._login = login
        self._door = login.door
        self._account = login.account_in_force
        self._tree = self._door.tree_of(self._account)

    # --- reading and writing

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> File:
        """Opens a file to be read, or to be sent."""
        place = self._place(path)
        node = await self._tree.node(place)
        if not pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND):
            return await self._download(place, node)
        self._may_send()
        if not split_path(place)[1] or (node is not None and node.is_folder):
            raise asyncssh.SFTPFailure("A folder has that name")
        if node is None and not pflags & asyncssh.FXF_CREAT:
            raise asyncssh.SFTPNoSuchFile("No such file")
        if node is not None and pflags & asyncssh.FXF_CREAT and pflags & asyncssh.FXF_EXCL:
            raise asyncssh.SFTPFailure("The file exists already")
        if self._door.disk.nearly_full():
            log.warning("disk_nearly_full", peer=self._login.peer, account=self._account.name)
            raise asyncssh.SFTPFailure("The disk is nearly full; try again later")
        too_much = self._door.quotas.refuses(self._account.name, self._account.quota, self._door.now())
        if too_much is not None:
            log.warning("quota_exceeded", peer=self._login.peer, account=self._account.name, reason=too_much)
            await self._door.commit(Refusal(self._account.name, to_microseconds(self._door.now())))
            raise asyncssh.SFTPFailure(f"Too much for one day: {too_much}")
        start = b""
        if node is not None and not pflags & asyncssh.FXF_TRUNC:
            start = await self._tree.content(place, node) or b""
        appends = bool(pflags & asyncssh.FXF_APPEND)
        upload = SftpUpload(self._door.memory, self._door.journal.spool, place, appends=appends)
        if start:
            self._take(upload, 0, start)
        self._login.uploads.add(upload)
        return upload

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Bytes of a file that was opened to be read."""
        if not isinstance(file_obj, Download):
            raise asyncssh.SFTPOpUnsupported("A file can not be read while it is sent")
        return file_obj.content[offset : offset + size]

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """A piece of an upload; nothing counts before the file is closed."""
        upload = self._sending(file_obj)
        most = self._door.options.max_file_bytes
        end = (upload.size if upload.appends else offset) + len(data)
        if end <= most or offset == upload.size or upload.appends:
            self._take(upload, offset, data)
        if end > most:
            await self._keep(upload, "too_large")
            raise _refusal(upload, "The file is longer than this server takes")
        return len(data)

    async def close(self, file_obj: object) -> None:
        """The end of a file: an upload is committed before this is answered."""
        if not isinstance(file_obj, SftpUpload):
            return
        if file_obj.ended:
            raise asyncssh.SFTPFailure(file_obj.refusal)
        await self._keep(file_obj, "complete")

    def _sending(self, file_obj: object) -> SftpUpload:
        if not isinstance(file_obj, SftpUpload):
            raise asyncssh.SFTPPermissionDenied("The file was opened to be read")
        if file_obj.ended:
            raise asyncssh.SFTPFailure(file_obj.refusal)
        return file_obj

    def _take(self, upload: SftpUpload, offset: int, piece: bytes) -> None:
        try:
            upload.write(offset, piece)
        except OSError as error:
            log.exception("upload_not_spooled", peer=self._login.peer, size=upload.size)
            self._end(upload)
            raise _refusal(upload, NOT_STORED) from error

    def _end(self, upload: SftpUpload) -> None:
        upload.discard()
        self._login.uploads.discard(upload)

    async def _download(self, place: str, node: Node | None) -> Download:
        if node is None:
            raise asyncssh.SFTPNoSuchFile("No such file")
        if node.is_folder:
            raise asyncssh.SFTPFailure("That is a folder")
        content = await self._tree.content(place, node)
        if content is None:  # purged meanwhile
            raise asyncssh.SFTPNoSuchFile("No such file")
        return Download(node, content)

    async def _keep(self, upload: SftpUpload, fate: Fate) -> None:
        """Has an upload committed. Raises SFTPFailure where the journal does not take it."""
        self._login.uploads.discard(upload)
        upload.ended = True
        folder, name = split_path(upload.path)
        try:
            body = upload.body()
        except (HoleError, OSError) as error:
            upload.discard()
            log.warning(
                "upload_not_whole", peer=self._login.peer, account=self._account.name, path=upload.path,
                error=str(error),
            )  # fmt: skip
            raise _refusal(upload, "The file has holes and was not kept") from error
        waits = fate == "complete" and waits_for_rename(name)
        arrived_at = to_microseconds(self._door.now())
        change = Upload(
            self._account.name,
            folder,
            name,
            body,
            arrived_at,
            self._login.peer,
            "sftp",
            fate,
            waits,
            quota=self._account.quota,
        )
        # the committer reads the buffer until it is done, whether or not the client waits
        outcome = await self._door.commit(change, partial(self._committed, upload, change))
        if isinstance(outcome, QuotaExceededError):
            log.warning(
                "quota_exceeded", peer=self._login.peer, account=self._account.name, reason=str(outcome)
            )
            raise _refusal(upload, f"Too much for one day: {outcome}")
        if isinstance(outcome, CommitError | RefusedError):
            raise _refusal(upload, NOT_STORED)

    def _committed(self, upload: SftpUpload, change: Upload, outcome: Outcome) -> None:
        upload.discard()
        if isinstance(outcome, CommitError | RefusedError):
            return
        tell = log.debug if change.fate == "complete" else log.info
        tell(
            "file_received",
            id=outcome, account=change.account, path=f"{change.folder}/{change.name}",
            size=change.body.size, peer=change.peer, door="sftp",
            fate="waiting" if change.waits else change.fate,
        )  # fmt: skip

    # --- looking

    async def lstat(self, path: bytes) -> SFTPAttrs:
        """There are no links: the same as stat."""
        return await self.stat(path)

    async def stat(self, path: bytes) -> SFTPAttrs:
        """Size, time and kind of a file or folder."""
        return self._attributes(await self._node(path))

    async def fstat(self, file_obj: object) -> SFTPAttrs:
        """Of an open file; of one that is being sent, how much has come."""
        if isinstance(file_obj, SftpUpload):
            now = to_microseconds(self._door.now())
            return self._attributes(Node(split_path(file_obj.path)[1], False, file_obj.size, now))
        return self._attributes(cast(Download, file_obj).node)

    async def realpath(self, path: bytes) -> bytes:
        """The absolute path, whether anything is there or not."""
        return encode_path(self._place(path))

    async def check_folder(self, path: bytes) -> None:
        """Raises SFTPNoSuchFile where there is no such folder."""
        if not (await self._node(path)).is_folder:
            raise asyncssh.SFTPNoSuchFile("That is no folder")

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """What is in a folder."""
        now = time.time()
        async for node in self._tree.children(self._place(path)):
            name = encode_path(node.name)
            line = encode_path(list_line(node, now).rstrip("\r\n"))
            yield SFTPName(name, line, self._attributes(node))

    async def _node(self, path: bytes) -> Node:
        node = await self._tree.node(self._place(path))
        if node is None:
            raise asyncssh.SFTPNoSuchFile("No such file or folder")
        return node

    def _attributes(self, node: Node) -> SFTPAttrs:
        seconds = node.modified_at // 1_000_000
        writable = "upload" in self._account.permissions
        if node.is_folder:
            mode = stat.S_IFDIR | (0o755 if writable else 0o555)
        else:
            mode = stat.S_IFREG | (0o644 if writable else 0o444)
        return SFTPAttrs(
            size=node.size, uid=0, gid=0, permissions=mode, atime=seconds, mtime=seconds,
        )  # fmt: skip

    # --- changing

    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Taken politely; only a size that the file does not have is refused."""
        if attrs.size is not None and attrs.size != (await self._node(path)).size:
            raise asyncssh.SFTPOpUnsupported("Only a file that is being sent can be cut")

    async def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """As setstat."""
        await self.setstat(path, attrs)

    async def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Taken politely; a file that is being sent may be cut."""
        if attrs.size is None:
            return
        upload = self._sending(file_obj)
        try:
            done = upload.truncate(attrs.size)
        except OSError as error:
            self._end(upload)
            raise _refusal(upload, NOT_STORED) from error
        if not done:
            raise asyncssh.SFTPOpUnsupported("A file grows by what is written into it")

    async def remove(self, path: bytes) -> None:
        """The client sees the file no more; its bytes stay."""
        await self._change(Hide(self._account.name, self._place(path)))

    async def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """A folder, with those above it."""
        made_at = to_microseconds(self._door.now())
        await self._change(MakeFolder(self._account.name, self._place(path), made_at))

    async def rmdir(self, path: bytes) -> None:
        """A folder in which nothing is."""
        await self._change(RemoveFolder(self._account.name, self._place(path)))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """A new name, also over a file that has it: that is a new version, as over FTP."""
        renamed_at = to_microseconds(self._door.now())
        source, target = self._place(oldpath), self._place(newpath)
        await self._change(Rename(self._account.name, source, target, renamed_at, self._account.quota))

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """The same."""
        await self.rename(oldpath, newpath)

    async def _change(self, change: Change) -> None:
        self._may_send()
        outcome = await self._door.commit(change)
        if isinstance(outcome, CommitError):
            raise asyncssh.SFTPFailure("That could not be stored; try again later")
        if isinstance(outcome, RefusedError):
            missing = str(outcome).startswith("No such")
            raise (asyncssh.SFTPNoSuchFile if missing else asyncssh.SFTPFailure)(str(outcome))

    def _may_send(self) -> None:
        if "upload" not in self._account.permissions:
            raise asyncssh.SFTPPermissionDenied("This account may not change anything")

    # --- what there is not

    def readlink(self, path: bytes) -> bytes:
        raise asyncssh.SFTPOpUnsupported("There are no links here")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("There are no links here")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("There are no links here")

    @staticmethod
    def _place(path: bytes) -> str:
        try:
            return absolute_path("/", decode_path(path))
        except BadPathError as error:
            raise asyncssh.SFTPFailure(str(error)) from error


def _refusal(upload: SftpUpload, text: str) -> asyncssh.SFTPFailure:
    """The answer by which an upload ends; whatever still comes for it is answered alike."""
    upload.refusal = text
    return asyncssh.SFTPFailure(text)
