"""A CSV list as spreadsheets write it: named columns in any order, and every bad line counted.

UTF-8 with or without a byte order mark; separated by `,`, or by `;` as Excel writes under
Vietnamese settings, where numbers then carry a decimal comma. A column that is left out says nothing
(what is known stays); an empty cell says "the default". An unknown column is an error: it is a
misspelt one, and to ignore it would lose what it says.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import NamedTuple, TypeVar
from unicodedata import category, normalize

T = TypeVar("T")
MOST = 1e15
"""Beyond it nothing is measured, permitted or counted: such a number is a slip of the pen."""
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


_UNSEEN = ("Cc", "Cs", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class LineProblem(NamedTuple):
    """What is wrong with one line of a list."""

    line: int
    """From 1, the header included; the line on which the record begins."""
    column: str
    """Empty where the whole line is meant."""
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}: {self.column}" if self.column else f"line {self.line}"
        return f"{place}: {self.message}"


class ListError(Exception):
    """A list has bad lines. Nothing of it was taken."""

    def __init__(self, problems: Iterable[LineProblem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("; ".join(map(str, self.problems)))


class CellError(Exception):
    """A cell does not hold what its column asks for. The message names what it should hold."""


@dataclass
class Row:
    """One line: the cells of the columns that the list has, stripped, in NFC."""

    line: int
    cells: dict[str, str] = field(repr=False)
    verbatim: dict[str, str] = field(repr=False)
    """The same cells to the letter: white space is part of a password."""
    decimal_comma: bool
    problems: list[LineProblem] = field(default_factory=list)

    def read(self, column: str, convert: Callable[[str], T], empty: T) -> dict[str, T]:
        """`{column: value}`; `{column: empty}` for an empty cell; {} where it was left out or is wrong."""
        text = self.cells.get(column)
        if text is None:
            return {}
        if not text:
            return {column: empty}
        try:
            refuse_unseen(text)
            return {column: convert(text)}
        except CellError as error:
            self.complain(column, str(error))
            return {}

    def needed(self, column: str, convert: Callable[[str], T]) -> T | None:
        """The value of a cell that must not be empty; None, and a problem, where it is empty or wrong."""
        text = self.cells.get(column, "")
        if not text:
            self.complain(column, "is empty")
            return None
        return self.read(column, convert, None).get(column)

    def number(self, text: str) -> float:
        """A finite decimal number, with a decimal comma only where the list is separated by `;`."""
        plain = text.replace(",", ".", 1) if self.decimal_comma else text
        return decimal_number(plain, text)

    def complain(self, column: str, message: str) -> None:
        """Adds a problem of this line."""
        self.problems.append(LineProblem(self.line, column, message))


def refuse_unseen(text: str) -> None:
    """CellError for control characters and for what turns the reading direction: nobody sees what they do."""
    for letter in text:
        if (category(letter) in _UNSEEN and letter not in "\n\r\t") or letter in _TURNING:
            raise CellError(f"holds the character U+{ord(letter):04X}, which cannot be seen; take it out")


def decimal_number(plain: str, shown: str | None = None) -> float:
    """A number of ASCII digits with a decimal point, 10¹⁵ at most; raises CellError."""
    value = float(plain) if _NUMBER.fullmatch(plain) else float("nan")
    if not abs(value) < float("inf"):
        raise CellError(f"{shown or plain!r} is not a number")
    if abs(value) > MOST:
        raise CellError(f"{shown or plain!r} is beyond 10¹⁵, above which nothing is measured or permitted")
    return value


def read_rows(data: bytes, needed: Collection[str], optional: Collection[str]) -> list[Row]:
    """The lines below the header, blank ones left out.

    Raises ListError where the text or the header cannot be read; what is wrong with a single
    line stands in its `problems`, so that all bad lines can be told at once.
    """
    text = _decode(data)
    separator = _separator(text)
    records = list(_records(text, separator))
    if not records:
        raise ListError([LineProblem(1, "", "the list is empty; its first line names the columns")])
    _, header = records[0]
    columns = [name.strip().lower() for name in header]
    while columns and not columns[-1]:
        columns.pop()
    _check_header(columns, needed, optional)
    rows = []
    for line, cells in records[1:]:
        verbatim = dict(zip(columns, cells, strict=False))  # a short line leaves its last columns out
        stripped = {name: normalize("NFC", cell.strip()) for name, cell in verbatim.items()}
        row = Row(line, stripped, verbatim, separator == ";")
        if any(cell.strip() for cell in cells[len(columns) :]):
            row.complain("", f"has {len(cells)} cells, but there are {len(columns)} columns")
        rows.append(row)
    return rows


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The list as text, separated by `,`, each line ended by CRLF (RFC 4180)."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def problems_of(rows: Iterable[Row]) -> list[LineProblem]:
    """The problems of all lines."""
    return [problem for row in rows for problem in row.problems]


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        problems = []
        for number, line in enumerate(data.split(b"\n"), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                message = f"is not UTF-8 (byte {line[error.start]:#04x}); save the list as CSV UTF-8"
                problems.append(LineProblem(number, "", message))
        raise ListError(problems) from None


def _separator(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return ";" if header.count(";") > header.count(",") else ","


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line on which each record begins, and its cells."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ListError([LineProblem(begins, "", f"is not CSV: {error}")]) from None


def _check_header(columns: Sequence[str], needed: Collection[str], optional: Collection[str]) -> None:
    known = [*needed, *optional]
    problems = [
        LineProblem(1, name or "(no name)", f"no such column; known are {', '.join(known)}")
        for name in columns
        if name not in known
    ]
    problems += [LineProblem(1, name, "this column is needed") for name in needed if name not in columns]
    twice = dict.fromkeys(name for name in columns if columns.count(name) > 1)
    problems += [LineProblem(1, name, "stands there twice") for name in twice]
    if problems:
        raise ListError(problems)
