"""The known parameters: the Circular's symbols as seed data, and those that files brought.

The seed is store/data/parameters.csv, the project's copy of the Circular's table of symbols.
"""

from csv import DictReader
from importlib.resources import files

from sqlalchemy import Connection, insert, select

from store.tables import parameter

_MORE_SYMBOLS = {
    "Temp": ("Nhiệtđộ", "Nhiệt độ"),
    "NH4-N": ("Amoni",),
    "RH": ("Humidity", "Độẩm"),
    "Pressure": ("Ápsuất", "Pressure"),
    "PM2.5": ("PM2.5", "PM-2-5"),
}
"""Symbols of real files beside the Circular's own (docs/file-format.md, section 7)."""


def seed_parameters(connection: Connection) -> int:
    """Adds every parameter of the seed that the store does not know yet; returns how many."""
    known = set(connection.scalars(select(parameter.c.code)))
    text = files("store.data").joinpath("parameters.csv").read_text(encoding="utf-8")
    rows = [
        {
            "code": row["parameter"],
            "name_vi": row["name_vi"],
            "unit": row["unit"],
            "molar_mass": float(row["molar_mass_g_per_mol"]) if row["molar_mass_g_per_mol"] else None,
            "symbols": ";".join(dict.fromkeys((row["symbol"], *_MORE_SYMBOLS.get(row["parameter"], ())))),
            "seeded": True,
            "averaging": row["averaging"] or "mean",
        }
        for row in DictReader(text.splitlines())
        if row["parameter"] not in known
    ]
    if rows:
        connection.execute(insert(parameter), rows)
    return len(rows)
