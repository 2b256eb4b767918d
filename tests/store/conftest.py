"""A store with stations in it, written to as ingest and the forwarder write."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from store.engine import reading as looking
from store.engine import writing
from store.readings.written import mark_dirty
from store.slots.settling import settle
from store.tables import (
    channel,
    channel_symbol,
    data_file,
    parameter,
    reading,
    relay_item,
    relay_target,
    slot_day,
    slot_relay,
    station,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00+07:00")


@dataclass
class Network:
    """A store with stations, written to as ingest and the forwarder do."""

    engine: Engine
    parameters: dict[str, int] = field(default_factory=dict)

    def station(
        self,
        code: str = "QN_THUB_NUODAU",
        interval: int = 5,
        channels: str = "pH COD",
        in_service_from: date | None = None,
        kind: str = "wastewater",
        province: str = "",
    ) -> int:
        with writing(self.engine) as connection:
            station_id = connection.execute(
                insert(station)
                .values(
                    code=code, code_key=code.lower(), name=code, kind=kind, province=province,
                    interval_minutes=interval, created_at=LONG_AGO,
                    in_service_from=in_service_from,
                )
                .returning(station.c.id)
            ).scalar_one()  # fmt: skip
            for name in channels.split():
                channel_id = connection.execute(
                    insert(channel)
                    .values(station_id=station_id, parameter_id=self.parameter(connection, name))
                    .returning(channel.c.id)
                ).scalar_one()
                values = {"station_id": station_id, "symbol": name, "channel_id": channel_id, "position": 0}
                connection.execute(insert(channel_symbol).values(values))
        return station_id

    def parameter(self, connection: Connection, code: str) -> int:
        if code not in self.parameters:
            self.parameters[code] = connection.execute(
                select(parameter.c.id).where(parameter.c.code == code)
            ).scalar_one()
        return self.parameters[code]

    def came(
        self,
        station_id: int,
        measured_at: datetime,
        parameters: str = "pH",
        after: timedelta = timedelta(minutes=1),
        *,
        marked: bool = True,
        **given: Any,
    ) -> int:
        """A file with one reading of each parameter arrives; returns its id."""
        with writing(self.engine) as connection:
            file_id = connection.execute(
                insert(data_file)
                .values(
                    journal_uuid="j", journal_id=random.getrandbits(60), account="a", path="p", name="n",
                    door="ftp", peer="127.0.0.1", received_at=measured_at + after, station_id=station_id,
                    measured_at=measured_at, first_at=measured_at, last_at=measured_at, size=1, sha256="00",
                    state="accepted", readings=1, problems=0, notes=[], content=b"x",
                )
                .returning(data_file.c.id)
            ).scalar_one()  # fmt: skip
            for name in parameters.split():
                row = {
                    "station_id": station_id, "measured_at": measured_at,
                    "parameter_id": self.parameter(connection, name), "symbol": name, "text": "1",
                    "value": 1.0, "unit": "", "status": "00", "file_id": file_id, "line": 1,
                    "received_at": measured_at + after, "valid": True, "release_at": measured_at + after,
                }  # fmt: skip
                connection.execute(insert(reading).values(row | given))
            if marked:
                mark_dirty(connection, [(station_id, measured_at)])
        return file_id

    def line(self, station_id: int, code: str = "pH", day: date = date(2026, 5, 30)) -> str | None:
        with looking(self.engine) as connection:
            return connection.scalar(
                select(slot_day.c.states).where(
                    slot_day.c.station_id == station_id,
                    slot_day.c.day == day,
                    slot_day.c.parameter_id == self.parameter(connection, code),
                )
            )

    def marks(self, station_id: int, target_id: int, code: str = "pH") -> str | None:
        with looking(self.engine) as connection:
            return connection.scalar(
                select(slot_relay.c.marks).where(
                    slot_relay.c.station_id == station_id,
                    slot_relay.c.target_id == target_id,
                    slot_relay.c.parameter_id == self.parameter(connection, code),
                )
            )

    def target(self, name: str = "ministry", send: str = "verified") -> int:
        with writing(self.engine) as connection:
            return connection.execute(
                insert(relay_target)
                .values(name=name, url="file:///out", send=send, created_at=LONG_AGO)
                .returning(relay_target.c.id)
            ).scalar_one()

    def queued(self, target_id: int, station_id: int, measured_at: datetime) -> int:
        with writing(self.engine) as connection:
            return connection.execute(
                insert(relay_item)
                .values(
                    target_id=target_id, station_id=station_id, measured_at=measured_at,
                    path=f"{measured_at}.txt", name="n", state="waiting", queued_at=measured_at,
                )
                .returning(relay_item.c.id)
            ).scalar_one()  # fmt: skip

    def acknowledged(self, item_id: int, when: datetime, revision: int = 1) -> None:
        with writing(self.engine) as connection:
            row = connection.execute(
                update(relay_item)
                .where(relay_item.c.id == item_id)
                .values(state="sent", sent_revision=revision, sent_at=when)
                .returning(relay_item.c.station_id, relay_item.c.measured_at)
            ).one()
            mark_dirty(connection, [(row.station_id, row.measured_at)])

    def settle(self, limit: int = 100, now: datetime = NOW) -> int:
        return settle(self.engine, limit, now)


@pytest.fixture
def network(engine: Engine) -> Network:
    return Network(engine)
