"""The accounts a role knows right now, kept fresh by a thread of its own.

The thread asks the source's revision each second and loads when it has changed. A login that the
book can not satisfy asks for a look at once, so that an account added a moment ago can log in. While
the source is away the book stays as it is: files must go on coming in.
"""

import threading
import time

import structlog

from receiver.admission.account_cache import AccountCache
from receiver.admission.accounts import Account, AccountSource

POLL_SECONDS = 1.0
LEAST_SECONDS_BETWEEN_LOOKS = 0.05
LOOK_PATIENCE_SECONDS = 2.0

log = structlog.get_logger()


class AccountBook:
    """Accounts by name. `get` may be called from any thread and never waits."""

    def __init__(self, source: AccountSource, cache: AccountCache) -> None:
        self._source = source
        self._cache = cache
        self._accounts = {account.name: account for account in cache.load()}
        self._revision: int | None = None
        self._away = False
        self._started = 0
        self._finished = 0
        self._changed = threading.Condition()
        self._wanted = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="account-book", daemon=True)
        self._thread.start()

    def get(self, name: str) -> Account | None:
        """The account of that exact name, None where there is none."""
        return self._accounts.get(name)

    @property
    def blind(self) -> bool:
        """True where the source is away and the cache was empty: nobody can be told yes or no."""
        return self._away and not self._accounts

    def look(self, *, again: bool = False) -> None:
        """Asks the source for news and waits for the answer, two seconds at most.

        Does not wait while the source is known to be away. With `again` it loads even if the revision
        is the same.
        """
        if self._away and not again:
            return
        if again:
            self._revision = None
        with self._changed:
            ticket = self._started + 1
            self._wanted.set()
            self._changed.wait_for(lambda: self._finished >= ticket or self._ending, LOOK_PATIENCE_SECONDS)

    def close(self) -> None:
        """Ends the thread, after a look that is under way."""
        self._ending = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending:
            self._wanted.clear()
            with self._changed:
                self._started += 1
                ticket = self._started
            self._refresh()
            with self._changed:
                self._finished = ticket
                self._changed.notify_all()
            time.sleep(LEAST_SECONDS_BETWEEN_LOOKS)
            self._wanted.wait(POLL_SECONDS)

    def _refresh(self) -> None:
        try:
            revision = self._source.revision()
            if revision != self._revision:
                accounts = self._source.load()
                self._accounts = {account.name: account for account in accounts}
                self._revision = revision
                self._cache.save(accounts)
        except Exception as error:  # noqa: BLE001 - a store that is away raises what its driver raises
            if not self._away:
                log.warning("accounts_unreachable", error=f"{type(error).__name__}: {error}")
            self._away = True
            return
        if self._away:
            log.info("accounts_reachable_again")
        self._away = False
