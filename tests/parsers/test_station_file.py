"""Every row of the table of docs/file-format.md: literal bytes in, literal rows out."""

import time
from datetime import datetime, timedelta

import pytest

from parsers.records import ParsedFile, Reading
from parsers.station_file import parse, rejected
from parsers.vietnam_time import VN

NAME = "QN_THUB_NUODAU_20260530101500.txt"
T = "20260530101500"
AT = datetime(2026, 5, 30, 10, 15, tzinfo=VN)


def read(text: str) -> ParsedFile:
    return parse(text.encode(), NAME)


def only(text: str) -> Reading:
    parsed = read(text)
    assert parsed.problems == ()
    assert len(parsed.readings) == 1
    return parsed.readings[0]


def codes(parsed: ParsedFile) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.code) for problem in parsed.problems]


def test_canonical_file() -> None:
    parsed = read(f"pH\t7.12\t\t{T}\t00\r\nNH4\t3.05\tmg/L\t{T}\t01\r\nTSS\t0.00\tmg/L\t{T}\t02\r\n")
    assert parsed == ParsedFile(
        name=NAME, state="accepted", station_code="QN_THUB_NUODAU", name_time=AT, encoding="utf-8", notes=(),
        readings=(
            Reading(1, "pH", "7.12", 7.12, "", AT, "00"),
            Reading(2, "NH4", "3.05", 3.05, "mg/L", AT, "01"),
            Reading(3, "TSS", "0.00", 0.0, "mg/L", AT, "02"),
        ),
        problems=(),
    )  # fmt: skip
    assert parsed.readings[0].measured_at.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize("symbol", ["Vinyl chloride", "m,p-Xylene", "PM2,5", "a b  c", "1", T[:-1]])
def test_the_symbol_is_the_whole_cell(symbol: str) -> None:
    assert only(f"{symbol}\t1.5\tppb\t{T}\t00\r\n") == Reading(1, symbol, "1.5", 1.5, "ppb", AT, "00")


def test_symbols_are_reported_in_nfc() -> None:
    decomposed = "Nhie\u0323\u0302t\u0111o\u0323\u0302"
    assert only(f"{decomposed}\t28.4\t\t{T}\t00\r\n").symbol == "Nhi\u1ec7t\u0111\u1ed9"


@pytest.mark.parametrize("unit", ["%V", "\u00b5g/m3", "\u03bcg/m3", "mg/Nm3", "Pt-Co", "o C"])
def test_units_are_kept_as_written(unit: str) -> None:
    assert only(f"X\t1\t{unit}\t{T}\t00\r\n").unit == unit


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_ends(end: str) -> None:
    parsed = read(f"pH\t7.12\t\t{T}\t00{end}COD\t41\tmg/L\t{T}\t00{end}")
    assert [(r.line, r.symbol, r.value) for r in parsed.readings] == [(1, "pH", 7.12), (2, "COD", 41.0)]
    assert parsed.state == "accepted"


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85"])
def test_what_python_takes_for_a_line_end_is_a_control_character(odd: str) -> None:
    assert codes(read(f"pH\t7.12\t\t{T}\t00{odd}COD\t41\tmg/L\t{T}\t00\r\n")) == [(None, "not_text")]


def test_a_line_separator_within_a_cell_ends_no_line() -> None:
    assert only(f"p\u2028H\t7.12\t\t{T}\t00\r\n").symbol == "p\u2028H"


def test_blank_lines_padding_and_trailing_tabs() -> None:
    parsed = read(f"\r\n \t \r\n pH\t 7.12 \t \t{T} \t 00\t\t\t\r\n\r\n")
    assert parsed.readings == (Reading(3, "pH", "7.12", 7.12, "", AT, "00"),)
    assert parsed.state == "accepted"


@pytest.mark.parametrize("tabs", range(1, 8))
@pytest.mark.parametrize(
    "line",
    [
        f"pH\t7.1\t\t{T}\t00",
        f"pH\t7.1\t\t{T}",
        f"pH\t7.1\t{T}\t00",
        f"{T}\tpH\t7.1\t\t00",
        f"{T}\tpH\t7.1",
        f"pH\t7.1\t\t{T}\t00\tCOD\t41\tmg/L\t{T}\t00",
    ],
)
def test_trailing_tabs_break_no_shape(line: str, tabs: int) -> None:
    said = [(r.symbol, r.value, r.unit, r.status) for r in read(line + "\r\n").readings]
    assert [(r.symbol, r.value, r.unit, r.status) for r in read(line + "\t" * tabs + "\r\n").readings] == said
    assert read(line + "\t" * tabs + "\r\n").state == "accepted"


