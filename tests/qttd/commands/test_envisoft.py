"""`qttd envisoft import`: tables as mongoexport writes them, brought in whole or not at all."""

import json
from typing import Any

import pytest

from qttd.envisoft.fields import is_hash, kind_of
from qttd.envisoft.tables import field_name

STATIONS = [
    {
        "_id": {"$oid": "65a000000000000000000001"}, "stationCode": "QN_THUB_NUODAU",
        "station_name": "Thu Bồn",
        "station_type": {"name": "Nước thải", "id": {"$numberInt": "0"}}, "company_name": "Nhà máy Thu Bồn",
        "province": {"name": "Quảng Nam"}, "frequency": {"$numberLong": "5"}, "lat": 15.88,
        "lng": {"$numberDouble": "108.33"},
        "mapping_name": "QN_TB_NUO001", "path_format": {"$numberInt": "3"},
        "start_date": {"$date": {"$numberLong": "1704042000000"}},
        "ftp_username": "thubon", "ftp_password": " b;í \"mật ", "colour": "red",
    },
    {
        "_id": {"$oid": "65a000000000000000000002"}, "station_code": "QN_LO_KHI001", "station_name": "Lò hơi",
        "station_type": {"$numberInt": "4"}, "username": "thubon",
        "indicators": [{"indicator": "SO2", "unit": "mg/Nm3", "equipment_urv": {"$numberInt": "2000"}}],
    },
]  # fmt: skip
INDICATORS = """\
station_id,indicator,mapping_name,unit,convert_rate,equipment_lrv,equipment_urv,qcvn_code,exceed_value,tendency_value
65a000000000000000000001,COD,COD_1,mg/L,1.0,0,500,QCVN 40:2011/BTNMT,75,37.5
65a000000000000000000001,NH4-N,Amoni,mg/L,0.7765,,,,,
"""


@pytest.fixture
def tables(ready: Any) -> Any:
    (ready.folder / "dump").mkdir()
    ready.write(
        "dump/stations.json", "\n".join(json.dumps(one, ensure_ascii=False) for one in STATIONS) + "\n"
    )
    ready.write("dump/station_indicators.csv", "\ufeff" + INDICATORS)
    return ready


def test_everything_is_brought_in(tables: Any) -> None:
    done = tables("envisoft", "import", "dump", "--kind", "4=stack", "--json")
    assert done.code == 0, done.err
    assert done.json() == [
        {
            "dry_run": False,
            "stations": {"added": 2, "changed": 0, "unchanged": 0},
            "channels": {"added": 3, "changed": 0, "unchanged": 0},
            "accounts": {"added": 1, "changed": 0, "unchanged": 0},
            "new_parameters": [],
            "limits": [
                {
                    "station_code": "QN_THUB_NUODAU", "parameter": "COD", "standard": "QCVN 40:2011/BTNMT",
                    "min": "", "max": "75", "tendency": "37.5", "preparing": "", "unit": "mg/L",
                }
            ],
            "layouts": {"QN_THUB_NUODAU": "3"},
            "not_taken": [
                {"table": "stations", "field": "colour", "records": 1},
                {"table": "stations", "field": "station_type.id", "records": 1},
            ],
        }
    ]  # fmt: skip
    stack, water = tables("station", "list", "--json").json()
    assert (stack["code"], stack["kind"], stack["name"]) == ("QN_LO_KHI001", "stack", "Lò hơi")
    assert {name: water[name] for name in ("kind", "facility", "province", "latitude", "longitude", "aliases",
                                           "in_service_from", "interval_minutes")} == {
        "kind": "wastewater", "facility": "Nhà máy Thu Bồn", "province": "Quảng Nam", "latitude": 15.88,
        "longitude": 108.33, "aliases": ["QN_TB_NUO001"], "in_service_from": "2024-01-01",
        "interval_minutes": 5,
    }  # fmt: skip
    channels = {one["parameter"]: one for one in tables("channel", "list", "--json").json()}
    ammonium = channels["NH4-N"]
    assert (ammonium["symbols"] if "symbols" in ammonium else ammonium["symbol"]) in (["Amoni"], "Amoni")
    assert float(ammonium["factor"]) == 0.7765
    assert float(channels["COD"]["device_max"]) == 500
    assert float(channels["SO2"]["device_max"]) == 2000
    (account,) = tables("account", "list", "--json").json()
    assert (account["name"], account["stations"]) == ("thubon", ["QN_LO_KHI001", "QN_THUB_NUODAU"])
    assert "mật" not in done.out + done.err + tables("account", "list", "--json").out
    assert "the tables hold passwords in the clear: delete them" in done.err
    again = tables("envisoft", "import", "dump", "--kind", "4=stack", "--json").json()[0]
    assert [again[name]["unchanged"] for name in ("stations", "channels", "accounts")] == [2, 3, 1]


