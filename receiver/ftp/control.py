"""A session's transfers: what happens between a command and its final reply.

An upload is answered 226 only when the committer says that it is on the disk; a control connection
that is lost meanwhile changes nothing about that. The session keeps at most one of: a passive port
that waits, an address to connect to, a data connection.
"""

import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import structlog

from receiver.admission.quotas import Refusal
from receiver.ftp.data import DataChannel
from receiver.ftp.dispatch import ActiveConnection, PassivePort
from receiver.ftp.login import LoginSession
from receiver.journal.arrival import Fate, to_microseconds, waits_for_rename
from receiver.journal.changes import Change, Upload
from receiver.journal.committer import CommitError, Outcome
from receiver.path_text import split_path
from receiver.refusals import QuotaExceededError, RefusedError
from receiver.upload_body import UploadBuffer

log = structlog.get_logger()


class Producer(Protocol):
    """What pyftpdlib asks for the bytes of a listing, piece by piece."""

    def more(self) -> bytes:
        """Some more bytes, none at the end."""


class ControlChannel(LoginSession):
    """One client's session, not encrypted."""

    dtp_handler = DataChannel
    encrypts_data = False
    """True after PROT P."""
    secured = False
    """True after AUTH TLS (receiver/ftp/tls.py)."""
    data_channel: DataChannel | None
    _dtp_acceptor: PassivePort | None
    _dtp_connector: ActiveConnection | None
    _rnfr: str | None
    _upload: UploadBuffer | None = None
    _outgoing: "bytes | Producer | None" = None
    _upload_path = "/"
    _active_address: tuple[str, int] | None = None
    _transfer_since = 0.0

    def handle(self) -> None:
        """Greets."""
        self.door.sessions.add(self)
        self.door.admission.came(self.peer)
        self.respond("220 qttd ready.")

    # --- where data comes from

    def open_passive_port(self) -> PassivePort:
        """A port for the client to connect to. Raises PortsExhaustedError or OSError."""
        self.drop_data()
        address = self.socket.getsockname()[0]
        listener, port = self.door.ports.listen(self.socket.family, address)
        passive = PassivePort(self, listener, port)
        self._dtp_acceptor = passive
        return passive

    def set_active_address(self, address: tuple[str, int]) -> None:
        """PORT and EPRT: where we shall connect to when a transfer begins."""
        self.drop_data()
        self._active_address = address

    def drop_data(self) -> None:
        """Lets go of port, address and data connection; nothing is answered."""
        self._shutdown_connecting_dtp()
        self._active_address = None
        if self.data_channel is not None:
            self.data_channel.hang_up()
            self.data_channel = None

    def begin_transfer(self) -> bool:
        """True when data can flow; else the client has been told why not."""
        if self.data_channel is None and self._dtp_acceptor is None and self._active_address is None:
            self.respond("425 Use PASV, EPSV, PORT or EPRT first.")
        elif not self.data_is_secure():
            self.respond("522 Data connections must be encrypted (PROT P).")
        else:
            self.transfer_running = True
            self._transfer_since = time.monotonic()
            return True
        return False

    def tls_context(self) -> ssl.SSLContext:
        """What this session's data connections are encrypted with."""
        raise NotImplementedError

    def data_is_secure(self) -> bool:
        """True where a transfer may begin as things are."""
        return True

    def connect_if_active(self) -> None:
        """After the 150: makes the data connection where the client asked us to."""
        if self._active_address is None or not self.transfer_running:
            return
        address, self._active_address = self._active_address, None
        source = self.socket.getsockname()[0].removeprefix("::ffff:")
        try:
            self._dtp_connector = ActiveConnection(self, address, source)
        except OSError:
            self.data_not_connected()

    def data_connected(self, sock: Any) -> None:
        """The passive port or the active connection hands its socket over."""
        self._dtp_acceptor = self._dtp_connector = None
        channel = self.dtp_handler(sock, self)
        if channel._closed or not channel.connected:
            self.transfer_cut("426 Data connection lost; nothing of the file was kept.")
            return
        self.data_channel = channel
        if self._upload is not None:
            channel.receive_into(self._upload)
        elif self._outgoing is not None:
            self._pour(channel)

    def data_not_connected(self) -> None:
        """The client's address refused us."""
        self._dtp_connector = None
        self.transfer_cut("425 Can not open the data connection.")

    # --- an upload

    def receive(self, path: str, start: bytes = b"", reply: str = "Ok to send data.") -> None:
        """STOR, APPE and STOU: takes a file under an absolute path, behind `start`."""
        if self.account is None or "upload" not in self.account.permissions:
            raise RefusedError("This account may not upload")
        if not split_path(path)[1]:
            raise RefusedError("A file needs a name")
        if self.fs.isdir(path):
            raise RefusedError("A folder has that name")
        if self.door.disk.nearly_full():
            log.warning("disk_nearly_full", peer=self.peer, account=self.account.name)
            self.drop_data()
            self.respond("452 The disk is nearly full; try again later.")
            return
        too_much = self.door.quotas.refuses(self.account.name, self.account.quota, self.door.now())
        if too_much is not None:
            log.warning("quota_exceeded", peer=self.peer, account=self.account.name, reason=too_much)
            self.drop_data()
            self.door.committer.put(
                Refusal(self.account.name, to_microseconds(self.door.now())), lambda _: None
            )
            self.respond(f"552 Too much for one day: {too_much}")
            return
        trial = self.door.options.trial
        if trial is not None:
            refusal = trial.refuses_upload(path, self.secured and self.encrypts_data)
            if refusal is not None:
                self.drop_data()
                self.respond(refusal)
                return
        if not self.begin_transfer():
            return
        upload = UploadBuffer(self.door.memory, self.door.journal.spool)
        if start:
            upload.write(start)
        self._upload = upload
        self._upload_path = path
        # 150 even where 125 would be exact: some loggers know no other
        self.respond("150 " + reply)
        if self.data_channel is not None:
            self.data_channel.receive_into(upload)
        else:
            self.connect_if_active()

    @property
    def upload_path(self) -> str:
        """Absolute path of the upload under way."""
        return self._upload_path

    def upload_received(self, fate: Fate) -> None:
        """The data is all there (or too long): from here on it counts."""
        upload, self._upload = self._upload, None
        self.data_channel = None
        if upload is None or self.account is None:
            return
        self.owe_answer()
        folder, name = split_path(self._upload_path)
        waits = fate == "complete" and waits_for_rename(name)
        arrived_at = to_microseconds(self.door.now())
        change = Upload(
            self.account.name, folder, name, upload.body(), arrived_at, self.peer, "ftp", fate, waits,
            quota=self.account.quota,
        )  # fmt: skip
        self.commit(change, partial(self._upload_committed, upload, change))

    def _upload_committed(self, upload: UploadBuffer, change: Upload, outcome: Outcome) -> None:
        upload.discard()
        failed = isinstance(outcome, CommitError | RefusedError)
        if not failed:
            # The ledger accounts for each file: at the usual level only what is odd has a line.
            tell = log.debug if change.fate == "complete" else log.info
            tell(
                "file_received",
                id=outcome, account=change.account, path=f"{change.folder}/{change.name}",
                size=change.body.size, peer=change.peer, door="ftp",
                fate="waiting" if change.waits else change.fate,
            )  # fmt: skip
        if self._closed:
            return
        if isinstance(outcome, QuotaExceededError):
            log.warning("quota_exceeded", peer=self.peer, account=change.account, reason=str(outcome))
            self.respond(f"552 Too much for one day: {outcome}")
        elif failed:
            self.respond("451 The file could not be stored; send it again later.")
        elif change.fate == "too_large":
            self.respond("552 The file is longer than this server takes.")
        else:
            self.respond("226 Transfer complete.")
        self._transfer_ended()

    def commit(self, change: Change, answer: Callable[[Outcome], None]) -> None:
        """Gives a change to the committer; `answer` is called in the loop when it is durable or failed."""
        self.door.in_flight += 1
        mailbox = self.door.mailbox
        self.door.committer.put(change, lambda outcome: mailbox.post(self.door.answered, answer, outcome))

    # --- a listing or a file going out

    def send_data(self, data: "bytes | Producer") -> None:
        """Sends bytes, or what a producer makes, over the data connection. After `begin_transfer`."""
        self.respond("150 Here comes the data.")
        self._outgoing = data
        if self.data_channel is not None:
            self._pour(self.data_channel)
        else:
            self.connect_if_active()

    def _pour(self, channel: DataChannel) -> None:
        data, self._outgoing = self._outgoing, None
        if isinstance(data, bytes):
            channel.push(data)
        else:
            channel.push_with_producer(data)
        if not channel._closed:
            channel.close_when_done()

    # --- the end of a transfer

    def transfer_sent(self) -> None:
        """A listing or a file is out."""
        self.data_channel = None
        self.respond("226 Transfer complete.")
        self._transfer_ended()

    def transfer_cut(self, reply: str) -> None:
        """A transfer failed, or a data connection that no command wanted yet is gone."""
        self.data_channel = None
        self.discard_upload()
        if not self.transfer_running:
            return
        self.drop_data()
        self._outgoing = None
        log.info("transfer_cut", peer=self.peer, account=self.username[:64], reply=reply)
        self.respond(reply)
        self._transfer_ended()

    def discard_upload(self) -> None:
        """Forgets what came of an upload."""
        if self._upload is not None:
            self._upload.discard()
            self._upload = None

    def _transfer_ended(self) -> None:
        self.transfer_running = False
        self.answer_given()

    def check_idle(self, now: float) -> None:
        """Ends what has waited too long. Called by the door's sweep with the monotonic time."""
        options = self.door.options
        if self.owes_answer:
            return
        channel = self.data_channel
        if channel is not None and channel.stalled(now, options.data_timeout):
            channel.cut("426 Data connection stalled; nothing of the file was kept.")
        elif self.transfer_running and channel is None:
            if now - self._transfer_since > options.connect_timeout:
                self.transfer_cut("425 No data connection came.")
        elif self._dtp_acceptor is not None and now - self._dtp_acceptor.since > options.connect_timeout:
            self._dtp_acceptor.close()
            self._dtp_acceptor = None
        if self.transfer_running or self._closed:
            return
        patience = options.control_timeout if self.authenticated else options.login_timeout
        if now - self.active_at > patience:
            self.end("421 Session timed out.")

    def end(self, reply: str) -> None:
        """Says why and closes; at once where the client does not even read."""
        if self._closing or self.producer_fifo:
            self.close()
            return
        self.respond(reply)
        self.close_when_done()

    def handle_close(self) -> None:
        self.close()

    def close(self) -> None:
        """The control connection is gone. An upload whose FIN is already here still counts."""
        if self._closed:
            return
        self.hang_up()
        self._lines.clear()
        if self._upload is not None and self._dtp_acceptor is not None:
            self._dtp_acceptor.handle_read_event()  # its data connection may be waiting to be accepted
        if self._upload is not None and self.data_channel is not None:
            self.data_channel.last_look()
        self.drop_data()
        self.discard_upload()
        self._outgoing = None
        if self in self.door.sessions:
            self.door.sessions.remove(self)
            if not self.proved:
                self.door.admission.left(self.peer)
