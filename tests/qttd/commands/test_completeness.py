"""`qttd completeness` from the outside: what it prints, in which shape, and what it refuses."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.engine import open_engine, writing
from store.readings.written import add, mark_dirty
from store.tables import parameter, station

CODE = "QN_THUB_NUODAU"
STATES = [
    "valid", "suspect", "failed_check", "calibrating", "device_error", "rejected", "missing_value",
    "absent", "planned_stop", "our_outage",
]  # fmt: skip


@pytest.fixture
def filled(ready: Any) -> Any:
    """A store in which a station sent pH in 18 of a day's 24 hours, a third of it late, and COD never."""
    stations = ready.write(
        "s.csv",
        f"code,name,kind,interval_minutes,in_service_from,aliases\n"
        f"{CODE},Trạm,wastewater,60,2026-05-30,OLD_CODE\nSILENT,Trạm,stack,5,2026-05-30,\n",
    )
    channels = ready.write("c.csv", f"station_code,symbol,parameter\n{CODE},pH,pH\n{CODE},COD,COD\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    begin = datetime.fromisoformat("2026-05-30T00:00+07:00")
    with writing(engine) as connection:
        station_id = connection.execute(select(station.c.id).where(station.c.code == CODE)).scalar_one()
        parameter_id = connection.execute(select(parameter.c.id).where(parameter.c.code == "pH")).scalar_one()
        rows = [
            {
                "station_id": station_id, "measured_at": begin + timedelta(hours=hour),
                "parameter_id": parameter_id, "symbol": "pH", "text": "7.1", "value": 7.1, "unit": "",
                "status": "00", "file_id": 1, "line": 1,
                "received_at": begin + timedelta(hours=hour, minutes=1 if hour % 3 else 60),
                "valid": True, "flags": None, "release_at": begin,
            }
            for hour in range(18)
        ]  # fmt: skip
        add(connection, rows)  # type: ignore[arg-type]  # literal rows, not the ingest's own type
        mark_dirty(connection, [(station_id, row["measured_at"]) for row in rows])
    engine.dispose()
    return ready


DAY = ("--from", "2026-05-30", "--to", "2026-05-30")


def test_json_is_what_rest_gives(filled: Any) -> None:
    done = filled("completeness", *DAY, "--station", CODE, "--json")
    assert (done.code, done.err) == (0, "")
    listed = done.json()
    assert listed["next"] is None
    everything, ph, cod = listed["items"]
    assert ph == {
        "station": CODE, "period": "2026-05-30", "parameter": "pH", "expected": 24,
        "states": dict.fromkeys(STATES, 0) | {"valid": 18, "absent": 6},
        "received_rate": 0.75, "valid_rate": 0.75, "effective_rate": 0.75, "on_time_rate": 0.5,
        "relayed": {}, "relayed_rate": None, "longest_gap_minutes": 360, "target_rate": 0.8,
    }  # fmt: skip
    assert (everything["parameter"], everything["expected"], everything["received_rate"]) == (
        None,
        48,
        18 / 48,
    )
    assert (cod["states"]["absent"], cod["longest_gap_minutes"]) == (24, 1440)


def test_what_is_not_settled_yet_is_counted_first(filled: Any) -> None:
    """No forward role runs here: the marks of the readings above are still waiting."""
    assert filled("completeness", *DAY, "--json").json()["items"][1]["states"]["valid"] == 18


def test_csv_has_flat_columns(filled: Any) -> None:
    done = filled("completeness", *DAY, "--station", CODE, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["parameter"] for row in rows] == ["", "pH", "COD"]
    assert rows[1] == {
        "station": CODE, "period": "2026-05-30", "parameter": "pH", "expected": "24",
        **dict.fromkeys(STATES, "0"), "valid": "18", "absent": "6",
        "received_rate": "0.750000", "valid_rate": "0.750000", "effective_rate": "0.750000",
        "on_time_rate": "0.500000", "relayed_rate": "", "relayed": "", "longest_gap_minutes": "360",
        "target_rate": "0.800000",
    }  # fmt: skip


def test_a_table_for_people(filled: Any) -> None:
    done = filled("completeness", *DAY)
    head, everything, ph, _cod, silent = done.out.splitlines()
    assert head.split()[:4] == ["station", "period", "parameter", "expected"]
    assert "(all)" in everything
    assert ph.split("  ")[0] == CODE
    assert "75.0 % (below 80.0 %)" in ph
    assert "50.0 %" in ph
    assert ph.endswith("valid 18, absent 6")
    assert silent.split()[:4] == ["SILENT", "2026-05-30", "(all)", "0"]


def test_by_day_and_month(filled: Any) -> None:
    done = filled("completeness", "--from", "2026-05-30", "--to", "2026-06-02", "--by", "day", "--json")
    days = [item for item in done.json()["items"] if item["parameter"] == "pH"]
    assert [(item["period"], item["expected"]) for item in days] == [
        ("2026-05-30", 24), ("2026-05-31", 24), ("2026-06-01", 24), ("2026-06-02", 24),
    ]  # fmt: skip
    done = filled("completeness", "--from", "2026-05-30", "--to", "2026-06-02", "--by", "month", "--json")
    months = [item for item in done.json()["items"] if item["parameter"] == "pH"]
    assert [(item["period"], item["expected"]) for item in months] == [("2026-05", 48), ("2026-06", 48)]


def test_stations_of_a_kind_together(filled: Any) -> None:
    done = filled("completeness", *DAY, "--group", "kind")
    head, kind = done.out.splitlines()
    assert head.split()[:4] == ["group", "period", "stations", "expected"]
    assert kind.split()[:4] == ["wastewater", "2026-05-30", "1", "48"]
    assert "37.5 % (below 80.0 %)" in kind
    (row,) = csv.DictReader(io.StringIO(filled("completeness", *DAY, "--group", "kind", "--csv").out))
    assert (row["group"], row["stations"], row["received_rate"]) == ("wastewater", "1", "0.375000")


def test_times_within_a_day(filled: Any) -> None:
    done = filled("completeness", "--from", "2026-05-30T06:00", "--to", "2026-05-30T02:00:00+00:00", "--json")
    assert [item["expected"] for item in done.json()["items"] if item["parameter"] == "pH"] == [3]


def test_a_station_by_its_alias_in_any_case(filled: Any) -> None:
    items = filled("completeness", *DAY, "--station", "old_code", "--json").json()["items"]
    assert {item["station"] for item in items} == {CODE}


def test_an_empty_network_is_an_empty_list(ready: Any) -> None:
    assert ready("completeness", *DAY, "--json").json() == {"items": [], "next": None}
    assert ready("completeness", *DAY, "--csv").out.count("\n") == 1
    assert ready("completeness", *DAY).code == 0


def test_an_unknown_station_is_named(filled: Any) -> None:
    done = filled("completeness", *DAY, "--station", "NOWHERE")
    assert done.code == 65
    assert "NOWHERE" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday"), "yesterday"),
        (("--from", "2026-02-30"), "2026-02-30"),
        (("--to", "30/05/2026"), "30/05/2026"),
        (("--from", "2026-05-31", "--to", "2026-05-30"), "not before"),
        (("--by", "week"), "week"),
        (("--json", "--csv"), "not both"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(ready: Any, arguments: tuple[str, ...], said: str) -> None:
    done = ready("completeness", *arguments)
    assert done.code == 64
    assert said in done.err
    assert done.out == ""


def test_a_missing_store_is_said_with_its_remedy(qttd: Any) -> None:
    qttd.write("qttd.toml", '[store]\nurl = "sqlite:///none.db"\n')
    done = qttd("completeness", *DAY)
    assert done.code == 69
    assert "qttd migrate" in done.err
