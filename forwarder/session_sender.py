"""What sending over a kept session has in common, whatever the protocol.

A file goes under a temporary name, its size is compared, and it is renamed. The temporary name is fixed and
does not end in `.txt`, so a reader at the target never takes half a file and a second attempt leaves no
litter. Folders are made when an upload is refused without them. A target that does not rename gets its
files straight. How each of these is asked for is the protocol's own: forwarder/ftp_sender.py, sftp_sender.py.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Generic, Protocol, TypeVar

import structlog

from forwarder.outcome import RelayError, Stage, one_line
from forwarder.sender import TEMPORARY, Step
from forwarder.target_url import TargetUrl
from store.relay.targets import Upload

log = structlog.get_logger()

_QUIET_SECONDS = 20.0
"""After so long a silence a session is asked whether it still lives, before a file is trusted to it."""
_REFUSALS_BELIEVED = 3
"""So many renames refused one after the other mean that the target never renames."""


class Connection(Protocol):
    """A session's connection, as far as its end is concerned. Neither raises."""

    def close(self) -> None:
        """Gives it up."""

    def cut(self) -> None:
        """Ends whatever another thread is waiting for on it."""


C = TypeVar("C", bound=Connection)


class SessionSender(ABC, Generic[C]):
    """A session with one target, made anew whenever it is lost. See Sender for what its methods promise."""

    _errors: ClassVar[tuple[type[Exception], ...]]
    """Whatever the protocol's library raises."""
    _refusals: ClassVar[tuple[type[Exception], ...]]
    """Of those: the server said no for good to this request, and the session goes on."""

    def __init__(self, url: TargetUrl, upload: Upload) -> None:
        self._url = url
        self._rename_wanted = upload == "rename"
        self._connection: C | None = None
        self._root = ""
        self._used_at = 0.0
        self._refused_renames = 0
        self._sees_sizes = True

    def connect(self) -> None:
        """See Sender."""
        if self._connection is not None and time.monotonic() - self._used_at > _QUIET_SECONDS:
            try:
                with self._step("transfer", "looking whether the session lives"):
                    self._ask_whether_alive()
            except RelayError as error:
                log.debug("session_expired", host=self._url.host, error=error.detail)
                self._drop()
        if self._connection is None:
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
        size = "is right" if self._sees_sizes else "cannot be looked up; the server's answer is trusted"
        yield Step("size", size, self._sees_sizes)
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
            return dict(self._listed(self._absolute(folder) if folder else self._root))
        except RelayError as error:
            if not self._is_refusal(error):
                raise
            return {}

    def close(self) -> None:
        """See Sender."""
        self._drop()

    def abort(self) -> None:
        """See Sender."""
        if (connection := self._connection) is not None:
            connection.cut()

    @abstractmethod
    def _connect(self) -> Iterator[Step]:
        """Makes a session and settles it, its root too; a step for each part that is done."""

    @abstractmethod
    def _ask_whether_alive(self) -> None:
        """Asks the server for anything."""

    @abstractmethod
    def _names(self) -> int:
        """How many names the root holds."""

    @abstractmethod
    def _listed(self, place: str) -> Mapping[str, int | None]:
        """The files of a folder and their sizes."""

    @abstractmethod
    def _write(self, path: str, content: bytes) -> None:
        """Writes a file, over one that is there."""

    @abstractmethod
    def _wants_folder(self, refusal: RelayError) -> bool:
        """Whether a file that was refused like that may go once its folder is there."""

    @abstractmethod
    def _make_folder(self, folder: str) -> bool:
        """Makes a folder and those above it as far as they are missing; whether it made any."""

    @abstractmethod
    def _rename(self, part: str, final: str) -> str | None:
        """Renames; None when it is done, else the server's refusal. An old file of the name gives way."""

    @abstractmethod
    def _remove(self, path: str) -> str | None:
        """Removes a file; None when it is done, else the server's refusal."""

    @abstractmethod
    def _size(self, path: str) -> int | None:
        """The size of what stands there; None where nothing does or no one says."""

    @abstractmethod
    def _is_lost(self, error: Exception, stage: Stage) -> bool:
        """Whether the session is of no use after this."""

    @abstractmethod
    def _failure(self, error: Exception, stage: Stage, doing: str) -> RelayError:
        """What went wrong, in the closed set of outcomes and without any secret."""

    def _spelt(self, path: str) -> str:
        """A path as the protocol's library takes it."""
        return path

    def _size_untold(self) -> None:
        """Nobody says how large the file is that was just written."""

    def _absolute(self, path: str) -> str:
        """A path below the root. What no command can carry, or leads out, is refused."""
        if not path.isprintable() or any(part in ("", ".", "..") for part in path.split("/")):
            raise RelayError("rejected_path", one_line(f"{path} is not a path below the target's root"))
        return self._root + self._spelt(path)

    def _folder(self) -> str:
        """The URL's folder, as paths begin with it: `a/b/`, or empty."""
        folder = self._spelt(self._url.folder).strip("/")
        return f"{folder}/" if folder else ""

    def _upload(self, path: str, content: bytes) -> None:
        try:
            self._write(path, content)
        except RelayError as refusal:
            if not self._wants_folder(refusal) or not self._make_folder(path.rpartition("/")[0]):
                raise
            self._write(path, content)
        size = self._size(path)
        if size is None:
            self._size_untold()
        elif size != len(content):
            self._remove(path)
            raise RelayError("verify_failed", f"{size} bytes arrived of {len(content)}")

    def _try_listing(self) -> Step:
        try:
            return Step("list", f"{self._names()} entries")
        except RelayError as error:
            if not self._is_refusal(error):
                raise
            return Step("list", f"refused, relaying does without: {error.detail}", works=False)

    def _is_refusal(self, error: RelayError) -> bool:
        return isinstance(error.__cause__, self._refusals)

    @property
    def _session(self) -> C:
        if self._connection is None:
            raise RelayError("transfer_error", "the connection is lost")
        return self._connection

    @contextmanager
    def _step(self, stage: Stage, doing: str) -> Iterator[None]:
        """Turns whatever goes wrong into a RelayError, and gives up a session that is lost."""
        try:
            yield
        except self._errors as error:
            if self._is_lost(error, stage):
                self._drop()
            raise self._failure(error, stage, doing) from error
        self._used_at = time.monotonic()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
