"""An FTP session that is encrypted: the commands from AUTH TLS on, and every data connection.

Servers such as vsftpd, ProFTPD and FileZilla demand that a data connection resumes the TLS session of the
control connection, which proves that both are the same client's; plain ftplib never does. At port 990 the
session is encrypted from the first byte (implicit FTPS), at any other after AUTH TLS.
"""

import ftplib
import socket
import ssl

import structlog

from forwarder.ftp_connection import FtpConnection
from forwarder.sender import SendingTimes
from forwarder.target_trust import CertificateTrust, fingerprint

IMPLICIT_PORT = 990

log = structlog.get_logger()


class UntrustedCertificateError(ssl.SSLError):
    """The server showed another certificate than the pinned one."""

    def __str__(self) -> str:
        return str(self.args[-1])


class FtpsConnection(FtpConnection):
    """As FtpConnection, and what it sends and receives is encrypted or the session ends."""

    def __init__(self, times: SendingTimes, trust: CertificateTrust) -> None:
        super().__init__(times)
        self._trust = trust

    def open(self, host: str, port: int) -> None:
        """Connects, encrypts, and reads the greeting."""
        if port == IMPLICIT_PORT:
            self._connect_encrypted(host, port)
        else:
            super().open(host, port)
            self.voidcmd("AUTH TLS")
            self._encrypt()
        self.voidcmd("PBSZ 0")
        self.voidcmd("PROT P")

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """A data connection, encrypted with the control connection's session."""
        bare, size = super().ntransfercmd(cmd, rest)
        try:
            session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
            data = self._trust.context.wrap_socket(bare, server_hostname=self.host, session=session)
            self._look_at_certificate(data)
        except OSError:
            bare.close()
            raise
        return data, size

    def finish(self, data: socket.socket) -> None:
        """Says that the file ends here, and does not mind a server that says nothing back."""
        if isinstance(data, ssl.SSLSocket):
            try:
                data.unwrap()
            except OSError as error:
                log.debug("tls_goodbye", error=str(error))  # the server's answer to the upload is what counts

    def _connect_encrypted(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        bare = socket.create_connection((host, port), self.timeout)
        self.af = bare.family
        self.sock = bare
        self._encrypt()
        self.welcome = self.getresp()
        self.timeout = self._times.data
        self.sock.settimeout(self._times.data)

    def _encrypt(self) -> None:
        assert self.sock is not None, "there is a connection to encrypt"  # noqa: S101 - tells mypy
        encrypted = self._trust.context.wrap_socket(self.sock, server_hostname=self.host)
        self.sock = encrypted
        if self.file is not None:
            self.file.close()
        self.file = encrypted.makefile("r", encoding=self.encoding)
        self._look_at_certificate(encrypted)

    def _look_at_certificate(self, encrypted: ssl.SSLSocket) -> None:
        shown = encrypted.getpeercert(binary_form=True) or b""
        if not self._trust.accepts(shown):
            raise UntrustedCertificateError(
                f"the server shows another certificate than the pinned one: {fingerprint(shown)}"
            )


def shown_certificate(host: str, port: int, times: SendingTimes) -> str:
    """The fingerprint of the certificate that a server shows now, believed by nobody yet.

    Raises what ftplib and sockets raise.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    session = FtpsConnection(times, CertificateTrust(context, None))
    try:
        session.open(host, port)
    except ftplib.error_perm as refused:
        log.debug("session_refused", reply=str(refused))  # the certificate was shown before that
    try:
        if not isinstance(session.sock, ssl.SSLSocket):
            raise ConnectionRefusedError("the server offers no TLS: AUTH TLS is refused")
        return fingerprint(session.sock.getpeercert(binary_form=True) or b"")
    finally:
        session.close()
