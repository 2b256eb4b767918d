"""Sends files by FTP, as forwarder/session_sender.py says.

Where a rename is refused because the name exists, the old file is deleted first. Where SIZE is refused the
size is looked up by MLST or LIST; where nothing can be looked up, the server's 226 is what there is to go by.
"""

import ftplib
import time
from collections.abc import Callable, Iterator

import structlog

from forwarder.ftp_connection import FtpConnection, plain, wire
from forwarder.outcome import RelayError, Stage, connection_is_lost, ftp_failure
from forwarder.sender import SendingTimes, Step
from forwarder.session_sender import SessionSender
from forwarder.target_url import TargetUrl
from store.relay.targets import Upload

log = structlog.get_logger()

_GOODBYE_SECONDS = 2.0
_SAYS_MORE = ("530", "532", "552")
"""Refusals that speak of the account or the disk, not of what was asked."""


class FtpSender(SessionSender[FtpConnection]):
    """Speaks FTP, or FTPS where `session` makes such connections."""

    _errors = ftplib.all_errors
    _refusals = (ftplib.error_perm,)

    def __init__(
        self,
        url: TargetUrl,
        password: str,
        upload: Upload,
        times: SendingTimes,
        session: Callable[[SendingTimes], FtpConnection] = FtpConnection,
    ) -> None:
        super().__init__(url, upload)
        self._password, self._times = password, times
        self._new_session = session

    def close(self) -> None:
        """See Sender."""
        ftp, self._connection = self._connection, None
        if ftp is None:
            return
        try:
            if ftp.sock is not None:
                ftp.sock.settimeout(_GOODBYE_SECONDS)
            ftp.quit()
        except ftplib.all_errors as error:
            log.debug("goodbye_unanswered", host=self._url.host, error=str(error))
            ftp.close()

    def _connect(self) -> Iterator[Step]:
        ftp = self._new_session(self._times)
        where = f"{self._url.host}:{self._url.port}"
        self._connection = ftp
        try:
            with self._step("connect", f"connecting to {where}"):
                ftp.open(self._url.host, self._url.port)
            yield Step("connect", where)
            with self._step("login", f"logging in as {self._url.user}"):
                ftp.login(wire(self._url.user), wire(self._password))
            self._used_at = time.monotonic()
            self._refused_renames, self._sees_sizes = 0, True
            self._root = self._start(ftp)
        except RelayError:
            self._drop()
            raise
        yield Step("login", f"as {self._url.user}")

    def _start(self, ftp: FtpConnection) -> str:
        """Settles the session; returns what every path begins with, in wire form."""
        with self._step("connect", "OPTS UTF8 ON"):
            self._try("OPTS UTF8 ON")
        with self._step("connect", "TYPE I"):
            ftp.voidcmd("TYPE I")
        begins = self._folder()
        if self._url.folder.startswith("/"):
            return f"/{begins}"
        try:
            with self._step("connect", "PWD"):
                return f"{ftp.pwd().rstrip('/')}/{begins}"
        except RelayError as error:
            if not self._is_refusal(error):
                raise
            return begins  # without PWD paths stay relative to where the login led

    def _spelt(self, path: str) -> str:
        return wire(path)

    def _ask_whether_alive(self) -> None:
        self._session.voidcmd("NOOP")

    def _names(self) -> int:
        with self._step("transfer", "NLST"):
            return len(self._session.nlst(self._root))

    def _listed(self, place: str) -> dict[str, int | None]:
        with self._step("transfer", "LIST"):
            found = self._session.sizes(place)
        return {plain(name): size for name, size in found.items()}

    def _write(self, path: str, content: bytes) -> None:
        with self._step("transfer", "STOR"):
            self._session.store(path, content)

    def _wants_folder(self, refusal: RelayError) -> bool:
        return refusal.outcome == "rejected_path"

    def _make_folder(self, folder: str) -> bool:
        missing: list[str] = []
        while folder.strip("/"):
            missing.append(folder)
            if self._try(f"MKD {folder}") is None:
                break
            folder = folder.rpartition("/")[0]
        else:
            return False
        return all(self._try(f"MKD {inner}") is None for inner in reversed(missing[:-1]))

    def _rename(self, part: str, final: str) -> str | None:
        refusal = self._try(f"RNFR {part}")
        if refusal is not None:
            return refusal
        refusal = self._try(f"RNTO {final}")
        if refusal is not None and self._remove(final) is None:
            refusal = self._try(f"RNFR {part}") or self._try(f"RNTO {final}")
        return refusal

    def _remove(self, path: str) -> str | None:
        return self._try(f"DELE {path}")

    def _try(self, command: str) -> str | None:
        """Sends a command that may be refused for good: None when it was done, else the refusal."""
        try:
            with self._step("transfer", command[:4]):
                self._session.sendcmd(command)
        except RelayError as error:
            reply = error.__cause__
            if isinstance(reply, ftplib.error_perm) and str(reply)[:3] not in _SAYS_MORE:
                return error.detail
            raise
        return None

    def _size(self, path: str) -> int | None:
        if not self._sees_sizes:
            return None
        for look in (FtpConnection.asked_size, FtpConnection.stated_size, FtpConnection.listed_size):
            try:
                with self._step("transfer", "SIZE"):
                    size = look(self._session, path)
            except RelayError as error:
                if not _says_nothing_is_there(error.__cause__):
                    raise
                continue
            if size is not None:
                return size
        return None

    def _size_untold(self) -> None:
        if self._sees_sizes:
            self._sees_sizes = False
            log.info("target_tells_no_sizes", host=self._url.host)

    def _is_lost(self, error: Exception, stage: Stage) -> bool:
        return connection_is_lost(error)

    def _failure(self, error: Exception, stage: Stage, doing: str) -> RelayError:
        failure = ftp_failure(error, stage, doing)
        if self._password:
            failure = RelayError(failure.outcome, failure.detail.replace(self._password, "***"))
        return failure


def _says_nothing_is_there(error: BaseException | None) -> bool:
    """A refusal for good; of ProFTPD also 450, its word for a file that is not there."""
    return isinstance(error, ftplib.error_perm) or (
        isinstance(error, ftplib.error_temp) and str(error).startswith("450")
    )
