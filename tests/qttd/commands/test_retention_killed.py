"""`qttd retention apply` killed on its way: nothing is lost, the next run goes on, all comes back."""

import hashlib
import os
import subprocess
import sys
import zipfile
from datetime import date

import pytest

from store import audit
from store.engine import open_engine, reading
from store.readings.partitions import has_partition, make_months
from store.slots.settled import settle_all
from store.tables import data_file
from store.tables import reading as readings
from tests.postgresql import PASSWORD, Server
from tests.qttd.archived_store import CODE, NOON, Store, rows
from tests.qttd.conftest import CommandLine, Done

_KILLED = """
import os, signal, sys
from store.files import retention
from store.readings import partitions
from qttd.retention import removing
from qttd.command_line import run
removing._FILES = 2
room = partitions if sys.argv[1] == "drop_month" else retention
remove, calls = getattr(room, sys.argv[1]), []
def remove_and_die(*arguments):
    calls.append(1)
    done = remove(*arguments)
    if len(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(room, sys.argv[1], remove_and_die)
run(["retention", "apply", "--yes"])
"""


DAYS = range(1, 8)
MAY_2024 = date(2024, 5, 1)


class Site:
    """A folder with a store of either kind, seven files of a month long past in it, and their archive."""

    def __init__(self, ready: CommandLine, server: Server, database: str | None) -> None:
        self._ready = ready
        self.settings = {
            "QTTD_RETENTION__RAW_MONTHS": "3", "QTTD_RETENTION__READINGS_MONTHS": "13",
            "QTTD_RETENTION__ARCHIVES": "archives",
        }  # fmt: skip
        (ready.folder / "archives").mkdir()
        url = f"sqlite:///{ready.folder / 'qttd.db'}"
        if database is not None:
            url = server.url(database)
            self.settings["QTTD_STORE__URL"] = server.network_url(database)
            self.settings["QTTD_STORE__PASSWORD"] = PASSWORD
            assert self("migrate").code == 0
        self.engine = open_engine(url)
        self.store = Store(self.engine)
        if database is not None:
            with self.engine.begin() as connection:
                make_months(connection, [MAY_2024])
        for day in DAYS:
            self.store.measured(f"202405{day:02}000000")
        settle_all(self.engine, NOON)
        assert self("archive", "make", "--station", "all", "--month", "missing").code == 0

    def __call__(self, *arguments: str) -> Done:
        return self._ready(*arguments, **self.settings)

    def killed(self, at: str, call: int) -> None:
        """`retention apply`, killed right after that call of what removes."""
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, at, str(call)], cwd=self._ready.folder,
            env={**os.environ, **self.settings}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == -9, done


@pytest.mark.parametrize(
    ("kind", "at", "call", "gone", "left"),
    [
        ("sqlite", "remove_bytes", 2, 2, 14),
        ("sqlite", "remove_readings", 2, 7, 12),
        ("postgresql", "drop_month", 1, 7, 14),
    ],
)
def test_killed_half_way_it_has_lost_nothing_and_goes_on(
    ready: CommandLine, postgresql: Server, database: str, kind: str, at: str, call: int, gone: int, left: int
) -> None:
    site = Site(ready, postgresql, None if kind == "sqlite" else database)
    original, values = rows(site.store, data_file), rows(site.store, readings)
    site.killed(at, call)
    with zipfile.ZipFile(ready.folder / "archives" / f"{CODE}_2024-05.zip") as held:
        for old, row in zip(original, rows(site.store, data_file), strict=True):
            assert (row.content is None) is (row.archive_id is not None)
            member = held.read(f"files/{row.id}_{row.name}")
            assert member == old.content
            assert hashlib.sha256(member).hexdigest() == row.sha256
    assert sum(row.content is None for row in rows(site.store, data_file)) == gone
    assert len(rows(site.store, readings)) == left
    done = site("retention", "apply", "--yes", "--json")
    assert done.code == 0, done
    (line,) = done.json()
    assert (line["files"], line["readings"]) == (7 - gone, left)
    assert [row.content for row in rows(site.store, data_file)] == [None] * 7
    assert rows(site.store, readings) == []
    with reading(site.engine) as connection:
        assert audit.verify(connection, {}) == []
        assert not has_partition(connection, MAY_2024)
    back = site("archive", "put-back", f"archives/{CODE}_2024-05.zip")
    assert "the bytes of 7 files and 14 readings are back" in back.err
    assert (rows(site.store, data_file), rows(site.store, readings)) == (original, values)
    site.engine.dispose()
