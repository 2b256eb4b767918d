"""Sessions that can become encrypted: explicit FTPS (RFC 4217), and implicit FTPS on a port of its own.

TLS 1.2 at least. A data connection may resume the control connection's session or not, and gets no
session tickets of its own: a client that never reads them would reset the connection by closing
it, and a reset is no end of a file. An upload ends by a close_notify or, as many simple clients do
it, by a bare FIN; a file that was cut that way shows by its content. pyftpdlib's own mixin is
not used: it takes resets for ends, and its TLS library can not leave the tickets out.
"""

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.ioloop import AsyncChat

from receiver.ftp.commands import FtpCommands
from receiver.ftp.data import DataChannel
from receiver.ftp.session import Command

if TYPE_CHECKING:
    from receiver.ftp.control import ControlChannel

log = structlog.get_logger()

CONTROL_TICKETS = 2
TCP_CLOSE_WAIT = 8  # linux/tcp_states.h: the peer's FIN is here, and no reset


class CertificateError(Exception):
    """Certificate or key can not be used; the message names the files."""


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """The server's TLS settings with that certificate chain and key. Raises CertificateError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # ssl.SSLError is one
        raise CertificateError(f"can not use certificate {cert} with key {key}: {error}") from error
    return context


class TlsChannel(AsyncChat):  # type: ignore[misc]  # pyftpdlib brings no types
    """A connection of pyftpdlib's loop that can be encrypted; stands before the class it encrypts."""

    socket: Any
    secured = False
    """True once the handshake is done."""
    handshaking = False

    def start_tls(self, context: ssl.SSLContext, tickets: int) -> None:
        """Encrypts from here on; the client speaks first."""
        context.num_tickets = tickets  # each new connection copies the number
        try:
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
        except OSError as error:  # the client is gone already
            self.tls_failed(error)
            return
        self.handshaking = True
        super().modify_ioloop_events(self.ioloop.READ)

    def tls_failed(self, error: OSError) -> None:
        """The handshake did not succeed."""
        raise NotImplementedError

    def tls_established(self) -> None:
        """The handshake is done; the loop is to wait for what the connection needs now."""
        raise NotImplementedError

    def modify_ioloop_events(self, events: int, logdebug: bool = False) -> None:
        """What a command wants to wait for has its turn after the handshake (`tls_established`)."""
        if not self.handshaking:
            super().modify_ioloop_events(events, logdebug)

    def handle_read_event(self) -> None:
        if self.handshaking:
            self._shake_hands()
        else:
            super().handle_read_event()

    def handle_write_event(self) -> None:
        if self.handshaking:
            self._shake_hands()
        else:
            super().handle_write_event()

    def readable(self) -> bool:
        return self.handshaking or bool(super().readable())

    def writable(self) -> bool:
        return self.handshaking or bool(super().writable())

    def _shake_hands(self) -> None:
        try:
            self.socket.do_handshake()
        except ssl.SSLWantReadError:
            super().modify_ioloop_events(self.ioloop.READ)
        except ssl.SSLWantWriteError:
            super().modify_ioloop_events(self.ioloop.WRITE)
        except OSError as error:
            self.tls_failed(error)
        else:
            self.handshaking = False
            self.secured = True
            self.tls_established()

    def send(self, data: bytes) -> int:
        """How many bytes were taken; none while the socket, or the handshake, can take none."""
        if self.handshaking:
            return 0
        try:
            return int(self.socket.send(data))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError:
            self.handle_close()
            return 0

    def say_goodbye(self) -> bool:
        """Sends the close_notify, and waits for none; False where the socket can not take it yet."""
        try:
            self.socket.unwrap()
        except ssl.SSLWantWriteError:
            return False
        except ssl.SSLWantReadError:
            return True  # sent; the client's own is not waited for
        except (OSError, ValueError) as error:
            log.debug("tls_goodbye", error=str(error))  # nobody is there to say it to
        return True

    def hang_up(self) -> None:
        if self.secured and not self._closed:
            self.say_goodbye()
        super().hang_up()


