"""A store with stations, files that came through the real ingest, and workers that relay them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from sqlalchemy import Engine, insert, select, update

from forwarder.sender import Sender, SendingTimes
from forwarder.senders import sender_for
from forwarder.target_worker import TargetWorker
from parsers.vietnam_time import VN
from receiver.ingest.batch import Batch, incoming
from receiver.journal.arrival import Arrival
from store.access.secret_box import SecretBox
from store.audit import Act
from store.engine import reading, writing
from store.lists.channels_csv import read_channels
from store.lists.stations_csv import read_stations
from store.network.channels import put_channels
from store.network.keys import code_key
from store.network.snapshot import load_network
from store.network.stations import put_stations
from store.relay.retry import retry_all
from store.relay.targets import Target, TargetSettings, active_targets, add_target
from store.slots.settling import settle
from store.tables import (
    account,
    account_station,
    data_file,
    dirty_hour,
    relay_attempt,
    relay_item,
    station,
    station_alias,
)
from tests.forwarder.ministry import PASSWORD

T = TypeVar("T")
NOON = datetime(2026, 5, 30, 5, 0, tzinfo=UTC)
"""12:00 on 30 May 2026 in Vietnam."""
CODE = "QN_THUB_NUODAU"
ACT = Act("cli:test", NOON)


def until(look: Callable[[], T], seconds: float = 20.0) -> T:
    """Looks until what it sees is true, and gives it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited in vain; last seen: {seen!r}"
        time.sleep(0.005)
    return seen


def stamp(minutes: int) -> str:
    """The time so many minutes after 10:00 on 30 May 2026, as file names write it."""
    return f"{datetime(2026, 5, 30, 10, tzinfo=VN) + timedelta(minutes=minutes):%Y%m%d%H%M%S}"


def body(minutes: int, *lines: str) -> bytes:
    """A file's bytes: each line is `symbol value unit status`, `~` for an empty unit."""
    rows = []
    for line in lines or ("pH 7.12 ~ 00", "COD 41.8 mg/L 00"):
        symbol, value, unit, status = line.split(" ")
        rows.append(f"{symbol}\t{value}\t{unit.replace('~', '')}\t{stamp(minutes)}\t{status}\r\n")
    return "".join(rows).encode()


