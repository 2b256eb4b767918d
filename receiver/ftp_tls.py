"""Sessions that can become encrypted: explicit FTPS (RFC 4217) on pyftpdlib's TLS mixin.

TLS 1.2 at least. A data connection may resume the control connection's session or not. Each data
connection is closed with a close_notify and without waiting for the client's; a client that ends its
upload by a bare FIN, as many simple ones do, is taken to have ended it, and a file cut that way
shows by its content. Bytes received before the handshake are never taken for commands after it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from OpenSSL import SSL
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler

from receiver.ftp_commands import FtpCommands
from receiver.ftp_data import DataChannel
from receiver.ftp_session import Command

if TYPE_CHECKING:
    from receiver.ftp_control import ControlChannel

log = structlog.get_logger()


class CertificateError(Exception):
    """Certificate or key can not be used; the message names the files."""


def tls_context(cert: Path, key: Path) -> SSL.Context:
    """The server's TLS settings with that certificate chain and key. Raises CertificateError."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
    context.set_session_id(b"qttd")
    try:
        context.use_certificate_chain_file(str(cert))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
    except (SSL.Error, OSError) as error:
        raise CertificateError(f"can not use certificate {cert} with key {key}: {error}") from error
    return context


def _say_goodbye(socket: Any) -> bool:
    """Sends the close_notify; False where the socket can not take it yet."""
    try:
        socket.set_shutdown(socket.get_shutdown() | SSL.RECEIVED_SHUTDOWN)
        socket.shutdown()
    except SSL.WantWriteError:
        return False
    except (SSL.Error, OSError) as error:
        log.debug("tls_peer_gone", error=repr(error))  # nobody is there to say goodbye to
    return True


class SecureDataChannel(TLS_DTPHandler, DataChannel):  # type: ignore[misc]  # pyftpdlib brings no types
    """A data connection that is encrypted after PROT P."""

    _leaving = False

    def __init__(self, sock: Any, cmd_channel: "ControlChannel") -> None:
        super().__init__(sock, cmd_channel)
        if self._ssl_accepting and not self._closed:
            self.modify_ioloop_events(self.ioloop.READ)

    __repr__ = DataChannel.__repr__

    def readable(self) -> bool:
        return self._ssl_accepting or self._ssl_want_read or DataChannel.readable(self)

    def handle_ssl_established(self) -> None:
        """The handshake is done: wait for what the command wants, or for a command."""
        if self.upload is not None:
            self._wanted_io_events = self.ioloop.READ
        else:
            self._wanted_io_events = self.ioloop.WRITE if self.producer_fifo else 0
        self.modify_ioloop_events(self._wanted_io_events)

    def handle_failed_ssl_handshake(self) -> None:
        self.cut("522 TLS handshake of the data connection failed.")

    def recv(self, buffer_size: int) -> bytes:
        """As DataChannel's; both a close_notify and a bare FIN are the end, a reset is not."""
        try:
            return DataChannel.recv(self, buffer_size)
        except SSL.WantReadError as nothing:
            self._ssl_want_read = True
            raise _RetryError from nothing
        except SSL.WantWriteError as nothing:
            self._ssl_want_write = True
            raise _RetryError from nothing
        except SSL.ZeroReturnError:
            return b""
        except SSL.SysCallError as error:
            if error.args == (-1, "Unexpected EOF"):
                return b""
            raise OSError(*error.args) from error
        except SSL.Error as error:
            raise OSError(f"TLS error: {error}") from error

    def writable(self) -> bool:
        return self._leaving or bool(super().writable())

    def handle_write_event(self) -> None:
        if self._leaving:
            self.handle_close()
        else:
            super().handle_write_event()

    def handle_close(self) -> None:
        """Before an outgoing transfer ends, its close_notify must have found room in the socket."""
        outgoing = (
            self.upload is None and not self.producer_fifo and self._ssl_established and not self._closed
        )
        if outgoing and not _say_goodbye(self.socket):
            self._leaving = True
            self.modify_ioloop_events(self.ioloop.WRITE)
            return
        DataChannel.handle_close(self)

    def handle_error(self) -> None:
        DataChannel.handle_error(self)

    def hang_up(self) -> None:
        if self._ssl_established and not self._closed and not self._leaving:
            _say_goodbye(self.socket)
        DataChannel.hang_up(self)

    def close(self) -> None:
        DataChannel.close(self)


class SecureControlChannel(TLS_FTPHandler, FtpCommands):  # type: ignore[misc]  # pyftpdlib brings no types
    """A session that is encrypted after AUTH TLS."""

    dtp_handler = SecureDataChannel
    proto_cmds = {  # noqa: RUF012 - pyftpdlib's handlers are configured by class attributes
        **FtpCommands.proto_cmds,
        **{name: TLS_FTPHandler.proto_cmds[name] for name in ("AUTH", "PBSZ", "PROT")},
    }
    commands = {  # noqa: RUF012 - as above
        **FtpCommands.commands,
        b"AUTH": Command("do_auth", argument=True, login=False),
        b"PBSZ": Command("ftp_PBSZ", argument=True, login=False),
        b"PROT": Command("ftp_PROT", argument=True, login=False),
    }

    __repr__ = FtpCommands.__repr__

    def get_ssl_context(self) -> SSL.Context:
        """The context of this moment: a reload of the certificate is for new sessions."""
        context = self.door.tls
        if context is None:
            raise CertificateError("no certificate is loaded")
        return context

    def login_is_secure(self) -> bool:
        return self._ssl_established or not self.door.options.require_tls

    def data_is_secure(self) -> bool:
        return self._prot or not self.door.options.require_tls

    def do_auth(self, line: str) -> None:
        """As pyftpdlib's; what came in clear text behind the AUTH is forgotten."""
        self.ftp_AUTH(line)
        if self._ssl_requested:
            self.forget_lines()

    def flush_account(self) -> None:
        FtpCommands.flush_account(self)  # PBSZ and PROT outlive a USER (RFC 4217, 12.4)

    def handle_error(self) -> None:
        self.log_exception(self)
        FtpCommands.close(self)

    def hang_up(self) -> None:
        if self._ssl_established and not self._closed and not self._error:
            _say_goodbye(self.socket)
        FtpCommands.hang_up(self)

    def close(self) -> None:
        FtpCommands.close(self)
