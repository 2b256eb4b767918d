"""permits.csv: a stricter value of a station's environmental permit (giấy phép môi trường), one a line."""

from collections.abc import Iterable
from typing import Any

from quality.limits.records import LIMIT_BASES
from store.lists import cells
from store.lists.cells import one_of
from store.lists.csv_table import Row, write_rows
from store.lists.limits_csv import check_days, check_range
from store.lists.station_limits_csv import oxygen

NEEDED = ("station_code", "parameter", "basis", "permit")
OPTIONAL = ("unit", "min", "max", "o2ref", "valid_from", "valid_to")
COLUMNS = (
    "station_code", "parameter", "unit", "min", "max", "basis", "o2ref", "permit", "valid_from", "valid_to",
)  # fmt: skip


def permit_values(row: Row) -> dict[str, Any]:
    """What a line says, by the columns of `permit_limit`; wrong cells are problems of the row."""
    given: dict[str, Any] = {
        "parameter": row.needed("parameter", cells.words),
        "basis": row.needed("basis", one_of(LIMIT_BASES)),
        "unit": row.read("unit", cells.words, "").get("unit", ""),
        "low": row.read("min", row.number, None).get("min"),
        "high": row.read("max", row.number, None).get("max"),
        "permit": row.needed("permit", cells.words),
        "oxygen_reference": row.read("o2ref", lambda text: oxygen(row, text), None).get("o2ref"),
        "valid_from": row.read("valid_from", cells.ruling_day, cells.EVER).get("valid_from", cells.EVER),
        "valid_to": row.read("valid_to", cells.ruling_day, None).get("valid_to"),
    }
    if not row.problems:
        check_range(row, given["low"], given["high"])
        check_days(row, given["valid_from"], given["valid_to"])
    return given


def write_permits(entries: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """The same columns back, as CSV: station codes and rows of `permit_limit`."""
    return write_rows(COLUMNS, (list(permit_columns(code, values).values()) for code, values in entries))


def permit_columns(code: str, values: dict[str, Any]) -> dict[str, str]:
    """A row's columns as text."""
    shown = {
        **values,
        "station_code": code,
        "min": values["low"],
        "max": values["high"],
        "o2ref": values["oxygen_reference"],
    }
    return {name: _text(shown[name]) for name in COLUMNS}


def _text(value: Any) -> str:
    return cells.number_text(value) if isinstance(value, float) else "" if value is None else str(value)
