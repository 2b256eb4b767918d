"""figures.csv: the dated figures of the rules (least shares, warning steps, factors), one a line."""

from collections.abc import Iterable
from typing import Any

from quality.figures import CONFIDENCES, MINIMUM, OXYGEN_CEILING, WARNING
from store.lists import cells
from store.lists.cells import one_of
from store.lists.csv_table import Row, read_rows, write_rows
from store.lists.limits_csv import check_days

NEEDED = ("name", "value", "valid_from")
OPTIONAL = ("case", "above", "up_to", "valid_to", "confidence")
COLUMNS = ("name", "case", "above", "up_to", "value", "valid_from", "valid_to", "confidence")
CASES: dict[str, tuple[str, ...]] = {
    MINIMUM: ("hour", "8hour", "day", "month", "year"),
    WARNING: ("tendency", "preparing"),
    OXYGEN_CEILING: ("",),
    "Kq": ("river", "lake", "coast", "protected_coast"),
    "Kf": ("",),
    "Kp": ("",),
    "Kv": ("1", "2", "3", "4", "5"),
}
"""Every figure that a rule asks for, with its cases."""
_PERCENT = (MINIMUM, WARNING)
_OXYGEN_OF_AIR = 21
_BY_AMOUNT = ("Kq", "Kf", "Kp")
"""Figures that hang on an amount: a flow, a volume."""


def read_figures(data: bytes) -> list[tuple[Row, dict[str, Any] | None]]:
    """The lines of a list of figures. Raises ListError where it cannot be read at all."""
    return [(row, _values(row)) for row in read_rows(data, NEEDED, OPTIONAL)]


def write_figures(rows: Iterable[dict[str, Any]]) -> str:
    """The same columns back, as CSV."""
    return write_rows(COLUMNS, (list(figure_columns(values).values()) for values in rows))


def figure_columns(values: dict[str, Any]) -> dict[str, str]:
    """A row's columns as text."""
    return {
        name: cells.number_text(value) if isinstance(value, float) else "" if value is None else str(value)
        for name, value in values.items()
    }


def _values(row: Row) -> dict[str, Any] | None:
    given: dict[str, Any] = {
        "name": row.needed("name", one_of(tuple(CASES))),
        "case": row.read("case", str, "").get("case", ""),
        "above": row.read("above", row.number, None).get("above"),
        "up_to": row.read("up_to", row.number, None).get("up_to"),
        "value": row.needed("value", row.number),
        "valid_from": row.needed("valid_from", cells.ruling_day),
        "valid_to": row.read("valid_to", cells.ruling_day, None).get("valid_to"),
        "confidence": row.read("confidence", one_of(CONFIDENCES), "confirmed").get("confidence", "confirmed"),
    }
    if not row.problems:
        _check(row, given)
    return None if row.problems else given


def _check(row: Row, given: dict[str, Any]) -> None:
    name, value = given["name"], given["value"]
    if given["case"] not in CASES[name]:
        row.complain("case", f"{given['case']!r} is not one of {', '.join(CASES[name]) or '(empty)'}")
    if name in _PERCENT and not 0 < value <= 100:
        row.complain("value", f"{value:g} is not a percentage above 0, 100 at most")
    elif name == OXYGEN_CEILING and not 0 < value < _OXYGEN_OF_AIR:
        row.complain("value", f"{value:g} is not between 0 and 21 %V")
    elif value <= 0:
        row.complain("value", f"{value:g} is not above 0")
    low, high = given["above"], given["up_to"]
    for column, amount in (("above", low), ("up_to", high)):
        if amount is not None and name not in _BY_AMOUNT:
            row.complain(column, f"{name} hangs on no amount; leave it empty")
        elif amount is not None and amount < 0:
            row.complain(column, f"{amount:g} is below 0")
    if low is not None and high is not None and not low < high:
        row.complain("up_to", f"{high:g} is not above {low:g}")
    check_days(row, given["valid_from"], given["valid_to"])
