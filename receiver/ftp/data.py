"""The data connection of a session: an upload coming in, or a listing or file going out.

What an upload's end means is decided here, below TLS. A FIN (or TLS's close_notify) ends the file, and
from then on it counts, whatever becomes of the control connection. A reset, a stall or an error
cuts it: it never counts. pyftpdlib itself takes a reset for an end. Bytes are kept as they come,
whatever TYPE was set.
"""

import time
from typing import TYPE_CHECKING, Any

import structlog
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.handlers import DTPHandler
from pyftpdlib.ioloop import AsyncChat

from receiver.journal.arrival import Fate
from receiver.upload_body import UploadBuffer

if TYPE_CHECKING:
    from receiver.ftp.control import ControlChannel

log = structlog.get_logger()

READ_SIZE = 65536
READS_PER_EVENT = 16
"""At most a mebibyte is taken from one client before the others have their turn."""


class DataChannel(DTPHandler):  # type: ignore[misc]  # pyftpdlib brings no types
    """A connected data socket. Nothing is read before a command wants it."""

    timeout = 0  # the session's idle look takes care of stalls: no timer for each connection
    upload: UploadBuffer | None = None

    def __init__(self, sock: Any, cmd_channel: "ControlChannel") -> None:
        self.control = cmd_channel
        self.progress_at = time.monotonic()
        self.progress_bytes = 0
        super().__init__(sock, cmd_channel)

    def __repr__(self) -> str:
        return "<data channel>"  # pyftpdlib formats it for debug lines that are never written

    def add_channel(self, map: Any = None, events: int | None = None) -> None:  # noqa: A002 - asyncore's name
        """Joins the loop once a command says what to wait for: until then the kernel keeps what comes."""
        if events is not None:
            super().add_channel(map, events)

    def receive_into(self, upload: UploadBuffer) -> None:
        """Starts taking an upload."""
        self.upload = upload
        self.receive = True
        self._initialized = True
        self.progress_at = time.monotonic()
        self.modify_ioloop_events(self.ioloop.READ)
        self._wanted_io_events = self.ioloop.READ

    def readable(self) -> bool:
        return self.receive

    def handle_read_event(self) -> None:
        """Takes what is there; a short file and its FIN mostly come together."""
        upload = self.upload
        if upload is None or self._closed:
            return
        try:
            for _ in range(READS_PER_EVENT):
                chunk = self.recv(READ_SIZE)
                if not chunk:
                    self._end("complete")
                    return
                if not self._keep(upload, chunk):
                    return
                trial = self.control.door.options.trial
                if trial is not None and trial.cuts(self.control.upload_path, upload.size):
                    self.cut("426 Data connection lost; nothing of the file was kept.")
                    return
                if upload.size > self.control.door.options.max_file_bytes:
                    self._end("too_large")
                    return
        except _RetryError:
            pass
        except OSError as error:
            self.cut(f"426 Data connection lost ({error.strerror or error}); nothing of the file was kept.")
            return
        self.tot_bytes_received = upload.size

    def _keep(self, upload: UploadBuffer, chunk: bytes) -> bool:
        try:
            upload.write(chunk)
        except OSError:
            log.exception("upload_not_spooled", peer=self.control.peer, size=upload.size)
            self.cut("451 The file could not be stored; send it again later.")
            return False
        return True

    def recv(self, buffer_size: int) -> bytes:
        """Bytes, or none at the end. Raises OSError for a reset, _RetryError when nothing is there yet."""
        try:
            received: bytes = self.socket.recv(buffer_size)
        except BlockingIOError as nothing:
            raise _RetryError from nothing
        return received

    def last_look(self) -> None:
        """The control connection is gone: an upload whose FIN is already here still counts."""
        self.handle_read_event()
        if not self._closed:
            self.cut("426 Control connection lost.")

    def stalled(self, now: float, patience: float) -> bool:
        """True when nothing has moved for `patience` seconds."""
        moved = self.upload.size if self.upload is not None else self.tot_bytes_sent
        if moved != self.progress_bytes:
            self.progress_bytes = moved
            self.progress_at = now
        return now - self.progress_at > patience

    def cut(self, reply: str) -> None:
        """Ends the transfer without a result; of an upload nothing is kept."""
        if self._closed:
            return
        self.hang_up()
        self.control.transfer_cut(reply)

    def _end(self, fate: Fate) -> None:
        self.transfer_finished = True
        self.hang_up()
        self.control.upload_received(fate)

    def hang_up(self) -> None:
        """Closes the socket, and tells nobody."""
        AsyncChat.close(self)

    def handle_close(self) -> None:
        """The poller saw an error or a hang-up, or all of an outgoing transfer is out."""
        if self._closed:
            return
        if self.upload is not None:
            self.handle_read_event()  # tells a reset from an end
            return
        if self.control.transfer_running and not self.producer_fifo:
            self.hang_up()
            self.control.transfer_sent()
        else:
            self.cut("426 Data connection lost.")

    def handle_error(self) -> None:
        """Something raised while handling this connection."""
        self.control.log_exception(self)
        self.cut("426 Internal error; transfer aborted.")

    def close(self) -> None:
        """Closed from outside the session's own rules: a transfer that was running is cut."""
        self.cut("426 Data connection closed.")