class SecureDataChannel(TlsChannel, DataChannel):
    """A data connection that is encrypted after PROT P."""

    _leaving = False

    def __init__(self, sock: Any, cmd_channel: "ControlChannel") -> None:
        super().__init__(sock, cmd_channel)
        if cmd_channel.encrypts_data and not self._closed:
            self.start_tls(cmd_channel.tls_context(), tickets=0)

    def tls_failed(self, error: OSError) -> None:
        self.cut("522 TLS handshake of the data connection failed.")

    def tls_established(self) -> None:
        if self.upload is not None:
            events = self.ioloop.READ
        else:
            events = self.ioloop.WRITE if self.producer_fifo else 0
        self._wanted_io_events = events
        self.modify_ioloop_events(events)

    def recv(self, buffer_size: int) -> bytes:
        """As DataChannel's; a close_notify and a bare FIN are ends, a reset is not."""
        ended = self._has_ended()
        try:
            return bytes(self.socket.recv(buffer_size))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as nothing:
            raise _RetryError from nothing
        except ssl.SSLEOFError:
            # a reset that an earlier call was told of looks the same here: ask the kernel
            state = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            if not ended and state != TCP_CLOSE_WAIT:
                raise ConnectionResetError("reset by the client") from None
            return b""

    def _has_ended(self) -> bool:
        """Whether all is read and the client's FIN is there. Raises ConnectionResetError where a reset is.

        To be asked before TLS is: at an end without a close_notify OpenSSL sends an alert, and a client that
        has closed its socket answers that with a reset, at once where it is near.
        """
        try:
            return not socket.socket.recv(self.socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return False

    def handle_write_event(self) -> None:
        if self._leaving:
            self.handle_close()
        else:
            super().handle_write_event()

    def writable(self) -> bool:
        return self._leaving or super().writable()

    def handle_close(self) -> None:
        """Before an outgoing transfer ends, its close_notify must have found room in the socket."""
        outgoing = self.secured and self.upload is None and not self.producer_fifo and not self._closed
        if outgoing and not self.say_goodbye():
            self._leaving = True
            self.modify_ioloop_events(self.ioloop.WRITE)
            return
        super().handle_close()


class SecureControlChannel(TlsChannel, FtpCommands):
    """A session that is encrypted after AUTH TLS."""

    dtp_handler = SecureDataChannel
    _size_named = False
    commands = {  # noqa: RUF012 - pyftpdlib's handlers are configured by class attributes
        **FtpCommands.commands,
        b"AUTH": Command("do_auth", argument=True, login=False),
        b"PBSZ": Command("do_pbsz", argument=True, login=False),
        b"PROT": Command("do_prot", argument=True, login=False),
    }

    def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
        super().__init__(conn, server, ioloop)
        self._extra_feats = ["AUTH TLS", "PBSZ", "PROT"]
        self._context = self.door.tls  # a reload of the certificate is for new sessions

    def tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            raise CertificateError("no certificate is loaded")
        return self._context

    def tls_failed(self, error: OSError) -> None:
        log.info("tls_handshake_failed", peer=self.peer, error=str(error))
        self.close()

    def tls_established(self) -> None:
        self._wanted_io_events = self.ioloop.READ
        self.modify_ioloop_events(self.ioloop.READ)

    def recv(self, buffer_size: int) -> bytes:
        """Bytes; at the end none, and the session is closed."""
        try:
            data = bytes(self.socket.recv(buffer_size))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as nothing:
            raise _RetryError from nothing
        except OSError:
            data = b""  # a reset, or a client that dropped the connection without a goodbye
        if not data:
            self.handle_close()
        return data

    def login_is_secure(self) -> bool:
        return self.secured or not self.door.options.require_tls

    def data_is_secure(self) -> bool:
        return self.encrypts_data or not self.door.options.require_tls

    def do_auth(self, line: str) -> None:
        """Begins TLS; what came in clear text behind the AUTH is forgotten: it could be anybody's."""
        if self.secured:
            self.respond("503 The connection is encrypted already.")
        elif line.upper() not in ("TLS", "TLS-C", "TLS-P", "SSL"):
            self.respond("504 Use AUTH TLS.")
        else:
            self.flush_account()
            self.respond("234 Begin TLS.")
            self.forget_lines()
            self.start_tls(self.tls_context(), CONTROL_TICKETS)

    def do_pbsz(self, line: str) -> None:
        if not self.secured:
            self.respond("503 Send AUTH TLS first.")
        else:
            self._size_named = True
            self.respond("200 PBSZ=0")

    def do_prot(self, line: str) -> None:
        if not self.secured:
            self.respond("503 Send AUTH TLS first.")
        elif not self._size_named:
            self.respond("503 Send PBSZ 0 first.")
        elif line.upper() not in ("P", "C"):
            self.respond("536 Use PROT P or PROT C.")
        else:
            self.encrypts_data = line.upper() == "P"
            self.respond(f"200 Data connections are {'encrypted' if self.encrypts_data else 'clear'} now.")


class ImplicitControlChannel(SecureControlChannel):
    """A session that is encrypted before its greeting; its data connections too, until told otherwise."""

    encrypts_data = True
    _size_named = True

    def handle(self) -> None:
        """Begins TLS; the greeting comes after it."""
        self.door.sessions.add(self)
        self.door.admission.came(self.peer)
        self.start_tls(self.tls_context(), CONTROL_TICKETS)

    def tls_established(self) -> None:
        super().tls_established()
        self.respond("220 qttd ready.")


SecureControlChannel.proto_cmds = {
    **FtpCommands.proto_cmds,
    **{
        name: {**FTPHandler.proto_cmds["NOOP"], "help": f"Syntax: {name} (RFC 4217)."}
        for name in ("AUTH", "PBSZ", "PROT")
    },
}
