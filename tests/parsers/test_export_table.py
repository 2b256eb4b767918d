"""Exports in the shapes in which programs and people hand them round, and those that must not be opened."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from parsers import export_sheet
from parsers.export_sheet import ExportError
from parsers.export_table import Export, read_export


def workbook(*rows: list[Any], sheets: dict[str, list[list[Any]]] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, lines in (sheets or {"Dữ liệu": list(rows)}).items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def excel(*clock: int) -> datetime:
    """A time of 30 May 2026 as a workbook holds it: without a zone."""
    return datetime.combine(date(2026, 5, 30), time(*clock))


def flat(export: Export) -> list[tuple[str, str, float | None, int]]:
    return [
        (f"{at:%d %H:%M}", column, cell.value, cell.decimals)
        for at, row in export.rows.items()
        for column, cell in row.items()
    ]


def test_a_workbook_with_titles_units_and_a_signature() -> None:
    data = workbook(
        ["SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG"],
        ["Thời gian: từ 30/05/2026 đến 30/05/2026", None, "Trạm: QN_THUB_NUODAU"],
        [None],
        ["STT", "Thời gian", "pH", "COD (mg/L)", "Nhiệt độ\noC", "Trạng thái"],
        [None, None, None, "mg/L", "oC"],
        [2, excel(10, 20), 7.1, None, 28, "Đang đo"],
        [1, excel(10, 14, 59, 999_999), "7,12", "---", "NaN"],
        ["Người lập biểu"],
    )
    export = read_export(data)
    assert export.columns == ("pH", "COD", "Nhiệt độ")
    assert export.units == {"pH": "", "COD": "mg/L", "Nhiệt độ": "oC"}
    assert flat(export) == [
        ("30 10:15", "pH", 7.12, 2),
        ("30 10:15", "COD", None, 0),
        ("30 10:15", "Nhiệt độ", None, 0),
        ("30 10:20", "pH", 7.1, 1),
        ("30 10:20", "COD", None, 0),
        ("30 10:20", "Nhiệt độ", 28.0, 0),
    ]
    assert next(iter(export.rows)).isoformat() == "2026-05-30T10:15:00+07:00"
    assert (export.problems, export.repeated) == ((), 0)


def test_the_first_sheet_with_a_header_is_read() -> None:
    data = workbook(sheets={"Bìa": [["x"]], "Số liệu": [["Ngày", "Giờ", "TSS"], ["30/05/2026", "24:00", 4]]})
    export = read_export(data)
    assert export.sheet == "Số liệu"
    assert flat(export) == [("31 00:00", "TSS", 4.0, 0)]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30/05/2026 10:15", "30 10:15"),
        ("10:15 30/05/2026", "30 10:15"),
        ("30-5-2026 10:15:00", "30 10:15"),
        ("2026-05-30T10:15:00", "30 10:15"),
        ("20260530101500", "30 10:15"),
        ("30/05/2026 10:15:00 PM", "30 22:15"),
        ("30/05/2026 12:15:00 AM", "30 00:15"),
        ("30/05/2026", "30 00:00"),
    ],
)
def test_times_as_programs_write_them(text: str, moment: str) -> None:
    export = read_export(f"Date time;pH\n{text};7,1\n".encode())
    assert flat(export) == [(moment, "pH", 7.1, 1)]


def test_csv_in_any_encoding_with_any_separator() -> None:
    text = "Thời gian\tNhiệtđộ\n30/05/2026 10:15\t28,5\n"
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("\t", ";").encode(),
    ):
        assert flat(read_export(data)) == [("30 10:15", "Nhiệtđộ", 28.5, 1)]
    assert flat(read_export(b'time,"PM2,5"\n2026-05-30 10:15,1.5\n')) == [("30 10:15", "PM2,5", 1.5, 1)]


def test_a_line_for_each_value() -> None:
    export = read_export(
        "Thời gian,Thông số,Giá trị,Đơn vị\n"
        "30/05/2026 10:15,pH,7.12,\n30/05/2026 10:15,COD,,mg/L\n30/05/2026 10:15,pH,9,\n".encode()
    )
    assert flat(export) == [("30 10:15", "pH", 7.12, 2), ("30 10:15", "COD", None, 0)]
    assert (export.columns, export.repeated) == (("pH", "COD"), 1)


def test_what_means_nothing_is_told_and_never_a_number() -> None:
    export = read_export(
        b"time;COD;pH\n30/05/2026 10:15;1.234,5;7\n"
        b"31/06/2026 10:15;1;7\n30/05/2026 10:61;1;7\n30/05/2026 10:15;2;8\n"
    )
    assert flat(export) == [("30 10:15", "COD", None, 0), ("30 10:15", "pH", 7.0, 0)]
    assert [(problem.line, problem.detail) for problem in export.problems] == [
        (2, "COD: '1.234,5' is not a number"),
    ]
    assert export.repeated == 1
    numbers = workbook(["time", "pH"], ["không rõ", 7.5], [excel(0, 0), True])
    assert [(problem.line, problem.detail) for problem in read_export(numbers).problems] == [
        (2, "no time that can be read"), (3, "pH: True is no value"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no header was found"),
        (b"a,b\n1,2\n", "no header was found"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"\xef\xbb\xbf <html><table>", "a web page"),
        (b"\x00\x01\x02\x03", "neither a workbook"),
        (b"PK\x03\x04rubbish", "cannot be unpacked"),
        (workbook(["time", "pH"])[:-40], "cannot be unpacked"),
    ],
)
def test_what_is_no_export_is_refused_with_the_remedy(data: bytes, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        read_export(data)


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook(["time", "pH"]))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, parts.pop(name, source.read(name)), zipfile.ZIP_DEFLATED)
        for name, content in parts.items():
            target.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    entities = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with pytest.raises(ExportError, match="declares entities"):
        read_export(packed({"xl/workbook.xml": entities}))
    with pytest.raises(ExportError, match="declares entities"):
        read_export(packed({"xl/workbook.xml": entities.decode().encode("utf-16")}))
    monkeypatch.setattr(export_sheet, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(ExportError, match="far more than an export has"):
        read_export(packed({"xl/zeros.bin": bytes(1_000_001)}))
    monkeypatch.setattr(export_sheet, "MOST_PARTS", 3)
    with pytest.raises(ExportError, match="far more than an export has"):
        read_export(packed({}))
    monkeypatch.setattr(export_sheet, "MOST_BYTES", 100)
    with pytest.raises(ExportError, match="larger than"):
        read_export(bytes(101))


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["time", "pH"], *([excel(0, minute), 7] for minute in range(9))]
    monkeypatch.setattr(export_sheet, "MOST_ROWS", 10)
    assert len(read_export(workbook(*rows)).rows) == 9
    monkeypatch.setattr(export_sheet, "MOST_ROWS", 9)
    for data in (workbook(*rows), b"time,pH\n" + b"30/05/2026,7\n" * 9):
        with pytest.raises(ExportError, match="more than 9"):
            read_export(data)


def test_a_broken_sheet_is_said() -> None:
    with pytest.raises(ExportError, match=r"cannot be (read|opened)"):
        read_export(packed({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}))
