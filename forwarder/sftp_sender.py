"""Sends files by SFTP, as forwarder/session_sender.py says."""

from collections.abc import Callable, Iterator
from stat import S_ISDIR

import asyncssh

from forwarder.outcome import RelayError, Stage
from forwarder.sender import SendingTimes, Step
from forwarder.session_sender import SessionSender
from forwarder.sftp_connection import SftpConnection
from forwarder.sftp_outcome import REFUSALS, sftp_failure
from forwarder.target_trust import HostTrust
from forwarder.target_url import TargetUrl
from store.relay.targets import Upload


class SftpSender(SessionSender[SftpConnection]):
    """Speaks SFTP."""

    _errors = (OSError, asyncssh.Error)
    _refusals = REFUSALS

    def __init__(
        self, url: TargetUrl, secret: str, upload: Upload, times: SendingTimes, trust: HostTrust
    ) -> None:
        """`secret` is a password, or a private key without a passphrase."""
        super().__init__(url, upload)
        self._secret, self._times, self._trust = secret, times, trust

    def _connect(self) -> Iterator[Step]:
        where = f"{self._url.host}:{self._url.port}"
        self._connection = SftpConnection(self._times)
        with self._step("connect", f"connecting to {where}"):
            self._session.open(self._url.host, self._url.port, self._url.user, self._secret, self._trust)
        with self._step("connect", "looking for the first folder"):
            home = self._session.home().rstrip("/")
        yield Step("connect", where)
        self._refused_renames = 0
        self._root = ("" if self._url.folder.startswith("/") else home) + f"/{self._folder()}"
        yield Step("login", f"as {self._url.user}")

    def _ask_whether_alive(self) -> None:
        self._session.home()

    def _names(self) -> int:
        return len(self._entries(self._root))

    def _listed(self, place: str) -> dict[str, int | None]:
        return {
            str(one.filename): one.attrs.size
            for one in self._entries(place)
            if not S_ISDIR(one.attrs.permissions or 0)
        }

    def _entries(self, place: str) -> list[asyncssh.SFTPName]:
        with self._step("transfer", "listing"):
            return self._session.names(place)

    def _write(self, path: str, content: bytes) -> None:
        with self._step("transfer", "writing"):
            self._session.write(path, content)

    def _wants_folder(self, refusal: RelayError) -> bool:
        return self._is_refusal(refusal)

    def _make_folder(self, folder: str) -> bool:
        missing: list[str] = []
        while folder.strip("/") and not self._is_there(folder):
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        refused = any(
            self._try("making a folder", self._session.make_folder, one) is not None
            for one in reversed(missing)
        )
        return bool(missing) and not refused

    def _is_there(self, folder: str) -> bool:
        return self._try("looking at the size", self._session.size, folder) is None

    def _rename(self, part: str, final: str) -> str | None:
        refusal = self._move(part, final)
        if refusal is not None and self._remove(final) is None:
            refusal = self._move(part, final)
        return refusal

    def _move(self, part: str, final: str) -> str | None:
        return self._try("renaming", self._session.rename, part, final)

    def _remove(self, path: str) -> str | None:
        return self._try("removing", self._session.remove, path)

    def _size(self, path: str) -> int | None:
        try:
            with self._step("transfer", "looking at the size"):
                return self._session.size(path)
        except RelayError as error:
            if not self._is_refusal(error):
                raise
            return None

    def _try(self, doing: str, ask: Callable[..., object], *what: str) -> str | None:
        """Asks for what may be refused for good: None when it was done, else the refusal."""
        try:
            with self._step("transfer", doing):
                ask(*what)
        except RelayError as error:
            if not self._is_refusal(error):
                raise
            return error.detail
        return None

    def _is_lost(self, error: Exception, stage: Stage) -> bool:
        return stage == "connect" or not isinstance(error, REFUSALS)

    def _failure(self, error: Exception, stage: Stage, doing: str) -> RelayError:
        return sftp_failure(error, stage, doing)
