"""Who may log in: passwords checked by one thread, and remembered once they were right.

argon2 takes 25 ms on purpose, which would stop an event loop. So a password that was verified before is
recognised by its keyed hash at once, and any other goes to the verifier thread: one at a time for
each account in turn, so that guesses at one account do not keep the others waiting; the same
password tried by several sessions of an account is verified once. An unknown name costs the same
time and gets the same answer as a wrong password. Wrong ones are counted (bans); whoever is banned
is refused before anything is verified.
"""

import hmac
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Literal, NamedTuple

import structlog

from receiver.admission.account_book import AccountBook
from receiver.admission.account_cache import AccountCache
from receiver.admission.accounts import Account
from receiver.admission.bans import Bans
from store.access.secrets import hash_password, verify_password

MOST_WAITING = 20_000
_UNKNOWN = ""  # unknown names share one turn, so that inventing names gains nothing

log = structlog.get_logger()

Reason = Literal[
    "ok", "unknown_user", "wrong_password", "unknown_key", "disabled", "address", "banned", "busy"
]


class Verdict(NamedTuple):
    """The account where the login is good, else None and the reason, which is for the log only."""

    account: Account | None
    reason: Reason


class _Attempt(NamedTuple):
    name: str
    password: bytes
    digest: bytes


class _Waiter(NamedTuple):
    peer: str
    done: Callable[[Verdict], None]


class Logins:
    """Checks logins for one role."""

    def __init__(self, book: AccountBook, cache: AccountCache, bans: Bans) -> None:
        self._book = book
        self._cache = cache
        self._bans = bans
        self._verified = cache.verified()
        self._turns: OrderedDict[str, deque[_Attempt]] = OrderedDict()
        self._waiters: dict[_Attempt, list[_Waiter]] = {}
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="logins", daemon=True)
        self._thread.start()

    def check(self, name: str, password: bytes, peer: str, done: Callable[[Verdict], None]) -> Verdict | None:
        """A verdict at once where the password is known; else None, and `done` is called by the thread."""
        digest = self._cache.digest(name, password)
        account = self._book.get(name)
        if self._bans.refuses_login(name, account, peer):
            return Verdict(None, "banned")
        if account is not None and self._knows(account, digest):
            return self._admit(account, peer)
        if self._book.blind:
            return Verdict(None, "busy")
        attempt = _Attempt(name, password, digest)
        with self._changed:
            if attempt in self._waiters:
                self._waiters[attempt].append(_Waiter(peer, done))
                return None
            if len(self._waiters) >= MOST_WAITING:
                return Verdict(None, "busy")
            self._waiters[attempt] = [_Waiter(peer, done)]
            turn = name if account is not None else _UNKNOWN
            self._turns.setdefault(turn, deque()).append(attempt)
            self._changed.notify()
        return None

    def check_key(self, name: str, key: str, peer: str) -> Verdict:
        """Whether that public key would let the account in from there. Never waits, and counts no failure:
        a key can not be guessed, and clients offer all they have. `admitted` is called once it is proved.
        """
        account = self._book.get(name)
        if self._bans.refuses_login(name, account, peer):
            return Verdict(None, "banned")
        if account is None:
            return Verdict(None, "unknown_user")
        if key not in account.keys:
            return Verdict(None, "unknown_key")
        return _open_to(account, peer)

    def look(self) -> None:
        """Asks the store for accounts and keys added a moment ago; waits two seconds at most."""
        self._book.look()

    def admitted(self, account: Account, peer: str) -> None:
        """Notes a login by key."""
        self._bans.succeeded(account.name, peer)

    def close(self) -> None:
        """Ends the thread; attempts that still wait are not answered."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join()

    def _knows(self, account: Account, digest: bytes) -> bool:
        known = self._verified.get(account.name)
        return (
            known is not None and known[0] == account.password_hash and hmac.compare_digest(known[1], digest)
        )

    def _run(self) -> None:
        decoy = hash_password("a password that is nobody's")
        while (attempt := self._next()) is not None:
            if self._all_banned(attempt):
                self._answer_banned(attempt)
                continue
            try:
                account, right = self._verify(attempt, decoy)
            except Exception:  # the thread must outlive every error: without it nobody new could log in
                log.exception("login_check_failed", account=attempt.name[:64])
                account, right = None, False
            with self._changed:
                waiters = self._waiters.pop(attempt)
            for waiter in waiters:
                if account is not None and right:
                    waiter.done(self._admit(account, waiter.peer))
                    continue
                self._bans.failed(attempt.name, account, waiter.peer)
                waiter.done(Verdict(None, "unknown_user" if account is None else "wrong_password"))

    def _all_banned(self, attempt: _Attempt) -> bool:
        """True where whoever waits for it was banned while it stood in the row."""
        account = self._book.get(attempt.name)
        with self._changed:
            peers = {waiter.peer for waiter in self._waiters[attempt]}
        return all(self._bans.refuses_login(attempt.name, account, peer) for peer in peers)

    def _answer_banned(self, attempt: _Attempt) -> None:
        with self._changed:
            waiters = self._waiters.pop(attempt)
        for waiter in waiters:
            waiter.done(Verdict(None, "banned"))

    def _next(self) -> _Attempt | None:
        with self._changed:
            self._changed.wait_for(lambda: self._turns or self._ending)
            if self._ending:
                return None
            turn, attempts = self._turns.popitem(last=False)
            attempt = attempts.popleft()
            if attempts:
                self._turns[turn] = attempts  # at the end of the row
            return attempt

    def _verify(self, attempt: _Attempt, decoy: str) -> tuple[Account | None, bool]:
        account = self._book.get(attempt.name)
        if account is not None and self._knows(account, attempt.digest):
            return account, True
        first = account
        if account is None or not verify_password(attempt.password, account.password_hash):
            if account is None:
                verify_password(attempt.password, decoy)
            self._book.look()
            account = self._book.get(attempt.name)
            if account is None or account == first:
                return account, False
            if not verify_password(attempt.password, account.password_hash):
                return account, False
        self._verified[account.name] = (account.password_hash, attempt.digest)
        self._cache.remember(account.name, account.password_hash, attempt.digest)
        return account, True

    def _admit(self, account: Account, peer: str) -> Verdict:
        """What becomes of a right password."""
        verdict = _open_to(account, peer)
        if verdict.account is not None:
            self._bans.succeeded(account.name, peer)
        elif verdict.reason == "address":
            self._bans.misplaced(account.name, peer)
        return verdict


def _open_to(account: Account, peer: str) -> Verdict:
    """Whether an account that has proved itself may come in from there."""
    if account.disabled:
        return Verdict(None, "disabled")
    if not account.admits(peer):
        return Verdict(None, "address")
    return Verdict(account, "ok")
