"""The last line without a line end: when it is believed, and when it is cut (docs/file-format.md)."""

import pytest

from parsers.records import ParsedFile
from parsers.station_file import parse

NAME = "QN_THUB_NUODAU_20260530101500.txt"
T = "20260530101500"
FIRST = f"pH\t7.1\t\t{T}\t00\r\n"


@pytest.mark.parametrize(
    ("data", "symbols", "problems"),
    [
        (FIRST + f"COD\t41\tmg/L\t{T}\t00", ["pH", "COD"], []),
        (FIRST + f"COD\t41\tmg/L\t{T}\t00\t", ["pH", "COD"], []),
        (FIRST + f"COD\t41\tmg/L\t{T}\t03", ["pH", "COD"], []),
        (FIRST + f"COD\tx\tmg/L\t{T}\t00", ["pH"], [(2, "bad_number")]),
        (FIRST + "COD\t41\tmg/L\t20260532101500\t00", ["pH"], [(2, "bad_time")]),
        (FIRST + f"COD\t41\tmg/L\t{T}\t0", ["pH"], [(2, "cut_line")]),
        (FIRST + f"COD\t41\tmg/L\t{T}\t", ["pH"], [(2, "cut_line")]),
        (FIRST + f"COD\t41\tmg/L\t{T}", ["pH"], [(2, "cut_line")]),
        (FIRST + "COD\t41\tmg/L\t202605301015", ["pH"], [(2, "cut_line")]),
        (FIRST + "COD\t4", ["pH"], [(2, "cut_line")]),
        (FIRST + "C", ["pH"], [(2, "cut_line")]),
        (FIRST + "\r\n  ", ["pH"], []),
        (FIRST + "\r\nCOD\t4", ["pH"], [(3, "cut_line")]),
        (FIRST + f"{T}\tCOD\t41\tmg/L\t00", ["pH"], [(2, "cut_line")]),
        (FIRST + f"COD\t41\tmg/L\t{T}\t00\tTSS\t1\tmg/L\t{T}\t00", ["pH"], [(2, "cut_line")]),
        (f"pH\t7.1\t\t{T}\t00", ["pH"], []),
        (f"{T}\tpH\t7.1\t\t00", ["pH"], []),
        (f"pH\t7.1\t\t{T}\t00\tCOD\t41\tmg/L\t{T}\t00", ["pH", "COD"], []),
        (f"pH\t7.1\t\t{T}\t0", [], [(1, "cut_line")]),
        (f"pH\t7.1\t\t{T}", [], [(1, "cut_line")]),
        ("pH\t7.1\t\t202605301015\t00", [], [(1, "cut_line")]),
        (f"pH\t7.1\t\t{T}\t00\tCOD\t41\tmg/L\t{T}\t0", [], [(1, "cut_line")]),
        (f"pH\t7.1\t\t{T}\t0\r\nCOD\t41\tmg/L\t{T}\t1", ["pH", "COD"], []),
        (f"pH\t7.1\t\t{T}\r\nCOD\t41\tmg/L\t{T}", ["pH", "COD"], []),
        ("pH\t7.1\t\t202605301015\r\nCOD\t41\tmg/L\t202605301015", ["pH", "COD"], []),
        (f"pH\t7.1\t{T}\t00\r\nCOD\t41\t{T}\t00", ["pH", "COD"], []),
        (f"{T}\tpH\t7.1\t\r\n{T}\tCOD\t41\tmg", ["pH"], [(2, "cut_line")]),
        (f"{T}\tpH\t7.1\r\n{T}\tCOD\t4", ["pH"], [(2, "cut_line")]),
        (f"Symbol\tValue\tUnit\tTime\tStatus\r\npH\t7.1\t\t{T}\t00", [], [(1, "bad_time"), (2, "cut_line")]),
        (FIRST + "\0\0\0", ["pH"], [(2, "cut_line")]),
        (FIRST + f"COD\t41\tmg/L\t{T}\t00\0", ["pH"], [(2, "cut_line")]),
        ("\r\n\0", [], [(2, "cut_line")]),
    ],
)
def test_the_last_line(data: str, symbols: list[str], problems: list[tuple[int, str]]) -> None:
    parsed = parse(data.encode(), NAME)
    assert [r.symbol for r in parsed.readings] == symbols
    assert codes(parsed) == problems
    assert parsed.state == ("accepted" if not problems else "partial" if symbols else "rejected")


def codes(parsed: ParsedFile) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.code) for problem in parsed.problems]


def test_half_a_bom_is_a_cut_first_line() -> None:
    assert codes(parse(b"\xef\xbb", NAME)) == [(1, "cut_line")]
    assert codes(parse(b"\n\xc3", NAME)) == [(2, "cut_line")]
