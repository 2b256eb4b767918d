"""The FTP commands about files and folders, on the account's tree in the journal.

Answers are chosen for loggers and simple programs: SIZE works in ASCII mode too (the bytes are the
same), LIST takes ls options and patterns, MKD of a folder that is there says 550, CWD into a
folder that is not says 550 so that the logger makes it. Changes are answered after their commit.
"""

import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address
from uuid import uuid4

from pyftpdlib.handlers import FTPHandler

from receiver.arrival import to_microseconds
from receiver.changes import Change, Hide, MakeFolder, RefusedError, RemoveFolder, Rename
from receiver.committer import CommitError, Outcome
from receiver.file_tree import Node
from receiver.ftp_control import ControlChannel
from receiver.ftp_file_system import facts, list_line, stamp
from receiver.ftp_ports import PortsExhaustedError
from receiver.ftp_session import Command
from receiver.path_text import encode_path, split_path

LIST_CHUNK = 32768


class Lines:
    """A producer for pyftpdlib: the lines of a listing, made as the client takes them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def more(self) -> bytes:
        """Some more bytes, none at the end."""
        chunk = bytearray()
        for line in self._lines:
            chunk += encode_path(line)
            if len(chunk) >= LIST_CHUNK:
                break
        return bytes(chunk)


class FtpCommands(ControlChannel):
    """A session that answers the commands of RFC 959, 2389, 2428 and 3659."""

    # --- session

    def do_user(self, line: str) -> None:
        if not self.login_is_secure():
            self.respond("530 Encrypt the connection first (AUTH TLS).")
            return
        self.flush_account()
        self.username = line
        self.respond("331 Send the password.")

    def do_rein(self, line: str) -> None:
        self.flush_account()
        self.respond("220 Ready for a new login.")

    def flush_account(self) -> None:
        """Back to the state before the login."""
        self.drop_data()
        self.account = None
        self.authenticated = False
        self.username = ""
        self._restart_position = 0
        self._current_type = "a"
        self._rnfr = None
        self._epsvall = False

    def do_quit(self, line: str) -> None:
        self.respond("221 Goodbye.")
        self.close_when_done()

    def do_abor(self, line: str) -> None:
        if self.transfer_running:
            self.drop_data()
            self.discard_upload()
            self._out_dtp_queue = None
            self.respond("426 Transfer aborted; nothing of the file was kept.")
            self.respond("226 ABOR done.")
            self._transfer_ended()
        else:
            self.drop_data()
            self.respond("225 No transfer to abort.")

    def do_stat(self, line: str) -> None:
        if line and not self.authenticated:
            self.respond("530 Log in with USER and PASS first.")
        elif line:
            self.push(
                "213-Status:\r\n" + "".join(list_line(node, time.time()) for node in self._matching(line))
            )
            self.respond("213 End of status.")
        else:
            state = "a transfer is running" if self.transfer_running else "no transfer"
            self.respond(f"211 qttd: {'logged in' if self.authenticated else 'not logged in'}, {state}.")

    def do_opts(self, line: str) -> None:
        if line.upper().startswith("UTF8"):
            self.respond("200 Names are always UTF-8.")
        else:
            FTPHandler.ftp_OPTS(self, line)

    def do_site(self, line: str) -> None:
        self.respond("202 SITE commands have no effect here.")

    # --- data connections

    def do_pasv(self, line: str) -> None:
        if self._epsvall:
            self.respond("501 PASV is not allowed after EPSV ALL.")
            return
        own = self.socket.getsockname()[0].removeprefix("::ffff:")
        if ":" in own:
            self.respond("425 PASV is for IPv4; use EPSV.")
            return
        try:
            port = self.open_passive_port().port
        except PortsExhaustedError:
            self.no_port()
            return
        address = (self.door.options.masquerade or own).replace(".", ",")
        self.respond(f"227 Entering passive mode ({address},{port >> 8},{port & 255}).")

    def do_epsv(self, line: str) -> None:
        own = "1" if "." in self.socket.getsockname()[0] else "2"
        if line.upper() == "ALL":
            self._epsvall = True
            self.respond("200 Only EPSV from now on.")
        elif line not in ("", own):
            self.respond(f"522 Network protocol not supported, use ({own}).")
        else:
            try:
                port = self.open_passive_port().port
            except PortsExhaustedError:
                self.no_port()
                return
            self.respond(f"229 Entering extended passive mode (|||{port}|).")

    def no_port(self) -> None:
        """Every passive port is in use."""
        self.door.ports_exhausted(self.peer)
        self.respond("425 No passive port is free; try again later.")

    def _make_eport(self, ip: str, port: int) -> None:
        # called by pyftpdlib's PORT and EPRT with what the client named
        try:
            same = ip_address(ip) == ip_address(self.peer.partition("%")[0])
        except ValueError:
            same = False
        if not same:
            self.respond("501 Data connections go to the client's own address only.")
        elif port < 1024:
            self.respond("501 Data connections do not go to ports below 1024.")
        else:
            self.set_active_address((ip, port))
            self.respond("200 Ready to connect.")

    # --- transfers

    def do_stor(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        position, self._restart_position = self._restart_position, 0
        start = b""
        if position:
            start = self._content(self._file(path))
            if position > len(start):
                self.respond("554 The file is shorter than that.")
                return
        self.receive(path, start[:position])

    def do_appe(self, line: str) -> None:
        self._restart_position = 0
        path = self.fs.ftp2fs(line)
        node = self.fs.file(path)
        self.receive(path, self._content(node) if node is not None else b"")

    def do_stou(self, line: str) -> None:
        self._restart_position = 0
        path = self.fs.ftp2fs(f"{line or 'file'}.{uuid4().hex[:12]}")
        self.receive(path, reply=f"FILE: {split_path(path)[1]}")

    def do_retr(self, line: str) -> None:
        position, self._restart_position = self._restart_position, 0
        content = self._content(self._file(self.fs.ftp2fs(line)))
        if position > len(content):
            self.respond("554 The file is shorter than that.")
        elif self.begin_transfer():
            self.push_dtp_data(content[position:], cmd="RETR")
            self.connect_if_active()

    def do_rest(self, line: str) -> None:
        if not line.isdecimal() or len(line) > 15:
            self.respond("501 REST needs a number of bytes.")
        else:
            self._restart_position = int(line)
            self.respond(f"350 The next transfer starts at {line}.")

    def do_list(self, line: str) -> None:
        nodes = self._matching(line)
        if self.begin_transfer():
            now = time.time()
            self._send_lines(list_line(node, now) for node in nodes)

    def do_nlst(self, line: str) -> None:
        nodes = self._matching(line)
        if self.begin_transfer():
            self._send_lines(node.name + "\r\n" for node in nodes)

    def do_mlsd(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        if not self.fs.isdir(path):
            self.respond("501 No such folder.")
        elif self.begin_transfer():
            wanted = self._current_facts
            self._send_lines(facts(node, wanted, node.name) for node in self.fs.children(path))

    def _send_lines(self, lines: Iterator[str]) -> None:
        self.push_dtp_data(Lines(lines), isproducer=True, cmd="LIST")
        self.connect_if_active()

    def _matching(self, line: str) -> Iterator[Node]:
        """What LIST, NLST and STAT mean by their argument: options of ls, a folder, a file, a pattern."""
        while line.startswith("-"):
            line = line.partition(" ")[2].lstrip()
        path = self.fs.ftp2fs(line)
        node = self.fs.file(path)
        if node is not None:
            return iter([node])
        if self.fs.isdir(path):
            return self.fs.children(path)
        folder, pattern = split_path(path)
        if not any(sign in pattern for sign in "*?[") or not self.fs.isdir(folder or "/"):
            raise RefusedError("No such file or folder")
        return (node for node in self.fs.children(folder or "/") if fnmatchcase(node.name, pattern))

    # --- looking

    def do_size(self, line: str) -> None:
        self.respond(f"213 {self._file(self.fs.ftp2fs(line)).size}")

    def do_mdtm(self, line: str) -> None:
        self.respond(f"213 {stamp(self._file(self.fs.ftp2fs(line)))}")

    def do_mlst(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        node = self.fs.node(path)
        if node is None:
            raise RefusedError("No such file or folder")
        self.push(f"250-Listing {path}\r\n {facts(node, self._current_facts, path)}")
        self.respond("250 End.")

    def do_cwd(self, line: str) -> None:
        path = self.fs.ftp2fs(line or "/")
        if not self.fs.isdir(path):
            raise RefusedError("No such folder")
        self.fs.cwd = path
        self.respond(f'250 "{path}" is the current folder.')

    def do_cdup(self, line: str) -> None:
        self.fs.cwd = self.fs.ftp2fs("..")
        self.respond(f'250 "{self.fs.cwd}" is the current folder.')

    def _file(self, path: str) -> Node:
        node = self.fs.file(path)
        if node is None:
            raise RefusedError("No such file")
        return node

    def _content(self, node: Node) -> bytes:
        content = self.door.tree.content(node)
        if content is None:
            raise RefusedError("No such file")
        return content

    # --- changing

    def do_mkd(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        quoted = path.replace('"', '""')
        made_at = to_microseconds(self.door.now())
        self._change(MakeFolder(self.fs.account, path, made_at), f'257 "{quoted}" made.')

    def do_rmd(self, line: str) -> None:
        self._change(RemoveFolder(self.fs.account, self.fs.ftp2fs(line)), "250 Folder removed.")

    def do_dele(self, line: str) -> None:
        self._change(Hide(self.fs.account, self.fs.ftp2fs(line)), "250 File removed.")

    def do_rnfr(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        if path == "/" or self.fs.node(path) is None:
            raise RefusedError("No such file or folder")
        self._rnfr = path
        self.respond("350 Send the new name.")

    def do_rnto(self, line: str) -> None:
        source, self._rnfr = self._rnfr, None
        if source is None:
            self.respond("503 Send RNFR first.")
            return
        renamed_at = to_microseconds(self.door.now())
        self._change(Rename(self.fs.account, source, self.fs.ftp2fs(line), renamed_at), "250 Renamed.")

    def _change(self, change: Change, reply: str) -> None:
        if self.account is None or "upload" not in self.account.permissions:
            raise RefusedError("This account may not change anything")

        def answer(outcome: Outcome) -> None:
            if isinstance(outcome, CommitError):
                self.respond("451 That could not be stored; try again later.")
            elif isinstance(outcome, RefusedError):
                self.respond(f"550 {outcome}.")
            else:
                self.respond(reply)
            self.answer_given()

        self.owe_answer()
        self.commit(change, answer)


FtpCommands.commands = {
    b"USER": Command("do_user", argument=True, login=False),
    b"PASS": Command("check_password", login=False),
    b"QUIT": Command("do_quit", login=False),
    b"REIN": Command("do_rein"),
    b"NOOP": Command("ftp_NOOP", login=False),
    b"SYST": Command("ftp_SYST", login=False),
    b"FEAT": Command("ftp_FEAT", login=False),
    b"HELP": Command("ftp_HELP", login=False),
    b"OPTS": Command("do_opts", argument=True, login=False),
    b"STAT": Command("do_stat", login=False),
    b"ABOR": Command("do_abor"),
    b"SITE": Command("do_site"),
    b"ALLO": Command("ftp_ALLO"),
    b"TYPE": Command("ftp_TYPE", argument=True),
    b"STRU": Command("ftp_STRU", argument=True),
    b"MODE": Command("ftp_MODE", argument=True),
    b"PASV": Command("do_pasv"),
    b"EPSV": Command("do_epsv"),
    b"PORT": Command("ftp_PORT", argument=True),
    b"EPRT": Command("ftp_EPRT", argument=True),
    b"STOR": Command("do_stor", argument=True),
    b"APPE": Command("do_appe", argument=True),
    b"STOU": Command("do_stou"),
    b"RETR": Command("do_retr", argument=True),
    b"REST": Command("do_rest", argument=True),
    b"LIST": Command("do_list"),
    b"NLST": Command("do_nlst"),
    b"MLSD": Command("do_mlsd"),
    b"MLST": Command("do_mlst"),
    b"SIZE": Command("do_size", argument=True),
    b"MDTM": Command("do_mdtm", argument=True),
    b"PWD": Command("ftp_PWD"),
    b"XPWD": Command("ftp_PWD"),
    b"CWD": Command("do_cwd"),
    b"XCWD": Command("do_cwd"),
    b"CDUP": Command("do_cdup"),
    b"XCUP": Command("do_cdup"),
    b"MKD": Command("do_mkd", argument=True),
    b"XMKD": Command("do_mkd", argument=True),
    b"RMD": Command("do_rmd", argument=True),
    b"XRMD": Command("do_rmd", argument=True),
    b"DELE": Command("do_dele", argument=True),
    b"RNFR": Command("do_rnfr", argument=True),
    b"RNTO": Command("do_rnto", argument=True),
}
FtpCommands.proto_cmds = {
    name: details for name, details in FTPHandler.proto_cmds.items() if name.encode() in FtpCommands.commands
}
