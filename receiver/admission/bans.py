"""Who is banned right now, as one role's doors ask it: in memory, so that asking costs nothing.

Failures are written through to the file that all workers share (ban_file), by the thread that verifies
passwords. Good logins are noted by a thread of its own, which also looks once a second for what other
workers or an administrator changed. When the file can not be used, bans are kept in memory only.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from receiver.admission.accounts import Account
from receiver.admission.ban_file import BanFile
from receiver.admission.ban_rules import (
    ACCOUNT_FACTOR,
    MEMORY_SECONDS,
    BanPolicy,
    Record,
    Subject,
    after_failure,
    banned_address,
    still_matters,
)

LOOK_SECONDS = 1.0
NOTED_ANEW_DAYS = 7
"""A known address is written again only after so many days."""
DAY = 86_400
NEVER = 1 << 30

log = structlog.get_logger()


class Bans:
    """The bans of one journal. Names and peers are as the session has them; calls never wait."""

    def __init__(self, journal_path: Path, policy: BanPolicy, now: Callable[[], datetime]) -> None:
        """`now` gives aware UTC."""
        self._policy = policy
        self._now = now
        self._lock = threading.Lock()
        self._records: dict[Subject, Record] = {}
        self._known: dict[Subject, int] = {}
        self._accounts_at: dict[str, frozenset[str]] = {}
        self._latest_end = 0.0
        self._today = int(now().timestamp()) // DAY
        self._to_note: deque[Subject] = deque()
        self._misplaced: deque[Subject] = deque(maxlen=1000)
        self._version = -1
        self._ending = threading.Event()
        self._file: BanFile | None = None
        if policy.after > 0:
            try:
                self._file = BanFile(journal_path)
            except (sqlite3.Error, OSError):
                log.exception("bans_not_written", path=str(journal_path))
        self._look()
        self._thread = threading.Thread(target=self._run, name="bans", daemon=True)
        self._thread.start()

    def refuses_address(self, peer: str) -> bool:
        """True where whoever comes from there can be turned away before a word is said.

        That is a banned address, or one with a banned login, from which no account in good standing comes.
        """
        if not self._latest_end or self._latest_end <= (now := self._now().timestamp()):
            return False
        address = banned_address(peer)
        accounts = self._accounts_at.get(address, frozenset())
        banned = {name for name in accounts if self._is_banned(Subject(address, name), now)}
        return banned == accounts and (bool(banned) or self._is_banned(Subject(address, ""), now))

    def refuses_login(self, name: str, account: Account | None, peer: str) -> bool:
        """True where that name may not even try a password from there."""
        if not self._latest_end or self._latest_end <= (now := self._now().timestamp()):
            return False
        address = banned_address(peer)
        if self._is_banned(Subject(address, name), now):
            return True
        if Subject(address, name) in self._known:
            return False
        if self._is_banned(Subject(address, ""), now):
            return True
        return not _expected(account, peer) and self._is_banned(Subject("", name), now)

    def knows(self, peer: str) -> bool:
        """True where some account has logged in from that address before."""
        return bool(self._accounts_at.get(banned_address(peer)))

    def failed(self, name: str, account: Account | None, peer: str) -> None:
        """Counts a wrong name or password. Called by the verifier's thread."""
        if self._policy.after <= 0:
            return
        login = Subject(banned_address(peer), name)
        known = login in self._known
        # the login's own record stands there in any case: it tells which addresses an account failed from
        here = self._count(login, self._policy.after if known else NEVER)
        if known:
            return
        self._count(Subject(login.address, ""), self._policy.after)
        # no address adds more to an account than one ban's worth: it takes several to ban it
        if account is not None and here.failures <= self._policy.after and not _expected(account, peer):
            self._count(Subject("", name), self._policy.after * ACCOUNT_FACTOR)

    def succeeded(self, name: str, peer: str) -> None:
        """Notes a good login: the address is the account's from now on."""
        login = Subject(banned_address(peer), name)
        noted = self._known.get(login)
        if noted is not None and self._today - noted < NOTED_ANEW_DAYS and login not in self._records:
            return
        today = int(self._now().timestamp()) // DAY
        with self._lock:
            self._records.pop(login, None)
            self._know(login, today)
        self._to_note.append(login)

    def misplaced(self, name: str, peer: str) -> None:
        """Notes a right password from an address that is not allowed: a person should hear of it."""
        self._misplaced.append(Subject(banned_address(peer), name))

    def close(self) -> None:
        """Writes what is still to be noted, and ends."""
        self._ending.set()
        self._thread.join()
        if self._file is not None:
            self._file.close()

    def _is_banned(self, subject: Subject, now: float) -> bool:
        record = self._records.get(subject)
        return record is not None and record.banned_until > now

    def _know(self, login: Subject, day: int) -> None:
        if login not in self._known:
            others = self._accounts_at.get(login.address, frozenset())
            self._accounts_at[login.address] = others | {login.account}
        self._known[login] = day

    def _count(self, subject: Subject, threshold: int) -> Record:
        now = self._now().timestamp()
        before = self._records.get(subject)
        record = after_failure(before, now, threshold, self._policy)
        if self._file is not None:
            try:
                with self._file.change() as connection:
                    row = connection.execute(
                        "SELECT failures, failed_at, bans, banned_until FROM record"
                        " WHERE address = ? AND account = ?",
                        subject,
                    ).fetchone()
                    record = after_failure(Record(*row) if row else None, now, threshold, self._policy)
                    connection.execute(
                        "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)", (*subject, *record)
                    )
            except sqlite3.Error:
                log.exception("bans_not_written", path=str(self._file.path))
        with self._lock:
            self._records[subject] = record
            self._latest_end = max(self._latest_end, record.banned_until)
        if record.banned_until > now and (before is None or before.banned_until != record.banned_until):
            log.warning(
                "login_banned", address=subject.address, account=subject.account[:64],
                minutes=round((record.banned_until - now) / 60), times=record.bans,
            )  # fmt: skip
        return record

    def _run(self) -> None:
        looks = 0
        while not self._ending.wait(LOOK_SECONDS):
            self._today = int(self._now().timestamp()) // DAY
            self._note()
            self._look()
            looks += 1
            if looks % 3600 == 1:
                self._forget_old()
        self._note()

    def _note(self) -> None:
        known, misplaced = _emptied(self._to_note), _emptied(self._misplaced)
        if (known or misplaced) and self._file is not None:
            now = self._now().timestamp()
            try:
                self._file.note_known(known, int(now) // DAY)
                self._file.note_misplaced(misplaced, now)
            except sqlite3.Error:
                log.exception("bans_not_written", path=str(self._file.path))

    def _look(self) -> None:
        """Takes over what others have changed in the file."""
        if self._file is None:
            return
        now = self._now().timestamp()
        try:
            version = self._file.version()
            if version == self._version:
                return
            known = self._file.known(int(now) // DAY)
            with self._lock:
                before, self._records = self._records, self._file.records()
                for login, day in known.items():
                    self._know(login, day)
                self._latest_end = max((one.banned_until for one in self._records.values()), default=0.0)
            self._version = version
        except sqlite3.Error:
            log.exception("bans_not_written", path=str(self._file.path))
            return
        for subject, record in before.items():
            if record.banned_until > now and not self._is_banned(subject, now):
                log.info("ban_lifted", address=subject.address, account=subject.account[:64])

    def _forget_old(self) -> None:
        now = self._now().timestamp()
        with self._lock:
            self._records = {
                subject: record for subject, record in self._records.items() if still_matters(record, now)
            }
        if self._file is not None:
            try:
                self._file.forget_old(now - MEMORY_SECONDS, int(now) // DAY)
            except sqlite3.Error:
                log.exception("bans_not_written", path=str(self._file.path))


def _emptied(noted: deque[Subject]) -> set[Subject]:
    """What was noted until now; other threads may be noting on."""
    found = set()
    while noted:
        found.add(noted.popleft())
    return found


def _expected(account: Account | None, peer: str) -> bool:
    """True where the account's own allow list names the address: guessing elsewhere never closes that."""
    return account is not None and bool(account.allow) and account.admits(peer)
