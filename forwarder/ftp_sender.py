"""Sends files by FTP: under a temporary name, size compared, renamed.

One session is kept for many files. The temporary name is fixed and does not end in `.txt`, so a
reader at the target never takes half a file and a second attempt leaves no litter. Folders are
made when an upload is refused without them. A target that does not rename gets its files
straight; where a rename is refused because the name exists, the old file is deleted first.
Where SIZE is refused the size is looked up by MLST or LIST; where nothing can be looked up, the
server's 226 is what there is to go by.
"""

import ftplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from forwarder.ftp_connection import FtpConnection, plain, wire
from forwarder.outcome import RelayError, Stage, connection_is_lost, ftp_failure, one_line
from forwarder.sender import SendingTimes, Step
from forwarder.target_url import TargetUrl
from store.relay_targets import Upload

log = structlog.get_logger()

TEMPORARY = ".qttd-part"
"""What the name of a file under way ends in."""
_QUIET_SECONDS = 20.0
"""After so long a silence a session is asked whether it still lives, before a file is trusted to it."""
_REFUSALS_BELIEVED = 3
"""So many renames refused one after the other mean that the target never renames."""
_GOODBYE_SECONDS = 2.0
_SAYS_MORE = ("530", "532", "552")
"""Refusals that speak of the account or the disk, not of what was asked."""


