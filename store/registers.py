"""The registers of the yearly report: lists in and out, single lines, and what follows from their days.

A list is taken whole or not at all. A line with the key of one that is there changes it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, UniqueConstraint, delete, select

from quality.slots import day_of
from store.audit import Act, record
from store.limits.dated_rules import load_rules
from store.lists import cells
from store.lists.csv_table import ListError, Row, problems_of, read_rows, write_rows
from store.network.keys import code_key
from store.network.station_view import Visible
from store.register_kinds import REGISTERS, Register, RegisterName
from store.tables import channel, channel_symbol, parameter, station, station_alias
from store.upsert import insert_for


class NoSuchLineError(Exception):
    """A register has no line of that number."""


def import_register(connection: Connection, name: RegisterName, data: bytes, act: Act) -> int:
    """Takes a list; returns how many lines it has. Raises ListError with every bad line."""
    register = REGISTERS[name]
    optional = [column for column in register.columns if column not in register.needed]
    rows = read_rows(data, register.needed, optional)
    values = [_values(connection, register, row) for row in rows]
    _complain_of_twins(register, rows, values)
    problems = problems_of(rows)
    if problems:
        raise ListError(problems)
    for one in values:
        _put(connection, register, one)
    record(connection, act, "register.import", name, {"lines": len(values)})
    return len(values)


def put_line(connection: Connection, name: RegisterName, given: Mapping[str, Any], act: Act) -> int:
    """Writes one line, given by its CSV's columns; returns its id. ListError names what is wrong."""
    register = REGISTERS[name]
    texts = {column: _as_text(value) for column, value in given.items()}
    row = Row(1, texts, texts, decimal_comma=False)
    for column in texts.keys() - set(register.columns):
        row.complain(column, f"no such column; known are {', '.join(register.columns)}")
    values = _values(connection, register, row)
    if row.problems:
        raise ListError(row.problems)
    number = _put(connection, register, values)
    record(connection, act, "register.put", name, {"id": number, **texts})
    return number


def remove_line(connection: Connection, name: RegisterName, number: int, act: Act) -> None:
    """Takes a line out. Raises NoSuchLineError; what stood in it is in the audit log."""
    table = REGISTERS[name].table
    row = connection.execute(select(table).where(table.c.id == number)).mappings().one_or_none()
    if row is None:
        raise NoSuchLineError(f"{name} has no line {number}")
    connection.execute(delete(table).where(table.c.id == number))
    record(connection, act, "register.remove", name, {key: _as_text(value) for key, value in row.items()})


