"""The FTP door: everything the sessions of one process share, and the socket they come through.

One event loop, one committer, one verifier; the door accepts, sweeps idle sessions, reloads
certificates and ends in order. It holds no state that matters: what was promised is in the journal.
"""

import errno
import resource
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from pyftpdlib.ioloop import Acceptor, IOLoop
from pyftpdlib.servers import FTPServer

from receiver.admission.bans import Bans
from receiver.admission.logins import Logins
from receiver.admission.quotas import Quotas
from receiver.disk_space import DiskSpace
from receiver.file_tree import FileTree
from receiver.ftp.admission import Admission
from receiver.ftp.commands import FtpCommands
from receiver.ftp.mailbox import Mailbox
from receiver.ftp.options import FtpOptions
from receiver.ftp.ports import PassivePorts
from receiver.ftp.reader import ReaderDesk
from receiver.ftp.tls import CertificateError, ImplicitControlChannel, SecureControlChannel, tls_context
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer, Outcome
from receiver.reader_tree import ReaderTree
from receiver.upload_body import MemoryBudget

if TYPE_CHECKING:
    from receiver.ftp.control import ControlChannel

log = structlog.get_logger()

BACKLOG = 4096
ACCEPTS_PER_EVENT = 256
SPARE_FILES = 256
"""Descriptors kept for the journal, logs and listeners."""


class FtpDoor:
    """An open FTP door. `port` is the one it listens on; `close` must be called."""

    def __init__(
        self,
        options: FtpOptions,
        journal: Journal,
        committer: Committer,
        logins: Logins,
        bans: Bans,
        reader_tree: ReaderTree | None,
        now: Callable[[], datetime],
    ) -> None:
        """Raises OSError where the address can not be listened on, CertificateError for TLS files."""
        self.options = options
        self.journal = journal
        self.committer = committer
        self.logins = logins
        self.admission = Admission(
            bans, options.waiting_logins_per_address, options.fruitless_sessions_per_minute
        )
        self.now = now
        self.tree = FileTree(journal)
        self.disk = DiskSpace(journal.path.parent, options.min_free_bytes)
        self.ports = PassivePorts(options.passive_ports)
        self.quotas = Quotas(journal)
        self.memory = MemoryBudget()
        self.sessions: set[ControlChannel] = set()
        self.in_flight = 0
        """Changes given to the committer and not yet answered."""
        self.most_sessions = _sessions_for(options.max_connections)
        self.tls: ssl.SSLContext | None = None
        self.reload_certificate()
        self._exhausted_at = float("-inf")
        if options.implicit_port is not None and self.tls is None:
            raise CertificateError("implicit_port needs tls_cert and tls_key")
        listener = listen_at(options.host, options.port)
        self.port: int = listener.getsockname()[1]
        self.ioloop = IOLoop()
        self.mailbox = Mailbox(self.ioloop)
        self.readers = ReaderDesk(reader_tree, self.mailbox)
        handler = FtpCommands if self.tls is None else SecureControlChannel
        self.servers = [FtpServer(self, listener, handler)]
        self.implicit_port = 0
        if options.implicit_port is not None:
            listener = listen_at(options.host, options.implicit_port)
            self.implicit_port = listener.getsockname()[1]
            self.servers.append(FtpServer(self, listener, ImplicitControlChannel))
        sweep = min(5.0, options.data_timeout / 4, options.connect_timeout / 4, options.control_timeout / 4)
        self.ioloop.call_every(sweep, self._sweep)

    def reload_certificate(self) -> None:
        """Reads the certificate files again. Raises CertificateError."""
        if self.options.tls_cert is not None and self.options.tls_key is not None:
            self.tls = tls_context(self.options.tls_cert, self.options.tls_key)
        elif self.options.require_tls:
            raise CertificateError("require_tls needs tls_cert and tls_key")

    def answered(self, answer: Callable[[Outcome], None], outcome: Outcome) -> None:
        """A change came back from the committer."""
        self.in_flight -= 1
        answer(outcome)

    def ports_exhausted(self, peer: str) -> None:
        """Says once a second that the passive range is too small."""
        now = time.monotonic()
        if now - self._exhausted_at >= 1:
            self._exhausted_at = now
            log.warning("passive_ports_exhausted", peer=peer, ports=len(self.options.passive_ports))

    def refuse_new(self) -> None:
        """Stops listening and says goodbye to sessions in which nothing is going on."""
        for server in self.servers:
            server.close()
        for session in list(self.sessions):
            if not (session.transfer_running or session.owes_answer):
                session.end("421 The server is going down; try again soon.")

    @property
    def busy(self) -> bool:
        """True while a transfer runs or an answer is owed."""
        return self.in_flight > 0 or any(
            session.transfer_running or session.owes_answer for session in self.sessions
        )

    def end_sessions(self) -> None:
        """Closes every session; uploads whose end is here go to the committer still."""
        for session in list(self.sessions):
            session.close()

    def close(self) -> None:
        """Closes every socket. Committer and verifier must have ended: they write to one."""
        self.end_sessions()
        self.readers.close()
        self.mailbox.deliver()
        self.ioloop.close()

    def _sweep(self) -> None:
        now = time.monotonic()
        for session in list(self.sessions):
            session.check_idle(now)


