"""channels.csv: one channel a line, that is, one parameter at one station."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from store.lists import cells
from store.lists.checks_cell import read_checks
from store.lists.csv_table import CellError, Row, read_rows, write_rows
from store.network.keys import symbol_key

_LEAST_FACTOR = 1e-15
NEEDED = ("station_code", "symbol", "parameter")
OPTIONAL = ("unit", "factor", "device_min", "device_max", "usual_min", "usual_max", "checks")


@dataclass(frozen=True)
class ChannelEntry:
    """A channel as its list writes it; the defaults are those of an empty cell. Ranges are in `unit`."""

    station_code: str
    symbols: tuple[str, ...]
    parameter: str
    unit: str = ""
    """Empty: the parameter's usual unit, or any where it has none."""
    factor: float = 1.0
    device_min: float | None = None
    device_max: float | None = None
    usual_min: float | None = None
    usual_max: float | None = None
    checks: str = ""


@dataclass(frozen=True)
class ChannelLine:
    """What one line says: only the columns that the list has; others stay as they are known."""

    row: Row
    station_code: str
    parameter: str
    """The parameter's name or one of its symbols."""
    given: dict[str, Any]


def read_channels(data: bytes) -> list[ChannelLine]:
    """The lines of a channel list. Raises ListError where it cannot be read at all.

    A line with a wrong cell has problems in its `row`; whoever stores them asks for those first.
    """
    lines = []
    for row in read_rows(data, NEEDED, OPTIONAL):
        given: dict[str, Any] = {
            "symbols": row.needed("symbol", _symbols),
            **row.read("unit", cells.words, ""),
            **row.read("factor", partial(_factor, row), 1.0),
            **row.read("device_min", row.number, None),
            **row.read("device_max", row.number, None),
            **row.read("usual_min", row.number, None),
            **row.read("usual_max", row.number, None),
            **row.read("checks", read_checks, ""),
        }
        station = row.needed("station_code", cells.station_code) or ""
        lines.append(ChannelLine(row, station, row.needed("parameter", _parameter) or "", given))
    return lines


def write_channels(entries: Iterable[ChannelEntry]) -> str:
    """The same columns back, as CSV."""
    return write_rows((*NEEDED, *OPTIONAL), (list(channel_columns(entry).values()) for entry in entries))


def channel_columns(entry: ChannelEntry) -> dict[str, str]:
    """A channel's columns as text."""
    return {
        "station_code": entry.station_code,
        "symbol": ";".join(entry.symbols),
        "parameter": entry.parameter,
        "unit": entry.unit,
        "factor": _text(entry.factor),
        "device_min": _text(entry.device_min),
        "device_max": _text(entry.device_max),
        "usual_min": _text(entry.usual_min),
        "usual_max": _text(entry.usual_max),
        "checks": entry.checks,
    }


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return repr(value).removesuffix(".0")


def _symbols(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(symbol_key(part) for part in text.split(";") if part.strip()))
    if not found:
        raise CellError("names no symbol")
    cells.words(text)
    return found


def _parameter(text: str) -> str:
    if ";" in text:
        raise CellError(f"{text!r} is not one parameter; the logger's symbols belong under `symbol`")
    return symbol_key(cells.words(text))


def _factor(row: Row, text: str) -> float:
    value = row.number(text)
    if value == 0:
        raise CellError("a factor of 0 would turn every value into 0")
    if value < 0:
        raise CellError(f"{text!r} is below 0: it would turn every value round")
    if value < _LEAST_FACTOR:
        raise CellError(f"{text!r} is so small that every value would be 0")
    return value
