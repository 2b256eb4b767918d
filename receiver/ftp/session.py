"""The line discipline of a control connection: bytes to commands, replies to bytes, and the queue.

Commands are taken strictly in order. While an answer is owed (a commit, a login) every further line
waits; while a transfer runs only ABOR, STAT and NOOP are heard. So nothing overtakes the 226 of an
upload, and a QUIT or EPSV sent right behind a STOR can not drop its data. What the commands
do stands in ftp_control and ftp_commands.
"""

import sqlite3
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import AsyncChat

from receiver.path_text import BadPathError, decode_path, encode_path
from receiver.refusals import RefusedError

if TYPE_CHECKING:
    from receiver.ftp.door import FtpDoor

log = structlog.get_logger()

LONGEST_LINE = 8192
MOST_LINES_WAITING = 1000
HEARD_DURING_TRANSFER = frozenset({b"ABOR", b"STAT", b"NOOP"})


class Command(NamedTuple):
    """How a command is taken: method, whether it needs an argument, whether it needs a login."""

    method: str
    argument: bool = False
    login: bool = True


def verb_of(line: bytes) -> bytes:
    """The command word of a line, in capitals; telnet's IP and Synch before an ABOR are dropped."""
    return line.lstrip(b"\xff\xf4\xf2").partition(b" ")[0].upper()


class FtpSession(FTPHandler):  # type: ignore[misc]  # pyftpdlib brings no types
    """One control connection. Subclasses bring `commands` and the state of transfers."""

    timeout = 0  # the door looks at idle sessions in one sweep: no timer for each command
    username: str
    authenticated: bool
    remote_ip: str
    commands: dict[bytes, Command] = {}  # noqa: RUF012 - pyftpdlib's handlers are configured by class attributes

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        self.door: FtpDoor = server.door
        self.peer = ""
        self.active_at = time.monotonic()
        self.transfer_running = False
        """From the 150 to the final reply."""
        self._owes_answer = False
        self._lines: deque[bytes] = deque()
        self._partial = b""
        self._running_lines = False
        super().__init__(conn, server, ioloop)
        self._available_facts = ["type", "size", "modify", "perm"]
        self._current_facts = self._available_facts
        self.peer = self.remote_ip.removeprefix("::ffff:")

    def __repr__(self) -> str:
        return f"<ftp session of {self.peer}>"

    def log(self, msg: str, logfun: Any = None) -> None:
        """pyftpdlib's lines for each step are not written: one event for each upload is enough."""

    def log_exception(self, instance: Any) -> None:
        """An exception nobody expected, with its trace; a connection that broke is no exception."""
        log.exception("ftp_session_failed", peer=self.peer, where=repr(instance))

    # --- replies

    def respond(self, resp: str, logfun: Any = None) -> None:
        """Sends a reply line; straight to the socket when nothing waits before it."""
        self.send_line(encode_path(resp) + b"\r\n")

    def push(self, data: str) -> None:
        """Queues text that is part of a longer reply."""
        self.send_line(encode_path(data))

    def send_line(self, line: bytes) -> None:
        """Sends bytes in order; what the socket does not take is sent when it does."""
        if self._closed:
            return
        if self.producer_fifo:
            self.producer_fifo.append(line)
            return
        sent = self.send(line)
        if sent < len(line) and not self._closed:
            self.producer_fifo.append(line[sent:])
            self.initiate_send()

    # --- lines

    def readable(self) -> bool:
        return bool(self.connected)

    def handle_read_event(self) -> None:
        """Takes what the client sent and runs the commands whose turn has come."""
        try:
            data = self.recv(65536)
        except _RetryError:
            return
        if not data:
            return  # recv has closed the session
        self.active_at = time.monotonic()
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > LONGEST_LINE:
            self._partial = b""
            self.respond("500 Command too long.")
        for line in lines:
            if (
                self.transfer_running
                and not self._owes_answer
                and verb_of(line.rstrip()) in HEARD_DURING_TRANSFER
            ):
                self.run_line(line.rstrip(b"\r"))
            else:
                self._lines.append(line.rstrip(b"\r"))
        if len(self._lines) > MOST_LINES_WAITING:
            log.warning("too_many_commands", peer=self.peer)
            self.close()
        self.run_lines()

    def run_lines(self) -> None:
        """Runs waiting commands until one owes its answer or starts a transfer."""
        if self._running_lines:
            return
        self._running_lines = True
        try:
            while self._lines and not (
                self._owes_answer or self.transfer_running or self._closed or self._closing
            ):
                self.run_line(self._lines.popleft())
        finally:
            self._running_lines = False

    def forget_lines(self) -> None:
        """Drops what was sent before the connection became secure (it could be anybody's)."""
        self._lines.clear()
        self._partial = b""

    def run_line(self, line: bytes) -> None:
        """Runs one command and answers what is wrong with it."""
        verb, _, argument = line.partition(b" ")
        command = self.commands.get(verb)
        if command is None:
            verb = verb_of(line)
            command = self.commands.get(verb)
        if command is None:
            self.respond("500 Command not understood.")
        elif command.login and not self.authenticated:
            self.respond("530 Log in with USER and PASS first.")
        elif command.argument and not argument:
            self.respond("501 The command needs an argument.")
        else:
            self.run_command(verb, argument)

    def run_command(self, verb: bytes, argument: bytes) -> None:
        """Runs a command that may be run."""
        try:
            if verb == b"PASS":
                self.check_password(argument)
            else:
                self.perform(verb, decode_path(argument))
        except BadPathError as error:
            self.respond(f"553 {error}.")
        except RefusedError as error:
            self.respond(f"550 {error}.")
        except (sqlite3.Error, OSError):
            log.exception("ftp_command_failed", peer=self.peer, command=verb.decode("ascii", "replace"))
            self.respond("451 Local error; try again later.")

    def resume(self, verb: bytes, argument: bytes) -> None:
        """Runs a command that owed its answer until now, and those that wait behind it."""
        self._owes_answer = False
        self.active_at = time.monotonic()
        self.run_command(verb, argument)
        self.run_lines()

    def perform(self, verb: bytes, line: str) -> None:
        """Calls the command's method."""
        getattr(self, self.commands[verb].method)(line)

    def check_password(self, password: bytes) -> None:
        """Takes the bytes of PASS as they are."""
        raise NotImplementedError

    def owe_answer(self) -> None:
        """From now on lines wait until `answer_given`."""
        self._owes_answer = True

    def answer_given(self) -> None:
        """The owed reply is out: the next lines have their turn."""
        self._owes_answer = False
        self.active_at = time.monotonic()
        self.run_lines()

    @property
    def owes_answer(self) -> bool:
        """True while a commit or a login is under way."""
        return self._owes_answer

    def hang_up(self) -> None:
        """Closes the socket."""
        AsyncChat.close(self)