class Department:
    """Everything on the near side of the relay."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.clock = NOON
        self.secrets = SecretBox(folder / "qttd.key")
        self._journal_id = 0

    def now(self) -> datetime:
        return self.clock

    def pass_time(self, **span: float) -> None:
        self.clock += timedelta(**span)

    def declare(self, *codes: str, review: str = "auto", symbols: str = "pH;COD;TSS") -> None:
        """Adds stations with channels, and the account `logger` that sends for all."""
        stations = "code,name,kind,review\n" + "".join(f"{code},x,wastewater,{review}\n" for code in codes)
        rows = [f"{code},{symbol},{symbol}\n" for code in codes for symbol in symbols.split(";")]
        with writing(self.engine) as connection:
            put_stations(connection, read_stations(stations.encode()), ACT)
            channels = "station_code,symbol,parameter\n" + "".join(rows)
            put_channels(connection, read_channels(channels.encode()), ACT)
            known = connection.scalar(select(account.c.id).where(account.c.name == "logger"))
            if known is None:
                values = {"name": "logger", "password_hash": "x", "allow": [], "created_at": NOON}
                known = connection.execute(
                    insert(account).values(values).returning(account.c.id)
                ).scalar_one()
            connection.execute(
                insert(account_station),
                [{"account_id": known, "code_key": code_key(code), "code": code} for code in codes],
            )

    def receive(
        self, minutes: int, *lines: str, code: str = CODE, content: bytes | None = None, settled: bool = True
    ) -> bytes:
        """A file arrives now, and is stored, queued and settled; returns its bytes."""
        data = body(minutes, *lines) if content is None else content
        self.receive_all([(f"/{code}_{stamp(minutes)}.txt", data)], settled)
        return data

    def receive_all(self, files: list[tuple[str, bytes]], settled: bool = True) -> None:
        """Files arrive now, in one batch."""
        came = []
        for path, data in files:
            self._journal_id += 1
            digest = sha256(data).hexdigest()
            arrival = Arrival(
                self._journal_id, "logger", path, data, digest, self.clock, "127.0.0.1", "ftp", "complete"
            )
            came.append(incoming(arrival, "a-journal"))
        with writing(self.engine) as connection:
            Batch(connection, load_network(connection), self.clock).store(came)
        if settled:
            self.settle()

    def settle(self) -> None:
        """What the completeness ledger does within a second; the relay waits for it."""
        while settle(self.engine, 1000, self.clock):
            pass

    def add_target(self, url: str, name: str = "bo", **settings: Any) -> Target:
        secret = self.secrets.seal(PASSWORD) if url.startswith("ftp:") else None
        with writing(self.engine) as connection:
            return add_target(
                connection, Act("cli:test", self.clock), name, TargetSettings(url, **settings), secret
            )

    def target(self, name: str = "bo") -> Target:
        with reading(self.engine) as connection:
            return next(target for target in active_targets(connection) if target.name == name)

    def worker(self, name: str = "bo", sender: Sender | None = None, **times: float) -> TargetWorker:
        target = self.target(name)
        times_given = SendingTimes(**{"connect": 2.0, "data": 2.0, **times})
        return TargetWorker(
            self.engine, target, sender or sender_for(target, self.secrets, times_given), self.now
        )

    def sender(self, name: str = "bo") -> Sender:
        return sender_for(self.target(name), self.secrets, SendingTimes(2.0, 2.0))

    @contextmanager
    def relaying(self, name: str = "bo", **times: float) -> Iterator[TargetWorker]:
        """A target's worker in a thread of its own, for the length of a `with`."""
        worker, stop = self.worker(name, **times), Event()
        thread = Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield worker
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive()

    def relay(self, name: str = "bo", **times: float) -> None:
        """Works until there is nothing more to do at this moment."""
        worker = self.worker(name, **times)
        worker.take_over()
        while worker.work(Event()):
            pass
        worker.close()

    def retry(self) -> None:
        """The operator's `qttd relay retry`."""
        with writing(self.engine) as connection:
            retry_all(connection, Act("cli:test", self.clock))

    def give_alias(self, alias: str) -> None:
        """Lets the first station's files come under another code, too."""
        with writing(self.engine) as connection:
            values = {"alias_key": code_key(alias), "alias": alias, "station_id": 1, "position": 0}
            connection.execute(insert(station_alias).values(values))

    def review(self, policy: str) -> None:
        """Changes every station's review policy for what arrives from now on."""
        with writing(self.engine) as connection:
            connection.execute(update(station).values(review=policy))

    def bring_forward(self) -> None:
        """Makes everything in the outbox due, whatever is released."""
        with writing(self.engine) as connection:
            connection.execute(update(relay_item).values(state="waiting", due_at=self.clock))

    def rewrite(self, content: bytes) -> None:
        """Puts other bytes into the only file of the ledger, as a changed content with a new revision."""
        with writing(self.engine) as connection:
            connection.execute(update(data_file).values(content=content))
            connection.execute(update(relay_item).values(revision=relay_item.c.revision + 1))

    def items(self, **where: Any) -> list[dict[str, Any]]:
        """Outbox items, oldest measurement first."""
        query = select(relay_item).order_by(relay_item.c.measured_at, relay_item.c.id)
        for column, value in where.items():
            query = query.where(relay_item.c[column] == value)
        with reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def states(self) -> list[str]:
        return [item["state"] for item in self.items()]

    def outcomes(self) -> list[str]:
        """How each attempt ended, in order."""
        with reading(self.engine) as connection:
            return list(connection.scalars(select(relay_attempt.c.outcome).order_by(relay_attempt.c.id)))

    def notes(self) -> list[list[str]]:
        """The ledger's notes, file by file."""
        with reading(self.engine) as connection:
            return list(connection.scalars(select(data_file.c.notes).order_by(data_file.c.id)))

    def dirty_hours(self) -> list[datetime]:
        with reading(self.engine) as connection:
            return list(connection.scalars(select(dirty_hour.c.hour).order_by(dirty_hour.c.hour)))
