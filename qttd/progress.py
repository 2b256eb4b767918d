"""How far long work is, told to a person now and then: a tenth at a time, never a line for every row."""

from collections.abc import Callable

Tell = Callable[[str], None]

_WORTH_TELLING = 100_000
"""A table with fewer rows is copied before anybody has read the line."""


def tenths(what: str, tell: Tell) -> Callable[[float], None]:
    """Takes the share that is done, from 0 to 1, and tells each tenth once."""
    told = -1

    def progress(share: float) -> None:
        nonlocal told
        if int(share * 10) > told:
            told = int(share * 10)
            tell(f"{what}: {told * 10} %")

    return progress


def tables(tell: Tell) -> Callable[[str, int, int], None]:
    """Takes a table's name, how many of its rows are done and how many there are; tells of the large ones."""
    of: dict[str, Callable[[float], None]] = {}

    def progress(table: str, done: int, total: int) -> None:
        if total >= _WORTH_TELLING:
            of.setdefault(table, tenths(f"{table} ({total} rows)", tell))(done / total)

    return progress
