"""Sends files by SFTP: under a temporary name, size compared, renamed.

The same promises and the same ways round a server's habits as by FTP (forwarder/ftp_sender.py): one session
for many files, folders made where they are missing, an old file gives way, files go straight where nothing
can be renamed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISDIR

import asyncssh
import structlog

from forwarder.ftp_sender import TEMPORARY
from forwarder.outcome import RelayError, Stage, one_line
from forwarder.sender import SendingTimes, Step
from forwarder.sftp_connection import SftpConnection
from forwarder.sftp_outcome import REFUSALS, sftp_failure
from forwarder.target_trust import HostTrust
from forwarder.target_url import TargetUrl
from store.relay_targets import Upload

log = structlog.get_logger()

_QUIET_SECONDS = 20.0
_REFUSALS_BELIEVED = 3


class SftpSender:
    """A session with one target, made anew whenever it is lost."""

    def __init__(
        self, url: TargetUrl, secret: str, upload: Upload, times: SendingTimes, trust: HostTrust
    ) -> None:
        """`secret` is a password, or a private key without a passphrase."""
        self._url, self._secret, self._times, self._trust = url, secret, times, trust
        self._rename_wanted = upload == "rename"
        self._sftp: SftpConnection | None = None
        self._root = ""
        self._used_at = 0.0
        self._refused_renames = 0

    def connect(self) -> None:
        """See Sender."""
        if self._sftp is not None and time.monotonic() - self._used_at > _QUIET_SECONDS:
            try:
                with self._step("transfer", "looking whether the session lives"):
                    self._sftp.home()
            except RelayError as error:
                log.debug("session_expired", host=self._url.host, error=error.detail)
                self._drop()
        if self._sftp is None:
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
        self._remove(part)
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
        yield Step("size", "is right")
        if self._rename_wanted:
            refusal = self._rename(part, final)
            if refusal is None:
                yield Step("rename", f"to {name}")
            else:
                yield Step("rename", f"refused, files will be sent straight: {refusal}", works=False)
                final = part
        refusal = self._remove(final)
        yield Step("remove", refusal or "done", refusal is None)

    def sizes(self, folder: str) -> dict[str, int | None]:
        """See Sender."""
        try:
            with self._step("transfer", "listing"):
                found = self._session.names(self._absolute(folder) if folder else self._root)
        except RelayError as error:
            if not isinstance(error.__cause__, REFUSALS):
                raise
            return {}
        return {str(one.filename): one.attrs.size for one in found if not S_ISDIR(one.attrs.permissions or 0)}

    def close(self) -> None:
        """See Sender."""
        self._drop()

    def abort(self) -> None:
        """See Sender."""
        if (sftp := self._sftp) is not None:
            sftp.cut()

    def _connect(self) -> Iterator[Step]:
        where = f"{self._url.host}:{self._url.port}"
        self._sftp = SftpConnection(self._times)
        with self._step("connect", f"connecting to {where}"):
            self._session.open(self._url.host, self._url.port, self._url.user, self._secret, self._trust)
        with self._step("connect", "looking for the first folder"):
            home = self._session.home().rstrip("/")
        yield Step("connect", where)
        self._refused_renames = 0
        folder = self._url.folder.strip("/")
        begins = f"{folder}/" if folder else ""
        self._root = f"/{begins}" if self._url.folder.startswith("/") else f"{home}/{begins}"
        yield Step("login", f"as {self._url.user}")

    def _absolute(self, path: str) -> str:
        if not path.isprintable() or any(part in ("", ".", "..") for part in path.split("/")):
            raise RelayError("rejected_path", one_line(f"{path} is not a path below the target's root"))
        return self._root + path

    def _upload(self, path: str, content: bytes) -> None:
        try:
            with self._step("transfer", "writing"):
                self._session.write(path, content)
        except RelayError as refusal:
            if not isinstance(refusal.__cause__, REFUSALS) or not self._make_folder(path.rpartition("/")[0]):
                raise
            with self._step("transfer", "writing"):
                self._session.write(path, content)
        size = self._size(path)
        if size is not None and size != len(content):
            self._remove(path)
            raise RelayError("verify_failed", f"{size} bytes arrived of {len(content)}")

    def _make_folder(self, folder: str) -> bool:
        """Makes a folder and those above it as far as they are missing; whether it made any."""
        missing: list[str] = []
        while folder.strip("/") and self._size(folder, folders=True) is None:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for inner in reversed(missing):
            try:
                with self._step("transfer", "making a folder"):
                    self._session.make_folder(inner)
            except RelayError as error:
                if not isinstance(error.__cause__, REFUSALS):
                    raise
                return False
        return bool(missing)

    def _rename(self, part: str, final: str) -> str | None:
        """Renames; None when it is done, else the server's refusal. An old file of the name gives way."""
        refusal = self._tried_rename(part, final)
        if refusal is not None and self._remove(final) is None:
            refusal = self._tried_rename(part, final)
        return refusal

    def _tried_rename(self, part: str, final: str) -> str | None:
        try:
            with self._step("transfer", "renaming"):
                self._session.rename(part, final)
        except RelayError as error:
            if not isinstance(error.__cause__, REFUSALS):
                raise
            return error.detail
        return None

    def _remove(self, path: str) -> str | None:
        try:
            with self._step("transfer", "removing"):
                self._session.remove(path)
        except RelayError as error:
            if not isinstance(error.__cause__, REFUSALS):
                raise
            return error.detail
        return None

    def _size(self, path: str, *, folders: bool = False) -> int | None:
        """The size of what stands there, of a folder 0 where the server tells none; None: nothing does."""
        try:
            with self._step("transfer", "looking at the size"):
                size = self._session.size(path)
        except RelayError as error:
            if not isinstance(error.__cause__, REFUSALS):
                raise
            return None
        return size if size is not None or not folders else 0

    def _try_listing(self) -> Step:
        try:
            with self._step("transfer", "listing"):
                names = self._session.names(self._root)
        except RelayError as error:
            if not isinstance(error.__cause__, REFUSALS):
                raise
            return Step("list", f"refused, relaying does without: {error.detail}", works=False)
        return Step("list", f"{len(names)} entries")

    @property
    def _session(self) -> SftpConnection:
        if self._sftp is None:
            raise RelayError("transfer_error", "the connection is lost")
        return self._sftp

    @contextmanager
    def _step(self, stage: Stage, doing: str) -> Iterator[None]:
        """Turns whatever goes wrong into a RelayError, and gives up a session that is lost."""
        try:
            yield
        except (OSError, asyncssh.Error) as error:
            if stage == "connect" or not isinstance(error, REFUSALS):
                self._drop()
            raise sftp_failure(error, stage, doing) from error
        self._used_at = time.monotonic()

    def _drop(self) -> None:
        sftp, self._sftp = self._sftp, None
        if sftp is not None:
            sftp.close()
