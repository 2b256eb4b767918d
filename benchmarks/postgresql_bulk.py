"""How a batch's readings get into PostgreSQL soonest: one INSERT executed many times (as psycopg sends it,
in a pipeline), one INSERT of arrays, or COPY.

`python benchmarks/postgresql_bulk.py` starts a server of its own (tests/postgresql.py) and prints rows
a second for batches as ingest writes them: 2,000 readings of 200 files in one transaction.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

sys.path.insert(0, str(Path(__file__).parents[1]))

from qttd.store_schema import migrate
from store.bulk import insert_rows
from store.engine import open_engine, writing_along
from store.tables import reading
from tests.postgresql import Server

NOW = datetime(2026, 5, 30, tzinfo=UTC)
BATCHES, STATIONS, PARAMETERS = 30, 200, 10
TYPES = {
    "station_id": "bigint", "measured_at": "timestamptz", "parameter_id": "bigint", "symbol": "text",
    "text": "text", "value": "float8", "unit": "text", "status": "text", "file_id": "bigint", "line": "int",
    "received_at": "timestamptz", "valid": "bool", "flags": "text", "release_at": "timestamptz",
}  # fmt: skip
NAMES = ", ".join(TYPES)
slots = count()


def batch() -> list[dict[str, Any]]:
    at = NOW - timedelta(minutes=next(slots))
    return [
        {
            "station_id": station, "measured_at": at, "parameter_id": parameter, "symbol": f"P{parameter}",
            "text": "7.12", "value": 7.12, "unit": "mg/L", "status": "00", "file_id": station,
            "line": parameter, "received_at": NOW, "valid": True, "flags": None, "release_at": NOW,
        }
        for station in range(STATIONS)
        for parameter in range(PARAMETERS)
    ]  # fmt: skip


def many(connection: Connection, rows: list[dict[str, Any]]) -> None:
    cells = ", ".join(["%s"] * len(TYPES))
    connection.exec_driver_sql(
        f"INSERT INTO reading ({NAMES}) VALUES ({cells})",  # noqa: S608 - names of our own
        [tuple(row[name] for name in TYPES) for row in rows],
    )


def arrays(connection: Connection, rows: list[dict[str, Any]]) -> None:
    cells = ", ".join(f"%s::{kind}[]" for kind in TYPES.values())
    connection.exec_driver_sql(
        f"INSERT INTO reading ({NAMES}) SELECT * FROM unnest({cells})",  # noqa: S608 - names of our own
        tuple([row[name] for row in rows] for name in TYPES),
    )


def copy(connection: Connection, rows: list[dict[str, Any]]) -> None:
    insert_rows(connection, reading, rows)


def measure(work: Callable[[Connection, list[dict[str, Any]]], None], url: str) -> int:
    engine = open_engine(url)
    seconds = []
    for _ in range(BATCHES):
        rows = batch()
        began = perf_counter()
        with writing_along(engine) as connection:
            work(connection, rows)
        seconds.append(perf_counter() - began)
    engine.dispose()
    return round(STATIONS * PARAMETERS / median(seconds))


def main() -> None:
    server = Server()
    server.start()
    try:
        server.query("postgres", "CREATE DATABASE bulk")
        engine = open_engine(server.url("bulk"))
        migrate(engine, NOW, print)
        engine.dispose()
        ways = {"executemany": many, "arrays": arrays, "copy": copy}
        found = {name: measure(work, server.url("bulk")) for name, work in ways.items()}
        print(json.dumps({"readings a second": found}))
    finally:
        server.remove()


if __name__ == "__main__":
    main()
