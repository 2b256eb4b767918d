"""station_limits.csv: which standard binds a station, and what its factors come from, one a line."""

from collections.abc import Iterable
from typing import Any

from quality.limits.records import LIMIT_BASES, WATERS
from store.lists import cells
from store.lists.cells import one_of
from store.lists.csv_table import CellError, Row, write_rows
from store.lists.limits_csv import check_days

NEEDED = ("station_code", "code")
OPTIONAL = (
    "column", "valid_from", "valid_to", "facility", "kq", "kf", "kp", "kv", "receiving_water",
    "river_flow_m3s", "lake_volume_m3", "discharge_m3_day", "gas_flow_m3_h", "zone", "o2ref", "basis",
)  # fmt: skip
COLUMNS = (*NEEDED, *OPTIONAL)
ZONES = ("1", "2", "3", "4", "5")
_AMOUNTS = {
    "river_flow_m3s": "river_flow",
    "lake_volume_m3": "lake_volume",
    "discharge_m3_day": "discharge",
    "gas_flow_m3_h": "gas_flow",
}
_OXYGEN_OF_AIR = 21


def station_limit_values(row: Row) -> dict[str, Any]:
    """What a line says, by the columns of `station_limit`; wrong cells are problems of the row."""
    given: dict[str, Any] = {
        "code": row.needed("code", cells.words),
        "column": row.read("column", cells.words, "").get("column", ""),
        "valid_from": row.read("valid_from", cells.ruling_day, cells.EVER).get("valid_from", cells.EVER),
        "valid_to": row.read("valid_to", cells.ruling_day, None).get("valid_to"),
        "facility": row.read("facility", one_of(("existing", "new")), "existing").get("facility", "existing"),
    }
    for name in ("kq", "kf", "kp", "kv"):
        given[name] = row.read(name, lambda text: _positive(row, text), None).get(name)
    given["receiving_water"] = row.read("receiving_water", one_of(WATERS), "").get("receiving_water", "")
    for column, name in _AMOUNTS.items():
        given[name] = row.read(column, lambda text: _positive(row, text), None).get(column)
    given["zone"] = row.read("zone", one_of(ZONES), "").get("zone", "")
    given["oxygen_reference"] = row.read("o2ref", lambda text: oxygen(row, text), None).get("o2ref")
    given["basis"] = row.read("basis", one_of(LIMIT_BASES), "").get("basis", "")
    check_days(row, given["valid_from"], given["valid_to"])
    return given


def write_station_limits(entries: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """The same columns back, as CSV: station codes and rows of `station_limit`."""
    return write_rows(
        COLUMNS, (list(station_limit_columns(code, values).values()) for code, values in entries)
    )


def station_limit_columns(code: str, values: dict[str, Any]) -> dict[str, str]:
    """A row's columns as text."""
    shown = {
        **values,
        **{column: values[name] for column, name in _AMOUNTS.items()},
        "o2ref": values["oxygen_reference"],
        "station_code": code,
    }
    return {name: _text(shown[name]) for name in COLUMNS}


def oxygen(row: Row, text: str) -> float:
    """A reference oxygen content in %V."""
    value = row.number(text)
    if not 0 <= value < _OXYGEN_OF_AIR:
        raise CellError(f"{text!r} is not from 0 up to 21 %V: at 21 there would be nothing but air")
    return value


def _positive(row: Row, text: str) -> float:
    value = row.number(text)
    if value <= 0:
        raise CellError(f"{text!r} is not above 0")
    return value


def _text(value: Any) -> str:
    return cells.number_text(value) if isinstance(value, float) else "" if value is None else str(value)
