"""How the databases take a statement: the steps of their plans, to be held against what a step may cost."""

from typing import Any

from sqlalchemy import Connection


def plan_of(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """The steps in which the database takes a statement, where to read a table whole, or to sort, is dear."""
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    steps = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
    return [step.lstrip(" ->") for step in steps]
