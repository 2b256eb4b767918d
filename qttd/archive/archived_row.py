"""Lines of an archive's readings.csv and other_values.csv as the rows they were written from.

The other way round is qttd/archive/making.py's `cells_of`; both together change nothing, to the last bit of
a number and the millisecond of a time (tests/qttd/commands/test_put_back.py).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from qttd.errors import BadDataError
from store.files.archive_view import READING_COLUMNS, VALUE_COLUMNS
from store.readings.written import ReadingRow

_MAY_BE_MISSING = frozenset({"value", "flags", "release_at", "review", "reviewed_value"})
"""Of these, an empty cell is nothing at all; of others it is an empty text."""


def reading_row(cells: Sequence[str], station_id: int, parameters: Mapping[str, int]) -> ReadingRow:
    """A reading in force. parameters: ids by name. Raises BadDataError for a parameter that is not known."""
    return cast(ReadingRow, _row(cells, READING_COLUMNS, station_id, parameters))


def other_value(cells: Sequence[str], station_id: int, parameters: Mapping[str, int]) -> dict[str, Any]:
    """A value that was kept beside one in force."""
    return _row(cells, VALUE_COLUMNS, station_id, parameters)


def _row(
    cells: Sequence[str], names: Sequence[str], station_id: int, parameters: Mapping[str, int]
) -> dict[str, Any]:
    measured_at, parameter, *rest = cells
    if parameter not in parameters:
        raise BadDataError(f"there is no parameter {parameter} in this store")
    key = {
        "station_id": station_id,
        "measured_at": _moment(measured_at),
        "parameter_id": parameters[parameter],
    }
    return key | {name: _value(name, cell) for name, cell in zip(names, rest, strict=True)}


def _value(name: str, cell: str) -> Any:
    if not cell and name in _MAY_BE_MISSING:
        return None
    if name in ("value", "reviewed_value"):
        return float(cell)
    if name in ("file_id", "line"):
        return int(cell)
    if name in ("received_at", "release_at"):
        return _moment(cell)
    return cell == "true" if name == "valid" else cell


def _moment(cell: str) -> datetime:
    return datetime.fromisoformat(cell).astimezone(UTC)
