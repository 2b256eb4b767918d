"""The standards' limits: seeded from store/data/qcvn.csv, then what people make of them.

A row is known by what it is about and from when it holds. Seeding adds rows that the store does not know
and touches no other: what a person imported, changed or confirmed stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, insert, select, update

from quality.limits.records import TableLimit
from store.audit import Act, record
from store.limits import judge_days
from store.limits.dated_rows import Changes, known_rows, put_rows
from store.lists.limits_csv import LimitEntry, LimitLine, read_limits
from store.tables import limit_value, station_limit

KEY = ("code", "column", "station_kind", "parameter", "basis", "applies_to", "valid_from")


def seed_limits(connection: Connection) -> int:
    """Adds the seed's rows that the store has none in place of; returns how many."""
    text = files("store.data").joinpath("qcvn.csv").read_bytes()
    known = known_rows(connection, limit_value, KEY, KEY)
    entries = [asdict(line.entry) for line in read_limits(text) if line.entry is not None]
    rows = [values for values in entries if tuple(values[name] for name in KEY) not in known]
    if rows:
        connection.execute(insert(limit_value), rows)
    return len(rows)


def all_limits(connection: Connection) -> list[LimitEntry]:
    """Every row, by standard, column, parameter and first day."""
    names = list(LimitEntry.__dataclass_fields__)
    order = [limit_value.c[name] for name in ("code", "column", "parameter", "basis", "valid_from")]
    rows = connection.execute(select(*(limit_value.c[name] for name in names)).order_by(*order))
    return [LimitEntry(**dict(zip(names, row, strict=True))) for row in rows]


def limit_rows(connection: Connection, columns: Iterable[tuple[str, str]] | None = None) -> list[TableLimit]:
    """The rows of the given standards' columns; of all where none are given."""
    query = select(*(limit_value.c[name] for name in TableLimit._fields)).order_by(limit_value.c.id)
    if columns is not None:
        query = query.where(limit_value.c.code.in_({code for code, _ in columns}))
    return [TableLimit(*row) for row in connection.execute(query)]


def put_limits(connection: Connection, lines: Sequence[LimitLine], act: Act) -> Changes:
    """Adds and updates the rows of a list; what that means for averages of the past is judged anew.

    Raises ListError with every bad line; nothing changes then.
    """
    rows = [(line.row, None if line.entry is None else asdict(line.entry)) for line in lines]
    changes = put_rows(connection, limit_value, KEY, rows, act, "limit", _title)
    touched: dict[tuple[str, str], date] = {}
    for values in changes.all_touched():
        column = (values["code"], values["column"])
        touched[column] = min(touched.get(column, values["valid_from"]), values["valid_from"])
    for (code, column_name), first in touched.items():
        _judge_anew(connection, code, column_name, first)
    return changes


def confirm_limits(
    connection: Connection, code: str, column: str | None, parameter: str | None, act: Act
) -> list[str]:
    """Confirms the unconfirmed rows of a standard; returns what they are."""
    query = select(limit_value).where(
        limit_value.c.code == code, limit_value.c.confidence.in_(("single_source", "recalled"))
    )
    if column is not None:
        query = query.where(limit_value.c.column == column)
    if parameter is not None:
        query = query.where(limit_value.c.parameter == parameter)
    confirmed = []
    for row in connection.execute(query.order_by(limit_value.c.id)).mappings().all():
        connection.execute(
            update(limit_value).where(limit_value.c.id == row["id"]).values(confidence="confirmed")
        )
        title = _title(dict(row))
        record(connection, act, "limit.confirm", title, {"confidence": [row["confidence"], "confirmed"]})
        _judge_anew(connection, row["code"], row["column"], row["valid_from"])
        confirmed.append(title)
    return confirmed


def knows_code(connection: Connection, code: str, column: str) -> bool:
    """Whether any row belongs to the standard's column."""
    query = select(limit_value.c.id).where(limit_value.c.code == code, limit_value.c.column == column)
    return connection.scalar(query.limit(1)) is not None


def limited_parameters(connection: Connection) -> set[str]:
    """Every parameter that any standard limits."""
    return set(connection.scalars(select(limit_value.c.parameter).distinct()))


def _judge_anew(connection: Connection, code: str, column: str, first: date) -> None:
    stations = connection.scalars(
        select(station_limit.c.station_id)
        .where(station_limit.c.code == code, station_limit.c.column == column)
        .distinct()
    ).all()
    judge_days.ask_from(connection, stations, first)


def _title(values: dict[str, Any]) -> str:
    column = f" {values['column']}" if values["column"] else ""
    return f"{values['code']}{column} {values['parameter']} ({values['basis']}, from {values['valid_from']})"
