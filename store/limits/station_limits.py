"""Which limits bind a station: the standard's column with what its factors come from, and permit values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, select

from quality.limits.records import Binding, Permit
from store.audit import Act
from store.limits import judge_days
from store.limits.dated_rows import Changes, Values, put_rows
from store.limits.limit_tables import knows_code, limited_parameters
from store.lists.csv_table import Row, read_rows
from store.lists.permits_csv import NEEDED as PERMIT_NEEDED
from store.lists.permits_csv import OPTIONAL as PERMIT_OPTIONAL
from store.lists.permits_csv import permit_values
from store.lists.station_limits_csv import NEEDED, OPTIONAL, station_limit_values
from store.network.keys import code_key
from store.tables import parameter, permit_limit, station, station_alias, station_limit

_KEY = ("station_id", "code", "column", "valid_from")
_PERMIT_KEY = ("station_id", "parameter", "basis", "valid_from")
_OWN = ("id", "station_id")


def put_station_limits(connection: Connection, data: bytes, act: Act) -> Changes:
    """Adds and updates what binds stations. Raises ListError with every bad line; nothing changes then."""
    stations = _stations(connection)
    lines: list[tuple[Row, Values | None]] = []
    for row in read_rows(data, NEEDED, OPTIONAL):
        found = _station(row, stations)
        values = station_limit_values(row)
        if values["code"] and not knows_code(connection, values["code"], values["column"]):
            row.complain(
                "column" if values["column"] else "code",
                f"there is no limit of {values['code']} {values['column']}".rstrip()
                + "; `qttd limit list` names them all",
            )
        lines.append((row, None if row.problems or found is None else {"station_id": found[0], **values}))
    names = dict(stations.values())
    changes = put_rows(
        connection,
        station_limit,
        _KEY,
        lines,
        act,
        "station_limit",
        lambda values: f"{names[values['station_id']]} {values['code']} {values['column']}".rstrip(),
    )
    _judge_anew(connection, changes)
    return changes


def put_permits(connection: Connection, data: bytes, act: Act) -> Changes:
    """Adds and updates permit values. Raises ListError with every bad line; nothing changes then."""
    stations = _stations(connection)
    known = limited_parameters(connection) | set(connection.scalars(select(parameter.c.code)))
    lines: list[tuple[Row, Values | None]] = []
    for row in read_rows(data, PERMIT_NEEDED, PERMIT_OPTIONAL):
        found = _station(row, stations)
        values = permit_values(row)
        if values["parameter"] and values["parameter"] not in known:
            row.complain("parameter", f"{values['parameter']} is no parameter that is known here")
        lines.append((row, None if row.problems or found is None else {"station_id": found[0], **values}))
    names = dict(stations.values())
    changes = put_rows(
        connection,
        permit_limit,
        _PERMIT_KEY,
        lines,
        act,
        "permit_limit",
        lambda values: f"{names[values['station_id']]} {values['parameter']} ({values['basis']})",
    )
    _judge_anew(connection, changes)
    return changes


def all_station_limits(connection: Connection) -> list[tuple[str, Values]]:
    """Station codes and rows, by station, standard and first day."""
    return _all(connection, station_limit, ("code", "column", "valid_from"))


def all_permits(connection: Connection) -> list[tuple[str, Values]]:
    """Station codes and rows, by station, parameter and first day."""
    return _all(connection, permit_limit, ("parameter", "basis", "valid_from"))


def bindings_of(connection: Connection, station_ids: Iterable[int]) -> dict[int, list[Binding]]:
    """What binds each of the stations, ever."""
    found: dict[int, list[Binding]] = {}
    names = [station_limit.c[name] for name in Binding._fields]
    query = select(station_limit.c.station_id, *names).where(station_limit.c.station_id.in_(station_ids))
    for station_id, *values in connection.execute(query.order_by(station_limit.c.id)):
        found.setdefault(station_id, []).append(Binding(*values))
    return found


def permits_of(connection: Connection, station_ids: Iterable[int]) -> dict[int, list[Permit]]:
    """The permit values of each of the stations, ever."""
    found: dict[int, list[Permit]] = {}
    names = [permit_limit.c[name] for name in Permit._fields]
    query = select(permit_limit.c.station_id, *names).where(permit_limit.c.station_id.in_(station_ids))
    for station_id, *values in connection.execute(query.order_by(permit_limit.c.id)):
        found.setdefault(station_id, []).append(Permit(*values))
    return found


def _all(connection: Connection, table: Table, order: Sequence[str]) -> list[tuple[str, Values]]:
    query = (
        select(table, station.c.code.label("station_code"))
        .join(station, station.c.id == table.c.station_id)
        .order_by(station.c.code_key, *(table.c[name] for name in order))
    )
    return [
        (
            row["station_code"],
            {column.name: row[column.name] for column in table.columns if column.name not in _OWN},
        )
        for row in connection.execute(query).mappings()
    ]


def _stations(connection: Connection) -> dict[str, tuple[int, str]]:
    """Id and code of every station, by the keys of its code and aliases."""
    codes = {row.id: (row.id, row.code) for row in connection.execute(select(station.c.id, station.c.code))}
    names = {code_key(code): (number, code) for number, code in codes.values()}
    for row in connection.execute(select(station_alias.c.alias_key, station_alias.c.station_id)):
        names.setdefault(row.alias_key, codes[row.station_id])
    return names


def _station(row: Row, stations: Mapping[str, tuple[int, str]]) -> tuple[int, str] | None:
    code = row.needed("station_code", str)
    found = stations.get(code_key(code)) if code else None
    if code and found is None:
        row.complain("station_code", f"{code} is no station; import it first")
    return found


def _judge_anew(connection: Connection, changes: Changes) -> None:
    first: dict[int, date] = {}
    for values in changes.all_touched():
        station_id: Any = values["station_id"]
        first[station_id] = min(first.get(station_id, values["valid_from"]), values["valid_from"])
    for station_id, day in first.items():
        judge_days.ask_from(connection, [station_id], day)
