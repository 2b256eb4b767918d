"""`qttd phase`, `stop`, `outage`, `rule` and `interruption` from the outside; days are Vietnam's, +07:00."""

from typing import Any

import pytest


@pytest.fixture
def station(ready: Any) -> Any:
    stations = ready.write("s.csv", "code,name,kind\nA,Trạm A,stack\nB,Trạm B,stack\n")
    channels = ready.write("c.csv", "station_code,symbol,parameter\nA,pH,pH\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    return ready


def test_phases(station: Any) -> None:
    assert station("phase", "set", "a", "testing", "--from", "2026-05-01", "--note", "chạy thử").code == 0
    assert station("phase", "set", "A", "official", "--from", "2026-05-30T06:30").code == 0
    exported = station("phase", "export").out
    assert exported == (
        "station_code,phase,from,note\r\nA,testing,2026-05-01,chạy thử\r\n"
        "A,official,2026-05-30T06:30:00+07:00,\r\n"
    )
    done = station("phase", "import", station.write("p.csv", exported + "B,stopped,2026-06-01,\r\n"))
    assert done.err == "phases: 1 new or changed, 2 as they were\n"
    listed = station("phase", "list", "--station", "B", "--json").json()
    assert [(one["phase"], one["from_at"]) for one in listed] == [("stopped", "2026-06-01T00:00:00+07:00")]
    assert station("phase", "remove", str(listed[0]["id"])).code == 0
    assert station("phase", "list", "--station", "B", "--json").json() == []


def test_a_list_with_bad_lines_is_not_taken(station: Any) -> None:
    text = "station_code,phase,from\nA,sleeping,2026-05-01\nC,testing,2026-05-01\nA,testing,1826-05-01\n"
    done = station("phase", "import", station.write("p.csv", text))
    assert done.code == 65
    lines = done.err.splitlines()
    assert [line.split(":")[:2] for line in lines] == [
        ["line 2", " phase"], ["line 3", " station_code"], ["line 4", " from"],
    ]  # fmt: skip
    assert station("phase", "list", "--json").json() == []


def test_stops(station: Any) -> None:
    words = ("--from", "2026-05-30T08:00", "--to", "2026-05-30T10:00", "--reason", "bảo dưỡng")
    assert station("stop", "add", "A", *words, "--by", "Nhà máy", "--announced", "2026-05-29").code == 0
    assert station("stop", "add", "A", *words, "--parameter", "pH").code == 0
    listed = station("stop", "list", "--json").json()
    first = listed[0]
    assert (first["parameter"], first["announced_by"], first["announced_before"]) == (None, "Nhà máy", True)
    assert listed[1]["parameter"] == "pH"
    assert station("stop", "cancel", "1").code == 0
    assert station("stop", "cancel", "1").code == 65
    assert station("stop", "list", "--json").json()[0]["cancelled_by"].startswith("cli:")


def test_rules_are_dated(station: Any) -> None:
    assert station("rule", "set", "reportable_hours", "24", "--from", "2026-05-01").code == 0
    listed = station("rule", "list", "--json").json()
    hours = [(one["valid_from"], one["value"]) for one in listed if one["name"] == "reportable_hours"]
    assert hours == [(None, "12"), ("2026-05-01T00:00:00+07:00", "24")]
    assert station("rule", "remove", "reportable_hours", "--from", "2026-05-01").code == 0
    assert station("rule", "remove", "reportable_hours", "--from", "2026-05-01").code == 65


MAY = ("--from", "2026-05-01", "--to", "2026-05-02")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("phase", "set", "X", "testing", "--from", "2026-05-01"), 65),
        (("phase", "set", "A", "testing", "--from", "hôm nay"), 64),
        (("phase", "remove", "9"), 65),
        (("stop", "add", "A", "--from", "2026-05-02", "--to", "2026-05-01", "--reason", "x"), 65),
        (("stop", "add", "A", *MAY, "--reason", " "), 65),
        (("stop", "add", "A", *MAY, "--reason", "x", "--parameter", "Y"), 65),
        (("rule", "set", "reportable_hours", "0", "--from", "2026-05-01"), 65),
        (("rule", "set", "effective_rate", "__import__('os')", "--from", "2026-05-01"), 65),
        (("rule", "set", "effective_rate", "valid ** expected", "--from", "2026-05-01"), 65),
        (("interruption", "note", "9", "--cause", "x"), 65),
        (("interruption", "note", "9"), 64),
        (("interruptions", "--json", "--csv"), 64),
        (("interruptions", "--station", "X"), 65),
    ],
)  # fmt: skip
def test_what_is_refused(station: Any, words: tuple[str, ...], code: int) -> None:
    assert station(*words).code == code


def test_a_refused_figure_is_named(station: Any) -> None:
    assert (
        "target_percent: '101'" in station("rule", "set", "target_percent", "101", "--from", "2026-05-01").err
    )
    assert (
        "effective_rate: it divides by 0"
        in station("rule", "set", "effective_rate", "valid / 0", "--from", "2026-05-01").err
    )


def test_lists_of_nothing(station: Any) -> None:
    assert station("interruptions", "--json").json() == []
    assert station("outage", "list", "--json").json() == []
    assert station("interruptions", "--csv").out.startswith(
        "id,station,parameter,started_at,ended_at,minutes,"
    )