def register_page(
    connection: Connection,
    name: RegisterName,
    visible: Visible,
    now: datetime,
    station_id: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """A register's lines by id, from the one after the id `after` on, with what follows from them.

    Who may not see all stations sees nothing of what belongs to none. now: aware.
    """
    register = REGISTERS[name]
    table = register.table
    query = select(table)
    if register.of_station:
        query = (
            select(table, station.c.code.label("station_code"), parameter.c.code.label("parameter"))
            .join(station, station.c.id == table.c.station_id)
            .outerjoin(parameter, parameter.c.id == table.c.parameter_id)
        )
        if visible is not None:
            query = query.where(table.c.station_id.in_(visible))
        if station_id is not None:
            query = query.where(table.c.station_id == station_id)
    elif visible is not None or station_id is not None:
        return []
    if after is not None:
        query = query.where(table.c.id > after)
    days = load_rules(connection).number("verification_days", now)
    rows = connection.execute(query.order_by(table.c.id).limit(limit)).mappings()
    return [
        {"id": row["id"], **{column: row[column] for column in register.columns}}
        | _follows(name, row, day_of(now), days)
        for row in rows
    ]


def export_register(connection: Connection, name: RegisterName, now: datetime) -> str:
    """The columns that import reads, as CSV."""
    columns = REGISTERS[name].columns
    lines = register_page(connection, name, None, now)
    return write_rows(columns, ([_as_text(line[column]) for column in columns] for line in lines))


def _follows(name: RegisterName, row: Mapping[Any, Any], today: date, days: int) -> dict[str, Any]:
    """What is computed of a line: it is never written."""
    if name == "verifications":
        return {"standing": _standing(row["valid_from"], row["valid_to"], today, days)}
    if name == "standard-checks":
        return {"error": row["measured"] - row["expected"]}
    if name == "obligations":
        met, due = row["met_on"], row["due_on"]
        return {"standing": "met" if met else "overdue" if due < today else "open"}
    if name == "operators":
        return {"standing": _standing(row["contract_from"], row["contract_to"], today, days)}
    return {}


def _standing(begins: date, ends: date | None, today: date, days: int) -> str:
    """Both days are included."""
    if today < begins:
        return "not_yet"
    if ends is None:
        return "valid"
    if today > ends:
        return "expired"
    return "expiring" if ends - today <= timedelta(days=days) else "valid"


def _values(connection: Connection, register: Register, row: Row) -> dict[str, Any]:
    """A line's columns as the table holds them; what is wrong is in the row's problems."""
    values: dict[str, Any] = {}
    if register.of_station:
        code = row.needed("station_code", cells.station_code)
        station_id = None if code is None else _station_id(connection, code)
        if code is not None and station_id is None:
            row.complain("station_code", f"there is no station {code}")
        values["station_id"] = station_id
        values["parameter_id"] = 0
        symbol = row.read("parameter", str, "").get("parameter", "")
        if symbol and station_id is not None:
            found = _parameter_id(connection, station_id, symbol)
            if found is None:
                row.complain("parameter", f"{code} declares no {symbol}")
            values["parameter_id"] = found or 0
    for field in register.fields:
        text = row.cells.get(field.name, "")
        if field.needed:
            values[field.name] = row.needed(field.name, partial(field.read, row))
        elif text:
            values |= row.read(field.name, partial(field.read, row), None)
        else:
            values[field.name] = "" if not register.table.c[field.name].nullable else None
    for first, second in register.ordered:
        begin, end = values.get(first), values.get(second)
        if begin is not None and end is not None and end < begin:
            row.complain(second, f"{end} is before {first} {begin}")
    return values


def _key(register: Register) -> list[str]:
    (constraint,) = (one for one in register.table.constraints if isinstance(one, UniqueConstraint))
    return [column.name for column in constraint.columns]


def _complain_of_twins(register: Register, rows: Sequence[Row], values: Sequence[dict[str, Any]]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row, one in zip(rows, values, strict=True):
        if not row.problems:
            first = seen.setdefault(tuple(one[name] for name in _key(register)), row.line)
            if first != row.line:
                row.complain("", f"says the same thing as line {first}, otherwise")


def _put(connection: Connection, register: Register, values: dict[str, Any]) -> int:
    key = _key(register)
    statement = insert_for(connection, register.table).values(values)
    rest = {name: value for name, value in values.items() if name not in key} or {key[0]: values[key[0]]}
    statement = statement.on_conflict_do_update(index_elements=key, set_=rest)
    number: int = connection.execute(statement.returning(register.table.c.id)).scalar_one()
    return number


def _station_id(connection: Connection, code: str) -> int | None:
    key = code_key(code)
    own: int | None = connection.scalar(select(station.c.id).where(station.c.code_key == key))
    if own is not None:
        return own
    other = select(station_alias.c.station_id).where(station_alias.c.alias_key == key)
    alias: int | None = connection.scalar(other)
    return alias


def _parameter_id(connection: Connection, station_id: int, name: str) -> int | None:
    """Of a declared channel, by its parameter's name or a symbol of the station."""
    own = (
        select(channel.c.parameter_id)
        .join(parameter, parameter.c.id == channel.c.parameter_id)
        .where(channel.c.station_id == station_id, parameter.c.code == name)
    )
    by_symbol = (
        select(channel.c.parameter_id)
        .join(channel_symbol, channel_symbol.c.channel_id == channel.c.id)
        .where(channel.c.station_id == station_id, channel_symbol.c.symbol == name)
    )
    found: int | None = connection.scalar(own)
    return found if found is not None else connection.scalar(by_symbol)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 10**15 else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
