"""A list of keys as a small table to join with: how rows are looked up by many compound keys at once.

SQLite does not use an index for `(a, b) IN ((1, 2), (3, 4))`: it reads the whole table. A join with
a list walks down the index once for each key, on both databases. The list travels as one JSON
parameter, so that the statement is the same for any number of keys and is compiled only once:
compiling a VALUES list of 200 keys costs more than everything else that ingest does with 200 files.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Text,
    and_,
    cast,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Column


def key_list(
    connection: Connection,
    columns: Sequence[Column[Any]],
    keys: Iterable[Sequence[Any]],
    name: str = "wanted",
) -> CTE:
    """The keys as a table with the columns' names and types."""
    dialect = connection.dialect
    converts = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    rows = [
        [cell if convert is None else convert(cell) for cell, convert in zip(key, converts, strict=True)]
        for key in keys
    ]
    listed = literal(json.dumps(rows, default=str), Text)
    cells: list[ColumnElement[Any]]
    if dialect.name == "postgresql":
        one = func.jsonb_array_elements(cast(listed, JSONB)).table_valued("value", name=f"{name}_keys")
        cells = [cast(one.c.value.op("->>")(at), column.type) for at, column in enumerate(columns)]
    else:
        one = func.json_each(listed).table_valued("value", name=f"{name}_keys")
        cells = [
            type_coerce(func.json_extract(one.c.value, f"$[{at}]"), column.type)
            for at, column in enumerate(columns)
        ]
    listing = select(*(cell.label(column.name) for cell, column in zip(cells, columns, strict=True)))
    # or a cell is taken out of the JSON again for every row that it is compared with
    return listing.cte(name).prefix_with("MATERIALIZED")


def matches(columns: Sequence[Column[Any]], listed: CTE) -> ColumnElement[bool]:
    """The join's condition: every column equals the list's."""
    return and_(*(one == listed.c[one.name] for one in columns))
