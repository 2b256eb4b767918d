"""The sheets of a table that a program exported: .xlsx or CSV bytes to rows of cells.

Exports are handed round by e-mail and are trusted no more than any file: a workbook's parts are counted and
measured before one of them is unpacked, declarations that could multiply entities are refused, and rows
and columns have limits. What the cells mean is export_table.py's matter.
"""

import csv
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from itertools import islice
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from parsers.text_decoding import decode

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_PARTS = 2000
MOST_ROWS = 1_000_000
MOST_COLUMNS = 300
_PROLOGUE = 64 * 1024
_DECLARES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

Cell = str | float | int | bool | datetime | date | time | timedelta | None


class ExportError(Exception):
    """The bytes are no table that can be read; the message says what to do."""


class Sheet(NamedTuple):
    """One sheet. `rows` may be walked once; each is a list of cells."""

    name: str
    rows: Iterator[list[Cell]]


def sheets_of(data: bytes) -> Iterator[Sheet]:
    """The sheets of a workbook, or the one of a CSV file. Raises ExportError, also while rows are walked."""
    if len(data) > MOST_BYTES:
        raise ExportError(f"the file is larger than {MOST_BYTES // 1048576} MiB; export a shorter period")
    if data.startswith(_OLD_EXCEL):
        raise ExportError("this is an old Excel workbook (.xls); save it as .xlsx or as CSV UTF-8")
    if data.startswith(b"PK"):
        yield from _workbook(data)
    elif re.match(rb"(\xef\xbb\xbf)?\s*<", data[:64]):
        raise ExportError("this is a web page with Excel's name; open it in Excel and save it as .xlsx")
    else:
        yield Sheet("", _lines(data))


def _workbook(data: bytes) -> Iterator[Sheet]:
    _refuse_bombs(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says about styles concerns nobody
        try:
            book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
            raise ExportError(f"the workbook cannot be opened ({type(error).__name__}: {error})") from error
        try:
            for sheet in book.worksheets:
                yield Sheet(sheet.title, _rows(sheet))
        finally:
            book.close()


def _rows(sheet: object) -> Iterator[list[Cell]]:
    try:
        sheet.reset_dimensions()  # type: ignore[attr-defined]  # what a program wrote there may be wrong
        rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)  # type: ignore[attr-defined]
        for row in islice(rows, MOST_ROWS):
            yield list(row)
    except Exception as error:  # as above: a sheet is unpacked and read as it is walked
        raise ExportError(f"a sheet cannot be read ({type(error).__name__}: {error})") from error
    if next(rows, None) is not None:
        raise ExportError(f"a sheet has more than {MOST_ROWS:,} rows; export a shorter period")


def _refuse_bombs(data: bytes) -> None:
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise ExportError("the workbook unpacks to far more than an export has; it is not read")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        head = file.read(_PROLOGUE)
                    if _DECLARES.search(head) or b"\0" in head:
                        raise ExportError("the workbook declares entities, as no export does; it is not read")
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        # damaged, packed in an unknown way, or encrypted
        raise ExportError(f"the workbook cannot be unpacked ({error})") from error


def _lines(data: bytes) -> Iterator[list[Cell]]:
    decoded = decode(data)
    if decoded is None:
        raise ExportError("this is neither a workbook (.xlsx) nor text (CSV)")
    separator = _separator(decoded.text)
    reader = csv.reader(StringIO(decoded.text, newline=""), delimiter=separator)
    try:
        for number, row in enumerate(reader):
            if number >= MOST_ROWS:
                raise ExportError(f"the file has more than {MOST_ROWS:,} lines; export a shorter period")
            yield list(row[:MOST_COLUMNS])
    except csv.Error as error:
        raise ExportError(f"line {reader.line_num} is not CSV: {error}") from error


def _separator(text: str) -> str:
    """The sign that stands most often in the line that has most of it, among the first lines."""
    head = text.splitlines()[:30]
    return max("\t;,", key=lambda sign: max((line.count(sign) for line in head), default=0))
