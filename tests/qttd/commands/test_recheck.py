"""`qttd recheck` from the outside: it says what would change, changes nothing, and then does just that."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.engine import open_engine, reading, writing
from store.readings.written import add, mark_dirty
from store.tables import audit_log, parameter
from store.tables import reading as reading_table

CODE = "QN_THUB_NUODAU"
BEGIN = datetime.fromisoformat("2026-05-30T00:00+07:00")


@pytest.fixture
def filled(ready: Any) -> Any:
    """A store with an hour of pH, half of it the same number."""
    stations = ready.write("s.csv", f"code,name,kind\n{CODE},Trạm,wastewater\nSILENT,Trạm,stack\n")
    assert ready("station", "import", stations).code == 0
    channels = ready.write("c.csv", f"station_code,symbol,parameter\n{CODE},pH,pH\n")
    assert ready("channel", "import", channels).code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    with writing(engine) as connection:
        number = connection.execute(select(parameter.c.id).where(parameter.c.code == "pH")).scalar_one()
        rows = [
            {
                "station_id": 1, "measured_at": BEGIN + timedelta(minutes=5 * slot), "parameter_id": number,
                "symbol": "pH", "text": str(7.0 + max(0, slot - 5)), "value": 7.0 + max(0, slot - 5),
                "unit": "", "status": "00", "file_id": slot + 1, "line": 1,
                "received_at": BEGIN + timedelta(hours=1), "valid": True, "flags": None, "release_at": BEGIN,
                "review": None, "reviewed_value": None,
            }
            for slot in range(12)
        ]  # fmt: skip
        add(connection, rows)  # type: ignore[arg-type]  # literal rows, not the ingest's own type
        mark_dirty(connection, [(1, row["measured_at"]) for row in rows])
    engine.dispose()
    assert ready("completeness").code == 0, "which settles what is marked"
    return ready


def flagged(ready: Any) -> int:
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    with reading(engine) as connection:
        rows = connection.scalars(select(reading_table.c.flags)).all()
        found = len([flags for flags in rows if flags])
        audited = connection.scalars(select(audit_log.c.action).where(audit_log.c.action == "recheck.apply"))
        assert len(audited.all()) == (1 if found else 0)
    engine.dispose()
    return found


def test_dry_then_for_good(filled: Any) -> None:
    changed = filled.write("d.csv", f"station_code,symbol,parameter,checks\n{CODE},pH,pH,flat_line=4\n")
    done = filled("channel", "import", changed, "--valid-from", "2026-05-01")
    assert done.code == 0
    assert "judge what is measured from 2026-05-01 00:00 on" in done.err
    dry = filled("recheck", "--station", CODE, "--from", "2026-05-30", "--to", "2026-05-30", "--json")
    assert (dry.code, dry.err) == (0, "")
    (said,) = dry.json()
    assert said["flags"] == {"flat_line": {"added": 6, "removed": 0}}
    assert (said["readings"], said["changed"], said["files"], said["applied"]) == (12, 6, 6, False)
    assert said["days"] == [
        {"day": "2026-05-30", "parameter": "pH", "before": {"valid": 12, "failed_check": 0},
         "after": {"valid": 6, "failed_check": 6}}
    ]  # fmt: skip
    assert flagged(filled) == 0
    applied = filled("recheck", "--station", CODE, "--apply")
    assert applied.code == 0
    assert "flat_line  6      0" in applied.out
    assert flagged(filled) == 6
    (again,) = filled("recheck", "--station", CODE, "--json").json()
    assert (again["changed"], again["flags"]) == (0, {})


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--station", "NONE"), 65, "there is no station NONE"),
        (("--station", "SILENT"), 65, "SILENT has no readings"),
        (("--station", CODE, "--parameter", "XYZ"), 65, "there is no parameter XYZ"),
        (("--station", CODE, "--from", "2027-01-01"), 64, f"{CODE} has no readings in this period"),
        (("--station", CODE, "--from", "x"), 64, "x"),
        ((), 64, "--station"),
    ],
)
def test_what_it_refuses(filled: Any, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = filled("recheck", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
