"""A store with one station whose files came through the real ingest, for what is said of month archives."""

import hashlib
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from qttd.archive.making import make_archive
from qttd.retention.plan import MonthPlan, plan
from qttd.retention.removing import Remover
from qttd.sections.retention import RetentionSettings
from receiver.ingest.batch import Batch, incoming
from receiver.journal.arrival import Arrival
from store.audit import Act
from store.engine import reading, writing
from store.files.archive_view import archived_stations
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.snapshot import load_network
from store.network.stations import put_stations
from store.slots.settled import settle_all
from store.tables import account, account_station, daily, hourly, judge_again, slot_day

NOON = datetime(2026, 6, 30, 5, tzinfo=UTC)
CODE = "QN_THUB_NUODAU"
MAY = date(2026, 5, 1)
ACT = Act("cli:test", NOON)


class Store:
    """With one station, and files that came through the real ingest."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.id = 0
        act = Act("cli:test", NOON)
        with writing(engine) as connection:
            put_stations(
                connection, read_stations(f"code,name,kind\n{CODE},Trạm Thu Bồn,wastewater\n".encode()), act
            )
            channels = f"station_code,symbol,parameter\n{CODE},pH,pH\n{CODE},COD,COD\n"
            put_channels(connection, read_channels(channels.encode()), act)
            connection.execute(
                account.insert().values(id=1, name="a", password_hash="x", allow=[], created_at=NOON)
            )
            values = {"account_id": 1, "code_key": CODE.lower(), "code": CODE}
            connection.execute(account_station.insert().values(values))
            connection.execute(judge_again.delete())  # as ingest leaves it

    def take(self, name: str, content: bytes, sender: str = "a") -> None:
        self.id += 1
        digest = hashlib.sha256(content).hexdigest()
        at = NOON + timedelta(milliseconds=self.id)
        arrival = Arrival(self.id, sender, f"/{name}", content, digest, at, "127.0.0.1", "ftp", "complete")
        with writing(self.engine) as connection:
            batch = Batch(connection, load_network(connection), NOON)
            batch.store([incoming(arrival, "journal")])

    def measured(self, stamp: str, ph: str = "7.12") -> None:
        content = f"pH\t{ph}\t\t{stamp}\t00\r\nCOD\t---\tmg/L\t{stamp}\t02\r\n"
        self.take(f"{CODE}_{stamp}.txt", content.encode())

    def make(self, folder: Path, *, month: date = MAY, force: bool = False) -> zipfile.ZipFile:
        with reading(self.engine) as connection:
            station = next(one for one in archived_stations(connection) if one.code == CODE)
        made = make_archive(self.engine, station, month, folder, ACT, force=force)
        assert made is not None
        return zipfile.ZipFile(made.path)


def another_station(store: Store) -> None:
    """KHAC, with a file of May from the same account."""
    with writing(store.engine) as connection:
        put_stations(connection, read_stations(b"code,name,kind\nKHAC,Khac,wastewater\n"), ACT)
        put_channels(
            connection, read_channels(b"station_code,symbol,parameter\nKHAC,pH,pH\nKHAC,COD,COD\n"), ACT
        )
        connection.execute(account_station.insert().values(account_id=1, code_key="khac", code="KHAC"))
        connection.execute(judge_again.delete())
    store.take("KHAC_20260502000000.txt", b"pH\t7\t\t20260502000000\t00\nCOD\t1\tmg/L\t20260502000000\t00\n")
    settle_all(store.engine, NOON)


LATER = NOON + timedelta(days=900)
BOTH = RetentionSettings(raw_months=3, readings_months=13)
RAW = RetentionSettings(raw_months=3)


def files_of_may(engine: Engine) -> Store:
    """Three files of May, archived nowhere, and one of June."""
    store = Store(engine)
    for stamp in ("20260501000000", "20260515101500", "20260531235500", "20260601000000"):
        store.measured(stamp)
    settle_all(engine, NOON)
    return store


def planned(store: Store, settings: RetentionSettings = RAW) -> list[MonthPlan]:
    return plan(store.engine, settings, LATER, print)


def apply(store: Store, settings: RetentionSettings = RAW) -> Remover:
    remover = Remover(store.engine, lambda: Act("cli:test", LATER), print)
    found = planned(store, settings)
    for one in found:
        remover.remove_files(one)
    for month in sorted({one.month for one in found if one.readings}):
        remover.remove_readings([one for one in found if one.readings and one.month == month])
    return remover


def rows(store: Store, table: Any, *where: Any) -> list[Any]:
    with reading(store.engine) as connection:
        return list(connection.execute(select(table).where(*where).order_by(*table.primary_key)).all())


def counted(store: Store) -> list[Any]:
    """What was counted of the readings."""
    return [*rows(store, slot_day), *rows(store, hourly), *rows(store, daily)]
