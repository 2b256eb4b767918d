"""One SFTP session, as the sender uses it: calls that wait, on an event loop that runs only while one does.

The loop belongs to the sender's thread; another thread may only cut. Every call has a time-out. What the
libraries raise passes through: what it means is decided in sftp_outcome.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncssh

from forwarder.sender import SendingTimes
from forwarder.target_trust import HostTrust

T = TypeVar("T")

KEY_MARK = "-----BEGIN"
"""What a secret begins with that is a private key and no password."""


class UntrustedHostError(OSError):
    """The server showed another host key than the pinned one."""


class _KeyWatch(asyncssh.SSHClient):
    """Looks at the host key, and remembers what it was."""

    def __init__(self, pin: str | None) -> None:
        self._pin = pin
        self.shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key
        return key.get_fingerprint() == self._pin


class SftpConnection:
    """A session that is open once `open` has returned."""

    def __init__(self, times: SendingTimes) -> None:
        self._times = times
        self._loop = asyncio.new_event_loop()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def open(self, host: str, port: int, user: str, secret: str, trust: HostTrust) -> None:
        """Connects, looks at the host key, logs in, and starts SFTP."""
        self._run(self._open(host, port, user, secret, trust), self._times.connect * 2)

    def home(self) -> str:
        """The folder that the login leads to."""
        return self._run(self._sftp.realpath("."))

    def write(self, path: str, content: bytes) -> None:
        """Writes a whole file; returns when the server has answered its close."""
        self._run(self._write(path, content))

    def size(self, path: str) -> int | None:
        """The size of what stands there."""
        return self._run(self._sftp.stat(path)).size

    def names(self, path: str) -> list[asyncssh.SFTPName]:
        """What is in a folder, without itself and the one above."""
        found = self._run(self._sftp.readdir(path))
        return [name for name in found if name.filename not in (".", "..")]

    def make_folder(self, path: str) -> None:
        """Makes a folder in one that is there."""
        self._run(self._sftp.mkdir(path))

    def rename(self, old: str, new: str) -> None:
        """Renames, over what has the name where the server does that."""
        try:
            self._run(self._sftp.posix_rename(old, new))
        except asyncssh.SFTPOpUnsupported:
            self._run(self._sftp.rename(old, new))

    def remove(self, path: str) -> None:
        """Removes a file."""
        self._run(self._sftp.remove(path))

    def close(self) -> None:
        """Says goodbye as far as that is possible at once; harmless when repeated."""
        if self._loop.is_closed():
            return
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.close()
            self._loop.run_until_complete(_closed(connection))
        self._loop.close()

    def cut(self) -> None:
        """Ends whatever the other thread is waiting for."""
        connection = self._connection
        if connection is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(connection.abort)
            except RuntimeError:
                return  # the loop was closed in this very moment

    @property
    def _sftp(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise asyncssh.ConnectionLost("not connected")
        return self._client

    async def _open(self, host: str, port: int, user: str, secret: str, trust: HostTrust) -> None:
        with_key = secret.startswith(KEY_MARK)
        watch = _KeyWatch(trust.pin)
        try:
            self._connection = await asyncssh.connect(
                host, port, username=user,
                client_factory=lambda: watch,
                client_keys=[asyncssh.import_private_key(secret)] if with_key else None,
                password=None if with_key else secret,
                preferred_auth="publickey" if with_key else "password,keyboard-interactive",
                server_host_key_algs=_algorithms(trust.kind),
                **_options(self._times),
            )  # fmt: skip
        except asyncssh.HostKeyNotVerifiable as error:
            shown = watch.shown.get_fingerprint() if watch.shown is not None else "none that is known here"
            raise UntrustedHostError(
                f"the server shows another host key than the pinned one: {shown}"
            ) from error
        self._client = await self._connection.start_sftp_client()

    async def _write(self, path: str, content: bytes) -> None:
        async with self._sftp.open(path, "wb") as file:
            await file.write(content)

    def _run(self, work: Coroutine[Any, Any, T], seconds: float = 0) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(work, seconds or self._times.data))


def shown_host_key(host: str, port: int, times: SendingTimes) -> str:
    """The host key that a server shows now, as in .pub files, believed by nobody yet.

    Raises what asyncssh and sockets raise.
    """

    async def ask() -> str:
        watch = _KeyWatch(None)
        try:
            connection = await asyncssh.connect(
                host, port, username="qttd", client_factory=lambda: watch, client_keys=None, **_options(times)
            )
        except asyncssh.HostKeyNotVerifiable:
            if watch.shown is None:
                raise
        else:
            connection.abort()
        if watch.shown is None:
            raise asyncssh.ConnectionLost("the server showed no host key")
        return " ".join(watch.shown.export_public_key("openssh").decode("ascii").split(" ")[:2]).strip()

    return asyncio.run(asyncio.wait_for(ask(), times.connect))


def _options(times: SendingTimes) -> dict[str, Any]:
    return {
        "known_hosts": ([], [], []),  # so that validate_host_public_key is asked for every key
        "config": None,
        "agent_path": None,
        "gss_host": None,
        "connect_timeout": times.connect,
        "login_timeout": times.connect,
    }


def _algorithms(kind: str | None) -> Any:
    if kind is None:
        return ()
    return ["rsa-sha2-256", "rsa-sha2-512"] if kind == "ssh-rsa" else [kind]


async def _closed(connection: asyncssh.SSHClientConnection) -> None:
    try:
        await asyncio.wait_for(connection.wait_closed(), 2.0)
    except TimeoutError:
        connection.abort()