class FtpServer(FTPServer):  # type: ignore[misc]  # pyftpdlib brings no types
    """Accepts sessions, many at once: a province's loggers all come in the same second."""

    def __init__(self, door: FtpDoor, listener: socket.socket, handler: type["ControlChannel"]) -> None:
        self.door = door
        self._paused_until = 0.0
        Acceptor.__init__(self, ioloop=door.ioloop)
        self.handler = handler
        self.backlog = BACKLOG
        self.ip_map: list[str] = []
        self.set_socket(listener)
        self.accepting = True
        self._fileno = listener.fileno()

    def set_socket(self, sock: socket.socket, map: Any = None) -> None:  # noqa: A002 - asyncore's name
        self._fileno = sock.fileno()
        super().set_socket(sock, map)

    def handle_read_event(self) -> None:
        for _ in range(ACCEPTS_PER_EVENT):
            try:
                sock, address = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._pause(error)
                    return
                continue  # the client was gone before we looked
            self.handle_accepted(sock, address)

    def handle_accepted(self, sock: socket.socket, addr: Any) -> None:
        """A client is here."""
        if len(self.door.sessions) >= self.door.most_sessions:
            log.warning("too_many_sessions", peer=addr[0], sessions=len(self.door.sessions))
            self._turn_away(sock, addr[0], "421 Too many sessions; try again later.")
            return
        peer = addr[0].removeprefix("::ffff:")
        trial = self.door.options.trial
        refusal = self.door.admission.refusal(peer) or (trial and trial.refuses_session(peer))
        if refusal:
            self._turn_away(sock, addr[0], refusal)
            return
        handler = self.handler(sock, self, ioloop=self.ioloop)
        if handler.connected:
            handler.handle()

    @staticmethod
    def _turn_away(sock: socket.socket, peer: str, reply: str) -> None:
        sock.setblocking(False)
        try:
            sock.send(reply.encode() + b"\r\n")
        except OSError as error:
            log.debug("client_gone", peer=peer, error=str(error))
        sock.close()

    def handle_error(self) -> None:
        """One client's trouble must not close the door, as pyftpdlib would."""
        log.exception("ftp_accept_failed")

    def _pause(self, error: OSError) -> None:
        log.error("no_descriptor_for_client", error=str(error), sessions=len(self.door.sessions))
        self.del_channel()
        self.ioloop.call_later(0.2, self._resume)

    def _resume(self) -> None:
        if not self._closed:
            self.add_channel()


def listen_at(host: str, port: int) -> socket.socket:
    """A listening socket that other workers may share; "::" takes IPv4 too. Raises OSError with the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # several workers share the port
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror, f"port {port} on {host}") from error
    return listener


def _sessions_for(wanted: int) -> int:
    """How many sessions the descriptors allow, two for each; raises the limit as far as it may."""
    needed = 2 * wanted + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        for limits in ((needed, max(hard, needed)), (min(needed, hard), hard)):
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
                break
            except (ValueError, OSError) as error:
                log.debug("open_files_limit_not_raised", limits=limits, error=str(error))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    possible = wanted if soft == resource.RLIM_INFINITY else min(wanted, (soft - SPARE_FILES) // 2)
    if possible < wanted:
        log.warning("fewer_sessions_than_configured", wanted=wanted, possible=possible, open_files=soft)
    return max(possible, 1)
