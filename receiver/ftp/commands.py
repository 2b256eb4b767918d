"""The FTP commands about the session and its transfers, and the table of all commands.

Chosen for loggers and simple programs: everything that has no effect here is answered politely, APPE
and REST make a new version out of the old one's beginning, and STOU invents a name.
"""

import time
from ipaddress import ip_address
from uuid import uuid4

from pyftpdlib.handlers import FTPHandler

from receiver.ftp.file_system import list_line
from receiver.ftp.ports import PortsExhaustedError
from receiver.ftp.session import Command
from receiver.ftp.tree_commands import TreeCommands
from receiver.path_text import split_path


class FtpCommands(TreeCommands):
    """A session that answers the commands of RFC 959, 2389, 2428 and 3659."""

    # --- session

    def do_user(self, line: str) -> None:
        if not self.login_is_secure():
            self.respond("530 Encrypt the connection first (AUTH TLS).")
            return
        self.flush_account()
        self.username = line
        self.respond("331 Please specify the password.")

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
            self._outgoing = None
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
                "213-Status:\r\n" + "".join(list_line(node, time.time()) for node in self.matching(line))
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

    def do_type(self, line: str) -> None:
        """As pyftpdlib's, which does not know that RFC 959 lets a form (non-print) follow the type."""
        kind, _, form = line.strip().partition(" ")
        FTPHandler.ftp_TYPE(self, kind if kind.upper() == "A" and form.strip().upper() in "NTC" else line)

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
        address = (self.door.options.masquerade.address_for(self.peer) or own).replace(".", ",")
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
            start = self.content_of(self.file_at(path))
            if position > len(start):
                self.respond("554 The file is shorter than that.")
                return
        self.receive(path, start[:position])

    def do_appe(self, line: str) -> None:
        self._restart_position = 0
        path = self.fs.ftp2fs(line)
        node = self.fs.file(path)
        self.receive(path, self.content_of(node) if node is not None else b"")

    def do_stou(self, line: str) -> None:
        self._restart_position = 0
        path = self.fs.ftp2fs(f"{line or 'file'}.{uuid4().hex[:12]}")
        self.receive(path, reply=f"FILE: {split_path(path)[1]}")

    def do_retr(self, line: str) -> None:
        position, self._restart_position = self._restart_position, 0
        content = self.content_of(self.file_at(self.fs.ftp2fs(line)))
        if position > len(content):
            self.respond("554 The file is shorter than that.")
        elif self.begin_transfer():
            self.send_data(content[position:])

    def do_rest(self, line: str) -> None:
        if not line.isdecimal() or len(line) > 15:
            self.respond("501 REST needs a number of bytes.")
        else:
            self._restart_position = int(line)
            self.respond(f"350 The next transfer starts at {line}.")


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
    b"TYPE": Command("do_type", argument=True),
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
