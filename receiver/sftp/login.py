"""One SSH connection: who is let in, by password or key, and what it has open.

The same accounts, bans and limits as at the FTP door. A refused password is answered after the same time
whatever was wrong; after three the connection ends. The name is logged, the password never. Nothing but
SFTP sessions can be opened: asyncssh refuses forwarding unless it is told otherwise.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any

import asyncssh
import structlog

from receiver.admission.accounts import Account
from receiver.admission.logins import Verdict
from receiver.sftp.session import SftpSession
from receiver.sftp.upload import SftpUpload

if TYPE_CHECKING:
    from receiver.sftp.door import SftpDoor

log = structlog.get_logger()

MOST_FAILED_LOGINS = 3
MOST_KEYS = 12
"""Keys that one connection may offer."""
MOST_SESSIONS = 10


class SftpLogin(asyncssh.SSHServer):
    """A connection; `account` is there once it is logged in."""

    def __init__(self, door: "SftpDoor") -> None:
        self.door = door
        self.peer = ""
        self.account: Account | None = None
        self.active_at = time.monotonic()
        self.uploads: set[SftpUpload] = set()
        """Open and not yet closed."""
        self._requests = 0
        self._sessions = 0
        self._candidate: Account | None = None
        """Whom the last credential that was looked at belongs to; it counts once asyncssh says so."""
        self._by_key = False
        self._tried = 0
        self._keys_tried = 0
        self._admitted = False
        self._connection: asyncssh.SSHServerConnection | None = None

    # --- the connection

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client is here; whoever is shut out is cut off before a word is said."""
        self._connection = conn
        self.peer = str((conn.get_extra_info("peername") or ("",))[0]).removeprefix("::ffff:")
        refusal = self.door.refusal(self.peer)
        if refusal is not None:
            conn.abort()
            return
        self._admitted = True
        self.door.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over; what was open is cut."""
        for upload in list(self.uploads):
            self.cut(upload)
        if self._admitted:
            self.door.left(self)
        self._connection = None

    def cut(self, open_file: object) -> None:
        """Forgets an upload that was not closed by its client."""
        if isinstance(open_file, SftpUpload) and not open_file.ended:
            log.info("transfer_cut", peer=self.peer, account=self.account_in_force.name, reply="sftp")
            open_file.discard()
            self.uploads.discard(open_file)

    @property
    def account_in_force(self) -> Account:
        """The account of a connection that is logged in."""
        if self.account is None:
            raise asyncssh.PermissionDenied("nobody is logged in")
        return self.account

    @property
    def busy(self) -> bool:
        """True while an upload is open or a request is being answered."""
        return bool(self.uploads) or self._requests > 0

    def begin_request(self) -> None:
        """A request of the client is being answered."""
        self._requests += 1
        self.active_at = time.monotonic()

    def end_request(self) -> None:
        """It is answered."""
        self._requests -= 1
        self.active_at = time.monotonic()

    def check_idle(self, now: float) -> None:
        """Ends what has waited too long. Called by the door's sweep with the monotonic time."""
        if self._requests or self.account is None:  # before the login asyncssh's own timer runs
            return
        options = self.door.options
        if now - self.active_at > (options.data_timeout if self.uploads else options.control_timeout):
            self.end("Session timed out")

    def end(self, reason: str) -> None:
        """Says why and closes."""
        if self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, reason)

    def abort(self) -> None:
        """Closes at once."""
        if self._connection is not None:
            self._connection.abort()

    # --- the login

    def begin_auth(self, username: str) -> bool:
        """Everybody has to prove who they are."""
        return True

    def password_auth_supported(self) -> bool:
        """Yes."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Yes."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether the password lets that account in from here."""
        self._tried += 1
        if self._tried > MOST_FAILED_LOGINS:
            self.end("Too many failed logins")
            return False
        asked_at = time.monotonic()
        verdict = await self._verdict(username, password.encode())
        if verdict.account is not None:
            self._candidate, self._by_key = verdict.account, False
            return True
        log.warning("login_failed", account=username[:64], peer=self.peer, reason=verdict.reason)
        if verdict.reason == "busy":
            self.end("Logins can not be checked at the moment; try again later")
            return False
        await asyncio.sleep(max(self.door.options.login_delay - (time.monotonic() - asked_at), 0))
        if self._tried >= MOST_FAILED_LOGINS:
            self.end("Too many failed logins")
        return False

    async def _verdict(self, name: str, password: bytes) -> Verdict:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Verdict] = loop.create_future()

        def done(verdict: Verdict) -> None:
            self.door.call_soon(_settle, answer, verdict)

        return self.door.logins.check(name, password, self.peer, done) or await answer

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether that key, once it is proved to be the client's, lets the account in from here."""
        self._keys_tried += 1
        if self._keys_tried > MOST_KEYS:
            self.end("Too many keys")
            return False
        text = key.export_public_key("openssh").decode("ascii").strip()
        offered = " ".join(text.split(" ", 2)[:2])
        verdict = self.door.logins.check_key(username, offered, self.peer)
        if verdict.reason in ("unknown_user", "unknown_key") and self._keys_tried == 1:
            # it may have been added a moment ago
            await asyncio.to_thread(self.door.logins.look)
            verdict = self.door.logins.check_key(username, offered, self.peer)
        if verdict.account is None:
            if verdict.reason != "unknown_key":
                log.warning("login_failed", account=username[:64], peer=self.peer, reason=verdict.reason)
            return False
        self._candidate, self._by_key = verdict.account, True
        return True

    def auth_completed(self) -> None:
        """The last credential was good."""
        conn: Any = self._connection
        if self._candidate is None or self._candidate.name != conn.get_extra_info("username"):
            self.abort()
            return
        self.account = self._candidate
        self.active_at = time.monotonic()
        if self._by_key:
            self.door.logins.admitted(self.account, self.peer)
        self.door.admission.proved(self.peer)

    def session_requested(self) -> SftpSession | bool:
        """A channel for SFTP."""
        if self.account is None or self._sessions >= MOST_SESSIONS:
            return False
        self._sessions += 1
        return SftpSession(self)


def _settle(answer: asyncio.Future[Verdict], verdict: Verdict) -> None:
    if not answer.done():
        answer.set_result(verdict)
