"""The database's own clock, in SQL: for columns that only say when a row was last touched.

What is judged by a time is given it by its caller; this is for nothing else.
"""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.time_type import UtcTime


class database_now(FunctionElement[Any]):  # noqa: N801  SQL functions are written in lower case
    """The moment at which the statement (SQLite) or its transaction (PostgreSQL) began."""

    type = UtcTime()
    inherit_cache = True


@compiles(database_now)
def _in_millis(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(database_now, "postgresql")
def _as_timestamp(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "now()"
