"""What Alembic runs for every command: the store's tables on one side, one connection on the other.

qttd hands its own connection over (qttd/store_schema.py), so that `qttd init` and `qttd migrate` work from
an installed wheel; a developer who calls `alembic` names a store with `-x url=sqlite:///FILE`.
"""

from re import fullmatch
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from store.engine import open_engine, writing
from store.tables import metadata
from store.time_type import UtcTime


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own column type by its own name."""
    if kind == "type" and isinstance(item, UtcTime):
        autogen.imports.add("from store.time_type import UtcTime")
        return "UtcTime()"
    return False


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leaves out the months' partitions (store/readings/partitions.py): they are data, not schema."""
    return kind != "table" or name is None or not fullmatch(r"reading_(default|\d{4}_\d\d)", name)


def run(connection: Connection) -> None:
    """Runs what the command asked for, in the connection's own transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render_item,
        include_name=include_name,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    engine = open_engine(context.get_x_argument(as_dictionary=True)["url"])
    with writing(engine) as own_connection:
        run(own_connection)
    engine.dispose()
