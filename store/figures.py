"""The dated figures of the rules: seeded once, then what people make of them."""

from csv import DictReader
from datetime import date
from importlib.resources import files

from sqlalchemy import Connection, insert, select

from quality.figures import Figure, Figures
from store.tables import figure

COLUMNS = ("name", "case", "above", "up_to", "value", "valid_from", "valid_to", "confidence")


def seed_figures(connection: Connection) -> int:
    """Adds the seed's rows of every name that the store has no row of; returns how many.

    A name of which there is any row was seeded before, and belongs to whoever administers the store.
    """
    known = set(connection.scalars(select(figure.c.name).group_by(figure.c.name)))
    text = files("store.data").joinpath("figures.csv").read_text(encoding="utf-8")
    rows = [
        {
            "name": row["name"],
            "case": row["case"],
            "above": float(row["above"]) if row["above"] else None,
            "up_to": float(row["up_to"]) if row["up_to"] else None,
            "value": float(row["value"]),
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": None,
            "confidence": row["confidence"],
        }
        for row in DictReader(text.splitlines())
        if row["name"] not in known
    ]
    if rows:
        connection.execute(insert(figure), rows)
    return len(rows)


def load_figures(connection: Connection, name: str | None = None) -> Figures:
    """All figures, or those of one name."""
    query = select(*(figure.c[column] for column in COLUMNS)).order_by(figure.c.id)
    if name is not None:
        query = query.where(figure.c.name == name)
    return Figures(Figure(*row) for row in connection.execute(query))