class FtpSender:
    """A session with one target, made anew whenever it is lost."""

    def __init__(
        self,
        url: TargetUrl,
        password: str,
        upload: Upload,
        times: SendingTimes,
        session: Callable[[SendingTimes], FtpConnection] = FtpConnection,
    ) -> None:
        self._url, self._password, self._times = url, password, times
        self._new_session = session
        self._rename_wanted = upload == "rename"
        self._ftp: FtpConnection | None = None
        self._root = ""
        self._used_at = 0.0
        self._refused_renames = 0
        self._sees_sizes = True

    def connect(self) -> None:
        """See Sender."""
        if self._ftp is not None and time.monotonic() - self._used_at > _QUIET_SECONDS:
            self._ask_whether_alive(self._ftp)
        if self._ftp is None:
            for _ in self._connect():
                pass

    def send(self, path: str, content: bytes, *, may_be_there: bool) -> str:
        """See Sender."""
        final = self._absolute(path)
        if may_be_there and self._size(final) == len(content):
            return "was there already"
        if not self._rename_wanted or self._refused_renames >= _REFUSALS_BELIEVED:
            self._upload(final, content)
            return ""
        part = final + TEMPORARY
        self._upload(part, content)
        refusal = self._rename(part, final)
        if refusal is None:
            self._refused_renames = 0
            return ""
        self._refused_renames += 1
        log.warning("target_refuses_rename", host=self._url.host, path=path, reply=refusal)
        self._upload(final, content)
        self._delete(part)
        return one_line(f"sent straight, because the target refused to rename: {refusal}")

    def trial(self, name: str) -> Iterator[Step]:
        """See Sender."""
        yield from self._connect()
        yield self._try_listing()
        content = b"qttd target test\r\n"
        part, final = self._absolute(name + TEMPORARY), self._absolute(name)
        first = part if self._rename_wanted else final
        self._upload(first, content)
        yield Step("upload", f"{len(content)} bytes as {first.rpartition('/')[2]}")
        size = "is right" if self._sees_sizes else "cannot be looked up; the server's answer is trusted"
        yield Step("size", size, self._sees_sizes)
        if self._rename_wanted:
            refusal = self._rename(part, final)
            if refusal is None:
                yield Step("rename", f"to {name}")
            else:
                yield Step("rename", f"refused, files will be sent straight: {refusal}", works=False)
                final = part
        refusal = self._delete(final)
        yield Step("remove", refusal or "done", refusal is None)

    def sizes(self, folder: str) -> dict[str, int | None]:
        """See Sender."""
        try:
            with self._step("transfer", "LIST"):
                found = self._session.sizes(self._absolute(folder) if folder else self._root)
        except RelayError as error:
            if not isinstance(error.__cause__, ftplib.error_perm):
                raise
            return {}
        return {plain(name): size for name, size in found.items()}

    def close(self) -> None:
        """See Sender."""
        ftp, self._ftp = self._ftp, None
        if ftp is None:
            return
        try:
            if ftp.sock is not None:
                ftp.sock.settimeout(_GOODBYE_SECONDS)
            ftp.quit()
        except ftplib.all_errors as error:
            log.debug("goodbye_unanswered", host=self._url.host, error=str(error))
            ftp.close()

    def abort(self) -> None:
        """See Sender."""
        if (ftp := self._ftp) is not None:
            ftp.cut()

    def _connect(self) -> Iterator[Step]:
        ftp = self._new_session(self._times)
        where = f"{self._url.host}:{self._url.port}"
        self._ftp = ftp
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
        folder = wire(self._url.folder).strip("/")
        begins = f"{folder}/" if folder else ""
        if self._url.folder.startswith("/"):
            return f"/{begins}"
        try:
            with self._step("connect", "PWD"):
                return f"{ftp.pwd().rstrip('/')}/{begins}"
        except RelayError as error:
            if not isinstance(error.__cause__, ftplib.error_perm):
                raise
            return begins  # without PWD paths stay relative to where the login led

    def _absolute(self, path: str) -> str:
        """A path below the root, in wire form. What no command can carry, or leads out, is refused."""
        if not path.isprintable() or any(part in ("", ".", "..") for part in path.split("/")):
            raise RelayError("rejected_path", one_line(f"{path} is not a path below the target's root"))
        return self._root + wire(path)

    def _upload(self, path: str, content: bytes) -> None:
        try:
            with self._step("transfer", "STOR"):
                self._session.store(path, content)
        except RelayError as refusal:
            if refusal.outcome != "rejected_path" or not self._make_folder(path.rpartition("/")[0]):
                raise
            with self._step("transfer", "STOR"):
                self._session.store(path, content)
        size = self._size(path, just_uploaded=True)
        if size is not None and size != len(content):
            self._delete(path)
            raise RelayError("verify_failed", f"{size} bytes arrived of {len(content)}")

    def _make_folder(self, folder: str) -> bool:
        """Makes a folder and those above it as far as they are missing; whether it made any."""
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
        """Renames; None when it is done, else the server's refusal. An old file of the name gives way."""
        refusal = self._try(f"RNFR {part}")
        if refusal is not None:
            return refusal
        refusal = self._try(f"RNTO {final}")
        if refusal is not None and self._delete(final) is None:
            refusal = self._try(f"RNFR {part}") or self._try(f"RNTO {final}")
        return refusal

    def _delete(self, path: str) -> str | None:
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

    def _size(self, path: str, *, just_uploaded: bool = False) -> int | None:
        """The size of what stands there; None where nothing does or no one says."""
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
        if just_uploaded:
            self._sees_sizes = False
            log.info("target_tells_no_sizes", host=self._url.host)
        return None

    def _try_listing(self) -> Step:
        try:
            with self._step("transfer", "NLST"):
                names = self._session.nlst(self._root)
        except RelayError as error:
            if not isinstance(error.__cause__, ftplib.error_perm):
                raise
            return Step("list", f"refused, relaying does without: {error.detail}", works=False)
        return Step("list", f"{len(names)} entries")

    @property
    def _session(self) -> FtpConnection:
        if self._ftp is None:
            raise RelayError("transfer_error", "the connection is lost")
        return self._ftp

    def _ask_whether_alive(self, ftp: FtpConnection) -> None:
        try:
            ftp.voidcmd("NOOP")
            self._used_at = time.monotonic()
        except ftplib.all_errors as error:
            log.debug("session_expired", host=self._url.host, error=str(error))
            self._drop()

    @contextmanager
    def _step(self, stage: Stage, doing: str) -> Iterator[None]:
        """Turns whatever goes wrong into a RelayError, and gives up a session that is lost."""
        try:
            yield
        except ftplib.all_errors as error:
            if connection_is_lost(error):
                self._drop()
            failure = ftp_failure(error, stage, doing)
            if self._password:
                failure = RelayError(failure.outcome, failure.detail.replace(self._password, "***"))
            raise failure from error
        self._used_at = time.monotonic()

    def _drop(self) -> None:
        ftp, self._ftp = self._ftp, None
        if ftp is not None:
            ftp.close()


def _says_nothing_is_there(error: BaseException | None) -> bool:
    """A refusal for good; of ProFTPD also 450, its word for a file that is not there."""
    return isinstance(error, ftplib.error_perm) or (
        isinstance(error, ftplib.error_temp) and str(error).startswith("450")
    )
