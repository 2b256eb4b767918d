"""A journal, a store with one station and its account, and the watcher between them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select

from receiver.ingest.watcher import Watcher
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store import revisions
from store.engine import reading, writing
from store.files import read_again
from store.network.keys import code_key
from store.readings import judge_again
from store.tables import (
    account,
    account_station,
    channel,
    channel_symbol,
    data_file,
    file_problem,
    parameter,
    reading_version,
    station,
)
from store.tables import reading as reading_table

NOON = datetime(2026, 5, 30, 5, 0, tzinfo=UTC)
"""12:00 on 30 May 2026 in Vietnam."""
FILE = b"pH\t7.12\t\t20260530101500\t00\r\nCOD\t41.8\tmg/L\t20260530101500\t00\r\n"
NAME = "QN_THUB_NUODAU_20260530101500.txt"
DECLARED = {"pH": "pH", "COD": "COD", "TSS": "TSS"}


@dataclass
class House:
    """A journal and a store with one station, QN_THUB_NUODAU, and the account that sends for it."""

    engine: Engine
    journal: Journal
    committer: Committer
    watcher: Watcher
    clock: list[datetime] = field(default_factory=lambda: [NOON])

    def send(self, content: bytes, name: str = NAME, account: str = "thub", **more: object) -> int:
        options = {"arrived_at": self.clock[0], "peer": "127.0.0.1", "door": "ftp", **more}
        return self.committer.append(account, "/" + name.lstrip("/"), content, **options)  # type: ignore[arg-type]

    def work(self) -> None:
        while self.watcher.take_arrivals() or self.watcher.take_again() or self.watcher.judge_anew():
            pass

    def take(self, content: bytes, name: str = NAME, account: str = "thub", **more: object) -> None:
        self.send(content, name, account, **more)
        self.work()

    def files(self) -> list[tuple[str, str | None]]:
        with reading(self.engine) as connection:
            query = select(data_file.c.state, data_file.c.reason).order_by(data_file.c.id)
            return [(row.state, row.reason) for row in connection.execute(query)]

    def readings(self) -> list[tuple[str, float | None, str, str | None, bool]]:
        """(time in Vietnam and parameter, value, text, flags, valid)."""
        query = (
            select(reading_table, parameter.c.code)
            .join(parameter, parameter.c.id == reading_table.c.parameter_id)
            .order_by(reading_table.c.measured_at, parameter.c.code)
        )
        with reading(self.engine) as connection:
            return [
                (
                    f"{row.measured_at + timedelta(hours=7):%H:%M} {row.code}",
                    row.value,
                    row.text,
                    row.flags,
                    row.valid,
                )
                for row in connection.execute(query)
            ]

    def problems(self) -> list[tuple[int, int | None, str]]:
        query = select(file_problem.c.file_id, file_problem.c.line, file_problem.c.code)
        with reading(self.engine) as connection:
            order = query.order_by(file_problem.c.file_id, file_problem.c.position)
            return [tuple(row) for row in connection.execute(order)]

    def beside(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.scalars(select(reading_version.c.text)))


def declare(engine: Engine, code: str, symbols: dict[str, str], **columns: object) -> None:
    """Adds a station with channels (symbol: parameter), as an import would."""
    with writing(engine) as connection:
        station_id = connection.execute(
            insert(station)
            .values(
                code=code, code_key=code_key(code), name=code, kind="wastewater", created_at=NOON, **columns
            )
            .returning(station.c.id)
        ).scalar_one()
        for symbol, of in symbols.items():
            declare_channel(engine, station_id, symbol, of, connection)
        revisions.bump(connection, "network")


def declare_channel(
    engine: Engine, station_id: int, symbol: str, of: str, connection=None, **columns
) -> None:  # type: ignore[no-untyped-def]
    if connection is None:
        with writing(engine) as connection:
            declare_channel(engine, station_id, symbol, of, connection, **columns)
            judge_again.ask(connection, station_id, [symbol], NOON)
            revisions.bump(connection, "network")
        return
    parameter_id = connection.scalar(select(parameter.c.id).where(parameter.c.code == of))
    channel_id = connection.execute(
        insert(channel)
        .values(station_id=station_id, parameter_id=parameter_id, **columns)
        .returning(channel.c.id)
    ).scalar_one()
    connection.execute(
        insert(channel_symbol).values(station_id=station_id, symbol=symbol, channel_id=channel_id, position=0)
    )


def allow(engine: Engine, name: str, *codes: str) -> None:
    with writing(engine) as connection:
        account_id = connection.execute(
            insert(account)
            .values(name=name, password_hash="x", allow=[], created_at=NOON)
            .returning(account.c.id)
        ).scalar_one()
        rows = [{"account_id": account_id, "code": code, "code_key": code_key(code)} for code in codes]
        connection.execute(insert(account_station), rows)
        read_again.ask_rejected(connection, read_again.NETWORK_REASONS, NOON)
        revisions.bump(connection, "accounts")
