"""Station, channel and account lists as spreadsheets write them: every bad line with its number."""

import pytest

from store.lists.accounts_csv import read_account_list
from store.lists.cells import codes, interval, review
from store.lists.channels_csv import read_channels
from store.lists.checks_cell import read_checks
from store.lists.csv_table import CellError, ListError, problems_of
from store.lists.stations_csv import read_stations

HEADER = "code,name,kind"


def problems(text: str) -> list[str]:
    """What is said of a station list, line by line."""
    try:
        return [str(problem) for problem in problems_of(line.row for line in read_stations(text.encode()))]
    except ListError as error:
        return [str(problem) for problem in error.problems]


@pytest.mark.parametrize(
    "data",
    [
        b"code,name,kind\nA,Tr\xe1\xba\xa1m,stack\n",
        b"\xef\xbb\xbfcode,name,kind\r\nA,Tr\xe1\xba\xa1m,stack\r\n",
        b'kind,"name",code\rstack,"Tr\xe1\xba\xa1m",A',
        b"Code;Name;Kind\nA;Tra\xcc\xa3m;stack\n",
        b"\n\ncode,name,kind\n,,\nA , Tr\xe1\xba\xa1m ,stack,,\n\n",
    ],
)
def test_every_shape_of_csv_says_the_same(data: bytes) -> None:
    (line,) = read_stations(data)
    assert line.row.problems == []
    assert line.given == {"code": "A", "name": "Trạm", "kind": "stack"}


def test_an_empty_cell_is_the_default_and_a_column_left_out_says_nothing() -> None:
    (line,) = read_stations(b"code,name,kind,review,latitude,interval_minutes\nA,B,stack,,\n")
    assert line.given == {"code": "A", "name": "B", "kind": "stack", "review": "auto", "latitude": None}


def test_semicolons_come_with_decimal_commas() -> None:
    (line,) = read_stations(b"code;name;kind;latitude;longitude\nA;B;stack;21,02;105.8\n")
    assert (line.given["latitude"], line.given["longitude"]) == (21.02, 105.8)
    assert problems(HEADER + ',latitude\nA,B,stack,"21,02"\n') == [
        "line 2: latitude: '21,02' is not a number"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["line 1: the list is empty; its first line names the columns"]),
        ("code,name\nA,B\n", ["line 1: kind: this column is needed"]),
        (HEADER + ",code\nA,B,stack,A\n", ["line 1: code: stands there twice"]),
        (HEADER + "\nA,B,stack,x\n", ["line 2: has 4 cells, but there are 3 columns"]),
        (HEADER + '\nA,"B,stack\n', ["line 2: is not CSV: unexpected end of data"]),
        (HEADER + "\n,,stack\n", ["line 2: code: is empty", "line 2: name: is empty"]),
        (
            HEADER + "\na/b,B,stack\n",
            ["line 2: code: 'a/b' cannot be a code: no / \\ , ; \" and no leading dot"],
        ),
        (HEADER + "\nA\n", ["line 2: name: is empty", "line 2: kind: is empty"]),
    ],
)
def test_a_bad_list_is_told_where(text: str, said: list[str]) -> None:
    assert problems(text) == said


def test_an_unknown_column_is_an_error_that_names_it() -> None:
    (said,) = problems(HEADER + ",adress\nA,B,stack,x\n")
    assert said.startswith("line 1: adress: no such column; known are code, name, kind, facility")


def test_every_bad_line_is_reported() -> None:
    text = (
        f"{HEADER},interval_minutes,latitude,longitude,review,in_service_from\n"
        'A,"two\nlines",stack,7,,,,\n'
        "B,b,lake,0,91,-181,hold,2026-02-30\n"
        "C,c,stack,5,x,1,hold:0,01/02/2026\n"
    )
    assert problems(text) == [
        "line 2: name: goes over several lines, or holds a TAB",
        "line 2: interval_minutes: '7' is not a number of minutes that divides a day (1440)",
        "line 4: kind: 'lake' is not one of wastewater, surface_water, groundwater, stack, ambient_air",
        "line 4: interval_minutes: '0' is not a number of minutes that divides a day (1440)",
        "line 4: latitude: '91' is not between -90 and 90",
        "line 4: longitude: '-181' is not between -180 and 180",
        "line 4: review: 'hold' is not auto, hold:MINUTES or manual",
        "line 4: in_service_from: '2026-02-30' is not a day (YYYY-MM-DD)",
        "line 5: latitude: 'x' is not a number",
        "line 5: review: 'hold:0' is not auto, hold:MINUTES or manual",
        "line 5: in_service_from: '01/02/2026' is not a day (YYYY-MM-DD)",
    ]


