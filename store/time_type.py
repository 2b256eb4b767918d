"""How the store keeps a moment: UTC, to the millisecond, never naive.

SQLite has no time type that sorts and compares safely, so there a moment is an integer
(milliseconds since 1970-01-01T00:00Z); PostgreSQL keeps a timestamptz. Every time column
of the schema uses this one decorator, so no statement converts by hand.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


def to_millis(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware moment; a naive one is our bug and raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone cannot be stored: {moment!r}")
    return round(moment.timestamp() * 1000)


@lru_cache(maxsize=65536)
def from_millis(millis: int) -> datetime:
    """The aware UTC moment of a count of milliseconds since the epoch.

    Remembered: the readings of a file share their times, and a result of many rows is mostly made of them.
    """
    seconds, rest = divmod(millis, 1000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.replace(microsecond=rest * 1000) if rest else moment


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime in any zone on the way in, in UTC on the way out."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        millis = to_millis(value)
        return from_millis(millis) if dialect.name == "postgresql" else millis

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return from_millis(value)
