"""Settling what is marked before somebody looks: commands run where perhaps no forward role does."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine

from store.slots.settling import settle

_MARKS = 256
"""Marks settled in one transaction: others wait for it."""


def settle_all(engine: Engine, now: datetime, station_ids: Sequence[int] | None = None) -> None:
    """Settles what is marked now; what arrives meanwhile may be left to the completeness ledger."""
    while settle(engine, _MARKS, now, station_ids) == _MARKS:
        pass