@pytest.mark.parametrize(
    ("written", "status", "notes"),
    [
        ("00", "00", ()),
        ("01", "01", ()),
        ("02", "02", ()),
        ("0", "00", ()),
        ("1", "01", ()),
        ("2", "02", ()),
        ("", "00", ("status_assumed",)),
        ("03", "03", ("status_unknown",)),
        ("3", "3", ("status_unknown",)),
        ("000", "000", ("status_unknown",)),
        ("Bảo trì", "Bảo trì", ("status_unknown",)),
    ],
)
def test_status(written: str, status: str, notes: tuple[str, ...]) -> None:
    reading = only(f"pH\t7.1\t\t{T}\t{written}\r\n")
    assert (reading.status, reading.notes) == (status, notes)


@pytest.mark.parametrize(
    ("line", "row", "notes"),
    [
        (f"COD\t4.5\tmg/L\t{T}", ("COD", 4.5, "mg/L", "00"), ("status_assumed",)),
        (f"pH\t4.5\t\t{T}", ("pH", 4.5, "", "00"), ("status_assumed",)),
        (f"COD\t4.5\t{T}\t01", ("COD", 4.5, "", "01"), ("unit_missing",)),
        (f"COD\t4.5\t{T}\t", ("COD", 4.5, "", "00"), ("unit_missing", "status_assumed")),
        (f"{T}\tCOD\t4.5\tmg/L\t02", ("COD", 4.5, "mg/L", "02"), ("time_first",)),
        (f"{T}\tCOD\t4.5\tmg/L\t", ("COD", 4.5, "mg/L", "00"), ("time_first", "status_assumed")),
        (f"{T}\tCOD\t4.5\tmg/L", ("COD", 4.5, "mg/L", "00"), ("time_first", "status_assumed")),
        (f"{T}\tCOD\t4.5", ("COD", 4.5, "", "00"), ("unit_missing", "time_first", "status_assumed")),
        (f"{T}\tCOD\t\tmg/L\t02", ("COD", None, "mg/L", "02"), ("missing_value", "time_first")),
        (
            f"{T}\tCOD\t",
            ("COD", None, "", "00"),
            ("missing_value", "unit_missing", "time_first", "status_assumed"),
        ),
    ],
)
def test_other_columns(line: str, row: tuple[object, ...], notes: tuple[str, ...]) -> None:
    reading = only(line + "\r\n")
    assert (reading.symbol, reading.value, reading.unit, reading.status) == row
    assert reading.measured_at == AT
    assert reading.notes == notes


def test_time_without_seconds() -> None:
    reading = only("pH\t7.1\t\t202605301015\t00\r\n")
    assert (reading.measured_at, reading.notes) == (AT, ("no_seconds",))


@pytest.mark.parametrize(
    "line",
    [
        "Symbol\tValue\tUnit\tTime\tStatus",
        "pH\t7.1\t\t20261330101500\t00",
        "pH\t7.1\t\t20260631101500\t00",
        "pH\t7.1\t\t20260530241500\t00",
        "pH\t7.1\t\t20260530101560\t00",
        "pH\t7.1\t\t00000530101500\t00",
        "pH\t7.1\t\t2026053010150\t00",
        "pH\t7.1\t\t202605301015000\t00",
        "pH\t7.1\t\t2026-05-30 10:15\t00",
        "pH\t7.1\t\t\t00",
        "pH\t7.1\t\t\t",
        "pH\t7.1\t\t٢٠٢٦٠٥٣٠١٠١٥٠٠\t00",
        "20260631101500\tpH\t7.1\t\t00",
        "20260631101500\tpH\t7.1",
        "pH\t7.1\t20260631101500\t00",
        "pH\t7.1\t\t20260631101500",
        "pH\tx\t\t20260631101500\t00",
    ],
)
def test_bad_time(line: str) -> None:
    parsed = read(f"{line}\r\nCOD\t41\tmg/L\t{T}\t00\r\n")
    assert codes(parsed) == [(1, "bad_time")]
    assert [r.symbol for r in parsed.readings] == ["COD"]
    assert parsed.state == "partial"


@pytest.mark.parametrize(
    "line",
    [
        "pH",
        "pH 7.1 20260530101500 00",
        f"pH\t{T}",
        f"pH\t7.1\t{T}",
        "Symbol\tValue\tUnit\tTime",
        "a\tb\tc",
        f"pH\t7.1\t\t{T}\t00\tx",
        f"pH\t7.1\t\t{T}\t00\tCOD\t41\tmg/L\t{T}",
        "a\tb\tc\td\te\tf\tg\th\ti\tj",
        f"\t7.1\t\t{T}\t00",
        f"{T}\t\t7.1\t\t00",
        f"{T}\tpH",
        f"{'x' * 513}\t7.1\t\t{T}\t00",
        f"pH\t{'1' * 513}\t\t{T}\t00",
    ],
)
def test_bad_columns(line: str) -> None:
    parsed = read(f"{line}\r\nCOD\t41\tmg/L\t{T}\t00\r\n")
    assert codes(parsed) == [(1, "bad_columns")]
    assert [r.symbol for r in parsed.readings] == ["COD"]


