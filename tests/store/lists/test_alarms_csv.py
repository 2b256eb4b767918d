"""alarms.csv: what a line may say, and that export gives it back."""

import pytest
from sqlalchemy import Engine

from store.audit import Act
from store.engine import reading, writing
from store.events.alarm_rules import all_rules, import_rules
from store.lists.alarms_csv import read_alarm_list, write_alarm_list
from store.lists.csv_table import ListError
from tests.forwarder.department import NOON as NOW

LIST = (
    "name,channel,address,language,kinds,stations,min_level,repeat_minutes,quiet_hours,enabled\r\n"
    "bao-dong,gateway,+84912345678,vi,limit_exceeded;interrupted,,alarm,30,22:00-06:00,no\r\n"
    "phong,email,mt@so.vn,en,,,notice,0,,yes\r\n"
)
ACT = Act("cli:root", NOW)


def test_a_list_comes_back(engine: Engine) -> None:
    lines = read_alarm_list(LIST.encode())
    for counts in ((2, 0, 0), (0, 0, 2)):
        with writing(engine) as connection:
            assert import_rules(connection, lines, ACT) == counts
    with reading(engine) as connection:
        rules = all_rules(connection)
    assert write_alarm_list([rule.cells() for rule in rules]) == LIST


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a,post,x@y.vn,,", "line 2: channel: 'post' is not one of email, webhook, gateway"),
        ("a,email,x at y,,", "line 2: address: 'x at y' is not an e-mail address"),
        ("a,webhook,ftp://x/,,", "line 2: address: 'ftp://x/' is not an address that begins with https"),
        ("a,gateway,0912 345,,", "line 2: address: '0912 345' is not a telephone number"),
        ("a,email,x@y.vn,flood,", "line 2: kinds: 'flood' is not one of limit_exceeded"),
        ("a,email,x@y.vn,,NOWHERE", "line 2: stations: there is no station NOWHERE"),
        (",email,x@y.vn,,", "line 2: name: is empty"),
    ],
)
def test_wrong_lines_are_told(engine: Engine, line: str, problem: str) -> None:
    data = f"name,channel,address,kinds,stations\n{line}\n".encode()
    with pytest.raises(ListError) as error, writing(engine) as connection:
        import_rules(connection, read_alarm_list(data), ACT)
    assert str(error.value.problems[0]).startswith(problem)
    with reading(engine) as connection:
        assert all_rules(connection) == []


@pytest.mark.parametrize(
    ("column", "text", "good"),
    [
        ("quiet_hours", "7:05 - 09:30", "07:05-09:30"), ("quiet_hours", "24:00-06:00", None),
        ("quiet_hours", "06:00-06:00", None), ("quiet_hours", "night", None),
        ("repeat_minutes", "4", None), ("repeat_minutes", "5", 5), ("repeat_minutes", "44641", None),
        ("enabled", "không", False), ("enabled", "maybe", None),
    ],
)  # fmt: skip
def test_cells(column: str, text: str, good: object) -> None:
    (line,) = read_alarm_list(f"name,channel,address,{column}\na,email,x@y.vn,{text}\n".encode())
    if good is None:
        assert [problem.column for problem in line.row.problems] == [column]
    else:
        assert line.row.problems == []
        assert getattr(line, column) == good
