"""Where a data connection comes from: a passive port that waits, or a connection that we make.

Both stand in for pyftpdlib's PassiveDTP and ActiveDTP, which look for ports one by one, fall back to
a random one, accept a single connection per round, and can take the loop's place of another
session when closed late. Each ends by handing a connected socket to its session.
"""

import errno
import socket
import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from receiver.ftp.control import ControlChannel

log = structlog.get_logger()


class PassivePort:
    """Listens on one port of the range for the one data connection of a session."""

    def __init__(self, control: "ControlChannel", listener: socket.socket, port: int) -> None:
        self.port = port
        self.since = time.monotonic()
        self._control = control
        self._listener: socket.socket | None = listener
        self._fileno = listener.fileno()
        control.ioloop.register(self._fileno, self, control.ioloop.READ)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        """Takes a connection, if it is the session's own client's."""
        if self._listener is None:
            return
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            log.warning("data_connection_not_accepted", peer=self._control.peer, error=str(error))
            return
        if address[0] != self._control.remote_ip:
            # somebody else at our client's port: the port stays open for the client
            log.warning("foreign_data_connection", peer=self._control.peer, foreign=address[0])
            sock.close()
            return
        self.close()
        self._control.data_connected(sock)

    def handle_error(self) -> None:
        self._control.handle_error()

    def handle_close(self) -> None:
        self.close()

    def close(self) -> None:
        """Gives the port back; harmless when repeated."""
        if self._listener is not None:
            self._control.ioloop.unregister(self._fileno)
            self._listener.close()
            self._listener = None
            self._control.door.ports.release(self.port)


class ActiveConnection:
    """Connects to the address that PORT or EPRT named, once a transfer command asks for it."""

    def __init__(self, control: "ControlChannel", address: tuple[str, int], source: str) -> None:
        self._control = control
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket: socket.socket | None = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._fileno = self._socket.fileno()
        self._socket.bind((source, 0))
        result = self._socket.connect_ex(address)
        if result not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(result, "can not connect")
        control.ioloop.register(self._fileno, self, control.ioloop.WRITE)

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def handle_write_event(self) -> None:
        """The connection was made or refused."""
        if self._socket is None:
            return
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.handle_close()
            return
        sock, self._socket = self._socket, None
        self._control.ioloop.unregister(self._fileno)
        self._control.data_connected(sock)

    def handle_error(self) -> None:
        self._control.handle_error()

    def handle_close(self) -> None:
        """Refused, or reset while connecting."""
        self.close()
        self._control.data_not_connected()

    def close(self) -> None:
        """Gives up; harmless when repeated or after the socket was handed over."""
        if self._socket is not None:
            self._control.ioloop.unregister(self._fileno)
            self._socket.close()
            self._socket = None