def test_cells_of_512_characters_are_still_read() -> None:
    assert only(f"{'x' * 512}\t7.1\t\t{T}\t00\r\n").symbol == "x" * 512
    assert only(f"é{'x' * 511}\t7.1\t\t{T}\t00\r\n").symbol == "é" + "x" * 511
    assert only(f"{'x' * 512}\t7,1\t\t{T}\t00\r\n").symbol == "x" * 512


@pytest.mark.parametrize(
    "value", ["1,234.5", "1.234,5", "12 345", "0x1F", "inf", "-inf", "1e999", "1_0", "--"]
)
def test_a_line_whose_number_is_none_is_a_problem_and_no_zero(value: str) -> None:
    parsed = read(f"pH\t{value}\t\t{T}\t00\r\n")
    assert (parsed.readings, codes(parsed), parsed.state) == ((), [(1, "bad_number")], "rejected")


@pytest.mark.parametrize("word", ["", "---", "-", "NaN", "nan", "NULL", "Null", "None", "NONE"])
def test_missing_is_never_zero(word: str) -> None:
    assert only(f"pH\t{word}\t\t{T}\t00\r\n") == Reading(
        1, "pH", word, None, "", AT, "00", ("missing_value",)
    )


def test_one_line_of_several_readings() -> None:
    parsed = read(f"pH\t7.1\t\t{T}\t00\tCOD\t---\tmg/L\t{T}\t02\r\n")
    assert parsed.readings == (
        Reading(1, "pH", "7.1", 7.1, "", AT, "00"),
        Reading(1, "COD", "---", None, "mg/L", AT, "02", ("missing_value",)),
    )
    assert (parsed.notes, parsed.state) == (("one_line",), "accepted")


def test_one_line_loses_only_its_bad_readings() -> None:
    parsed = read(f"a\t7.1\t\t{T}\t00\tb\t1,2.3\t\t{T}\t00\tc\t1\t\tnoon\t00\t{T}\td\t4\t\t00\r\n")
    assert [(r.symbol, r.value) for r in parsed.readings] == [("a", 7.1), ("d", 4.0)]
    assert codes(parsed) == [(1, "bad_number"), (1, "bad_time")]


def test_several_times_lose_no_reading() -> None:
    parsed = read("".join(f"pH\t7.1\t\t2026053010{5 * minute:02}00\t00\r\n" for minute in range(10)))
    assert len({r.measured_at for r in parsed.readings}) == 10
    assert parsed.notes == ("several_times",)


def test_the_rows_time_wins_over_the_names() -> None:
    parsed = read("pH\t7.1\t\t20260530101000\t00\r\n")
    assert parsed.readings[0].measured_at == AT - timedelta(minutes=5)
    assert (parsed.name_time, parsed.notes) == (AT, ("name_time_differs",))


def test_the_same_line_twice_counts_once() -> None:
    parsed = read(f"pH\t7.1\t\t{T}\t00\r\npH\t7.10\t\t{T}\t0\r\npH\t7.1\t\t202605301015\t00\r\n")
    assert parsed.readings == (Reading(1, "pH", "7.1", 7.1, "", AT, "00"),)
    assert (parsed.notes, parsed.problems, parsed.state) == (("repeated_line",), (), "accepted")


@pytest.mark.parametrize(
    "later", [f"pH\t7.2\t\t{T}\t00", f"pH\t7.1\tpH\t{T}\t00", f"pH\t7.1\t\t{T}\t01", f"pH\t\t\t{T}\t00"]
)
def test_another_value_unit_or_status_is_a_conflict(later: str) -> None:
    parsed = read(f"pH\t7.1\t\t{T}\t00\r\n{later}\r\nCOD\t4\t\t{T}\t00\r\n")
    assert [(r.line, r.symbol, r.text, r.unit, r.status) for r in parsed.readings] == [
        (1, "pH", "7.1", "", "00"),
        (3, "COD", "4", "", "00"),
    ]
    assert (codes(parsed), parsed.state) == ([(2, "conflict")], "partial")
    assert [(r.line, r.symbol) for r in parsed.conflicts] == [(2, "pH")]


