"""One FTP session, as the sender uses it: paths in UTF-8, replies in any encoding, passive.

What ftplib lacks for a relay that runs for months is added here: a reply in a foreign encoding
is no error, a server that refuses PASV is asked for EPSV, connecting and silence have time-outs
of their own, and a call that hangs can be cut from another thread.
"""

import ftplib
import socket
from collections.abc import Callable

from forwarder.sender import SendingTimes

_UNKNOWN_COMMAND = ("500", "501", "502", "504")


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
                self.finish(data)
            except OSError:
                data.close()
                # A server that breaks off says why on the control connection.
                self.voidresp()
                raise
            finally:
                self._data = None
        self.voidresp()

    def finish(self, data: socket.socket) -> None:
        """The whole content is sent; closing the connection will say so."""

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

    def sizes(self, folder: str) -> dict[str, int | None]:
        """The files in a folder, by name in wire form: by MLSD, or LIST as Unix writes it, or NLST."""
        lines: list[str] = []
        try:
            self.retrlines(f"MLSD {folder}", lines.append)
            return dict(filter(None, map(_stated, lines)))
        except ftplib.error_perm as refusal:
            if str(refusal)[:3] not in _UNKNOWN_COMMAND:
                raise
        lines.clear()
        self.retrlines(f"LIST {folder}", lines.append)
        listed = [_listed(line) for line in lines if line and not line.startswith("total ")]
        if None not in listed:
            return {name: size for name, size, is_file in filter(None, listed) if is_file}
        return {name.rpartition("/")[2]: None for name in self.nlst(folder)}

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


def plain(text: str) -> str:
    """The other way round: a name that came in wire form, as text."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _stated(line: str) -> tuple[str, int | None] | None:
    """Name and size of a file in a line of MLSD; None for what is no file."""
    facts, _, name = line.partition(" ")
    known = dict(fact.lower().partition("=")[::2] for fact in facts.split(";") if fact)
    if known.get("type") != "file" or not name:
        return None
    size = known.get("size", "")
    return name, int(size) if size.isdecimal() else None


def _listed(line: str) -> tuple[str, int, bool] | None:
    """Name, size and whether it is a file, of a line of `ls -l`; None for a line of another kind."""
    columns = line.split(None, 8)
    if len(columns) != 9 or line[0] not in "-dl" or not columns[4].isdecimal():
        return None
    return columns[8], int(columns[4]), line[0] == "-"
