"""A session's login: a name, a password, and a verdict that may come from another thread.

Lines wait while the verdict is out. A refused login is answered a moment after its PASS, always in the
same words and after the same time, whatever was wrong; after three the session ends. The name is
logged, the password never.
"""

import time

import structlog

from receiver.admission.accounts import Account
from receiver.admission.logins import Verdict
from receiver.ftp.file_system import JournalFS, VirtualFS
from receiver.ftp.reader import ReaderFS
from receiver.ftp.session import FtpSession

log = structlog.get_logger()

MOST_FAILED_LOGINS = 3


class LoginSession(FtpSession):
    """A session that can be logged in; `account` and `fs` are there once it is."""

    account: Account | None = None
    fs: VirtualFS
    proved = False
    """True once any login of this session was good."""
    _failed_logins = 0
    _asked_at = 0.0

    def check_password(self, password: bytes) -> None:
        """PASS: the verdict may come from another thread; lines wait for it."""
        if self.authenticated:
            self.respond("503 You are logged in already.")
        elif not self.username:
            self.respond("503 Send USER first.")
        elif not self.login_is_secure():
            self.respond("530 Encrypt the connection first (AUTH TLS).")
        else:
            self.owe_answer()
            self._asked_at = time.monotonic()
            post = self.door.mailbox.post
            verdict = self.door.logins.check(
                self.username, password, self.peer, lambda result: post(self._login_checked, result)
            )
            if verdict is not None:
                self._login_checked(verdict)

    def login_is_secure(self) -> bool:
        """True where a password may be sent now."""
        return True

    def _login_checked(self, verdict: Verdict) -> None:
        if self._closed:
            return
        if verdict.account is not None:
            self.account = verdict.account
            self.authenticated = True
            self._failed_logins = 0
            if not self.proved:
                self.proved = True
                self.door.admission.proved(self.peer)
            if "upload" in verdict.account.permissions:
                self.fs = JournalFS(verdict.account.name, self.door.tree)
            else:
                self.fs = ReaderFS(verdict.account)
            self.respond("230 Login successful.")
            self.answer_given()
            return
        log.warning("login_failed", account=self.username[:64], peer=self.peer, reason=verdict.reason)
        if verdict.reason == "busy":
            self.respond("421 Logins can not be checked at the moment; try again later.")
            self.close_when_done()
            return
        self.username = ""
        self._failed_logins += 1
        passed = time.monotonic() - self._asked_at
        self.ioloop.call_later(max(self.door.options.login_delay - passed, 0), self._refuse_login)

    def _refuse_login(self) -> None:
        if self._closed:
            return
        self.respond("530 Login incorrect.")
        if self._failed_logins >= MOST_FAILED_LOGINS:
            self.close_when_done()
        else:
            self.answer_given()
