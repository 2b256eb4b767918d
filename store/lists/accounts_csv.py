"""accounts.csv: an existing server's accounts, which keep their names and passwords.

Passwords stand in it in the clear, because that is how other servers' lists have them: the list is to
be deleted once it is imported, and nothing of qttd ever writes one.
"""

from dataclasses import dataclass, field

from store.lists import cells
from store.lists.csv_table import Row, read_rows

NEEDED = ("name",)
OPTIONAL = ("password", "stations", "allow")


@dataclass(frozen=True)
class AccountLine:
    """What one line says; None where the column is left out, and what is known stays."""

    row: Row
    name: str
    password: str = field(repr=False)
    """Empty: the present one stays."""
    stations: tuple[str, ...] | None
    allow: tuple[str, ...] | None


def read_account_list(data: bytes) -> list[AccountLine]:
    """The lines of an account list. Raises ListError where it cannot be read at all.

    A line with a wrong cell has problems in its `row`; whoever stores them asks for those first.
    """
    none: tuple[str, ...] = ()
    return [
        AccountLine(
            row,
            row.needed("name", cells.account_name) or "",
            row.verbatim.get("password", ""),
            row.read("stations", cells.codes, none).get("stations"),
            row.read("allow", cells.address_ranges, none).get("allow"),
        )
        for row in read_rows(data, NEEDED, OPTIONAL)
    ]
