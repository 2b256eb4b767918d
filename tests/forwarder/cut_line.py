"""A line to the ministry that breaks at the word: everything passes through until a command comes by."""

import selectors
import socket
import struct
import threading
from contextlib import suppress
from typing import Literal

When = Literal["before", "after"]
"""The line breaks before the command reaches the server, or after: it is carried out, its answer is lost."""


class CutLine:
    """Listens, and carries a control connection's bytes to the server at `port` and back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut: tuple[bytes, When] | None = None
        self.cuts = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def cut_at(self, command: str, when: When) -> None:
        """Breaks once, at the next such command; `""`: at the greeting."""
        self._cut = (command.encode(), when)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port), 10)
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        waits_for_answer = False
        with client, server, selectors.DefaultSelector() as either, suppress(OSError):
            for side in (client, server):
                either.register(side, selectors.EVENT_READ)
            while True:
                for key, _ in either.select():
                    data = key.fileobj.recv(4096)  # type: ignore[union-attr]
                    if not data:
                        return
                    if key.fileobj is server:
                        if waits_for_answer or self._is_due(b""):
                            self._break(client, server)
                            return
                        client.sendall(data)
                        continue
                    if self._is_due(data.split()[0]):
                        if self._cut is not None and self._cut[1] == "before":
                            self._break(client, server)
                            return
                        waits_for_answer = True
                    server.sendall(data)

    def _is_due(self, command: bytes) -> bool:
        return self._cut is not None and self._cut[0] == command

    def _break(self, client: socket.socket, server: socket.socket) -> None:
        """As where a router loses its table: a reset to both ends."""
        self._cut = None
        self.cuts += 1
        for side in (client, server):
            side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
