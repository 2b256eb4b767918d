"""One FTP session, as the sender uses it: paths in UTF-8, replies in any encoding, passive.

What ftplib lacks for a relay that runs for months is added here: a reply in a foreign encoding
is no error, a server that refuses PASV is asked for EPSV, connecting and silence have time-outs
of their own, and a call that hangs can be cut from another thread.
"""

import ftplib
import socket
from collections.abc import Callable

from forwarder.sender import SendingTimes


class FtpConnection(ftplib.FTP):
    """A session whose command arguments are in "wire form": see `wire`."""

    def __init__(self, times: SendingTimes) -> None:
        super().__init__(timeout=times.connect, encoding="latin-1")
        self._times = times
        self._extended = False
        self._data: socket.socket | None = None

    def open(self, host: str, port: int) -> None:
        """Connects and reads the greeting."""
        self.connect(host, port)
        self.timeout = self._times.data
        if self.sock is not None:
            self.sock.settimeout(self._times.data)

    def makepasv(self) -> tuple[str, int]:
        """Host and port for the next data connection; the host is always the one we are connected to."""
        if not self._extended:
            try:
                return super().makepasv()
            except ftplib.error_perm:
                if self.af != socket.AF_INET:
                    raise
                self._extended = True
        assert self.sock is not None, "commands are sent on an open connection"  # noqa: S101 - tells mypy
        reply = self.sendcmd("EPSV")
        return ftplib.parse229(reply, self.sock.getpeername())  # noqa: S321 - FTP is what the ministry speaks

    def retrlines(self, cmd: str, callback: Callable[[str], object] | None = None) -> str:
        """As in ftplib, which switches to ASCII for a listing; afterwards the session is binary again."""
        try:
            reply = super().retrlines(cmd, callback)
        except ftplib.error_perm:
            self.voidcmd("TYPE I")
            raise
        self.voidcmd("TYPE I")
        return reply

    def store(self, path: str, content: bytes) -> None:
        """Uploads to a path in wire form and waits for the server's answer."""
        with self.transfercmd(f"STOR {path}") as data:
            self._data = data
            try:
                data.sendall(content)
            except OSError:
                data.close()
                # A server that breaks off says why on the control connection.
                self.voidresp()
                raise
            finally:
                self._data = None
        self.voidresp()

    def asked_size(self, path: str) -> int | None:
        """What SIZE says; None where that is no number."""
        size = self.sendcmd(f"SIZE {path}").partition(" ")[2].strip()
        return int(size) if size.isdecimal() else None

    def stated_size(self, path: str) -> int | None:
        """The fact `size` of RFC 3659."""
        for fact in self.sendcmd(f"MLST {path}").lower().replace("\n", " ").replace(" ", ";").split(";"):
            name, _, value = fact.partition("=")
            if name == "size" and value.isdecimal():
                return int(value)
        return None

    def listed_size(self, path: str) -> int | None:
        """The fifth column of a Unix `ls -l` of this one file."""
        lines: list[str] = []
        self.retrlines(f"LIST {path}", lines.append)
        columns = lines[0].split(None, 8) if len(lines) == 1 else []
        return int(columns[4]) if len(columns) == 9 and columns[4].isdecimal() else None

    def cut(self) -> None:
        """Ends whatever another thread is waiting for on this session."""
        for end in (self._data, self.sock):
            if end is not None:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # It ended by itself in this very moment.
                    continue


def wire(text: str) -> str:
    """A text so that its UTF-8 bytes go over a connection that writes Latin-1."""
    return text.encode("utf-8").decode("latin-1")
