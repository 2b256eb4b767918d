"""A moment some minutes earlier, in SQL, where the minutes are a column of the same row."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.time_type import UtcTime


class minutes_before(FunctionElement[Any]):  # noqa: N801  SQL functions are written in lower case
    """`minutes` before a UtcTime column; the result is one too."""

    type = UtcTime()
    inherit_cache = True

    def __init__(self, moment: ColumnElement[Any], minutes: ColumnElement[int]) -> None:
        if not isinstance(moment.type, UtcTime):
            raise TypeError(f"{moment} is no moment")
        super().__init__(moment, minutes)


@compiles(minutes_before)
def _of_millis(element: minutes_before, compiler: SQLCompiler, **options: Any) -> str:
    moment, minutes = (compiler.process(part, **options) for part in element.clauses)
    return f"({moment} - {minutes} * 60000)"


@compiles(minutes_before, "postgresql")
def _of_timestamp(element: minutes_before, compiler: SQLCompiler, **options: Any) -> str:
    moment, minutes = (compiler.process(part, **options) for part in element.clauses)
    return f"({moment} - make_interval(mins => {minutes}))"
