"""What the yearly report needs beside the measurements: devices, verifications, checks, seals, obligations.

Small tables that people fill; how each is read and written is store/registers.py. A row's key is what its
unique constraint holds: a list that names it again changes it.
"""

from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Integer, Table, Text, UniqueConstraint

from store.tables.metadata import Id, metadata


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default="")


def _table(name: str, key: tuple[str, ...], *columns: Column[Any], of_station: bool = True) -> Table:
    """A register's table. parameter_id 0: the whole station."""
    place: tuple[Column[Any], ...] = ()
    if of_station:
        place = (
            Column("station_id", ForeignKey("station.id"), nullable=False),
            Column("parameter_id", Id, nullable=False, server_default="0"),
        )
        key = ("station_id", "parameter_id", *key)
    return Table(name, metadata, Column("id", Id, primary_key=True), *place, *columns, UniqueConstraint(*key))


device = _table(
    "device", ("serial",), _text("model"), _text("maker"), _text("serial"), _text("method"), _text("range"),
    Column("installed_on", Date), Column("removed_on", Date),
)  # fmt: skip

verification = _table(
    "verification", ("kind", "valid_from", "certificate"), Column("kind", Text, nullable=False),
    Column("valid_from", Date, nullable=False), Column("valid_to", Date, nullable=False), _text("body"),
    _text("certificate"),
)  # fmt: skip

upkeep = _table(
    "upkeep",
    (),
    Column("check_every_days", Integer),
    Column("maintenance_every_days", Integer),
    _text("note"),
)

standard_check = _table(
    "standard_check", ("checked_on", "standard"),
    Column("checked_on", Date, nullable=False), _text("standard"),
    Column("expected", Float, nullable=False), Column("measured", Float, nullable=False), _text("unit"),
    Column("passed", Boolean, nullable=False), _text("checked_by"),
)  # fmt: skip

ra_assessment = _table(
    "ra_assessment", ("assessed_on",), Column("assessed_on", Date, nullable=False),
    Column("result_percent", Float), Column("passed", Boolean, nullable=False), _text("body"), _text("note"),
)  # fmt: skip

present_state = _table(
    "present_state", ("since",),
    Column("state", Text, nullable=False), Column("since", Date, nullable=False),
    Column("expected_back", Date), _text("note"),
)  # fmt: skip

seal = _table(
    "seal", ("number",), _text("number"), _text("place"), _text("sealed_by"),
    Column("sealed_on", Date, nullable=False), Column("removed_on", Date), _text("removed_because"),
)  # fmt: skip

operating_firm = _table(
    "operating_firm", ("firm", "contract_from"), _text("firm"), _text("contract"),
    Column("contract_from", Date, nullable=False), Column("contract_to", Date),
)  # fmt: skip

obligation = _table(
    "obligation", ("facility", "duty"), _text("facility"), _text("duty"), _text("station_kind"),
    Column("due_on", Date, nullable=False), Column("met_on", Date), _text("note"), of_station=False,
)  # fmt: skip
