"""A list of keys as a small table to join with: how rows are looked up by many compound keys at once.

SQLite does not use an index for `(a, b) IN ((1, 2), (3, 4))`: it reads the whole table. A join with a
list of values walks down the index once for each key, on both databases.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, column, values
from sqlalchemy.schema import Column


def key_list(columns: Sequence[Column[Any]], keys: Iterable[Sequence[Any]], name: str = "wanted") -> CTE:
    """The keys as a table with the columns' names and types. A statement takes a few hundred of them."""
    listed = values(*(column(one.name, one.type) for one in columns), name=f"{name}_keys")
    return listed.data([tuple(key) for key in keys]).cte(name)


def matches(columns: Sequence[Column[Any]], listed: CTE) -> ColumnElement[bool]:
    """The join's condition: every column equals the list's."""
    return and_(*(one == listed.c[one.name] for one in columns))
