"""Lists of dated rows (limits, what binds stations, permits, figures) written all or nothing.

A row is known by its key: one with the same key is updated, any other is added, none is ever taken away,
since the past is judged by what held then. Every change is in the audit log.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, insert, select, update

from store.audit import Act, record
from store.lists.csv_table import ListError, Row, problems_of

Values = dict[str, Any]


class Changes(NamedTuple):
    """What a list changed."""

    added: list[Values]
    changed: list[tuple[Values, Values]]
    """Before and after."""
    unchanged: int

    def all_touched(self) -> list[Values]:
        """Every row that holds otherwise now, and every one that held before."""
        return [*self.added, *(values for pair in self.changed for values in pair)]


def put_rows(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    lines: Sequence[tuple[Row, Values | None]],
    act: Act,
    noun: str,
    title: Callable[[Values], str],
) -> Changes:
    """Adds and updates the rows of a list. Raises ListError with every bad line; nothing changes then.

    lines: each line and its columns; None where the line has problems.
    """
    seen: dict[tuple[Any, ...], int] = {}
    for row, values in lines:
        if values is None:
            continue
        known_by = tuple(values[name] for name in key)
        if known_by in seen:
            row.complain("", f"is about the same as line {seen[known_by]}")
        seen.setdefault(known_by, row.line)
    problems = problems_of(row for row, _ in lines)
    if problems:
        raise ListError(problems)
    wanted = [values for _, values in lines if values is not None]
    if not wanted:
        return Changes([], [], 0)
    known = known_rows(connection, table, key, list(wanted[0]))
    changes = Changes([], [], 0)
    unchanged = 0
    for values in wanted:
        before = known.get(tuple(values[name] for name in key))
        if before == values:
            unchanged += 1
        elif before is None:
            connection.execute(insert(table).values(values))
            record(connection, act, f"{noun}.add", title(values), _plain(values))
            changes.added.append(values)
        else:
            same = and_(*(table.c[name] == values[name] for name in key))
            connection.execute(update(table).where(same).values(values))
            old, new = _plain(before), _plain(values)
            difference = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
            record(connection, act, f"{noun}.change", title(values), difference)
            changes.changed.append((before, values))
    return changes._replace(unchanged=unchanged)


def known_rows(
    connection: Connection, table: Table, key: Sequence[str], names: Sequence[str]
) -> dict[tuple[Any, ...], Values]:
    """The table's rows by their key, the given columns of each."""
    rows = connection.execute(select(*(table.c[name] for name in names))).mappings()
    return {tuple(row[name] for name in key): dict(row) for row in rows}


def _plain(values: Mapping[str, Any]) -> Values:
    """As the audit log keeps it: days as text."""
    return {
        name: value if value is None or isinstance(value, (int, float, str)) else str(value)
        for name, value in values.items()
    }
