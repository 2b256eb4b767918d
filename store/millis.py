"""A moment as a plain number in SQL, for loops too hot to make a datetime of every row.

SQLite keeps moments as milliseconds already; PostgreSQL is asked to turn its timestamp into them.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.time_type import UtcTime


class millis(FunctionElement[int]):  # noqa: N801  SQL functions are written in lower case
    """Milliseconds since 1970-01-01T00:00Z of a UtcTime column."""

    type = BigInteger()
    inherit_cache = True

    def __init__(self, moment: ColumnElement[Any]) -> None:
        if not isinstance(moment.type, UtcTime):
            raise TypeError(f"{moment} is no moment")
        super().__init__(moment)


@compiles(millis)
def _as_kept(element: millis, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(millis, "postgresql")
def _from_timestamp(element: millis, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(round(extract(epoch FROM {moment}) * 1000) AS bigint)"
