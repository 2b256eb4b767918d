"""`qttd limit` and `qttd exceedances` from the outside: lists in and out, what is refused, what holds."""

import csv
import io
from typing import Any

import pytest


@pytest.fixture
def plant(ready: Any) -> Any:
    """A store with a plant that is bound by QCVN 40, column A."""
    stations = ready.write("s.csv", "code,name,kind\nNM1,Nhà máy,wastewater\n")
    channels = ready.write("c.csv", "station_code,symbol,parameter\nNM1,COD,COD\nNM1,pH,pH\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    bound = ready.write("b.csv", "station_code,code,column,kq,kf\nNM1,QCVN 40:2011/BTNMT,A,0.9,1.1\n")
    done = ready("limit", "station", "import", bound)
    assert (done.code, done.err) == (0, "limits of stations: 1 added, 0 changed, 0 as they were\n")
    return ready


def test_the_limit_in_force_with_its_words(plant: Any) -> None:
    items = plant("limit", "show", "--station", "NM1", "--day", "2026-05-30", "--json").json()
    cod = next(item for item in items if item["parameter"] == "COD")
    assert (cod["max"], cod["formula"]["en"]) == (74.25, "75 × Kq 0.9 × Kf 1.1 = 74.25 mg/L")
    assert (cod["judged"], cod["confirmed"]) == (True, True)
    table = plant("limit", "show", "--lang", "vi", "--day", "2026-05-30").out
    assert "75 × Kq 0,9 × Kf 1,1 = 74,25 mg/L" in table
    assert plant("limit", "show", "--day", "2032-01-01", "--json").json() == []


@pytest.mark.parametrize("noun", [(), ("station",), ("permit",), ("figure",)])
def test_what_is_exported_imports_as_it_is(plant: Any, noun: tuple[str, ...]) -> None:
    permit = "station_code,parameter,unit,max,basis,permit\nNM1,COD,mg/L,60,day,12/GPMT\n"
    assert plant("limit", "permit", "import", plant.write("p.csv", permit)).code == 0
    text = plant("limit", *noun, "export").out
    lines = len(list(csv.reader(io.StringIO(text)))) - 1
    assert lines > 0
    done = plant("limit", *noun, "import", plant.write("back.csv", text))
    assert done.code == 0
    assert done.err.endswith(f": 0 added, 0 changed, {lines} as they were\n")
    assert plant("limit", *noun, "export").out == text
    assert len(plant("limit", *noun, "list", "--json").json()) == lines


def test_the_whole_seed_is_there_and_migrating_again_touches_no_edited_row(plant: Any) -> None:
    rows = plant("limit", "list", "--json").json()
    assert len(rows) == 203
    edited = (
        "code,column,station_kind,parameter,unit,max,basis,factors,valid_from,valid_to,confidence,applies_to\n"
        "QCVN 40:2011/BTNMT,A,wastewater,COD,mg/L,60,day,Kq*Kf,2012-02-15,2031-12-31,confirmed,existing\n"
    )
    assert plant("limit", "import", plant.write("l.csv", edited)).err == (
        "limits: 0 added, 1 changed, 0 as they were\n"
    )
    assert plant("migrate").code == 0
    again = plant("limit", "list", "--code", "QCVN 40:2011/BTNMT", "--json").json()
    assert [row["max"] for row in again if (row["parameter"], row["column"]) == ("COD", "A")] == [60]
    assert len(plant("limit", "list", "--json").json()) == 203


def test_confirming(plant: Any) -> None:
    before = len(plant("limit", "list", "--unconfirmed", "--json").json())
    done = plant("limit", "confirm", "QCVN 40:2011/BTNMT", "--column", "A", "--parameter", "TN")
    assert (done.code, done.err.count("confirmed: ")) == (0, 1)
    assert len(plant("limit", "list", "--unconfirmed", "--json").json()) == before - 1
    assert plant("limit", "confirm", "QCVN 40:2011/BTNMT", "--parameter", "COD").code == 65
    assert plant("limit", "figure", "confirm", "Kq").err == "confirmed: 9 figures of Kq\n"
    assert plant("limit", "figure", "confirm", "Kq").code == 65


@pytest.mark.parametrize(
    ("noun", "text", "said"),
    [
        ((), "code,parameter,basis,valid_from,min,max\nQ,pH,day,2026-01-01,9,6\n", "max: 6 is below min, 9"),
        ((), "code,parameter,basis,valid_from\nQ,pH,day,2026-01-01\n", "neither min nor max is given"),
        ((), "code,parameter,basis,valid_from,max\nQ,pH,week,2026-01-01,9\n", "basis: 'week' is not one of"),
        (
            (),
            "code,parameter,basis,valid_from,valid_to,max\nQ,pH,day,2026-01-02,2026-01-01,9\n",
            "valid_to: 2026-01-01 is before valid_from",
        ),
        ((), "code,parameter,basis,valid_from,max,factors\nQ,pH,day,2026-01-01,9,Kq\n", "factors: no factor"),
        ((), "code,parameter,basis,valid_from,max,factors\nQ,COD,day,2026-01-01,9,Kx\n", "factors: 'Kx'"),
        (("station",), "station_code,code\nNM1,QCVN 99\n", "code: there is no limit of QCVN 99"),
        (("station",), "station_code,code\nNM2,QCVN 05:2023/BTNMT\n", "station_code: NM2 is no station"),
        (("station",), "station_code,code,column,kq\nNM1,QCVN 40:2011/BTNMT,A,0\n", "kq: '0' is not above 0"),
        (("station",), "station_code,code,column,o2ref\nNM1,QCVN 40:2011/BTNMT,A,21\n", "o2ref: '21' is not"),
        (
            ("station",),
            "station_code,code,column,zone\nNM1,QCVN 40:2011/BTNMT,A,6\n",
            "zone: '6' is not one of",
        ),
        (
            ("permit",),
            "station_code,parameter,max,basis,permit\nNM1,Kryptonite,1,day,x\n",
            "parameter: Kryptonite is no parameter",
        ),
        (
            ("figure",),
            "name,case,value,valid_from\nminimum_percent,day,101,2026-01-01\n",
            "value: 101 is not a percentage",
        ),
        (("figure",), "name,case,value,valid_from\nKv,1,0,2026-01-01\n", "value: 0 is not above 0"),
        (("figure",), "name,case,value,valid_from\nKq,swamp,1,2026-01-01\n", "case: 'swamp' is not one of"),
    ],
)
def test_absurd_lines_are_refused_with_the_fields_name(
    plant: Any, noun: tuple[str, ...], text: str, said: str
) -> None:
    before = plant("limit", *noun, "export").out
    done = plant("limit", *noun, "import", plant.write("bad.csv", text))
    assert done.code == 65
    assert f"line 2: {said}" in done.err or f"line 2: max: {said}" in done.err
    assert plant("limit", *noun, "export").out == before


def test_a_limit_of_nothing_is_taken(plant: Any) -> None:
    text = "code,parameter,basis,valid_from,max\nLOCAL,COD,day,2026-01-01,0\n"
    assert plant("limit", "import", plant.write("z.csv", text)).code == 0
    (row,) = plant("limit", "list", "--code", "LOCAL", "--json").json()
    assert (row["max"], row["confidence"]) == (0, "confirmed")


def test_nothing_exceeded_yet(plant: Any) -> None:
    assert plant("exceedances", "--json").json() == []
    assert plant("exceedances", "--station", "NOBODY").code == 65
    assert plant("limit", "show", "--day", "soon").code == 64
