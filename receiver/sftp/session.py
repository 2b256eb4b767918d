"""The SFTP protocol of one channel: asyncssh's, narrowed to what this door offers.

A session is SFTP or nothing: no shell, no command, no scp. asyncssh closes a session's open files when its
connection is lost, as a file server should; here that would pass a cut upload for a whole one. So
the two are told apart: what is open when the session ends is cut, whatever ended it.
"""

from typing import TYPE_CHECKING, Any, cast

from asyncssh.constants import FXP_OPENDIR
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPServerHandler
from asyncssh.stream import SSHReader, SSHServerStreamSession, SSHWriter

from receiver.sftp.files import SftpFiles

if TYPE_CHECKING:
    from receiver.sftp.login import SftpLogin

OFFERED = [(b"posix-rename@openssh.com", b"1"), (b"lsetstat@openssh.com", b"1")]
"""Beside version 3's own requests. No fsync: only a close makes a file durable."""
VERSION = 3
"""Of the protocol: the one that every client speaks."""


class SftpSession(SSHServerStreamSession[bytes]):
    """A channel on which only the subsystem `sftp` can be started."""

    def __init__(self, login: "SftpLogin") -> None:
        super().__init__(None)
        self._login = login

    def subsystem_requested(self, subsystem: str) -> bool:
        """True for sftp."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """Begins to answer."""
        channel: Any = self._chan
        channel.set_encoding(None)
        self._encoding = None
        handler = SftpHandler(
            SftpFiles(channel, self._login), SSHReader(self, channel), SSHWriter(self, channel), self._login
        )
        channel.get_connection().create_task(handler.run())


class SftpHandler(SFTPServerHandler):
    """Takes the requests of one session, one after the other."""

    _extensions = OFFERED

    def __init__(
        self, files: SftpFiles, reader: SSHReader[bytes], writer: SSHWriter[bytes], login: "SftpLogin"
    ) -> None:
        super().__init__(files, reader, writer, VERSION)
        self._files = files
        self._login = login

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self._login.begin_request()
        try:
            await super()._process_packet(pkttype, pktid, packet)
        finally:
            self._login.end_request()

    async def _opendir(self, packet: SSHPacket) -> bytes:
        """As asyncssh's, which tells of a missing folder only when it is read."""
        path = packet.get_string()
        packet.check_end()
        await self._files.check_folder(path)
        handle = self._get_next_handle()
        self._dir_handles[handle] = self._files.scandir(path)
        return handle

    async def _cleanup(self, exc: Exception | None) -> None:
        for open_file in self._file_handles.values():
            self._login.cut(open_file)
        self._file_handles.clear()
        await super()._cleanup(exc)


SftpHandler._packet_handlers = {
    **{
        kind: method
        for kind, method in SFTPServerHandler._packet_handlers.items()
        if isinstance(kind, int) or kind in dict(OFFERED)
    },
    FXP_OPENDIR: cast(Any, SftpHandler._opendir),  # asyncssh calls it with the handler itself
}
