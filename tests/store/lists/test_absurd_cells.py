"""What no list takes: each column of each list with values that no person can mean, one line a value."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from store.lists.accounts_csv import read_account_list
from store.lists.alarms_csv import read_alarm_list
from store.lists.channels_csv import read_channels
from store.lists.csv_table import Row, read_rows
from store.lists.figures_csv import read_figures
from store.lists.limits_csv import read_limits
from store.lists.permits_csv import NEEDED as PERMIT
from store.lists.permits_csv import OPTIONAL as PERMIT_MORE
from store.lists.permits_csv import permit_values
from store.lists.phases_csv import read_phases
from store.lists.relay_map_csv import read_relay_map
from store.lists.station_limits_csv import COLUMNS as BINDING
from store.lists.station_limits_csv import station_limit_values
from store.lists.stations_csv import read_stations
from store.register_kinds import REGISTERS

Read = Callable[[bytes], Iterable[Row]]
"""The lines of a list; what is wrong with each stands in it."""


def _rows(read: Callable[[bytes], Any]) -> Read:
    return lambda data: [line[0] if isinstance(line, tuple) else line.row for line in read(data)]


def _judged(columns: tuple[str, ...], judge: Callable[[Row], object]) -> Read:
    def read(data: bytes) -> list[Row]:
        rows = read_rows(data, (), columns)
        for row in rows:
            judge(row)
        return rows

    return read


def _register(name: Any) -> Read:
    register = REGISTERS[name]

    def judge(row: Row) -> None:
        for field in register.fields:
            row.read(field.name, lambda text, read=field.read: read(row, text), None)

    return _judged(register.columns, judge)


NO_NUMBER = ["nan", "inf", "-inf", "1e309", "1e308", "1,5", "0x10", "１２", "--1"]
NO_DAY = [
    "0001-01-01", "9999-12-31", "1969-12-31", "2100-01-01", "2026-02-30", "30/05/2026", "20260530",
    "2026-5-3", "tomorrow",
]  # fmt: skip
UNSEEN = ["a\x07b", "a\x00b", "a\x1bb", "a\x7fb", "\u202eabc", "a\u2028b"]
LONG = ["x" * 1001]
TEXT = [*UNSEEN, *LONG, "a\nb"]
AMOUNTS = (
    "kq", "kf", "kp", "kv", "river_flow_m3s", "lake_volume_m3", "discharge_m3_day", "gas_flow_m3_h",
)  # fmt: skip
CODE = [*UNSEEN, "x" * 201, "đ" * 101, "../x", "a/b", "a\\b", ".a", "a\nb"]
MINUTES = [*NO_NUMBER, "0", "-5", "7", "1441", "5.5", "999999999999"]
POSITIVE = [*NO_NUMBER, "0", "-1"]

TABLE: dict[str, tuple[Read, dict[str, str], dict[str, list[str]]]] = {
    "stations": (
        _rows(read_stations),
        {"code": "A", "name": "A", "kind": "stack"},
        {
            "code": CODE, "name": TEXT, "kind": ["STACK", "chimney"], "facility": TEXT, "province": TEXT,
            "interval_minutes": MINUTES, "latitude": [*NO_NUMBER, "90.1", "-91"],
            "longitude": [*NO_NUMBER, "180.5"], "aliases": CODE,
            "review": ["hold:0", "hold:-1", "hold:44641", "hold:", "auto:5", "never", "hold:1e3"],
            "in_service_from": NO_DAY,
        },
    ),
    "channels": (
        _rows(read_channels),
        {"station_code": "A", "symbol": "pH", "parameter": "pH"},
        {
            "station_code": CODE, "symbol": [*UNSEEN, *LONG, ";"], "parameter": [*UNSEEN, *LONG, "pH;COD"],
            "unit": TEXT, "factor": [*POSITIVE, "1e-300"], "device_min": NO_NUMBER, "device_max": NO_NUMBER,
            "usual_min": NO_NUMBER, "usual_max": NO_NUMBER,
            "checks": [
                "flat_line=0", "flat_line=1", "flat_line=-3", "flat_line=1e3", "flat_line=99999999999",
                "spike=0", "spike=nan", "spike=1e309", "rate_of_change=-1%", "compare<=0*PM10",
                "compare<=-1*PM10", "compare<=", "companion=", "neighbours=0", "neighbours=1441", "zero;zero",
                "negative=1", "sparkle", "zero:maybe", *UNSEEN,
            ],
        },
    ),
    "accounts": (
        _rows(read_account_list),
        {"name": "a"},
        {
            "name": [*UNSEEN, "x" * 129, "a:b", "a/b"], "stations": CODE,
            "allow": ["10.0.0.0/33", "10.0.0.256", "example.vn", "10.0.0.0/-1", "::1/129", *UNSEEN],
        },
    ),
    "alarms": (
        _rows(read_alarm_list),
        {"name": "a", "channel": "webhook", "address": "https://x.vn/"},
        {
            "name": [*UNSEEN, "x" * 129], "channel": ["telegram", ""],
            "address": [
                "javascript:alert(1)", "file:///etc/passwd", "ftp://x.vn/", "https://", "http://[::1", "http://[x]/",
                "http://x.vn:99999/", "http://x.vn:0/", "http://x.vn:a/", "//x.vn/", "http://x vn/",
                "https://x.vn/" + "x" * 2000, *UNSEEN,
            ],
            "language": ["fr"], "kinds": ["flood"], "stations": CODE, "min_level": ["panic"],
            "repeat_minutes": ["-1", "1", "4", "44641", "5.5", "1e3", "999999999999999"],
            "quiet_hours": ["25:00-06:00", "22:60-06:00", "22:00", "06:00-06:00", "22-06", "-1:00-06:00"],
            "enabled": ["maybe", "2"],
        },
    ),
    "e-mail": (
        _rows(read_alarm_list),
        {"name": "a", "channel": "email", "address": "a@b.vn"},
        {"address": ["a", "@", "a@", "@b.vn", "a@b@c", "a b@c.vn", "a@b.vn,c@d.vn",
                     "A <a@b.vn>", "x" * 65 + "@b.vn", *UNSEEN]},
    ),
    "limits": (
        _rows(read_limits),
        {"code": "Q", "parameter": "COD", "basis": "day", "valid_from": "2026-01-01", "max": "1"},
        {
            "code": TEXT, "column": TEXT, "parameter": TEXT, "unit": TEXT, "station_kind": ["ship"],
            "min": [*NO_NUMBER, "2"], "max": [*NO_NUMBER, ""], "basis": ["week"],
            "factors": ["Kx", "Kq*Kq", "O2ref=21", "O2ref=-1"],
            "valid_from": NO_DAY, "valid_to": [*NO_DAY, "2025-12-31"], "confidence": ["sure"],
            "applies_to": ["some"],
        },
    ),
    "station limits": (
        _judged(BINDING, station_limit_values),
        {"station_code": "A", "code": "Q", "valid_from": "2026-01-01"},
        {
            "code": TEXT, "column": TEXT, "valid_from": NO_DAY, "valid_to": [*NO_DAY, "2025-12-31"],
            **dict.fromkeys(AMOUNTS, POSITIVE),
            "facility": ["old"], "receiving_water": ["swamp"], "zone": ["0", "6"],
            "o2ref": [*NO_NUMBER, "-1", "21"], "basis": ["week"],
        },
    ),
    "permits": (
        _judged((*PERMIT, *PERMIT_MORE), permit_values),
        {"station_code": "A", "parameter": "COD", "basis": "day", "permit": "1/GP", "max": "1",
         "valid_from": "2026-01-01"},
        {
            "parameter": TEXT, "unit": TEXT, "permit": TEXT, "min": [*NO_NUMBER, "2"], "max": NO_NUMBER,
            "basis": ["week"], "o2ref": [*NO_NUMBER, "21"], "valid_from": NO_DAY,
            "valid_to": [*NO_DAY, "2025-12-31"],
        },
    ),
    "figures": (
        _rows(read_figures),
        {"name": "minimum_percent", "case": "day", "value": "75", "valid_from": "2026-01-01"},
        {
            "name": ["Kx"], "case": ["week"], "value": [*POSITIVE, "101"], "above": ["1", *NO_NUMBER],
            "up_to": ["1", *NO_NUMBER], "valid_from": NO_DAY, "valid_to": [*NO_DAY, "2025-12-31"],
            "confidence": ["sure"],
        },
    ),
    "factors": (
        _rows(read_figures),
        {"name": "Kf", "value": "1", "valid_from": "2026-01-01", "above": "50"},
        {"value": POSITIVE, "above": ["-1", *NO_NUMBER], "up_to": ["50", "49", *NO_NUMBER],
         "case": ["river"]},
    ),
    "phases": (
        _rows(read_phases),
        {"station_code": "A", "phase": "testing", "from": "2026-01-01"},
        {"station_code": CODE, "phase": ["asleep"], "note": TEXT,
         "from": ["0001-01-01", "9999-12-31T23:59:59", "1999-12-31", "2026-13-01", "now", "1e9"]},
    ),
    "relay map": (
        _rows(read_relay_map),
        {"station_code": "A", "remote_code": "B", "from": "2026-01-01"},
        {"station_code": CODE, "remote_code": CODE, "path": ["../x", "a//b", "a/./b", *UNSEEN],
         "from": NO_DAY, "to": [*NO_DAY, "2025-12-31"]},
    ),
    **{
        f"register {name}": (
            _register(name),
            {"station_code": "A"} if register.of_station else {"facility": "Nhà máy Y"},
            {
                field.name: {
                    "_text": [*UNSEEN, *LONG], "_day": [*NO_DAY, "1999-12-31"], "_number": NO_NUMBER,
                    "_days": [*POSITIVE, "1.5", "3661"], "_yes_no": ["maybe"], "_kind": ["ship"],
                }.get(getattr(field.read, "__name__", ""), ["neither"])
                for field in register.fields
            },
        )
        for name, register in REGISTERS.items()
    },
}  # fmt: skip


def _problems(read: Read, line: dict[str, str]) -> list[str]:
    cells = [f'"{cell}"' for cell in line.values()]
    data = f"{','.join(line)}\n{','.join(cells)}\n".encode()
    (row,) = read(data)
    return [problem.column for problem in row.problems]


@pytest.mark.parametrize("name", TABLE)
def test_what_nobody_can_mean_is_refused_by_its_column(name: str) -> None:
    read, good, absurd = TABLE[name]
    assert _problems(read, good) == []
    taken = []
    for column, texts in absurd.items():
        for text in texts:
            said = _problems(read, good | {column: text})
            # where min and max contradict one another, max is named
            if column not in said and not (column == "min" and said == ["max"]):
                taken.append((column, text, said))
    assert taken == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("limits", {"max": "0"}), ("limits", {"min": "1", "max": "1"}), ("permits", {"max": "0"}),
        ("channels", {"device_min": "0", "device_max": "0"}),
        ("channels", {"device_min": "-50", "factor": "1e-3"}),
        ("stations", {"latitude": "-90", "longitude": "180", "interval_minutes": "1440"}),
        ("alarms", {"repeat_minutes": "0", "address": "http://[::1]:8080/x?y={}"}),
        ("figures", {"name": "oxygen_ceiling", "case": "", "value": "20.9"}),
        ("limits", {"valid_from": "1970-01-01", "valid_to": "2099-12-31"}),
    ],
)  # fmt: skip
def test_what_stands_at_the_edge_is_taken(name: str, line: dict[str, str]) -> None:
    read, good, _ = TABLE[name]
    assert _problems(read, good | line) == []