def test_two_words_for_missing_are_no_conflict() -> None:
    parsed = read(f"pH\t---\t\t{T}\t00\r\npH\tNaN\t\t{T}\t00\r\n")
    assert (parsed.state, parsed.notes) == ("accepted", ("repeated_line",))


def test_missing_and_zero_are_a_conflict() -> None:
    assert codes(read(f"pH\t0\t\t{T}\t00\r\npH\t---\t\t{T}\t00\r\n")) == [(2, "conflict")]


@pytest.mark.parametrize(
    "data",
    [b"", b" ", b"\r\n\r\n", b"\t\t\n \r", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\xff\xfe", b"\xff\xfe \0"],
)
def test_empty_file(data: bytes) -> None:
    parsed = parse(data, NAME)
    assert (parsed.state, codes(parsed)) == ("rejected", [(None, "empty_file")])
    assert (parsed.station_code, parsed.name_time) == ("QN_THUB_NUODAU", AT)


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"pH\t7.1\t\t20260530101500\t00\0",
        b"pH\0\t7.1\t\t20260530101500\t00\r\n",
        b"\0\r\npH\t7.1\t\t20260530101500\t00\r\n",
        b"pH\t7.1\t\t20260530101500\t00\r\n\0\r\n",
        b"pH\t7.1\t\t20260530101500\t00\r\n\x1a",
        b"pH\x7f\t7.1\t\t20260530101500\t00\r\n",
        b"\x89PNG\r\n\x1a\n\0\0",
        bytes(range(256)),
        b"p\0H\0\t\0",
        b"\xff\xfe\x00\xd8\x00\xd8\n\0",
        b"\xff\xfea\0\0\0b\0\r\0\n\0",
        b"\xff\xfea\0\0\0",
        b"P\xc2\x85H\t7.1\t\t20260530101500\t00\r\n",
    ],
)
def test_not_text(data: bytes) -> None:
    parsed = parse(data, NAME)
    assert (parsed.state, codes(parsed), parsed.encoding) == ("rejected", [(None, "not_text")], None)
    assert parsed.readings == ()


def test_a_file_too_large_to_be_read_is_rejected_by_its_caller() -> None:
    parsed = rejected(NAME, "too_large", "It has 50 MB.")
    assert (parsed.state, parsed.encoding, parsed.station_code) == ("rejected", None, "QN_THUB_NUODAU")
    assert codes(parsed) == [(None, "too_large")]


def test_times_far_away_are_read() -> None:
    parsed = read(
        "a\t1\t\t20991231235959\t00\r\nb\t1\t\t19700101000000\t00\r\nc\t1\t\t99991231235959\t00\r\n"
    )
    assert [r.measured_at.year for r in parsed.readings] == [2099, 1970, 9999]


def test_a_flood_of_bad_lines_is_told_once_and_loses_no_reading() -> None:
    parsed = read(
        "rubbish\n" * 5000 + f"pH\t7.1\t\t{T}\t00\n" + "rubbish\n" * 5000 + f"pH\tx\t\t{T}\t00\n" * 3
    )
    assert [(r.line, r.symbol) for r in parsed.readings] == [(5001, "pH")]
    assert parsed.state == "partial"
    assert codes(parsed)[:1001] == [(line, "bad_columns") for line in range(1, 1001)] + [
        (None, "bad_columns")
    ]
    assert parsed.problems[1000].detail.startswith("9000 more lines")
    assert codes(parsed)[1001:] == [(None, "bad_number")]


def test_a_flood_of_conflicts_keeps_every_one_beside_the_reading() -> None:
    parsed = read("".join(f"pH\t{n}\t\t{T}\t00\n" for n in range(3000)))
    assert [r.value for r in parsed.readings] == [0.0]
    assert [r.value for r in parsed.conflicts] == [float(n) for n in range(1, 3000)]
    assert len(parsed.problems) == 1001
    assert parsed.problems[-1].detail.startswith("The same is wrong in 1999 more places")


def test_details_quote_little_and_nothing_that_a_terminal_obeys() -> None:
    parsed = read(f"pH\t{'9' * 500}\u202e\t\t{T}\t00\r\n\u202e\u2066\tx\n")
    assert all(len(problem.detail) < 300 and problem.detail.isprintable() for problem in parsed.problems)


@pytest.mark.parametrize(
    "rubbish", [b"a\n", b"\t", b"a\t", b"1", b"\x8d\xff", b"e\xcc\xa3\xcc\x82", b"\n ", b"a\r"]
)
def test_megabytes_of_rubbish_take_time_in_proportion(rubbish: bytes) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        assert parse(rubbish * (size // len(rubbish)), NAME).state == "rejected"
        return time.process_time() - start

    seconds(1 << 14)
    assert seconds(1 << 22) < 40 * seconds(1 << 19) + 0.5
