"""Who works on a target: of all forwarders on one PostgreSQL store, one at a time for each target.

Order per station, and one connection per target, need a single worker, so a target is claimed as a whole
and not item by item. The claim is a lock of the database session: it ends with the worker, however that ends.
On SQLite there is one forwarder (the journal's lock sees to that), and the claim is always granted.
"""

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from store.postgres import RELAYING


class Lease:
    """A worker's claim on a target. One thread uses it."""

    def __init__(self, engine: Engine, target_id: int) -> None:
        self._engine = engine
        self._key = (RELAYING << 32) + target_id
        self._needed = engine.dialect.name == "postgresql"
        self._session: Connection | None = None
        self._held = False

    def still_held(self) -> bool:
        """Whether the claim stands: a session that the server ended has lost it."""
        if self._held and self._session is not None:
            try:
                self._session.execute(text("SELECT 1"))
            except DBAPIError:
                self.give_up()
        return self._held

    def take(self) -> bool:
        """Claims the target; False where another one works on it. Raises what the driver raises."""
        if not self._needed:
            self._held = True
            return True
        session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # out of the pool: there a session would go on holding the lock for whoever gets it next
        session.detach()
        self._held = bool(session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}))
        self._session = session
        if not self._held:
            self.give_up()
        return self._held

    def give_up(self) -> None:
        """Lets another one work on the target."""
        self._held = False
        if self._session is not None:
            self._session.close()
            self._session = None
