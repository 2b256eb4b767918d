"""How other threads speak to the FTP door's event loop.

The committer and the verifier post calls; an eventfd in the loop's poller wakes it once for all
that wait. The object has the few attributes pyftpdlib's loop asks of whatever it watches.
"""

import os
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from pyftpdlib.ioloop import IOLoop

log = structlog.get_logger()


class Mailbox:
    """Calls from other threads, run in the loop's thread in the order they were posted."""

    def __init__(self, ioloop: IOLoop) -> None:
        self._ioloop = ioloop
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._signalled = False
        self._fileno = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        ioloop.register(self._fileno, self, ioloop.READ)

    def post(self, call: Callable[..., None], *arguments: Any) -> None:
        """Has `call(*arguments)` run by the loop. May be called from any thread."""
        self._calls.append((call, arguments))
        if not self._signalled:
            self._signalled = True
            os.eventfd_write(self._fileno, 1)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        os.eventfd_read(self._fileno)
        self._signalled = False  # before the calls are taken: a later post signals anew
        self.deliver()

    def deliver(self) -> None:
        """Runs the calls that wait."""
        while self._calls:
            call, arguments = self._calls.popleft()
            try:
                call(*arguments)
            except Exception:  # a bug in one session's call must not end the others
                log.exception("ftp_call_failed")

    def handle_error(self) -> None:
        log.exception("ftp_mailbox_failed")

    def handle_close(self) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the loop. The threads that post must have ended: their descriptor is gone then."""
        if self._fileno >= 0:
            self._ioloop.unregister(self._fileno)
            os.close(self._fileno)
            self._fileno = -1