def test_lines_that_are_not_utf8_are_told_all() -> None:
    with pytest.raises(ListError) as caught:
        read_stations(b"code,name,kind\nA,Tr\x1a\xe3,stack\nB,b,stack\nC,\xff,stack\n")
    assert [(problem.line, problem.message[:12]) for problem in caught.value.problems] == [
        (2, "is not UTF-8"),
        (4, "is not UTF-8"),
    ]


@pytest.mark.parametrize("text", ["1", "5", "60", "1440"])
def test_intervals_divide_a_day(text: str) -> None:
    assert interval(text) == int(text)


@pytest.mark.parametrize("text", ["-5", "5.0", "2880", "٥", "7", ""])
def test_other_intervals_do_not(text: str) -> None:
    with pytest.raises(CellError):
        interval(text)


def test_review_has_one_spelling() -> None:
    assert [review(text) for text in ("AUTO", "hold: 030", "Manual")] == ["auto", "hold:30", "manual"]


def test_codes_are_listed_once() -> None:
    assert codes("A; b,a ;;B\u0301") == ("A", "b", "B\u0301")


def channel_problems(row: str) -> list[str]:
    header = "station_code,symbol,parameter,unit,factor,device_min,device_max,checks\n"
    return [str(problem) for line in read_channels((header + row).encode()) for problem in line.row.problems]


def test_symbols_are_whole_cells_in_nfc() -> None:
    (line,) = read_channels(
        'station_code,symbol,parameter\nA,"Nhie\u0302\u0323tđo\u0323; m,p-Xylene ;;NO",X\n'.encode()
    )
    assert line.given["symbols"] == ("Nhiệtđọ", "m,p-Xylene", "NO")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,pH,pH,,0,,,", ["line 2: factor: a factor of 0 would turn every value into 0"]),
        ("A,pH,pH,,1e999,,,", ["line 2: factor: '1e999' is not a number"]),
        ("A,pH,pH,,nan,,,", ["line 2: factor: 'nan' is not a number"]),
        ("A,pH,pH,,1,0x1,,", ["line 2: device_min: '0x1' is not a number"]),
        ("A,;,pH,,1,,,", ["line 2: symbol: names no symbol"]),
        ("A,pH,a;b,,1,,,", ["line 2: parameter: 'a;b' is not one parameter; the logger's"]),
        ("A,pH,pH,,1,,,zeros", ["line 2: checks: 'zeros' is no check; known are zero, negative,"]),
        (",,,,1,,,", [f"line 2: {column}: is empty" for column in ("parameter", "station_code", "symbol")]),
    ],
)  # fmt: skip
def test_a_bad_channel_is_told_why(row: str, said: list[str]) -> None:
    found = sorted(channel_problems(row))
    assert len(found) == len(said)
    assert all(one.startswith(expected) for one, expected in zip(found, said, strict=True)), found


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("zero;negative;flat_line=12;rate_of_change=50%;compare<=1.0*PM10", None),
        (" zero ; ;flat_line = 012; compare < 2 * m,p-Xylene", "zero;flat_line=12;compare<2*m,p-Xylene"),
        ("compare>=COD;compare<=0.5*NOx;companion=Flow", None),
        ("spike=2.5;rate_of_change=0.1 %", "spike=2.5;rate_of_change=0.1%"),
        ("", ""),
    ],
)
def test_checks_have_one_spelling(text: str, canonical: str | None) -> None:
    assert read_checks(text) == (text if canonical is None else canonical)
    assert read_checks(read_checks(text)) == read_checks(text)


@pytest.mark.parametrize(
    "text",
    [
        "zero=1", "flat_line", "flat_line=1", "flat_line=x", "rate_of_change=0", "rate_of_change=-5%",
        "rate_of_change=inf", "spike=%", "compare=PM10", "compare<=0*PM10", "compare<=", "companion=",
        "companion", "zero;zero", "flat_line=2;flat_line=3", "Zero",
    ],
)  # fmt: skip
def test_other_checks_are_refused(text: str) -> None:
    with pytest.raises(CellError):
        read_checks(text)


def test_a_password_is_taken_to_the_letter() -> None:
    data = 'name,password,stations,allow\nlog 1 ," mật,\u0061\u0301 ",A;B,"10.0.0.1,fd00::/8"\n'.encode()
    (line,) = read_account_list(data)
    assert (line.name, line.password, line.stations) == ("log 1", " mật,\u0061\u0301 ", ("A", "B"))
    assert line.allow == ("10.0.0.1/32", "fd00::/8")
    assert "mật" not in repr(line)
