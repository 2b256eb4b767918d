"""The quotas of senders as the HTTP door asks for them: those of keys, looked up once a second at most."""

import time

from sqlalchemy import Engine

from receiver.admission.quotas import Quota
from store.access.quotas import SenderQuota, quotas
from store.engine import reading

_LOOK_SECONDS = 1.0


class SenderQuotas:
    """What the store said last. `of` raises what the driver raises while the store is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked_at = float("-inf")
        self._known: dict[str, SenderQuota] = {}

    def of(self, sender: str) -> Quota | None:
        """How much the sender may upload a day; None: without end."""
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            with reading(self._engine) as connection:
                self._known = quotas(connection)
            self._looked_at = time.monotonic()
        found = self._known.get(sender)
        return None if found is None else Quota(*found)
