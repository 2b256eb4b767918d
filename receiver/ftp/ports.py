"""The ports on which passive data connections are waited for.

A free list instead of a search: the next port is at hand however many are taken, and one that is
given back can be used at once. Ports held by somebody else (another worker of the same range) go to the
end of the row. There is never a port outside the range: a firewall would not let the client in.
"""

import errno
import random
import socket
from collections import deque

MOST_TRIES = 256


class PortsExhaustedError(Exception):
    """Every port of the range is waiting for somebody."""


class PassivePorts:
    """The passive range of one process."""

    def __init__(self, ports: range) -> None:
        order = list(ports)
        random.shuffle(order)  # workers start at different places, and a port can not be guessed
        self._free = deque(order)

    def listen(self, family: socket.AddressFamily, address: str) -> tuple[socket.socket, int]:
        """A listening socket and its port, to be given back by `release`. Raises PortsExhaustedError."""
        free = self._free
        for _ in range(min(len(free), MOST_TRIES)):
            port = free.popleft()
            listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen(2)
            except OSError as error:
                listener.close()
                free.append(port)
                if error.errno in (errno.EADDRINUSE, errno.EACCES):
                    continue
                raise
            return listener, port
        raise PortsExhaustedError

    def release(self, port: int) -> None:
        """Takes a port back whose socket is closed."""
        self._free.append(port)
