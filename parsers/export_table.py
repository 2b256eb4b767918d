"""An export of EnviSoft's (or of any program's) as times and values: what its header and its cells mean.

Two shapes are known (docs/beside-envisoft.md): a time column with a column for each parameter, and a line
for each value with its parameter's name. Titles above the header are passed over. Nothing is looked up: which
parameter a column's name means is for whoever knows the station's channels. An empty cell is a missing value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from unicodedata import combining, normalize

from parsers.export_sheet import Cell, ExportError, sheets_of
from parsers.number import NotANumberError, is_missing, number_of
from parsers.time_stamp import looks_like_time, vietnam_time
from parsers.vietnam_time import VN

HEADER_WITHIN = 40
MOST_PROBLEMS = 200
_TIME = re.compile(
    r"(thoi (gian|diem)|ngay gio|ngay,? gio|date ?time|timestamp|get_?time|measured)\b[^:0-9]*"
)
_DATE = re.compile(r"(ngay|date)( do)?")
_CLOCK = re.compile(r"(gio|time|hour)( do)?")
_NAME = re.compile(r"(thong so|parameter|indicator|chi tieu|ky hieu|symbol)\b.*")
_VALUE = re.compile(r"(gia tri|value|ket qua)\b.*")
_NO_PARAMETER = re.compile(
    r"(stt|tt|no\.?|#|id|(ma |ten )?tram|station( (code|name))?|don vi|unit"
    r"|(trang thai|status|ghi chu|note).*)"
)
_UNIT = re.compile(r"^(?P<name>.+?)\s*[\(\[\n]\s*(?P<unit>[^()\[\]]*?)\s*[\)\]]?$", re.DOTALL)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_HOUR = re.compile(r"(\d{1,2})[:hH](\d{2})(?::(\d{2}))?(?:\.\d+)?")


class Value(NamedTuple):
    """A cell of a parameter."""

    text: str
    value: float | None
    """None: missing."""
    decimals: int
    """Digits behind the point: to how many it may be rounded."""


class ExportProblem(NamedTuple):
    """A cell that means nothing."""

    line: int
    detail: str


class Export(NamedTuple):
    """What an export says."""

    sheet: str
    columns: tuple[str, ...]
    """Names of the parameters, without their units, in the export's order."""
    units: Mapping[str, str]
    rows: Mapping[datetime, Mapping[str, Value]]
    """By the time that labels the row (aware, +07:00), in the order of time."""
    problems: tuple[ExportProblem, ...]
    repeated: int
    """Rows under a time that another row has already; the first one counts."""


def read_export(data: bytes) -> Export:
    """Reads an export. Raises ExportError where no sheet has a header with a time column."""
    for sheet in sheets_of(data):
        found = _read(sheet.name, enumerate(sheet.rows, 1))
        if found is not None:
            return found
    raise ExportError(
        "no header was found in the first lines: a column for the time (Thời gian, Ngày giờ, Date time) and"
        " one for each parameter"
    )


class _Header(NamedTuple):
    time: int | None
    date: int | None
    clock: int | None
    name: int | None
    value: int | None
    parameters: Mapping[int, str]
    units: Mapping[str, str]


def plain(text: str) -> str:
    """A heading as headings are compared: without case, marks and repeated spaces."""
    bare = "".join(letter for letter in normalize("NFD", text.casefold()) if not combining(letter))
    return " ".join(bare.replace("đ", "d").split())


def _read(name: str, rows: Iterator[tuple[int, list[Cell]]]) -> Export | None:
    for line, cells in rows:
        header = _header(cells)
        if header is not None:
            return _body(name, header, rows)
        if line >= HEADER_WITHIN:
            break
    return None


def _header(cells: list[Cell]) -> _Header | None:
    titles = {at: cell.strip() for at, cell in enumerate(cells) if isinstance(cell, str) and cell.strip()}
    plainly = {at: plain(title) for at, title in titles.items()}

    def first(pattern: re.Pattern[str]) -> int | None:
        return next((at for at, title in plainly.items() if pattern.fullmatch(title)), None)

    time_at, date_at, clock_at = first(_TIME), first(_DATE), first(_CLOCK)
    if time_at is None and date_at is None and clock_at is None:
        return None
    name_at, value_at = first(_NAME), first(_VALUE)
    used = {time_at, date_at, clock_at}
    parameters: dict[int, str] = {}
    units: dict[str, str] = {}
    if name_at is None or value_at is None:
        for at, title in titles.items():
            if at in used or _NO_PARAMETER.fullmatch(plainly[at]):
                continue
            parameter, unit = _split(title)
            if parameter not in parameters.values():
                parameters[at] = parameter
                units[parameter] = unit
        if not parameters:
            return None
        name_at = value_at = None
    return _Header(time_at, date_at, clock_at, name_at, value_at, parameters, units)