def test_the_password_is_kept_to_the_letter(tables: Any) -> None:
    assert tables("envisoft", "import", "dump", "--kind", "4=stack").code == 0
    same = 'name,password\nthubon," b;í ""mật "\n'
    assert (
        "0 added, 0 changed, 1 as they were" in tables("account", "import", tables.write("a.csv", same)).err
    )


def test_limits_are_written_as_a_list_that_can_be_imported(tables: Any) -> None:
    done = tables("envisoft", "import", "dump", "--kind", "4=stack", "--limits", "permits.csv")
    assert "limits are in permits.csv: look through them" in done.err
    assert (tables.folder / "permits.csv").read_bytes() == (
        b"station_code,parameter,unit,min,max,basis,permit\r\n"
        b"QN_THUB_NUODAU,COD,mg/L,,75,day,EnviSoft QCVN 40:2011/BTNMT\r\n"
    )
    assert tables("limit", "permit", "import", "permits.csv").code == 0
    (permit,) = tables("limit", "permit", "list", "--json").json()
    assert (permit["station_code"], permit["parameter"], float(permit["max"])) == (
        "QN_THUB_NUODAU",
        "COD",
        75,
    )


def test_a_dry_run_changes_nothing(tables: Any) -> None:
    done = tables("envisoft", "import", "dump", "--kind", "4=stack", "--dry-run")
    assert done.code == 0
    assert "stations: 2 added" in done.err
    assert (
        "limit, not taken: station_code QN_THUB_NUODAU, parameter COD, standard QCVN 40:2011/BTNMT"
        in done.err
    )
    assert "a dry run: nothing was changed\n" in done.err
    for name in ("station", "channel", "account"):
        assert tables(name, "list", "--json").json() == []


def test_one_wrong_record_stops_all_and_every_one_is_named(tables: Any) -> None:
    tables.write("dump/more.json", json.dumps([
        {"station_code": "QN/X", "station_name": "x", "station_type": "khí thải"},
        {"station_code": "QN_Y", "station_name": "y", "station_type": "tàu thủy"},
        {"station_id": {"$oid": "65a0000000000000000000ff"}, "indicator": "pH"},
        {"station_code": "QN_LO_KHI001", "indicator": "CO", "convert_rate": 0},
        {"username": "thubon", "password": "other"},
        {"username": "second", "password": "$2b$10$abcdefghijklmnopqrstuv"},
        {"username": "third"},
        {"nothing": "known"},
    ]))  # fmt: skip
    done = tables("envisoft", "import", "dump")
    assert done.code == 65
    told = sorted(line for line in done.err.splitlines() if line)
    assert [line.partition(" is ")[0][:70] for line in told] == [
        line[:70] for line in sorted((
            "more.json: record 1: code: 'QN/X' cannot be a code: no / \\ , ; \" and no leading dot",
            "more.json: record 2: kind: 'tàu thủy'",
            "more.json: record 3: station_id: no station here has the id 65a0000000000000000000ff",
            "more.json: record 4: factor: a factor of 0 would turn every value into 0",
            "stations.json: record 1: password: thubon has another one in an earlier record",
            "more.json: record 6: password:",
            "more.json: record 7: password: a new account needs one",
            "stations.json: record 2: kind: '4'",
            "stations.json: record 2: kind: what 4 means",
        ))
    ]  # fmt: skip
    assert tables("station", "list", "--json").json() == []
    fewer = tables("envisoft", "import", "dump", "--no-accounts", "--kind", "4=stack")
    assert "password" not in fewer.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", "{", "cannot be read as mongoexport's JSON"),
        ("x.json", "[" * 100_000, "cannot be read as mongoexport's JSON"),
        ("x.json", "[1]", "record 1 is no object"),
        ("x.csv", "\0", "x.csv"),
    ],
)
def test_what_is_no_table_is_said(ready: Any, name: str, content: str, said: str) -> None:
    done = ready("envisoft", "import", ready.write(name, content))
    assert (done.code, said in done.err) == (65, True), done.err


def test_wrong_calls(ready: Any) -> None:
    assert ready("envisoft", "import", "none.json").code == 74
    assert ready("envisoft", "import", ".").code == 65
    assert ready("envisoft", "import", "none.json", "--kind", "4=boat").code == 64


def test_names_and_words() -> None:
    assert {field_name(text) for text in ("stationCode", "Station Code", "station_code", "STATION-CODE")} == {
        "station_code"
    }
    assert field_name("Mã trạm") == "ma_tram"
    assert [kind_of(text, {"7": "stack"}) for text in ("Khí thải", "NƯỚC MẶT", "stack", "7", "8")] == [
        "stack", "surface_water", "stack", "stack", "8",
    ]  # fmt: skip
    assert is_hash("$2b$10$" + "a" * 53)
    assert is_hash("d41d8cd98f00b204e9800998ecf8427e")
    assert not is_hash("d41d8cd98f")
