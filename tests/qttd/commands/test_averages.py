"""`qttd averages` from the outside."""

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


@pytest.fixture
def filled(ready: Any) -> Any:
    """A store in which a station sent COD in 18 of a day's 24 hours. No forward role runs here."""
    stations = ready.write("s.csv", f"code,name,kind,interval_minutes\n{CODE},Trạm,wastewater,60\n")
    channels = ready.write("c.csv", f"station_code,symbol,parameter\n{CODE},COD,COD\n")
    assert ready("station", "import", stations).code == 0
    assert ready("channel", "import", channels).code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    begin = datetime.fromisoformat("2026-05-30T00:00+07:00")
    with writing(engine) as connection:
        station_id = connection.execute(select(station.c.id)).scalar_one()
        parameter_id = connection.execute(
            select(parameter.c.id).where(parameter.c.code == "COD")
        ).scalar_one()
        rows = [
            {
                "station_id": station_id, "measured_at": begin + timedelta(hours=hour),
                "parameter_id": parameter_id, "symbol": "COD", "text": "60", "value": 60.0 + hour, "unit": "",
                "status": "00", "file_id": 1, "line": 1, "received_at": begin, "valid": True, "flags": None,
                "release_at": begin,
            }
            for hour in range(18)
        ]  # fmt: skip
        add(connection, rows)  # type: ignore[arg-type]  # literal rows, not the ingest's own type
        mark_dirty(connection, [(station_id, row["measured_at"]) for row in rows])
    engine.dispose()
    return ready


def test_a_day_as_rest_gives_it_settled_first(filled: Any) -> None:
    done = filled("averages", "--by", "day", "--json", "--label", "end", "--parameter", "COD")
    assert (done.code, done.err) == (0, "")
    (item,) = done.json()["items"]
    assert (item["station"], item["time"], item["over"]) == (CODE, "2026-05-31T00:00:00+07:00", True)
    assert item["as_reviewed"] == {
        "mean": 68.5, "count": 18, "sufficient": True, "min": 60.0, "min_at": "2026-05-30T00:00:00+07:00",
        "max": 77.0, "max_at": "2026-05-30T17:00:00+07:00", "total": None,
    }  # fmt: skip


def test_csv_and_the_table(filled: Any) -> None:
    (row,) = csv.DictReader(io.StringIO(filled("averages", "--csv").out))
    assert (row["as_received_mean"], row["as_received_sufficient"], row["unit"]) == ("68.5", "yes", "mg/L")
    assert "insufficient (18/31)" not in filled("averages", "--by", "day").out
    assert "insufficient (1/31)" in filled("averages", "--by", "month").out
    assert filled("averages", "--from", "2026-06-01", "--json").json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--json", "--csv"), 64),
        (("--from", "soon"), 64),
        (("--by", "week"), 64),
        (("--from", "2026-05-31", "--to", "2026-05-30"), 64),
        (("--station", "NOBODY"), 65),
        (("--parameter", "Kryptonite"), 65),
    ],
)
def test_what_is_refused(filled: Any, arguments: tuple[str, ...], code: int) -> None:
    assert filled("averages", *arguments).code == code