def _split(title: str) -> tuple[str, str]:
    """A heading's parameter and unit: `COD (mg/L)`, `COD [mg/L]`, or the unit on a second line."""
    found = _UNIT.match(title)
    name, unit = (found["name"], found["unit"]) if found else (title, "")
    return normalize("NFC", " ".join(name.split())), " ".join(unit.split())


def _body(name: str, header: _Header, rows: Iterable[tuple[int, list[Cell]]]) -> Export:
    found: dict[datetime, dict[str, Value]] = {}
    problems: list[ExportProblem] = []
    columns = dict.fromkeys(header.parameters.values())
    repeated = 0
    for line, cells in rows:
        if not any(cell not in (None, "") for cell in cells):
            continue
        moment = _moment(cells, header)
        if moment is None:
            # a second line of units, totals, a signature: only what has values is worth telling
            if any(isinstance(cell, int | float) for cell in cells):
                problems.append(ExportProblem(line, "no time that can be read"))
            continue
        if header.name is None:
            values = {
                title: cells[at] if at < len(cells) else None for at, title in header.parameters.items()
            }
            repeated += moment in found
            row = {title: _value(cell, line, title, problems) for title, cell in values.items()}
            found.setdefault(moment, row)
            continue
        title = normalize("NFC", str(_at(cells, header.name) or "").strip())
        if title:
            columns.setdefault(title)
            row = found.setdefault(moment, {})
            repeated += title in row
            row.setdefault(title, _value(_at(cells, header.value), line, title, problems))
    return Export(
        name,
        tuple(columns),
        header.units,
        dict(sorted(found.items())),
        tuple(problems[:MOST_PROBLEMS]),
        repeated,
    )


def _at(cells: list[Cell], position: int | None) -> Cell:
    return cells[position] if position is not None and position < len(cells) else None


def _value(cell: Cell, line: int, title: str, problems: list[ExportProblem]) -> Value:
    if cell is None or isinstance(cell, bool | datetime | date | time | timedelta):
        if cell is not None:
            problems.append(ExportProblem(line, f"{title}: {cell} is no value"))
        return Value("", None, 0)
    if isinstance(cell, int | float):
        text = repr(cell).removesuffix(".0")
        return Value(text, float(cell), _decimals(text))
    text = cell.strip()
    if is_missing(text):
        return Value(text, None, 0)
    try:
        return Value(text, number_of(text), _decimals(text))
    except NotANumberError:
        problems.append(ExportProblem(line, f"{title}: {text!r} is not a number"))
        return Value(text, None, 0)


def _decimals(text: str) -> int:
    digits = text.replace(",", ".").partition(".")[2]
    return 12 if "e" in text.lower() else len(digits)


def _moment(cells: list[Cell], header: _Header) -> datetime | None:
    if header.time is not None:
        return _whole(_at(cells, header.time))
    day, clock = _at(cells, header.date), _at(cells, header.clock)
    if header.date is None or header.clock is None:
        return _whole(day if header.date is not None else clock)
    found = _whole(day)
    if found is None:
        return None
    past = _clock(clock)
    midnight = found.replace(hour=0, minute=0, second=0, microsecond=0)
    return None if past is None else midnight + past


def _whole(cell: Cell) -> datetime | None:
    """A moment in Vietnam, to the second."""
    if isinstance(cell, datetime):
        # a workbook keeps days and fractions of them: 10:15 may come out a few microseconds short
        rounded = cell + timedelta(microseconds=500_000)
        zoned = rounded.replace(tzinfo=VN) if cell.tzinfo is None else rounded.astimezone(VN)
        return zoned.replace(microsecond=0)
    if isinstance(cell, date):
        return datetime.combine(cell, time(), VN)
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if looks_like_time(text):
        return vietnam_time(text)
    day = _day(text)
    if day is None:
        return None
    clock = _HOUR.search(text)
    past = timedelta() if clock is None else _clock(clock[0])
    if past is None or (afternoon := re.search(r"\b([AaPp])[Mm]\b", text)) is None:
        return None if past is None else day + past
    hours = past.seconds // 3600 % 12 + (12 if afternoon[1] in "Pp" else 0)
    return day + timedelta(hours=hours, seconds=past.seconds % 3600)


def _day(text: str) -> datetime | None:
    if found := _YEAR_FIRST.search(text):
        year, month, day = map(int, found.groups())
    elif found := _DAY_FIRST.search(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        moment = datetime(year, month, day, tzinfo=VN)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _clock(cell: Cell) -> timedelta | None:
    """How far into the day: 24:00 is the day's end."""
    if isinstance(cell, datetime | time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    if isinstance(cell, timedelta):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return timedelta(hours=cell) if 0 <= cell <= 24 else None
    found = _HOUR.fullmatch(str(cell or "").strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    fine = (hours < 24 or (hours == 24 and minutes == seconds == 0)) and minutes < 60 and seconds < 60
    return timedelta(hours=hours, minutes=minutes, seconds=seconds) if fine else None
