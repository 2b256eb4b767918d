"""docs/scaling.md says of every table where Citus is to keep it, and only what the keys allow."""

import re
from pathlib import Path

from sqlalchemy import Table, UniqueConstraint

from store.tables import metadata

TEXT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")


def coordinators() -> set[str]:
    """What stands in the first cells of the table of those that stay on the coordinator."""
    _, _, rest = TEXT.partition("| tables on the coordinator |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}


def keys_of(table: Table) -> list[list[str]]:
    """The columns of each unique key, the primary key's among them."""
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    found = [list(table.primary_key.columns), *(list(one.columns) for one in unique)]
    found += [list(index.columns) for index in table.indexes if index.unique]
    return [[column.name for column in columns] for columns in found]


def test_every_table_has_one_place() -> None:
    reference = set(re.findall(r"create_reference_table\('([a-z_]+)'\)", TEXT))
    distributed = set(re.findall(r"create_distributed_table\('([a-z_]+)', 'station_id'", TEXT))
    placed = [*reference, *distributed, *coordinators()]
    assert sorted(placed) == sorted(metadata.tables)
    referred = {key.column.table.name for table in metadata.tables.values() for key in table.foreign_keys}
    for name in distributed:
        table = metadata.tables[name]
        assert all(columns[0] == "station_id" for columns in keys_of(table)), name
        assert not table.foreign_keys, name
        assert name not in referred, name
    for name in coordinators():
        table = metadata.tables[name]
        free = "station_id" in table.c and not table.foreign_keys and name not in referred
        assert not (free and all("station_id" in columns for columns in keys_of(table))), (
            f"{name} could be distributed: put it beside the readings, or say here why not"
        )
