"""limits.csv: one limit of a standard a line, in the columns of store/data/qcvn.csv."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from quality.figures import CONFIDENCES
from quality.limits.in_force import BadFactorsError, read_factors
from quality.limits.records import APPLIES_TO, LIMIT_BASES, NEVER_SCALED, Basis
from store.lists import cells
from store.lists.cells import one_of
from store.lists.csv_table import CellError, Row, read_rows, write_rows

NEEDED = ("code", "parameter", "basis", "valid_from")
OPTIONAL = (
    "column", "station_kind", "unit", "min", "max", "factors", "valid_to", "confidence", "applies_to",
)  # fmt: skip
COLUMNS = (
    "code", "column", "station_kind", "parameter", "unit", "min", "max", "basis", "factors", "valid_from",
    "valid_to", "confidence", "applies_to",
)  # fmt: skip


@dataclass(frozen=True)
class LimitEntry:
    """A limit as its list writes it; the defaults are those of an empty cell."""

    code: str
    column: str
    station_kind: str
    parameter: str
    unit: str
    low: float | None
    high: float | None
    basis: Basis
    factors: str
    valid_from: date
    valid_to: date | None
    confidence: str
    applies_to: str


@dataclass(frozen=True)
class LimitLine:
    """A line, and what it says; None where it has problems (in its row)."""

    row: Row
    entry: LimitEntry | None


def read_limits(data: bytes) -> list[LimitLine]:
    """The lines of a list of limits. Raises ListError where it cannot be read at all."""
    return [LimitLine(row, _entry(row)) for row in read_rows(data, NEEDED, OPTIONAL)]


def write_limits(entries: Iterable[LimitEntry]) -> str:
    """The same columns back, as CSV."""
    return write_rows(COLUMNS, (list(limit_columns(entry).values()) for entry in entries))


def limit_columns(entry: LimitEntry) -> dict[str, str]:
    """A limit's columns as text."""
    return {
        "code": entry.code,
        "column": entry.column,
        "station_kind": entry.station_kind,
        "parameter": entry.parameter,
        "unit": entry.unit,
        "min": cells.number_text(entry.low),
        "max": cells.number_text(entry.high),
        "basis": entry.basis,
        "factors": entry.factors,
        "valid_from": str(entry.valid_from),
        "valid_to": "" if entry.valid_to is None else str(entry.valid_to),
        "confidence": entry.confidence,
        "applies_to": entry.applies_to,
    }


def check_range(row: Row, low: float | None, high: float | None) -> None:
    """Complains where the two together are no limit. A limit of 0 is one, and min may equal max."""
    if low is None and high is None:
        row.complain("max", "neither min nor max is given")
    elif low is not None and high is not None and low > high:
        row.complain("max", f"{high:g} is below min, {low:g}")


def check_days(row: Row, first: date | None, last: date | None) -> None:
    """Complains where a row would hold on no day."""
    if first is not None and last is not None and last < first:
        row.complain("valid_to", f"{last} is before valid_from, {first}")


def _entry(row: Row) -> LimitEntry | None:
    given: dict[str, Any] = {
        "code": row.needed("code", cells.words),
        "column": "",
        **row.read("column", cells.words, ""),
        "station_kind": "",
        **row.read("station_kind", cells.kind, ""),
        "parameter": row.needed("parameter", cells.words),
        "unit": "",
        **row.read("unit", cells.words, ""),
        "low": row.read("min", row.number, None).get("min"),
        "high": row.read("max", row.number, None).get("max"),
        "basis": row.needed("basis", one_of(LIMIT_BASES)),
        "factors": "",
        **row.read("factors", _factors, ""),
        "valid_from": row.needed("valid_from", cells.ruling_day),
        "valid_to": None,
        **row.read("valid_to", cells.ruling_day, None),
        "confidence": "confirmed",
        **row.read("confidence", one_of(CONFIDENCES), "confirmed"),
        "applies_to": "all",
        **row.read("applies_to", one_of(APPLIES_TO), "all"),
    }
    if not row.problems:
        check_range(row, given["low"], given["high"])
        check_days(row, given["valid_from"], given["valid_to"])
        scaled = read_factors(given["factors"])[0]
        if scaled and given["parameter"] in NEVER_SCALED:
            row.complain("factors", f"no factor ever applies to {given['parameter']}")
        if scaled and given["high"] is None:
            row.complain("factors", "factors apply to max, and there is none")
    return None if row.problems else LimitEntry(**given)


def _factors(text: str) -> str:
    try:
        read_factors(text)
    except BadFactorsError as error:
        raise CellError(str(error)) from error
    return text
